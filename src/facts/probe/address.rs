//! Addresses as health checks write them: in URLs, in expressions, in variables.

use std::cell::Cell;

use super::Target;
use crate::facts::command::code::{Code, Token};
use crate::image::Config;

/// Expressions that are followed in one program: names may stand for sums of names.
const FUEL: u32 = 256;

/// Bytes of a value: no host, port or URL of a health check is longer.
const LONGEST: usize = 2048;

/// Values of expressions, as far as the text and the image's environment tell.
pub(super) struct Values<'c, 'a> {
    code: &'c Code<'a>,
    config: &'c Config,
    fuel: Cell<u32>,
}

impl<'c, 'a> Values<'c, 'a> {
    pub(super) fn new(code: &'c Code<'a>, config: &'c Config) -> Self {
        Self { code, config, fuel: Cell::new(FUEL) }
    }

    /// The value of an expression: of a literal, a name, a variable of the environment or its default, a sum of these.
    pub(super) fn of(&self, expression: &[Token<'_>]) -> Option<String> {
        self.fuel.set(self.fuel.get().checked_sub(1)?);
        let value = match expression {
            [Token::Number(text) | Token::Text { content: text, formatted: false }] => (*text).to_owned(),
            [Token::Text { content, formatted: true }] => self.formatted(content)?,
            [Token::Name(name)] => self.of(self.code.assigned(name)?)?,
            [Token::Name("int" | "str"), Token::Mark('('), inside @ .., Token::Mark(')')] => self.of(inside)?,
            [Token::Name("os" | "getenv" | "environ"), ..] => self.variable(expression)?,
            [one, Token::Mark('+'), rest @ ..] => self.of(&[*one])? + &self.of(rest)?,
            _ => return None,
        };
        (value.len() <= LONGEST).then_some(value)
    }

    /// `os.getenv('PORT', '8080')`, `os.environ['PORT']`: what the image sets, else the default.
    fn variable(&self, expression: &[Token<'_>]) -> Option<String> {
        let mut literals = expression.iter().filter_map(|token| match token {
            Token::Text { content: text, formatted: false } | Token::Number(text) => Some(*text),
            _ => None,
        });
        let name = literals.next()?;
        self.config.env(name).or_else(|| literals.next()).map(str::to_owned)
    }

    /// A string in which names stand in braces.
    fn formatted(&self, content: &str) -> Option<String> {
        let mut parts = content.split('{');
        let mut value = parts.next()?.to_owned();
        for part in parts {
            let (name, behind) = part.split_once('}')?;
            value += &self.of(&[Token::Name(name)])?;
            value += behind;
        }
        Some(value)
    }
}

/// A word of a shell's line with its variables: `$PORT`, `${PORT:-8080}`.
pub(super) fn expanded(word: &str, config: &Config) -> String {
    let mut parts = word.split('$');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let braced = part.strip_prefix('{').and_then(|part| part.split_once('}'));
        let end = part.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(part.len());
        let (expression, behind) = braced.unwrap_or_else(|| part.split_at(end));
        let (name, default) = expression.split_once(":-").unwrap_or((expression, ""));
        out += config.env(name).unwrap_or(default);
        out += behind;
        if out.len() > LONGEST {
            break;
        }
    }
    out
}

/// Host and port of a URL; `localhost:8080/health` is one to curl.
pub(super) fn url(word: &str) -> Option<Target> {
    let word = word.trim_matches(['"', '\'', ';', ')', '(']);
    let (scheme, rest) = match word.split_once("://") {
        Some((scheme @ ("http" | "https"), rest)) => (scheme, rest),
        None if word.starts_with("localhost") || word.starts_with("127.") => ("http", word),
        Some(_) | None => return None,
    };
    let authority = rest.split(['/', '?', '#']).next()?;
    let address = authority.rsplit('@').next()?;
    let (host, port) = match address.strip_prefix('[').and_then(|address| address.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None => address.split_once(':').map_or((address, None), |(host, port)| (host, Some(port))),
    };
    let port = match port {
        Some(port) => port.parse().ok()?,
        None if scheme == "http" => 80,
        None => 443,
    };
    Some(Target { host: host.to_owned(), port })
}
