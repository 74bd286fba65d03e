//! Profiles that `init` writes: TOML in which every line is explained. What comes from an image is hostile text: in a comment
//! or in quotes it can end neither.

use std::fmt::{self, Write as _};

use crate::text::terminal;

/// What `init` writes without an image.
pub const STARTER: &str = include_str!("starter.toml");

/// A profile that is to be written.
#[derive(Debug, Clone, Default)]
pub struct Template {
    /// What stands above it all, as a comment.
    pub heading: String,
    /// The profile that it extends, and why.
    pub extends: (String, String),
    /// The name of the service in `[services.NAME]`; `None`: it is `[service]`.
    pub service: Option<String>,
    /// What it says of the image.
    pub statements: Vec<Statement>,
    /// What stands above the waivers, as a comment.
    pub waived: String,
    /// The findings that it accepts.
    pub waivers: Vec<Accepted>,
}

/// A line of a table.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Where it stands.
    pub table: Table,
    /// The key.
    pub key: &'static str,
    /// Its value.
    pub value: Value,
    /// Why it stands there.
    pub why: &'static str,
    /// Why it is written as a comment: what the image would fail by it.
    pub left_out: Option<String>,
}

/// A table of the profile, in the order in which they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// `[expect]`
    Expect,
    /// `[service]` or `[services.NAME]`
    Service,
    /// `[size]`
    Size,
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text.
    Text(String),
    /// A list of texts.
    Texts(Vec<String>),
    /// A list of numbers.
    Numbers(Vec<u16>),
    /// Texts, each with an empty list.
    Keys(Vec<String>),
}

/// An `[[ignore]]` table.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The rule.
    pub rule: String,
    /// The path; `None`: all of them.
    pub path: Option<String>,
    /// Whether everything below it is meant, too.
    pub below: bool,
    /// Why.
    pub reason: String,
    /// The last day.
    pub expires: chrono::NaiveDate,
}

impl Template {
    /// The document.
    pub fn text(&self) -> String {
        let mut out = String::new();
        comment(&mut out, &self.heading);
        let (extends, why) = &self.extends;
        out.push('\n');
        comment(&mut out, why);
        let _ = writeln!(out, "extends = {}", quoted(extends));
        for table in [Table::Expect, Table::Service, Table::Size] {
            self.table(&mut out, table);
        }
        if !self.waivers.is_empty() {
            out.push('\n');
            comment(&mut out, &self.waived);
        }
        for (at, Accepted { rule, path, below, reason, expires }) in self.waivers.iter().enumerate() {
            out.push_str(if at == 0 { "[[ignore]]\n" } else { "\n[[ignore]]\n" });
            let _ = writeln!(out, "rule = {}", quoted(rule));
            if let Some(path) = path {
                let path = literal(path);
                let _ = writeln!(out, "path = {}", quoted(&if *below { format!("{{{path},{path}/**}}") } else { path }));
            }
            let _ = writeln!(out, "reason = {}\nexpires = \"{expires}\"", quoted(reason));
        }
        out
    }

    fn table(&self, out: &mut String, table: Table) {
        let statements: Vec<&Statement> = self.statements.iter().filter(|statement| statement.table == table).collect();
        if statements.is_empty() {
            return;
        }
        let (heading, why) = match (table, &self.service) {
            (Table::Expect, _) => ("[expect]".to_owned(), "What the image should be."),
            (Table::Size, _) => ("[size]".to_owned(), "What it may weigh."),
            (Table::Service, None) => ("[service]".to_owned(), "What is the service's own, and must be there."),
            (Table::Service, Some(name)) => {
                let why = "What is the service's own, and must be there. Other services have tables of their own beside it.";
                (format!("[services.{}]", quoted(name)), why)
            }
        };
        out.push('\n');
        comment(out, why);
        let _ = writeln!(out, "{heading}");
        for Statement { key, value, why, left_out, .. } in statements {
            comment(out, why);
            let line = format!("{key} = {value}");
            match left_out {
                None => out.extend([&line, "\n"]),
                Some(finding) => {
                    comment(out, &format!("Left out, because the image does not hold under it: {finding}"));
                    out.extend(["# ", &line, "\n"]);
                }
            }
        }
    }
}

/// Columns of a comment.
const WIDTH: usize = 100;

/// Writes a text as comment lines.
fn comment(out: &mut String, text: &str) {
    let mut line = String::from("#");
    for word in terminal(text).split(' ') {
        if line.len() > 1 && line.chars().count() + 1 + word.chars().count() > WIDTH {
            out.extend([&line, "\n"]);
            line.truncate(1);
        }
        line.extend([" ", word]);
    }
    out.extend([&line, "\n"]);
}

