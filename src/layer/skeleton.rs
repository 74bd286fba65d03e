//! What of a Python module decides its imports: the import statements, and the headers of the blocks that hold them.
//!
//! The text of a site directory is tens of megabytes, its skeleton a few percent of that. It is Python again, of one line a
//! statement, and says the same of imports as the module: a comment behind each statement is the number of its line.

mod scan;

use std::ops::Range;

use memchr::memchr_iter;
use memchr::memmem::{self, Finder};
use scan::{Line, Scanner, is_of_word};

/// Blocks within blocks that are followed; `CPython` allows 100 (`MAXINDENT`).
const MAX_BLOCKS: usize = 100;

/// Bytes of a condition or of the names of exceptions. Those that decide an import are short.
const MAX_HEADER: usize = 240;

/// What is said of statements that change where modules come from: their text, and what the skeleton has in their place.
const PLACES: [(&[u8], &str); 8] = [
    (b"sys.path", "sys.path"),
    (b"addsitedir", "sys.path"),
    (b"__path__", "__path__"),
    (b"extend_path", "__path__"),
    (b"declare_namespace", "__path__"),
    (b"meta_path", "sys.meta_path"),
    (b"path_hooks", "sys.meta_path"),
    (b"sys.modules", "sys.modules"),
];

/// How `sys.path` is changed; other uses only read it.
const EDITS: [&[u8]; 6] = [b".insert", b".append", b".extend", b"[", b"+=", b"="];

/// The skeleton of a module. A line of it is an import statement, the header of a block, or one of these names in the place
/// of a statement: `sys.path` where that is edited, `sys.meta_path` where a hook is installed, `sys.modules` where modules
/// are looked up or put in place by hand, `__path__` where a package is made of other directories than its own.
pub fn skeleton(text: &[u8]) -> Vec<u8> {
    let start = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut sketch = Sketch::new(text);
    // Most modules import at their beginning; what follows is looked at only as far as it guards an import.
    let words = sketch.places.iter().map(|(finder, _)| finder.needle()).chain([&b"import"[..]]);
    let Some(last) = words.filter_map(|word| memmem::rfind(text, word)).max() else { return Vec::new() };
    let (mut scanner, mut line) = (Scanner::new(text, start), Line::default());
    while scanner.next(&mut line) {
        sketch.line(&line);
        if line.start > last && !sketch.blocks.iter().any(Block::is_guard) {
            break;
        }
    }
    sketch.close(0, false);
    sketch.out
}

/// What begins a clause of a compound statement.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Clause {
    If,
    Elif,
    Else,
    Try,
    Except,
    Finally,
    Def,
    Class,
    /// A block that may run or not, once or often: of a loop, of `with`, of `case`.
    Perhaps,
    Match,
}

impl Clause {
    fn of(word: &[u8]) -> Option<Self> {
        Some(match word {
            b"if" => Self::If,
            b"elif" => Self::Elif,
            b"else" => Self::Else,
            b"try" => Self::Try,
            b"except" => Self::Except,
            b"finally" => Self::Finally,
            b"def" => Self::Def,
            b"class" => Self::Class,
            b"for" | b"while" | b"with" | b"case" => Self::Perhaps,
            b"match" => Self::Match,
            _ => return None,
        })
    }

    /// Whether it belongs to the statement before it.
    fn continues(self) -> bool {
        matches!(self, Self::Elif | Self::Else | Self::Except | Self::Finally)
    }
}

/// A compound statement that is open.
struct Block {
    column: usize,
    is_try: bool,
    is_match: bool,
    /// The place of its first header.
    first: usize,
    /// That of the first header that is not written yet.
    unwritten: usize,
}

impl Block {
    /// Whether it is a `try` of which something is written: what handles its exceptions must be, too.
    fn is_guard(&self) -> bool {
        self.is_try && self.unwritten > self.first
    }
}

struct Sketch<'a> {
    text: &'a [u8],
    out: Vec<u8>,
    blocks: Vec<Block>,
    /// The headers of the open blocks, and what stands between their word and their colon.
    headers: Vec<(Clause, Range<usize>)>,
    /// A place, and the number of the line that it is on.
    counted: (usize, u32),
    /// The words of [`PLACES`] that the text has.
    places: Vec<(Finder<'static>, &'static str)>,
    has_returns: bool,
}

