//! Whether a text is Python of some version.

use std::borrow::Cow;

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{PySourceType, PythonVersion};
use ruff_python_parser::lexer::lex;
use ruff_python_parser::{LexicalErrorType, Mode, ParseErrorType, ParseOptions, parse_unchecked};
use ruff_text_size::Ranged as _;

use super::interpreter::Version;

/// What keeps Python from compiling a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line that it is on.
    pub line: usize,
    /// What is wrong, as a sentence fragment.
    pub what: String,
    /// The last line that a user would see, where that is certain.
    pub predicts: Option<&'static str>,
}

/// How deep an expression may be. `CPython` allows 200 brackets, and programs do without a tenth of it.
const MAX_DEPTH: u32 = 400;

/// Looks for the first fault; an error where a text is too deep to be looked at, or in an encoding that is not read here.
pub fn fault(text: &[u8], version: Version) -> Result<Option<Fault>, &'static str> {
    let fault = |line, what: &str, predicts| Ok(Some(Fault { line, what: what.to_owned(), predicts }));
    let line_of = |at: usize| text.iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
    if let Some(at) = text.iter().position(|byte| *byte == 0) {
        return fault(line_of(at), "a NUL byte", Some("SyntaxError: source code cannot contain null bytes"));
    }
    let conflict = text.split(|byte| *byte == b'\n').position(|line| line.starts_with(b"<<<<<<< "));
    if let Some(before) = conflict.filter(|_| text.windows(8).any(|seven| seven == b"\n=======")) {
        return fault(before + 1, "a conflict that nobody resolved", Some("SyntaxError: invalid syntax"));
    }
    let text = match (encoding(text), std::str::from_utf8(text)) {
        (Some(b"utf-8" | b"utf8" | b"ascii" | b"us-ascii") | None, Ok(text)) => {
            Cow::Borrowed(text.trim_start_matches('\u{feff}'))
        }
        (None, Err(error)) => return fault(line_of(error.valid_up_to()), "a byte that is no UTF-8", None),
        (Some(b"latin-1" | b"iso-8859-1" | b"iso-8859-15" | b"latin1"), _) => {
            text.iter().map(|byte| char::from(*byte)).collect::<String>().into()
        }
        _ => return Err("its encoding is another than UTF-8 and Latin-1"),
    };
    if is_deep(&text) {
        return Err("it is deeper than any that people write");
    }
    Ok(parse(&text, version))
}

fn parse(text: &str, version: Version) -> Option<Fault> {
    let number = |number: u32| u8::try_from(number).ok();
    let target = PythonVersion { major: number(version.major)?, minor: number(version.minor)? };
    let target = target.clamp(PythonVersion::lowest(), PythonVersion::latest_preview());
    let parsed = parse_unchecked(text, ParseOptions::from(PySourceType::Python).with_target_version(target));
    let line = |at: usize| text.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
    if let Some(error) = parsed.errors().first() {
        let predicts = match &error.error {
            ParseErrorType::UnexpectedIndentation => Some("IndentationError: unexpected indent"),
            ParseErrorType::Lexical(LexicalErrorType::IndentationError) => {
                Some("IndentationError: unindent does not match any outer indentation level")
            }
            _ => None,
        };
        return Some(Fault { line: line(error.location.start().to_usize()), what: error.error.to_string(), predicts });
    }
    let error = parsed.unsupported_syntax_errors().first()?;
    Some(Fault { line: line(error.range().start().to_usize()), what: error.to_string(), predicts: None })
}

/// The encoding that one of the first two lines names (PEP 263).
fn encoding(text: &[u8]) -> Option<&[u8]> {
    let lines = text.split(|byte| *byte == b'\n').take(2).map(<[u8]>::trim_ascii_start);
    let comments = lines.take_while(|line| line.is_empty() || line.starts_with(b"#") || line.starts_with(b"\xef\xbb\xbf#"));
    comments.into_iter().find_map(|line| {
        let at = memchr::memmem::find(line, b"coding")? + b"coding".len();
        let name = line.get(at..)?.strip_prefix(b":").or_else(|| line.get(at..)?.strip_prefix(b"="))?.trim_ascii_start();
        let length = name.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte)).count();
        name.get(..length).filter(|name| !name.is_empty())
    })
}