/// A glob that fits this text alone; globset's own takes a backslash for what it is in a glob.
fn literal(text: &str) -> String {
    let one = |character: char| if "?*[]{},\\".contains(character) { format!("[{character}]") } else { character.into() };
    text.chars().map(one).collect()
}

/// A text as a basic string (TOML 1.0, "String"): what an editor would act on is escaped, not only what TOML forbids.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            _ if crate::text::acts(character) => drop(write!(out, "\\U{:08x}", u32::from(character))),
            _ => out.push(character),
        }
    }
    out + "\""
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |items: &mut dyn Iterator<Item = String>| items.collect::<Vec<_>>().join(", ");
        match self {
            Self::Text(text) => f.write_str(&quoted(text)),
            Self::Texts(texts) => write!(f, "[{}]", list(&mut texts.iter().map(|text| quoted(text)))),
            Self::Numbers(numbers) => write!(f, "[{}]", list(&mut numbers.iter().map(ToString::to_string))),
            Self::Keys(texts) => write!(f, "{{ {} }}", list(&mut texts.iter().map(|text| format!("{} = []", quoted(text))))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Policy;
    use super::*;
    use crate::rules::known;

    /// Everything that an image could write into a text.
    const HOSTILE: &str = "a\"\n[lock]\r\n# '''\"\"\"\\ \u{1b}[31m \u{202e} \u{2028}\0 {x} * ::error:: {a,b}";

    fn statement(table: Table, key: &'static str, value: Value) -> Statement {
        Statement { table, key, value, why: "why", left_out: None }
    }

    #[test]
    fn what_is_written_is_read_as_it_was_meant_whatever_an_image_says() {
        let hostile = || HOSTILE.to_owned();
        let template = Template {
            heading: hostile(),
            extends: ("generic".into(), hostile()),
            service: Some(hostile()),
            statements: vec![
                statement(Table::Expect, "base", Value::Text(hostile())),
                statement(Table::Service, "match", Value::Texts(vec!["x".into()])),
                statement(Table::Service, "packages", Value::Texts(vec![hostile(), "b".into()])),
                statement(Table::Service, "ports", Value::Numbers(vec![80, 443])),
                statement(Table::Service, "config", Value::Keys(vec![format!("/{HOSTILE}")])),
                Statement { left_out: Some(hostile()), ..statement(Table::Service, "modules", Value::Texts(vec![hostile()])) },
            ],
            waived: hostile(),
            waivers: vec![Accepted {
                rule: "ownership/tree".into(),
                path: Some(format!("/{HOSTILE}")),
                below: true,
                reason: hostile(),
                expires: "2027-02-19".parse().unwrap(),
            }],
        };
        let text = template.text();
        assert!(text.chars().all(|character| character == '\n' || !crate::text::acts(character)), "{text}");
        let policy = Policy::parse("x.toml", &text, &known(), &|file| panic!("{file}")).unwrap();
        let subject = crate::profile::Subject { name: "x", labels: &std::collections::BTreeMap::new(), has_file: &|_| false };
        let profile = policy.choose(&subject, None, "2026-11-21".parse().unwrap()).unwrap();
        assert_eq!(profile.expect.base.as_deref(), Some(HOSTILE));
        let service = profile.service.as_ref().unwrap();
        assert_eq!((&service.name[..], &service.ports[..]), (HOSTILE, &[80, 443][..]));
        assert_eq!(service.packages.as_ref().unwrap()[..], [HOSTILE, "b"]);
        assert!(service.modules.is_empty() && service.config.contains_key(&format!("/{HOSTILE}")));
        assert_eq!(profile.waivers[0].reason, HOSTILE);
        assert_eq!(profile.waiver("ownership/tree", Some(&format!("/{HOSTILE}"))), Some(0));
        assert_eq!(profile.waiver("ownership/tree", Some(&format!("/{HOSTILE}/b/c"))), Some(0));
        assert_eq!(profile.waiver("ownership/tree", Some("/a")), None);
    }

    #[test]
    fn the_starter_is_a_profile_and_so_is_what_it_shows() {
        let read = |text: &str| Policy::parse("x.toml", text, &known(), &|file| panic!("{file}"));
        read(STARTER).unwrap();
        let shown =
            |line: &str| line.strip_prefix("# ").filter(|rest| rest.contains(" = ") || rest.starts_with('[')).map(str::to_owned);
        let lines = STARTER.lines().map(|line| shown(line).unwrap_or_else(|| line.to_owned()));
        read(&lines.collect::<Vec<_>>().join("\n")).unwrap();
    }
}
