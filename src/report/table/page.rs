//! Lines on a page. Everything that is written passes here, so that no text of an image acts on a terminal.

use anstyle::{AnsiColor, Style as Ink};
use unicode_width::UnicodeWidthStr;

use super::Style;
use crate::finding::Level;
use crate::report::fill;
use crate::text;

/// Characters of one text that are shown, and with `-v`: an image can bring megabytes.
const SHOWN: [usize; 2] = [480, 4000];

/// Characters of an instruction in which its destination is looked for.
const LONGEST: usize = 40_000;

/// Columns that an instruction may take, on however many lines.
const INSTRUCTION: usize = 2 * 80;

pub(super) struct Page {
    width: usize,
    color: bool,
    verbose: bool,
    lines: Vec<String>,
}

impl Page {
    pub(super) fn new(style: &Style) -> Self {
        Self { width: style.width.clamp(24, 100), color: style.color, verbose: style.verbose, lines: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Columns of the page.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// A line that is made to fit, and shows nothing that acts.
    pub(super) fn raw(&mut self, line: &str) {
        self.lines.push(cut(line.trim_end(), self.width));
    }

    pub(super) fn is_verbose(&self) -> bool {
        self.verbose
    }

    pub(super) fn blank(&mut self) {
        self.lines.push(String::new());
    }

    /// A blank line, unless nothing stands above it.
    pub(super) fn separate(&mut self) {
        if !self.is_empty() {
            self.blank();
        }
    }

    pub(super) fn append(&mut self, other: Self) {
        self.lines.extend(other.lines);
    }

    pub(super) fn truncate(&mut self, lines: usize) {
        self.lines.truncate(lines);
    }

    /// A text as it may be shown: nothing in it acts, and it has an end.
    fn shown(&self, text: &str) -> String {
        clip(&text::terminal(text), SHOWN[usize::from(self.verbose)])
    }

    /// A text, filled into lines: `first` stands before the first of them, `rest` before the others.
    pub(super) fn paragraph(&mut self, first: &str, rest: &str, text: &str) {
        let lines = fill(&self.shown(text), first, rest, self.width);
        self.lines.extend(lines);
    }

    /// An instruction, in as many lines as two of 80 columns hold. Of a longer COPY the destination is shown too: it says
    /// where to look.
    pub(super) fn instruction(&mut self, text: &str) {
        self.instruction_below("  ", text);
    }

    /// The same, indented.
    pub(super) fn instruction_below(&mut self, indent: &str, text: &str) {
        let text = clip(&text::terminal(text), LONGEST);
        let most = INSTRUCTION.div_ceil(self.width).max(2);
        let mut lines = fill(&text, indent, &format!("{indent}  "), self.width);
        if lines.len() > most {
            lines.truncate(most);
            let copies = ["COPY ", "ADD "].iter().any(|word| text.starts_with(word));
            let destination = text.rsplit(' ').next().filter(|last| copies && last.width() + indent.len() + 4 <= self.width);
            if let Some(last) = lines.last_mut() {
                *last = destination.map_or_else(|| cut(&format!("{last} …"), self.width), |path| format!("{indent}  … {path}"));
            }
        }
        self.lines.extend(lines);
    }

    /// A text cut to one line.
    pub(super) fn line(&mut self, first: &str, text: &str) {
        self.lines.push(cut(&format!("{first}{}", self.shown(text)), self.width));
    }

    /// Items side by side, two blanks apart and indented by two, as many on a line as fit; one that no line holds is filled.
    pub(super) fn items(&mut self, items: &[String]) {
        let mut line = String::new();
        for item in items {
            let item = text::terminal(item);
            if 2 + item.trim_end().width() > self.width {
                self.end_items(&mut line);
                self.paragraph("  ", "    ", &item);
                continue;
            }
            if !line.is_empty() && 2 + line.width() + 2 + item.trim_end().width() > self.width {
                self.end_items(&mut line);
            }
            if !line.is_empty() {
                line.push_str("  ");
            }
            line.push_str(&item);
        }
        self.end_items(&mut line);
    }

    fn end_items(&mut self, line: &mut String) {
        if !line.is_empty() {
            self.lines.push(format!("  {}", line.trim_end()));
            line.clear();
        }
    }

    /// A level, or a word in its place, then a name, and words at the right edge: on a line of their own where one line
    /// is too short. Only the word has colour.
    pub(super) fn headline(&mut self, word: &str, level: Level, name: &str, right: &str) {
        let left = format!("{word:<6} {}", text::terminal(name));
        let at = self.lines.len();
        let (used, wanted) = (left.width(), right.width());
        if used + 2 + wanted <= self.width {
            let blanks = if right.is_empty() { 0 } else { self.width - used - wanted };
            self.lines.push(format!("{left}{}{right}", " ".repeat(blanks)));
        } else {
            self.paragraph("", "       ", &left);
            self.lines.push(cut(&format!("  {right}"), self.width));
        }
        self.paint(at, word, level);
    }

    /// A level, or a word in its place, and a text cut to one line.
    pub(super) fn row(&mut self, word: &str, level: Level, text: &str) {
        let at = self.lines.len();
        self.line(&format!("{word:<6} "), text);
        self.paint(at, word, level);
    }

    fn paint(&mut self, at: usize, word: &str, level: Level) {
        let ink = ink(level);
        if let Some(rest) = self.lines[at].strip_prefix(word).filter(|_| self.color) {
            self.lines[at] = format!("{ink}{word}{ink:#}{rest}");
        }
    }

    pub(super) fn into_lines(self) -> Vec<String> {
        self.lines
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        let mut out = self.lines.iter().map(|line| text::unheard(line)).collect::<Vec<_>>().join("\n");
        out.push('\n');
        out.into_bytes()
    }
}

fn ink(level: Level) -> Ink {
    match level {
        Level::Error => AnsiColor::Red.on_default().bold(),
        Level::Warn => AnsiColor::Yellow.on_default().bold(),
        Level::Info | Level::Off => AnsiColor::Cyan.on_default(),
    }
}

/// The first `most` characters, and a sign that there are more.
pub(in crate::report) fn clip(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// What fits into `width` columns, with a sign that there is more.
pub(super) fn cut(line: &str, width: usize) -> String {
    if line.width() <= width {
        return line.to_owned();
    }
    let mut short = String::new();
    for character in line.chars() {
        short.push(character);
        if short.width() + 1 > width {
            short.pop();
            break;
        }
    }
    format!("{}…", short.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style { width: 24, color: false, verbose: false };

    #[test]
    fn no_line_is_wider_than_the_page() {
        let mut page = Page::new(&STYLE);
        page.paragraph("  fix  ", "       ", &"日本語".repeat(30));
        page.line("  ", &"x".repeat(90));
        page.items(&["y".repeat(50), "z".repeat(9), "z".repeat(9), "z".repeat(9)]);
        page.headline("error", Level::Error, "group/a-very-long-rule-name", "conforms  layer 1/2");
        assert!(page.lines.iter().all(|line| line.width() <= 24), "{:#?}", page.lines);
    }

    #[test]
    fn only_the_word_is_coloured() {
        let mut page = Page::new(&Style { color: true, width: 80, ..STYLE });
        page.headline("error", Level::Error, "a/b", "starts");
        assert!(page.lines[0].starts_with("\u{1b}[1m\u{1b}[31merror\u{1b}[0m  a/b "), "{:?}", page.lines[0]);
        assert_eq!(page.lines[0].matches('\u{1b}').count(), 3);
    }

    #[test]
    fn a_long_instruction_ends_with_its_destination() {
        let style = Style { width: 80, ..STYLE };
        let shown = |text: &str| {
            let mut page = Page::new(&style);
            page.instruction(text);
            page.lines
        };
        let two =
            shown("COPY --chown=65532:65532 /root/.local/lib/python3.11/site-packages /usr/local/lib/python3.11/site-packages");
        assert_eq!(two[1], "    /usr/local/lib/python3.11/site-packages");
        let many = shown(&format!("COPY {}/app/", "one.py ".repeat(90)));
        assert_eq!((many.len(), &many[1][..]), (2, "    … /app/"));
        let run = shown(&format!("RUN {}", "make all && ".repeat(90)));
        assert!(run.len() == 2 && run[1].ends_with('…') && run[1].width() <= 80, "{run:?}");
    }

    #[test]
    fn megabytes_are_cut() {
        let mut page = Page::new(&STYLE);
        page.paragraph("", "", &"word ".repeat(1_000_000));
        assert!(page.len() < 40);
    }
}
