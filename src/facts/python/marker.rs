//! Environment markers of requirements (packaging.python.org, "Dependency specifiers"), read and judged within bounds, and
//! in three values: what an image does not tell, such as the kernel's release, decides nothing.

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifier};

use super::distribution::normalized;

/// A condition on the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marker {
    /// One comparison.
    Compare(Comparison),
    /// All of these hold: `and`.
    All(Vec<Marker>),
    /// One of these holds: `or`.
    Any(Vec<Marker>),
}

/// A variable and what it is compared with. One that stands on the right was turned to the left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The variable, by the name that it has today.
    pub variable: String,
    /// The operator, without the blanks of `not in`.
    pub operator: &'static str,
    /// The text that it is compared with.
    pub value: String,
    /// Whether the text stands on the left of `in`: it is looked for in the variable's value.
    is_within: bool,
}

/// The interpreter that conditions are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// `python_version`: `3.12`.
    pub minor: String,
    /// `python_full_version`: `3.12.4`.
    pub full: String,
    /// `platform_machine`, where it can be told.
    pub machine: Option<&'static str>,
}

/// Parentheses within parentheses, and words of one marker; real ones have fewer than ten, and fewer than two hundred.
const MAX_DEPTH: usize = 32;
const MAX_WORDS: usize = 1024;

/// Operators, of those that begin alike the longer first; and what they are with their sides exchanged.
const OPERATORS: [(&str, &str); 8] =
    [("===", "==="), ("~=", "~="), ("==", "=="), ("!=", "!="), ("<=", ">="), (">=", "<="), ("<", ">"), (">", "<")];

/// Names that variables had before PEP 508.
const FORMER: [(&str, &str); 6] = [
    ("os.name", "os_name"),
    ("sys.platform", "sys_platform"),
    ("platform.machine", "platform_machine"),
    ("platform.version", "platform_version"),
    ("platform.python_implementation", "platform_python_implementation"),
    ("python_implementation", "platform_python_implementation"),
];

#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    Name(String),
    Text(String),
    Operator(&'static str),
    Open,
    Close,
}

impl Marker {
    /// Reads a marker; `None` where it is none, or beyond what anybody writes.
    pub fn parse(text: &str) -> Option<Self> {
        let words = words(text)?;
        let mut rest = &words[..];
        let marker = any(&mut rest, 0)?;
        rest.is_empty().then_some(marker)
    }

    /// Whether it holds where `extra` was asked for (empty: no extra), and the comparisons that make it so; `None` where
    /// that depends on what is not known.
    pub fn judge<'m>(&'m self, environment: &Environment, extra: &str) -> (Option<bool>, Vec<&'m Comparison>) {
        let (parts, stops) = match self {
            Self::Compare(comparison) => return (environment.compare(comparison, extra), vec![comparison]),
            Self::All(parts) => (parts, false),
            Self::Any(parts) => (parts, true),
        };
        let (mut verdict, mut because) = (Some(!stops), Vec::new());
        for (one, reasons) in parts.iter().map(|part| part.judge(environment, extra)) {
            match one {
                Some(one) if one == stops => return (Some(stops), reasons),
                Some(_) => because.extend(reasons),
                None => verdict = None,
            }
        }
        (verdict, because)
    }

    /// Whether only an extra makes it hold.
    pub fn is_of_extra(&self) -> bool {
        match self {
            Self::Compare(comparison) => comparison.variable == "extra",
            Self::All(parts) => parts.iter().any(Self::is_of_extra),
            Self::Any(parts) => parts.iter().all(Self::is_of_extra),
        }
    }
}

fn words(text: &str) -> Option<Vec<Word>> {
    let (mut words, mut rest) = (Vec::new(), text.trim_start());
    while let Some(first) = rest.chars().next() {
        let (word, after) = if let Some((operator, _)) = OPERATORS.iter().find(|(operator, _)| rest.starts_with(operator)) {
            (Word::Operator(operator), rest.get(operator.len()..)?)
        } else if let '"' | '\'' = first {
            let (value, after) = rest.get(1..)?.split_once(first)?;
            (Word::Text(value.to_owned()), after)
        } else if let '(' | ')' = first {
            (if first == '(' { Word::Open } else { Word::Close }, rest.get(1..)?)
        } else {
            let is_of_name = |character: char| character.is_ascii_alphanumeric() || "_.".contains(character);
            let (name, after) = rest.split_at(rest.find(|character| !is_of_name(character)).unwrap_or(rest.len()));
            let former = FORMER.iter().find(|(former, _)| *former == name);
            (Word::Name(former.map_or(name, |(_, today)| today).to_owned()), after)
        };
        if word == Word::Name(String::new()) || words.len() == MAX_WORDS {
            return None;
        }
        words.push(word);
        rest = after.trim_start();
    }
    Some(words)
}