impl<'a> Sketch<'a> {
    fn new(text: &'a [u8]) -> Self {
        let has = |word: &[u8]| memmem::find(text, word).is_some();
        // Half of the words have that one in them, and most modules do not.
        let has_path = has(b"path");
        let may_have = |word: &[u8]| (has_path || !word.windows(4).any(|part| part == b"path")) && has(word);
        Self {
            text,
            out: Vec::new(),
            blocks: Vec::new(),
            headers: Vec::new(),
            counted: (0, 1),
            places: PLACES
                .into_iter()
                .filter(|(word, _)| may_have(word))
                .map(|(word, place)| (Finder::new(word), place))
                .collect(),
            has_returns: memchr::memchr(b'\r', text).is_some(),
        }
    }

    fn line(&mut self, line: &Line) {
        let (word, behind) = self.first_word(line.start, line.end);
        let clause = Clause::of(word);
        self.close(line.column, clause.is_some_and(Clause::continues));
        let colon = clause.and_then(|clause| self.colon(clause, behind, line));
        let Some((clause, colon)) = clause.zip(colon) else { return self.statements(line.start, line) };
        let is_open = self.blocks.last().is_some_and(|block| block.column == line.column);
        if is_open == clause.continues() {
            if !is_open {
                let (is_try, is_match) = (clause == Clause::Try, clause == Clause::Match);
                let at = self.headers.len();
                self.blocks.push(Block { column: line.column, is_try, is_match, first: at, unwritten: at });
            }
            self.headers.push((clause, behind..colon));
        }
        self.statements(colon + 1, line);
    }

    /// The first word of a part, and where it ends; `async` is passed over.
    fn first_word(&self, start: usize, end: usize) -> (&'a [u8], usize) {
        let text = &self.text[start..end];
        let length = text.iter().take_while(|byte| byte.is_ascii_lowercase()).count();
        let is_whole = text.get(length).is_none_or(|next| !is_of_word(*next));
        if text[..length] == *b"async" && is_whole {
            let blanks = text[length..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            if blanks > 0 {
                return self.first_word(start + length + blanks, end);
            }
        }
        (if is_whole { &text[..length] } else { b"" }, start + length)
    }

    /// The colon that ends a header; `None` where the word begins something else.
    fn colon(&self, clause: Clause, behind: usize, line: &Line) -> Option<usize> {
        let mut colons = line.marks.iter().copied().filter(|at| self.text[*at] == b':');
        let is_walrus = |at: &usize| self.text.get(at + 1) == Some(&b'=');
        let mut end = colons.find(|at| !is_walrus(at))?;
        let (scanner, mut lambdas) = (Scanner::new(self.text, 0), 0);
        while memmem::find(&self.text[behind..end], b"lambda").is_some() && scanner.lambdas(behind..end) > lambdas {
            lambdas += 1;
            end = colons.find(|at| !is_walrus(at))?;
        }
        let is_soft = clause == Clause::Match || self.text[..behind].ends_with(b"case");
        let within = self.blocks.last().is_some_and(|block| block.is_match && block.column < line.column);
        let ends = || self.plain(end + 1..line.end).is_some_and(|rest| rest.is_empty());
        let is_header = match clause {
            _ if !is_soft => true,
            Clause::Match => end > behind && ends() && !matches!(self.text.get(behind), Some(b'.' | b':' | b',' | b')')),
            _ => within,
        };
        is_header.then_some(end)
    }

    /// The statements of a line from a place on.
    fn statements(&mut self, from: usize, line: &Line) {
        let mut start = from;
        for end in line.marks.iter().copied().chain([line.end]) {
            if end == line.end || end >= from && self.text[end] == b';' {
                self.statement(start, end);
                start = end + 1;
            }
        }
    }

    fn statement(&mut self, start: usize, end: usize) {
        let Some(text) = self.text.get(start..end) else { return };
        let start = start + text.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == b'\\').count();
        let (word, behind) = self.first_word(start, end);
        let (word, _) = if word == b"lazy" { self.first_word((behind + 1).min(end), end) } else { (word, behind) };
        if matches!(word, b"import" | b"from") {
            if let Some(text) = self.plain(start..end) {
                self.keep(start, &text);
            }
        } else if let Some(place) = self.place(&self.text[start..end]) {
            self.keep(start, place.as_bytes());
        }
    }