/// Whether anything may stand deeper in brackets, operators and blocks than is safe to walk over. What stands between two
/// commas is as deep as it has tokens that are neither names nor values, at most.
fn is_deep(text: &str) -> bool {
    let mut lexer = lex(text, Mode::Module);
    let (mut depth, mut blocks, mut open) = (0_u32, 0_u32, Vec::new());
    loop {
        match lexer.next_token() {
            TokenKind::EndOfFile => return false,
            TokenKind::Name
            | TokenKind::Int
            | TokenKind::Float
            | TokenKind::Complex
            | TokenKind::String
            | TokenKind::Comment
            | TokenKind::NonLogicalNewline => {}
            TokenKind::Newline | TokenKind::Semi => (depth, open) = (0, Vec::new()),
            TokenKind::Comma => depth = open.last().copied().unwrap_or_default(),
            TokenKind::Indent => blocks += 1,
            TokenKind::Dedent => blocks = blocks.saturating_sub(1),
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace | TokenKind::FStringStart | TokenKind::TStringStart => {
                depth += 1;
                open.push(depth);
            }
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace | TokenKind::FStringEnd | TokenKind::TStringEnd => {
                depth = open.pop().unwrap_or_default();
            }
            _ => depth += 1,
        }
        if depth > MAX_DEPTH || blocks > MAX_DEPTH / 4 {
            return true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &[u8], minor: u32) -> Option<(usize, Option<&'static str>)> {
        let version = Version { major: 3, minor, patch: None, told_by: "" };
        fault(text, version).unwrap().map(|fault| (fault.line, fault.predicts))
    }

    #[test]
    fn what_a_version_takes_is_no_fault() {
        for text in [
            &b"\xef\xbb\xbfx = 1\n"[..],
            b"# -*- coding: latin-1 -*-\nx = '\xe9'\n",
            b"#!/x\n# vim: set fileencoding=utf-8 :\nx = '\xc3\xa9'\n",
            b"match x:\n    case [1, *_]:\n        pass\n",
            b"",
            b"x = '''\n<<<<<<< no\n'''\n",
        ] {
            assert_eq!(found(text, 11), None, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn a_fault_has_its_line_and_what_is_certain_of_its_last_words() {
        let nul = Some("SyntaxError: source code cannot contain null bytes");
        for (text, minor, wanted) in [
            (&b"x = 1\n\0\n"[..], 11, (2, nul)),
            (b"x = 1\n<<<<<<< HEAD\ny\n=======\nz\n>>>>>>> a\n", 11, (2, Some("SyntaxError: invalid syntax"))),
            (b"x\n\nprint 'x'\n", 11, (3, None)),
            (b"def f(:\n  pass\n", 11, (1, None)),
            (b"x = 1\n  y = 2\n", 11, (2, Some("IndentationError: unexpected indent"))),
            (b"x = '\xe9'\n", 11, (1, None)),
            (b"x\ntype X = int\n", 11, (2, None)),
            (b"x = f\"{y[\"a\"]}\"\n", 11, (1, None)),
        ] {
            assert_eq!(found(text, minor), Some(wanted), "{}", text.escape_ascii());
        }
        assert_eq!(found(b"type X = int\n", 12), None);
        assert_eq!(found(b"x = f\"{y[\"a\"]}\"\n", 12), None);
    }

    #[test]
    fn depth_is_refused_and_length_is_not() {
        let version = Version { major: 3, minor: 12, patch: None, told_by: "" };
        for deep in [
            "(".repeat(30_000),
            "-".repeat(30_000),
            "not ".repeat(9_000),
            "x = lambda: ".repeat(5_000),
            "a+".repeat(20_000),
            "f'{".repeat(9_000),
            "a.b".repeat(9_000),
            "[-1, ".repeat(9_000),
        ] {
            assert!(fault(deep.as_bytes(), version).is_err(), "{}", &deep[..8]);
        }
        assert_eq!(fault(format!("x = [{}]\n", "-1, ".repeat(9_000)).as_bytes(), version), Ok(None));
        assert_eq!(fault("x = f(-1)\n".repeat(5_000).as_bytes(), version), Ok(None));
    }
}