fn any(rest: &mut &[Word], depth: usize) -> Option<Marker> {
    series(rest, "or", &|rest| series(rest, "and", &|rest| one(rest, depth), Marker::All), Marker::Any)
}

/// Parts with a word between them; one alone is itself.
fn series(
    rest: &mut &[Word],
    between: &str,
    part: &dyn Fn(&mut &[Word]) -> Option<Marker>,
    join: fn(Vec<Marker>) -> Marker,
) -> Option<Marker> {
    let mut parts = vec![part(rest)?];
    while let Some((Word::Name(word), after)) = rest.split_first()
        && word == between
    {
        *rest = after;
        parts.push(part(rest)?);
    }
    if parts.len() == 1 { parts.pop() } else { Some(join(parts)) }
}

fn one(rest: &mut &[Word], depth: usize) -> Option<Marker> {
    if let Some((Word::Open, after)) = rest.split_first() {
        *rest = after;
        let inner = any(rest, depth + 1).filter(|_| depth < MAX_DEPTH)?;
        let (close, after) = rest.split_first()?;
        *rest = after;
        return (*close == Word::Close).then_some(inner);
    }
    let (left, after) = rest.split_first()?;
    let (operator, after) = match after {
        [Word::Operator(operator), after @ ..] => (*operator, after),
        [Word::Name(not), Word::Name(within), after @ ..] if not == "not" && within == "in" => ("not in", after),
        [Word::Name(within), after @ ..] if within == "in" => ("in", after),
        _ => return None,
    };
    let (right, after) = after.split_first()?;
    *rest = after;
    let is_within = operator.ends_with("in");
    let turned = || OPERATORS.iter().find(|(one, _)| *one == operator).map_or(operator, |(_, turned)| turned);
    let (variable, operator, value, is_within) = match (left, right) {
        (Word::Name(variable), Word::Text(value)) => (variable, operator, value, false),
        (Word::Text(value), Word::Name(variable)) => (variable, turned(), value, is_within),
        _ => return None,
    };
    Some(Marker::Compare(Comparison { variable: variable.clone(), operator, value: value.clone(), is_within }))
}

impl Environment {
    fn value(&self, variable: &str) -> Option<&str> {
        match variable {
            "python_version" => Some(&self.minor),
            "python_full_version" | "implementation_version" => Some(&self.full),
            "os_name" => Some("posix"),
            "sys_platform" => Some("linux"),
            "platform_system" => Some("Linux"),
            "platform_machine" => self.machine,
            "platform_python_implementation" => Some("CPython"),
            "implementation_name" => Some("cpython"),
            _ => None,
        }
    }

    fn compare(&self, comparison: &Comparison, extra: &str) -> Option<bool> {
        let Comparison { variable, operator, value, is_within } = comparison;
        if variable == "extra" {
            return order(&normalized(extra), operator, &normalized(value));
        }
        let own = self.value(variable)?;
        let (needle, hay) = if *is_within { (value.as_str(), own) } else { (own, value.as_str()) };
        match *operator {
            "in" => return Some(hay.contains(needle)),
            "not in" => return Some(!hay.contains(needle)),
            _ => {}
        }
        let of_version = || {
            let wanted = VersionSpecifier::from_str(&format!("{operator}{value}")).ok()?;
            Some(wanted.contains(&Version::from_str(own).ok()?))
        };
        let as_version = variable.ends_with("version").then(of_version).flatten();
        as_version.or_else(|| order(own, operator, value))
    }
}

