//! What a module imports: the one file, with [`condition`], that knows the parser.

pub(super) mod condition;
mod sources;

use std::borrow::Cow;

use ruff_python_ast::{ExceptHandler, Expr, PySourceType, Stmt, StmtIf, StmtTry};
use ruff_python_parser::parse_unchecked_source;
use ruff_text_size::Ranged as _;

use crate::layer::skeleton::skeleton;
use crate::layer::{Kept, Trace};
use condition::{dotted, holds};

pub use condition::Setting;
pub use sources::Sources;

/// How sure it is that an import runs. Ordered: what a chain of imports is worth is the least of its links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// In a function: when that is called.
    Deferred,
    /// Under a condition that is not known, or where its failure is caught.
    Perhaps,
    /// Whenever the module runs.
    Always,
}

/// One import statement, or one name of `import a, b`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The line that it begins on.
    pub line: u32,
    /// Leading dots.
    pub level: u32,
    /// The module that is named; empty in `from . import x`.
    pub module: String,
    /// What is taken from it, be it modules or not: of `from a import b, c` both.
    pub names: Vec<String>,
    /// How sure it is that it runs.
    pub strength: Strength,
}

/// What a module does to the places where modules come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edit {
    /// It edits `sys.path`.
    Path,
    /// It installs an import hook.
    Hook,
    /// It looks modules up, or puts them in place, by hand.
    Modules,
    /// It is a package that says itself where its modules are.
    OwnPath,
}

/// What a module says of imports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// Its imports that can run, in order.
    pub imports: Vec<Imported>,
    /// Its edits, and their lines.
    pub edits: Vec<(u32, Edit)>,
}

/// The skeleton of a module's text, as far as the layer pass kept either.
pub(super) fn text(trace: &Trace) -> Option<Cow<'_, [u8]>> {
    match &trace.kept {
        Kept::Imports(skeleton) => Some(Cow::Borrowed(skeleton)),
        Kept::Whole(text) => Some(Cow::Owned(skeleton(text))),
        Kept::Unwanted | Kept::Over(_) => None,
    }
}

/// Reads a skeleton. Skeletons are shallow, whatever they were made of, and so is the walk over them.
pub(super) fn read(skeleton: &[u8], setting: &Setting<'_>) -> Source {
    let text = String::from_utf8_lossy(skeleton);
    let number = |at: usize| {
        let line = text.get(at..).unwrap_or_default().lines().next().unwrap_or_default();
        line.rsplit_once('#').and_then(|(_, number)| number.parse().ok()).unwrap_or_default()
    };
    walk(&text, setting, &number)
}

fn walk(text: &str, setting: &Setting<'_>, line: &dyn Fn(usize) -> u32) -> Source {
    let parsed = parse_unchecked_source(text, PySourceType::Python);
    let mut walk = Walk { setting, line, source: Source::default() };
    walk.suite(parsed.suite(), Strength::Always);
    walk.source
}

struct Walk<'a> {
    setting: &'a Setting<'a>,
    /// The line of a place in the text.
    line: &'a dyn Fn(usize) -> u32,
    source: Source,
}

impl Walk<'_> {
    fn suite(&mut self, suite: &[Stmt], strength: Strength) {
        for statement in suite {
            self.statement(statement, strength);
        }
    }

    fn statement(&mut self, statement: &Stmt, strength: Strength) {
        let line = || (self.line)(statement.start().to_usize());
        let perhaps = strength.min(Strength::Perhaps);
        match statement {
            Stmt::Import(import) => {
                let (line, strength) = (line(), if import.is_lazy { Strength::Deferred } else { strength });
                let imported = |name: String| Imported { line, level: 0, module: name, names: Vec::new(), strength };
                self.source.imports.extend(import.names.iter().map(|alias| imported(alias.name.to_string())));
            }
            Stmt::ImportFrom(import) => self.source.imports.push(Imported {
                line: line(),
                level: import.level,
                module: import.module.as_ref().map(ToString::to_string).unwrap_or_default(),
                names: import.names.iter().map(|alias| alias.name.to_string()).collect(),
                strength: if import.is_lazy { Strength::Deferred } else { strength },
            }),
            Stmt::Expr(statement) => self.source.edits.extend(edit(&statement.value).map(|edit| (line(), edit))),
            Stmt::If(found) => self.choice(found, strength),
            Stmt::Try(found) => self.attempt(found, strength),
            Stmt::FunctionDef(found) => self.suite(&found.body, Strength::Deferred),
            Stmt::ClassDef(found) => self.suite(&found.body, strength),
            Stmt::With(found) => self.suite(&found.body, perhaps),
            Stmt::For(found) => [&found.body, &found.orelse].into_iter().for_each(|body| self.suite(body, perhaps)),
            Stmt::While(found) => [&found.body, &found.orelse].into_iter().for_each(|body| self.suite(body, perhaps)),
            Stmt::Match(found) => found.cases.iter().for_each(|case| self.suite(&case.body, perhaps)),
            _ => {}
        }
    }

    /// Of the branches of an `if`, those that can run.
    fn choice(&mut self, found: &StmtIf, mut strength: Strength) {
        let first = (Some(&*found.test), &found.body);
        let others = found.elif_else_clauses.iter().map(|clause| (clause.test.as_ref(), &clause.body));
        for (test, body) in [first].into_iter().chain(others) {
            match test.map_or(Some(true), |test| holds(test, self.setting)) {
                Some(true) => return self.suite(body, strength),
                Some(false) => {}
                None => {
                    strength = strength.min(Strength::Perhaps);
                    self.suite(body, strength);
                }
            }
        }
    }

    fn attempt(&mut self, found: &StmtTry, strength: Strength) {
        let perhaps = strength.min(Strength::Perhaps);
        self.suite(&found.body, if found.handlers.iter().any(catches) { perhaps } else { strength });
        for ExceptHandler::ExceptHandler(handler) in &found.handlers {
            self.suite(&handler.body, perhaps);
        }
        self.suite(&found.orelse, if found.handlers.is_empty() { strength } else { perhaps });
        self.suite(&found.finalbody, strength);
    }
}

/// Exceptions that a failing import does not raise.
const OTHERS: [&str; 22] = [
    "ArithmeticError",
    "AssertionError",
    "AttributeError",
    "EOFError",
    "EnvironmentError",
    "FileNotFoundError",
    "IOError",
    "IndexError",
    "KeyError",
    "KeyboardInterrupt",
    "LookupError",
    "NameError",
    "NotImplementedError",
    "OSError",
    "RuntimeError",
    "StopIteration",
    "SyntaxError",
    "SystemExit",
    "TypeError",
    "UnicodeDecodeError",
    "UnicodeError",
    "ValueError",
];

/// Whether a handler may catch the failure of an import; names that are not known are taken for such.
fn catches(handler: &ExceptHandler) -> bool {
    let ExceptHandler::ExceptHandler(handler) = handler;
    let is_other = |kind: &Expr| matches!(kind, Expr::Name(name) if OTHERS.contains(&name.id.as_str()));
    match handler.type_.as_deref() {
        Some(Expr::Tuple(kinds)) => !kinds.elts.iter().all(is_other),
        Some(kind) => !is_other(kind),
        None => true,
    }
}

fn edit(place: &Expr) -> Option<Edit> {
    Some(match dotted(place)?.as_str() {
        "sys.path" => Edit::Path,
        "sys.meta_path" => Edit::Hook,
        "sys.modules" => Edit::Modules,
        "__path__" => Edit::OwnPath,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
