//! Conditions whose outcome an image decides: versions of Python, the system, the machine.

use std::cmp::Ordering;

use ruff_python_ast::{BoolOp, CmpOp, Expr, Number, UnaryOp};

use super::super::interpreter::Version;

/// Where a module runs.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The version of Python.
    pub version: Version,
    /// What `platform.machine()` says: `aarch64`; `None` where that is not known.
    pub machine: Option<&'a str>,
    /// Whether it is the module that was started: `__main__`.
    pub is_main: bool,
}

/// What a part of a condition is.
enum Value {
    Text(String),
    Number(u64),
    Texts(Vec<String>),
    /// Numbers of a version, and whether more follow that are not written here.
    Version(Vec<Option<u64>>, bool),
}

/// Whether a condition holds; `None` where the image does not tell.
pub(in crate::facts::python) fn holds(test: &Expr, setting: &Setting<'_>) -> Option<bool> {
    match test {
        Expr::BooleanLiteral(literal) => Some(literal.value),
        Expr::UnaryOp(not) if not.op == UnaryOp::Not => holds(&not.operand, setting).map(|holds| !holds),
        Expr::BoolOp(several) => {
            let ends = several.op == BoolOp::Or;
            let mut outcome = Some(!ends);
            for value in &several.values {
                match holds(value, setting) {
                    Some(holds) if holds == ends => return Some(ends),
                    Some(_) => {}
                    None => outcome = None,
                }
            }
            outcome
        }
        Expr::Compare(compare) => match (&compare.ops[..], &compare.comparators[..]) {
            ([op], [right]) => compares(&value(&compare.left, setting)?, *op, &value(right, setting)?),
            _ => None,
        },
        Expr::Call(call) => {
            let Expr::Attribute(method) = &*call.func else { return None };
            let [start] = &call.arguments.args[..] else { return None };
            match (value(&method.value, setting)?, value(start, setting)?) {
                (Value::Text(whole), Value::Text(start)) if method.attr.as_str() == "startswith" => {
                    Some(whole.starts_with(&start))
                }
                _ => None,
            }
        }
        Expr::NumberLiteral(_) => match value(test, setting)? {
            Value::Number(number) => Some(number != 0),
            _ => None,
        },
        _ => match dotted(test)?.rsplit('.').next()? {
            "TYPE_CHECKING" | "MYPY" | "MYPY_CHECK_RUNNING" | "PY2" => Some(false),
            "PY3" => Some(true),
            _ => None,
        },
    }
}

/// A name with its dots: `sys.version_info`. Underscores before it are those of a private alias.
pub(super) fn dotted(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Name(name) => Some(name.id.to_string()),
        Expr::Attribute(attribute) => Some(format!("{}.{}", dotted(&attribute.value)?, attribute.attr)),
        _ => None,
    }
}

fn value(expression: &Expr, setting: &Setting<'_>) -> Option<Value> {
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    match expression {
        Expr::StringLiteral(literal) => text(literal.value.to_str()),
        Expr::NumberLiteral(literal) => match &literal.value {
            Number::Int(number) => number.as_u64().map(Value::Number),
            _ => None,
        },
        Expr::Tuple(tuple) => several(&tuple.elts, setting),
        Expr::List(list) => several(&list.elts, setting),
        Expr::Set(set) => several(&set.elts, setting),
        Expr::Call(call) => match dotted(&call.func)?.as_str() {
            "platform.system" => text("Linux"),
            "platform.python_implementation" => text("CPython"),
            "platform.machine" => text(setting.machine?),
            _ => None,
        },
        Expr::Subscript(subscript) => {
            let Value::Version(numbers, _) = value(&subscript.value, setting)? else { return None };
            match &*subscript.slice {
                Expr::Slice(slice) if slice.lower.is_none() && slice.step.is_none() => {
                    let Value::Number(end) = value(slice.upper.as_deref()?, setting)? else { return None };
                    Some(Value::Version(numbers.get(..usize::try_from(end).ok()?)?.to_vec(), false))
                }
                index => {
                    let Value::Number(index) = value(index, setting)? else { return None };
                    numbers.get(usize::try_from(index).ok()?).copied().flatten().map(Value::Number)
                }
            }
        }
        _ => named(dotted(expression)?.trim_start_matches('_'), setting),
    }
}

fn named(name: &str, setting: &Setting<'_>) -> Option<Value> {
    let Version { major, minor, patch, .. } = setting.version;
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    match name {
        "sys.platform" => text("linux"),
        "os.name" => text("posix"),
        "sys.implementation.name" => text("cpython"),
        "sys.byteorder" => text("little").filter(|_| setting.machine.is_some_and(|machine| machine != "s390x")),
        "sys.version_info" | "version_info" => {
            let numbers = vec![Some(u64::from(major)), Some(u64::from(minor)), patch.map(u64::from)];
            Some(Value::Version(numbers, true))
        }
        "sys.version_info.major" => Some(Value::Number(major.into())),
        "sys.version_info.minor" => Some(Value::Number(minor.into())),
        // Underscores were taken off its front.
        "name__" if setting.is_main => text("__main__"),
        "name__" => text(""),
        _ => None,
    }
}

/// Several of one kind: texts, or the numbers of a version.
fn several(elements: &[Expr], setting: &Setting<'_>) -> Option<Value> {
    let values: Vec<Value> = elements.iter().map(|element| value(element, setting)).collect::<Option<_>>()?;
    let texts = |value: &Value| if let Value::Text(text) = value { Some(text.clone()) } else { None };
    let numbers = |value: &Value| if let Value::Number(number) = value { Some(Some(*number)) } else { None };
    let texts: Option<Vec<String>> = values.iter().map(texts).collect();
    texts.map(Value::Texts).or_else(|| Some(Value::Version(values.iter().map(numbers).collect::<Option<_>>()?, false)))
}

fn compares(left: &Value, op: CmpOp, right: &Value) -> Option<bool> {
    let order = match (left, right) {
        (Value::Text(left), Value::Text(right)) => match op {
            // The name of a module that is imported is not known here, only that it is not that of the one that is started.
            _ if left.is_empty() && right != "__main__" => return None,
            CmpOp::In => return Some(right.contains(left.as_str())),
            CmpOp::NotIn => return Some(!right.contains(left.as_str())),
            _ => left.cmp(right),
        },
        (Value::Text(left), Value::Texts(right)) if !left.is_empty() => match op {
            CmpOp::In => return Some(right.contains(left)),
            CmpOp::NotIn => return Some(!right.contains(left)),
            _ => return None,
        },
        (Value::Number(left), Value::Number(right)) => left.cmp(right),
        (Value::Version(left, is_open), Value::Version(right, false)) => versions(left, *is_open, right)?,
        _ => return None,
    };
    Some(match op {
        CmpOp::Eq => order.is_eq(),
        CmpOp::NotEq => order.is_ne(),
        CmpOp::Lt => order.is_lt(),
        CmpOp::LtE => order.is_le(),
        CmpOp::Gt => order.is_gt(),
        CmpOp::GtE => order.is_ge(),
        _ => return None,
    })
}

/// How tuples compare; `None` where a number decides that is not known.
fn versions(left: &[Option<u64>], is_open: bool, right: &[Option<u64>]) -> Option<Ordering> {
    for (left, right) in left.iter().zip(right) {
        match (*left)?.cmp(&(*right)?) {
            Ordering::Equal => {}
            other => return Some(other),
        }
    }
    match left.len().cmp(&right.len()) {
        Ordering::Less if is_open => None,
        Ordering::Equal if is_open => Some(Ordering::Greater),
        other => Some(other),
    }
}
