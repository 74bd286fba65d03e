//! The text of a Python program as tokens, so that nobody takes a word in a string or a comment for a call (Python
//! reference, "Lexical analysis").

/// Bytes of a program that are looked at: those behind `-c` are a line or a few.
const MAX_CODE: usize = 16 << 10;

/// One word of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token<'a> {
    /// A name or a keyword.
    Name(&'a str),
    /// A number, as it is written.
    Number(&'a str),
    /// A string without its quotes, escapes as they are written.
    Text {
        /// What stands between the quotes.
        content: &'a str,
        /// Whether names in braces stand for their values.
        formatted: bool,
    },
    /// Any other character; a line break outside of brackets.
    Mark(char),
}

/// A program.
#[derive(Debug, Clone)]
pub struct Code<'a> {
    tokens: Vec<Token<'a>>,
    /// For the place of each opening bracket that of the closing one; the end where there is none.
    closing: Vec<usize>,
}

/// A call of a name.
#[derive(Debug, Clone)]
pub struct Call<'c, 'a> {
    /// The name before the dot: `socket` of `socket.socket()`. Empty where something else stands there.
    pub owner: Option<&'a str>,
    /// The name that is called.
    pub name: &'a str,
    /// The arguments between the commas.
    pub arguments: Vec<&'c [Token<'a>]>,
    /// Whether it stands between a `try` and an `except`.
    pub is_guarded: bool,
}

impl<'a> Code<'a> {
    /// Reads a program; `None` of one that is longer than any that people write on a command line.
    pub fn parse(text: &'a str) -> Option<Self> {
        if text.len() > MAX_CODE {
            return None;
        }
        let (mut tokens, mut open, mut pairs) = (Vec::new(), Vec::new(), Vec::new());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let (token, length) = token(first, rest);
            match token {
                Some(Token::Mark('(' | '[' | '{')) => open.push(tokens.len()),
                Some(Token::Mark(')' | ']' | '}')) => pairs.extend(open.pop().map(|opening| (opening, tokens.len()))),
                _ => {}
            }
            tokens.extend(token.filter(|token| *token != Token::Mark('\n') || open.is_empty()));
            rest = rest.get(length..).unwrap_or_default();
        }
        let mut closing = vec![tokens.len(); tokens.len()];
        for (opening, closes) in pairs {
            if let Some(place) = closing.get_mut(opening) {
                *place = closes;
            }
        }
        Some(Self { tokens, closing })
    }

    /// Whether a name or a keyword stands anywhere.
    pub fn has(&self, name: &str) -> bool {
        self.tokens.contains(&Token::Name(name))
    }

    /// Every call of a name, in the order of the text.
    pub fn calls(&self) -> impl Iterator<Item = Call<'_, 'a>> {
        let place = |name| self.tokens.iter().position(|token| *token == Token::Name(name));
        let last = |name| self.tokens.iter().rposition(|token| *token == Token::Name(name));
        let guard = place("try").and_then(|first| Some(first..last("except")?));
        self.tokens.windows(2).enumerate().filter_map(move |(at, pair)| {
            let [Token::Name(name), Token::Mark('(')] = pair else { return None };
            let before = |back| at.checked_sub(back).and_then(|place| self.tokens.get(place));
            let owner = match (before(1), before(2)) {
                (Some(Token::Mark('.')), Some(Token::Name(owner))) => Some(*owner),
                (Some(Token::Mark('.')), _) => Some(""),
                _ => None,
            };
            let is_guarded = guard.as_ref().is_some_and(|guard| guard.contains(&at));
            Some(Call { owner, name, arguments: self.parts(at + 1), is_guarded })
        })
    }

    /// What stands between the commas of a bracket.
    fn parts(&self, opening: usize) -> Vec<&[Token<'a>]> {
        let end = self.closing.get(opening).copied().unwrap_or_default();
        let (mut parts, mut start, mut at) = (Vec::new(), opening + 1, opening + 1);
        while at < end {
            match self.tokens.get(at) {
                Some(Token::Mark(',')) => {
                    parts.extend(self.tokens.get(start..at));
                    start = at + 1;
                }
                Some(Token::Mark('(' | '[' | '{')) => at = self.closing.get(at).map_or(end, |close| (*close).min(end)),
                _ => {}
            }
            at += 1;
        }
        parts.extend(self.tokens.get(start..end).filter(|part| !part.is_empty()));
        parts
    }

    /// The value that a statement last gives a name.
    pub fn assigned(&self, name: &str) -> Option<&[Token<'a>]> {
        let is_given = |at: &usize| {
            let begins = at.checked_sub(1).and_then(|before| self.tokens.get(before));
            matches!(begins, None | Some(Token::Mark(';' | '\n' | ':')))
                && self.tokens.get(*at) == Some(&Token::Name(name))
                && self.tokens.get(at + 1) == Some(&Token::Mark('='))
                && self.tokens.get(at + 2) != Some(&Token::Mark('='))
        };
        let value = self.tokens.get((0..self.tokens.len()).rev().find(is_given)? + 2..)?;
        value.split(|token| matches!(token, Token::Mark(';' | '\n'))).next()
    }
}

