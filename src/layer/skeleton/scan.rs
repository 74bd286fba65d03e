//! Python text as logical lines (Python reference, "Lexical analysis"): strings, comments, brackets and continued lines are
//! passed over, never looked into.

use std::ops::Range;

use memchr::{memchr, memchr2, memchr3};

/// Strings inside the fields of strings that are followed; `CPython` allows 150, people write two.
const MAX_NESTING: u32 = 32;

/// Where the lines of a text are.
pub(super) struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
}

/// A logical line. Its memory is reused.
#[derive(Default)]
pub(super) struct Line {
    /// The column of its first character, tabs counted to the next multiple of eight.
    pub column: usize,
    /// Where its first character is.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// Each `;` and `:` outside of brackets.
    pub marks: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Plain,
    Break,
    Quote,
    Comment,
    Open,
    Close,
    Backslash,
    Mark,
}

const fn class(byte: u8) -> Class {
    match byte {
        b'\n' | b'\r' => Class::Break,
        b'"' | b'\'' => Class::Quote,
        b'#' => Class::Comment,
        b'(' | b'[' | b'{' => Class::Open,
        b')' | b']' | b'}' => Class::Close,
        b'\\' => Class::Backslash,
        b';' | b':' => Class::Mark,
        _ => Class::Plain,
    }
}

/// A comparison for each byte would cost several times as much.
static CLASSES: [Class; 256] = {
    let mut classes = [Class::Plain; 256];
    let mut byte: u8 = 0;
    while byte < 128 {
        classes[byte as usize] = class(byte);
        byte += 1;
    }
    classes
};

impl<'a> Scanner<'a> {
    pub fn new(text: &'a [u8], at: usize) -> Self {
        Self { text, at }
    }

    /// Finds the next line that holds code.
    pub fn next(&mut self, line: &mut Line) -> bool {
        loop {
            line.column = 0;
            while let Some(blank) = self.text.get(self.at) {
                line.column = match blank {
                    b' ' => line.column + 1,
                    b'\t' => line.column / 8 * 8 + 8,
                    b'\x0c' => 0,
                    _ => break,
                };
                self.at += 1;
            }
            match self.text.get(self.at) {
                None => return false,
                Some(b'\n' | b'\r') => self.at += 1,
                Some(b'#') => self.at = self.end_of_line(self.at),
                Some(_) => break,
            }
        }
        line.start = self.at;
        line.marks.clear();
        self.code(&mut line.marks);
        line.end = self.at.min(self.text.len());
        true
    }

