//! Texts filled into lines. A word, such as a path or a digest, is broken only where no line could hold it.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The indentation of a word that is too long for that of its paragraph.
const OUTDENT: &str = "  ";

/// A text as lines of at most `width` columns: `first` stands before the first of them, `rest` before the others. Both
/// leave room for a few characters.
pub fn fill(text: &str, first: &str, rest: &str, width: usize) -> Vec<String> {
    let mut filler = Filler { lines: Vec::new(), line: first.to_owned(), fresh: true, rest, width };
    let mut blanks = 0;
    for piece in text.split_inclusive(' ') {
        let word = piece.trim_end_matches(' ');
        if word.is_empty() {
            blanks += piece.len();
        } else {
            filler.put(blanks, word);
            blanks = piece.len() - word.len();
        }
    }
    filler.turn();
    filler.lines
}

struct Filler<'a> {
    lines: Vec<String>,
    line: String,
    /// Whether the line holds no word yet.
    fresh: bool,
    rest: &'a str,
    width: usize,
}

impl Filler<'_> {
    /// Ends the line.
    fn turn(&mut self) {
        let line = std::mem::replace(&mut self.line, self.rest.to_owned());
        self.lines.push(line.trim_end().to_owned());
        self.fresh = true;
    }

    fn room(&self) -> usize {
        self.width.saturating_sub(self.line.width())
    }

    fn put(&mut self, blanks: usize, word: &str) {
        if !self.fresh {
            if blanks + word.width() <= self.room() {
                self.line.extend([&" ".repeat(blanks), word]);
                return;
            }
            self.turn();
        }
        if word.width() > self.room() && OUTDENT.width() + word.width() <= self.width {
            if !self.line.trim().is_empty() {
                self.turn();
            }
            OUTDENT.clone_into(&mut self.line);
        }
        let mut word = word;
        while word.width() > self.room() {
            let (head, tail) = word.split_at(breaking(word, self.room()));
            self.line.push_str(head);
            self.turn();
            word = tail;
        }
        self.line.push_str(word);
        self.fresh = false;
    }
}

/// Where a word that does not fit is broken: behind a slash in the second half of the room, else where the room ends.
fn breaking(word: &str, room: usize) -> usize {
    let mut used = 0;
    let (mut end, mut slash) = (0, None);
    for (at, character) in word.char_indices() {
        used += character.width().unwrap_or(0);
        if used > room && end > 0 {
            break;
        }
        end = at + character.len_utf8();
        if character == '/' && used * 2 > room {
            slash = Some(end);
        }
    }
    slash.unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_go_on_lines_and_blanks_within_a_line_stay() {
        assert_eq!(fill("one two   three four", "- ", "  ", 16), ["- one two", "  three four"]);
        assert_eq!(fill("a   b", "", "", 16), ["a   b"]);
        assert_eq!(fill("", "  name", "", 16), ["  name"]);
    }

    #[test]
    fn a_path_is_whole_where_a_line_can_hold_it() {
        let path = "/usr/lib/python3/x";
        assert_eq!(
            fill(&format!("see {path}: gone"), "  fix   ", "        ", 22),
            ["  fix   see", "  /usr/lib/python3/x:", "        gone"]
        );
        assert_eq!(fill(path, "  fix   ", "        ", 20), ["  fix", "  /usr/lib/python3/x"]);
        assert_eq!(fill(path, "        ", "        ", 20), ["  /usr/lib/python3/x"]);
    }

    #[test]
    fn what_no_line_can_hold_is_broken_at_a_slash() {
        assert_eq!(fill("/opt/first/second/third", "  ", "  ", 16), ["  /opt/first/", "  second/third"]);
        assert_eq!(fill(&"x".repeat(20), "", "", 8), ["xxxxxxxx", "xxxxxxxx", "xxxx"]);
        assert!(fill(&"日本語".repeat(9), "  ", "  ", 7).iter().all(|line| line.width() <= 7));
    }
}