fn order(left: &str, operator: &str, right: &str) -> Option<bool> {
    match operator {
        "==" | "===" => Some(left == right),
        "!=" => Some(left != right),
        "<" => Some(left < right),
        "<=" => Some(left <= right),
        ">" => Some(left > right),
        ">=" => Some(left >= right),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(text: &str, extra: &str) -> Option<bool> {
        let environment = Environment { minor: "3.11".into(), full: "3.11.2".into(), machine: Some("aarch64") };
        Marker::parse(text).unwrap_or_else(|| panic!("{text} is a marker")).judge(&environment, extra).0
    }

    #[test]
    fn a_marker_is_judged_for_the_interpreter_of_the_image() {
        for (marker, holds) in [
            ("python_full_version < '3.11.3'", true),
            ("python_full_version<\"3.11.2\"", false),
            ("python_version < '3.9'", false),
            ("python_version >= '3.9' and python_version < '4'", true),
            ("python_version == '3.*'", true),
            ("'3.9' <= python_version", true),
            ("'3.9' >= python_version", false),
            ("python_version ~= '3.8'", true),
            ("python_version in '3.10, 3.11'", true),
            ("python_version not in '2.7'", true),
            ("sys_platform == 'win32' or platform_machine == 'aarch64'", true),
            ("sys_platform == 'win32' and platform_machine == 'aarch64'", false),
            ("(os_name == 'nt' or (implementation_name == 'cpython'))", true),
            ("'linux' in sys_platform", true),
            ("'bsd' not in sys.platform", true),
            ("platform.python_implementation != 'PyPy' and python_implementation == 'CPython'", true),
            ("platform_system == 'Linux'", true),
        ] {
            assert_eq!(judge(marker, ""), Some(holds), "{marker}");
        }
    }

    #[test]
    fn what_is_not_known_decides_nothing() {
        assert_eq!(judge("platform_release >= '5'", ""), None);
        assert_eq!(judge("platform_release >= '5' or os_name == 'posix'", ""), Some(true));
        assert_eq!(judge("platform_release >= '5' and os_name == 'nt'", ""), Some(false));
        assert_eq!(judge("no_such_variable == '5'", ""), None);
    }

    #[test]
    fn an_extra_is_the_one_that_was_asked_for() {
        assert_eq!(judge("extra == 'S_peedups'", "s-peedups"), Some(true));
        assert_eq!(judge("extra == 'test'", ""), Some(false));
        for (marker, is_of_extra) in [
            ("extra == 'a'", true),
            ("os_name == 'nt' and extra == 'a'", true),
            ("os_name == 'nt' or extra == 'a'", false),
            ("os_name == 'nt'", false),
        ] {
            assert_eq!(Marker::parse(marker).unwrap().is_of_extra(), is_of_extra, "{marker}");
        }
    }

    #[test]
    fn what_is_no_marker_is_refused_and_so_is_what_nobody_writes() {
        let nested = |depth: usize| format!("{}os_name == 'x'{}", "(".repeat(depth), ")".repeat(depth));
        assert!(Marker::parse(&nested(MAX_DEPTH)).is_some());
        for text in [
            "",
            "os_name",
            "os_name ==",
            "os_name == 'x' and",
            "os_name == 'x",
            "(os_name == 'x'",
            "os_name == 'x')",
            "'a' == 'b'",
            "os_name == sys_platform",
            "os_name é 'x'",
            &nested(MAX_DEPTH + 1),
            &nested(100_000),
            &vec!["os_name == 'x'"; 400].join(" and "),
        ] {
            assert_eq!(Marker::parse(text), None, "{text:.40}");
        }
    }

    #[test]
    fn what_makes_it_hold_is_named() {
        let environment = Environment { minor: "3.11".into(), full: "3.11.2".into(), machine: None };
        let because = |text: &str| {
            let marker = Marker::parse(text).unwrap();
            let (_, because) = marker.judge(&environment, "");
            because.iter().map(|one| format!("{}{}", one.operator, one.value)).collect::<Vec<_>>()
        };
        assert_eq!(because("python_version < '3.12' and python_version >= '3'"), ["<3.12", ">=3"]);
        assert_eq!(because("os_name == 'nt' or python_version < '3.12'"), ["<3.12"]);
        assert_eq!(because("'3.12' > python_version"), ["<3.12"]);
    }
}