    /// Passes over code to the end of its logical line.
    fn code(&mut self, marks: &mut Vec<usize>) {
        let mut depth = 0_usize;
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let plain = rest.iter().position(|byte| CLASSES[usize::from(*byte)] != Class::Plain);
            let Some(plain) = plain else { return self.at = self.text.len() };
            self.at += plain;
            match CLASSES[usize::from(rest[plain])] {
                Class::Break if depth == 0 => return,
                Class::Plain | Class::Break => self.at += 1,
                Class::Quote => self.at = self.string(self.at, 0),
                Class::Comment => self.at = self.end_of_line(self.at),
                Class::Open => (self.at, depth) = (self.at + 1, depth + 1),
                Class::Close => (self.at, depth) = (self.at + 1, depth.saturating_sub(1)),
                Class::Backslash => self.at += self.escape(self.at),
                Class::Mark => {
                    if depth == 0 {
                        marks.push(self.at);
                    }
                    self.at += 1;
                }
            }
        }
    }

    /// How many lambdas, each of which has a colon of its own, stand outside of brackets.
    pub fn lambdas(&self, range: Range<usize>) -> usize {
        let (mut at, mut depth, mut found) = (range.start, 0_usize, 0);
        while let Some(byte) = self.text.get(at).filter(|_| at < range.end) {
            match CLASSES[usize::from(*byte)] {
                Class::Quote => at = self.string(at, 0),
                Class::Comment => at = self.end_of_line(at),
                Class::Open => (at, depth) = (at + 1, depth + 1),
                Class::Close => (at, depth) = (at + 1, depth.saturating_sub(1)),
                Class::Backslash => at += self.escape(at),
                _ => {
                    let word = self.text[at..].iter().take_while(|byte| is_of_word(**byte)).count();
                    found += usize::from(depth == 0 && self.text[at..at + word] == *b"lambda");
                    at += word.max(1);
                }
            }
        }
        found
    }

    /// Bytes of a backslash and what it takes with it.
    fn escape(&self, at: usize) -> usize {
        if self.text.get(at + 1..at + 3) == Some(b"\r\n") { 3 } else { 2 }
    }

    fn end_of_line(&self, from: usize) -> usize {
        let rest = self.text.get(from..).unwrap_or_default();
        memchr2(b'\n', b'\r', rest).map_or(self.text.len(), |end| from + end)
    }

    /// The end of the string whose first quote is at a place.
    pub fn string(&self, at: usize, nesting: u32) -> usize {
        let Some(quote) = self.text.get(at).copied() else { return self.text.len() };
        let before = &self.text[at.saturating_sub(3)..at];
        let letters = before.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        let prefix = &before[before.len() - letters..];
        let is_prefix = letters < 3 && prefix.iter().all(|letter| b"rRbBuUfFtT".contains(letter));
        let has = |letters: &[u8; 4]| is_prefix && prefix.iter().any(|letter| letters.contains(letter));
        let is_triple = self.text.get(at + 1..at + 3) == Some(&[quote; 2]);
        let string = Literal { quote, is_triple, is_raw: has(b"rRrR") };
        let body = if is_triple { at + 3 } else { at + 1 };
        if has(b"fFtT") { self.formatted(body, &string, nesting) } else { self.plain(body, &string) }
    }

    fn plain(&self, mut at: usize, string: &Literal) -> usize {
        while let Some(rest) = self.text.get(at..) {
            let found =
                if string.is_triple { memchr2(string.quote, b'\\', rest) } else { memchr3(string.quote, b'\\', b'\n', rest) };
            let Some(found) = found else { break };
            at += found;
            match rest[found] {
                b'\\' => at += self.escape(at),
                b'\n' => return at,
                _ if self.closes(at, string) => return at + string.width(),
                _ => at += 1,
            }
        }
        self.text.len()
    }

    fn closes(&self, at: usize, string: &Literal) -> bool {
        !string.is_triple || self.text.get(at + 1..at + 3) == Some(&[string.quote; 2])
    }

    /// The end of a string with fields in braces (PEP 498, PEP 701).
    fn formatted(&self, mut at: usize, string: &Literal, nesting: u32) -> usize {
        while let Some(byte) = self.text.get(at) {
            let next = self.text.get(at + 1);
            match byte {
                b'\\' if next == Some(&b'N') && !string.is_raw && self.text.get(at + 2) == Some(&b'{') => {
                    at = memchr(b'}', &self.text[at..]).map_or(self.text.len(), |end| at + end + 1);
                }
                b'\\' if matches!(next, Some(b'{' | b'}')) => at += 1,
                b'\\' => at += self.escape(at),
                b'{' if next == Some(&b'{') => at += 2,
                b'{' => match self.field(at + 1, string, nesting) {
                    Ok(end) => at = end,
                    Err(end) => return end,
                },
                b'\n' if !string.is_triple => return at,
                byte if *byte == string.quote && self.closes(at, string) => return at + string.width(),
                _ => at += 1,
            }
        }
        self.text.len()
    }

    /// The end of a field; an error is the end of the string.
    fn field(&self, mut at: usize, string: &Literal, nesting: u32) -> Result<usize, usize> {
        if nesting == MAX_NESTING {
            return Err(self.text.len());
        }
        let mut depth = 0_usize;
        while let Some(byte) = self.text.get(at) {
            match CLASSES[usize::from(*byte)] {
                Class::Quote => at = self.string(at, nesting + 1),
                Class::Comment => at = self.end_of_line(at),
                Class::Close if depth == 0 => return Ok(at + 1),
                Class::Mark if depth == 0 => return self.format(at + 1, string, nesting),
                Class::Open => (at, depth) = (at + 1, depth + 1),
                Class::Close => (at, depth) = (at + 1, depth - 1),
                _ => at += 1,
            }
        }
        Err(self.text.len())
    }

    /// The end of a field whose format begins at a place.
    fn format(&self, mut at: usize, string: &Literal, nesting: u32) -> Result<usize, usize> {
        while let Some(byte) = self.text.get(at) {
            match byte {
                b'{' => at = self.field(at + 1, string, nesting + 1)?,
                b'}' => return Ok(at + 1),
                b'\n' if !string.is_triple => return Err(at),
                byte if *byte == string.quote && self.closes(at, string) => return Err(at + string.width()),
                _ => at += 1,
            }
        }
        Err(self.text.len())
    }
}

/// Whether a byte can stand in a name or a number.
pub(super) fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// How a string is written.
struct Literal {
    quote: u8,
    is_triple: bool,
    is_raw: bool,
}

impl Literal {
    fn width(&self) -> usize {
        if self.is_triple { 3 } else { 1 }
    }
}