    /// Writes a statement behind the headers that it needs.
    fn keep(&mut self, at: usize, text: &[u8]) {
        if self.blocks.len() > MAX_BLOCKS {
            return;
        }
        for depth in 0..self.blocks.len() {
            let end = self.blocks.get(depth + 1).map_or(self.headers.len(), |block| block.first);
            for header in self.blocks[depth].unwritten..end {
                self.header(header, depth, header + 1 < end);
            }
            self.blocks[depth].unwritten = end;
        }
        self.indent(self.blocks.len());
        self.out.extend_from_slice(text);
        let (from, mut number) = self.counted;
        let passed = self.text.get(from..at).unwrap_or_default();
        number += count(memchr_iter(b'\n', passed).count());
        if self.has_returns {
            let is_alone = |place: usize| self.text.get(from + place + 1) != Some(&b'\n');
            number += count(memchr_iter(b'\r', passed).filter(|place| is_alone(*place)).count());
        }
        self.counted = (at, number);
        self.out.extend_from_slice(format!(" #{number}\n").as_bytes());
    }

    /// What stands in the place of a statement that changes where modules come from.
    fn place(&self, statement: &[u8]) -> Option<&'static str> {
        let edits = |at: usize| {
            let rest = statement.get(at + b"sys.path".len()..).unwrap_or_default().trim_ascii_start();
            EDITS.iter().any(|edit| rest.starts_with(edit)) && !rest.starts_with(b"==")
        };
        let does = |finder: &Finder<'_>| match finder.needle() {
            b"sys.path" => finder.find_iter(statement).any(edits),
            _ => finder.find(statement).is_some(),
        };
        self.places.iter().find(|(finder, _)| does(finder)).map(|(_, place)| *place)
    }

    fn indent(&mut self, depth: usize) {
        self.out.resize(self.out.len() + depth, b' ');
    }

    fn header(&mut self, header: usize, depth: usize, is_empty: bool) {
        let (clause, between) = self.headers[header].clone();
        let text = || self.plain(between.clone()).filter(|text| text.len() <= MAX_HEADER);
        let condition = || text().filter(|text| !text.is_empty()).unwrap_or_else(|| b"_".to_vec());
        let (word, more) = match clause {
            Clause::If => ("if ", condition()),
            Clause::Elif => ("elif ", condition()),
            Clause::Except => ("except ", text().unwrap_or_else(|| b"_".to_vec())),
            Clause::Else => ("else", Vec::new()),
            Clause::Try => ("try", Vec::new()),
            Clause::Finally => ("finally", Vec::new()),
            Clause::Def => ("def _()", Vec::new()),
            Clause::Class => ("class _", Vec::new()),
            Clause::Perhaps | Clause::Match => ("while _", Vec::new()),
        };
        self.indent(depth);
        self.out.extend_from_slice(word.as_bytes());
        self.out.extend_from_slice(&more);
        self.out.extend_from_slice(if is_empty { b":pass\n" } else { b":\n" });
    }

    /// Ends the blocks that a line at a column is not in. What handles exceptions is written, as it says what they are worth.
    fn close(&mut self, column: usize, continues: bool) {
        while let Some(block) = self.blocks.last().filter(|block| block.column > column || block.column == column && !continues) {
            let (first, unwritten) = (block.first, block.unwritten);
            if block.is_guard() && self.blocks.len() <= MAX_BLOCKS {
                for header in unwritten..self.headers.len() {
                    self.header(header, self.blocks.len() - 1, true);
                }
            }
            self.headers.truncate(first);
            self.blocks.pop();
        }
    }

    /// Code on one line, without comments; `None` where a string of it has several.
    fn plain(&self, range: Range<usize>) -> Option<Vec<u8>> {
        let scanner = Scanner::new(self.text, 0);
        let (mut at, mut out) = (range.start, Vec::new());
        while at < range.end {
            let end = match self.text[at] {
                b'"' | b'\'' => {
                    let end = scanner.string(at, 0).min(range.end);
                    let string = &self.text[at..end];
                    if string.contains(&b'\n') {
                        return None;
                    }
                    out.extend_from_slice(string);
                    end
                }
                b'#' => at + memchr::memchr2(b'\n', b'\r', &self.text[at..range.end]).unwrap_or(range.end - at),
                b'\n' | b'\r' | b'\\' | b'\x0c' | b'\t' | b' ' => {
                    if out.last() != Some(&b' ') {
                        out.push(b' ');
                    }
                    at + 1
                }
                byte => {
                    out.push(byte);
                    at + 1
                }
            };
            at = end;
        }
        Some(out.trim_ascii().to_vec())
    }
}

fn count(lines: usize) -> u32 {
    u32::try_from(lines).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
