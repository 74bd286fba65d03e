//! The Markdown of a rule's documentation as plain text for a screen.

use lucid_verify::report::fill;
use lucid_verify::text::terminal;

/// What stands below a heading is indented by this.
const INDENT: &str = "  ";

/// Code spans of up to so many characters stay on one line.
const SPAN: usize = 50;

/// A blank that does not end a line, while lines are filled.
const HELD: char = '\u{a0}';

/// The text, filled to `width` columns: headings without their marks, paragraphs and list items refilled, code as it is.
pub fn plain(markdown: &str, width: usize) -> String {
    let mut page = Page { width, lines: Vec::new(), block: String::new() };
    let mut fenced = false;
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            page.end();
            fenced = !fenced;
        } else if fenced || (line.starts_with("    ") && page.block.is_empty()) {
            page.end();
            page.lines.push(format!("{INDENT}  {}", terminal(line.trim_end())));
        } else {
            page.text(line.trim());
        }
    }
    page.end();
    page.lines.join("\n").trim().to_owned()
}

struct Page {
    width: usize,
    lines: Vec<String>,
    /// The paragraph or list item at hand.
    block: String,
}

impl Page {
    fn text(&mut self, line: &str) {
        if let Some(heading) = line.strip_prefix('#') {
            self.end();
            self.lines.push(terminal(heading.trim_start_matches('#').trim()));
            return;
        }
        if line.is_empty() || marker(line) > 0 {
            self.end();
        }
        if line.is_empty() {
            self.lines.push(String::new());
            return;
        }
        if !self.block.is_empty() {
            self.block.push(' ');
        }
        self.block.push_str(line);
    }

    /// Writes the block at hand.
    fn end(&mut self) {
        let block = std::mem::take(&mut self.block);
        if !block.is_empty() {
            let (mark, text) = block.split_at(marker(&block));
            let (first, rest) = (format!("{INDENT}{mark}"), format!("{INDENT}{}", " ".repeat(mark.len())));
            let lines = fill(&terminal(&held_together(text)), &first, &rest, self.width);
            self.lines.extend(lines.into_iter().map(|line| line.replace(HELD, " ")));
        }
    }
}

/// Bytes of the mark of a list item, its blank included: `- `, `1. `.
fn marker(line: &str) -> usize {
    let number = line.bytes().take_while(u8::is_ascii_digit).count();
    let after = if number > 0 { ". " } else { "- " };
    if line[number..].starts_with(after) { number + 2 } else { 0 }
}

/// The text with blanks in its short code spans that end no line.
fn held_together(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    let inside = |at: usize| at % 2 == 1 && at + 1 < parts.len();
    let held = |(at, part): (usize, &&str)| {
        if inside(at) && part.chars().count() <= SPAN { part.replace(' ', &HELD.to_string()) } else { (*part).to_owned() }
    };
    parts.iter().enumerate().map(held).collect::<Vec<_>>().join("`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_refilled_and_code_is_kept() {
        let markdown = "# What it checks\nOne sentence that goes\non. And `a code span` stays.\n\n# Fix\n- one item that is\n  long\n- two\n\n```\nCOPY   a b\n```\n    indented  code\n";
        assert_eq!(
            plain(markdown, 34),
            "What it checks\n  One sentence that goes on. And\n  `a code span` stays.\n\nFix\n  - one item that is long\n  - two\n\n    COPY   a b\n        indented  code"
        );
    }

    #[test]
    fn no_line_is_wider_than_asked_and_nothing_acts() {
        let shown = plain(&format!("1. {} `{}\u{1b}[2J", "word ".repeat(40), "a b ".repeat(40)), 40);
        assert!(shown.lines().all(|line| line.chars().count() <= 40) && !shown.contains('\u{1b}'), "{shown}");
        assert!(shown.starts_with("1. word") && shown.contains("\n     word"), "{shown}");
    }
}
