//! Text of an image as Markdown shows it and never reads it: in code spans (`CommonMark` 6.1) and code blocks (4.5).

use crate::report::table::middle;
use crate::text;

/// Columns of one text; a longer one loses its middle.
const LONGEST: usize = 160;

/// A code span in a paragraph.
pub(super) fn span(text: &str) -> String {
    fenced(&shown(text))
}

/// A code span in the cell of a table, where a `|` is escaped (GFM 4.10); behind a backslash, which would be taken for the
/// one that escapes, it is written as its number.
pub(super) fn cell(text: &str) -> String {
    fenced(&shown(text).replace("\\|", "\\\\u{7c}").replace('|', "\\|"))
}

/// A block of lines.
pub(super) fn block(lines: &[String]) -> String {
    let ticks = "`".repeat((longest_run(&lines.join("\n")) + 1).max(3));
    format!("{ticks}text\n{}\n{ticks}", lines.join("\n"))
}

fn shown(text: &str) -> String {
    middle(&text::terminal(text), LONGEST)
}

/// More backticks around than any inside, and blanks where one would touch them or be taken away.
fn fenced(text: &str) -> String {
    if text.trim().is_empty() {
        return format!("`\"{text}\"`");
    }
    let ticks = "`".repeat(longest_run(text) + 1);
    let touches = |character| character == '`' || character == ' ';
    let blank = if text.starts_with(touches) || text.ends_with(touches) { " " } else { "" };
    format!("{ticks}{blank}{text}{blank}{ticks}")
}

/// The longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_longer_fenced_than_what_is_in_it() {
        assert_eq!(span("/app"), "`/app`");
        assert_eq!(span("a`b``c"), "```a`b``c```");
        assert_eq!(span("`x"), "`` `x ``");
        assert_eq!(span(" x"), "`  x `");
        assert_eq!(span(""), "`\"\"`");
        assert_eq!(span("a\nb\u{1b}[31m"), "`a\\nb\\u{1b}[31m`");
    }

    #[test]
    fn no_pipe_ends_a_cell() {
        assert_eq!(cell("a|b"), "`a\\|b`");
        assert_eq!(cell("a\\|b"), "`a\\\\u{7c}b`");
        assert_eq!(span("a|b"), "`a|b`");
    }

    #[test]
    fn a_block_ends_where_it_ends() {
        assert_eq!(block(&["a".into(), "```".into()]), "````text\na\n```\n````");
    }
}