impl<'c, 'a> Call<'c, 'a> {
    /// The argument that is handed over by this name, or at this place.
    pub fn argument(&self, name: &str, place: usize) -> Option<&'c [Token<'a>]> {
        let named = self.arguments.iter().find_map(|argument| match argument {
            [Token::Name(key), Token::Mark('='), value @ ..] if *key == name => Some(value),
            _ => None,
        });
        let is_named = |argument: &[Token<'_>]| matches!(argument, [Token::Name(_), Token::Mark('='), ..]);
        named.or_else(|| self.arguments.get(place).copied().filter(|argument| !is_named(argument)))
    }
}

/// The parts of a tuple: `('127.0.0.1', 8080)`.
pub fn pair<'c, 'a>(tokens: &'c [Token<'a>]) -> Option<(&'c [Token<'a>], &'c [Token<'a>])> {
    let [Token::Mark('('), inside @ .., Token::Mark(')')] = tokens else { return None };
    let mut depth = 0_usize;
    let comma = inside.iter().position(|token| {
        match token {
            Token::Mark('(' | '[' | '{') => depth += 1,
            Token::Mark(')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && *token == Token::Mark(',')
    })?;
    let (first, second) = inside.split_at(comma);
    Some((first, second.get(1..)?))
}

/// The first token of a text, if it is one, and the bytes that it takes.
fn token(first: char, text: &str) -> (Option<Token<'_>>, usize) {
    let begin = |length: usize| text.get(..length).unwrap_or_default();
    let while_in = |is_in: &dyn Fn(char) -> bool| text.find(|character| !is_in(character)).unwrap_or(text.len());
    if first == '#' {
        return (None, while_in(&|character| character != '\n'));
    }
    if first.is_alphabetic() || first == '_' {
        let length = while_in(&|character| character.is_alphanumeric() || character == '_');
        let (name, behind) = (begin(length), text.get(length..).unwrap_or_default());
        let is_prefix = name.len() <= 2 && name.chars().all(|letter| "rRbBuUfF".contains(letter));
        return match string(behind).filter(|_| is_prefix) {
            Some((content, taken)) => (Some(Token::Text { content, formatted: name.contains(['f', 'F']) }), length + taken),
            None => (Some(Token::Name(name)), length),
        };
    }
    if first.is_ascii_digit() {
        let length = while_in(&|character| character.is_ascii_alphanumeric() || ['.', '_'].contains(&character));
        return (Some(Token::Number(begin(length))), length);
    }
    if let Some((content, taken)) = string(text) {
        return (Some(Token::Text { content, formatted: false }), taken);
    }
    let is_shown = first == '\n' || !first.is_whitespace() && first != '\\';
    (is_shown.then_some(Token::Mark(first)), first.len_utf8())
}

/// A string that a text begins with: what stands between its quotes, and the bytes of all of it. One that does not end
/// takes the rest of its line, of three quotes the rest.
fn string(text: &str) -> Option<(&str, usize)> {
    let quote = text.chars().next().filter(|first| ['"', '\''].contains(first))?;
    let long: String = std::iter::repeat_n(quote, 3).collect();
    let mark = if text.starts_with(&long) { &long[..] } else { text.get(..1)? };
    let inside = text.get(mark.len()..)?;
    let mut skip = false;
    for (at, character) in inside.char_indices() {
        if skip || character == '\\' {
            skip = !skip;
        } else if inside.get(at..).is_some_and(|rest| rest.starts_with(mark)) {
            return Some((inside.get(..at)?, at + 2 * mark.len()));
        } else if character == '\n' && mark.len() == 1 {
            return Some((inside.get(..at)?, at + 1));
        }
    }
    Some((inside, text.len()))
}

/// Bytes of a program that is held against the grammar: a longer line on a command line is no mistake of a quote, and one
/// of nothing but operators would nest too deep.
pub const MAX_CHECKED: usize = 4 << 10;

/// Where and why a text is no Python program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// The character in it, from 1.
    pub column: usize,
    /// What the grammar wants there.
    pub what: String,
}

/// Holds a text of up to [`MAX_CHECKED`] bytes against Python's grammar of today; nothing is said of a longer one.
pub fn fault(text: &str) -> Option<Fault> {
    let error = ruff_python_parser::parse_module(Some(text).filter(|text| text.len() <= MAX_CHECKED)?).err()?;
    let before = text.get(..usize::from(error.location.start())).unwrap_or(text);
    let begin = before.rfind('\n').map_or(0, |end| end + 1);
    let column = before.get(begin..).map_or(0, |line| line.chars().count()) + 1;
    Some(Fault { line: before.matches('\n').count() + 1, column, what: error.error.to_string() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_in_strings_and_comments_are_no_calls() {
        let text = "# s.connect(x)\nprint('s.connect(y)', \"a\\\"b.connect(1)\", '''c(\n''', rb'd()')\ns . connect(f'{z}(')\n";
        let code = Code::parse(text).unwrap();
        let calls: Vec<_> = code.calls().map(|call| (call.owner, call.name, call.arguments.len())).collect();
        assert_eq!(calls, [(None, "print", 4), (Some("s"), "connect", 1)]);
    }

    #[test]
    fn arguments_are_found_by_name_and_by_place() {
        let code = Code::parse("x = 1; x = int(os.getenv('A', '2')); f((1, 2), g(3, 4)[5], timeout=6.5, y==7); h().k()").unwrap();
        let call = code.calls().find(|call| call.name == "f").unwrap();
        assert_eq!(call.arguments.len(), 4);
        assert_eq!(call.argument("timeout", 9), Some(&[Token::Number("6.5")][..]));
        assert_eq!(call.argument("address", 2), None);
        assert_eq!(pair(call.argument("address", 0).unwrap()), Some((&[Token::Number("1")][..], &[Token::Number("2")][..])));
        assert_eq!(code.assigned("x").unwrap().first(), Some(&Token::Name("int")));
        assert_eq!(code.assigned("timeout"), None);
        assert_eq!(code.calls().find(|call| call.name == "k").unwrap().owner, Some(""));
    }

    #[test]
    fn a_guard_is_a_try_with_its_except() {
        let guarded = |text| Code::parse(text).unwrap().calls().find(|call| call.name == "f").unwrap().is_guarded;
        assert!(guarded("try:\n f()\nexcept OSError:\n exit(1)"));
        assert!(!guarded("f()\ntry:\n g()\nexcept OSError:\n exit(1)"));
        assert!(!guarded("try:\n f()\nfinally:\n g()"));
    }

    #[test]
    fn a_program_of_brackets_takes_no_longer_than_another() {
        for piece in ["f(", "f(,", "'", "\"\"\"", "a=", "\\", ")"] {
            let code = Code::parse(&piece.repeat(MAX_CODE / piece.len())).map(|code| code.calls().count());
            assert!(code.is_some(), "{piece}");
        }
        assert!(Code::parse(&" ".repeat(MAX_CODE + 1)).is_none());
    }

    #[test]
    fn a_text_that_is_no_program_says_where() {
        assert_eq!(fault("import socket; s = socket.socket(); exit(0 if s.connect_ex(('x', 1)) == 0 else 1)"), None);
        let at = |text| fault(text).map(|fault| (fault.line, fault.column));
        assert_eq!(at("print('a"), Some((1, 7)));
        assert_eq!(at("x = 1\ns.connect(('é', <PORT>))"), Some((2, 17)));
        assert!(fault("import os; try: os.stat('/x')").is_some());
        assert_eq!(fault(&"(".repeat(MAX_CHECKED + 1)), None);
    }

    #[test]
    fn a_program_of_operators_nests_no_deeper_than_a_thread_can_follow() {
        for piece in ["-", "not ", "lambda: ", "(", "[", "{", "f(", "a if a else ", "a**", "f'{", "await ", "x:=", "if a:\n "] {
            drop(fault(&piece.repeat(MAX_CHECKED / piece.len())));
            drop(fault(&format!("{}1", piece.repeat((MAX_CHECKED - 1) / piece.len()))));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_is_tokens(text in r#"[a-f0-9()\[\]{}'"\\#.,:;= \né]{0,60}"#) {
            let code = Code::parse(&text).unwrap();
            for call in code.calls() {
                prop_assert!(text.contains(call.name) && call.arguments.iter().all(|argument| argument.len() <= text.len()));
            }
        }
    }
}
