//! A text over the whole screen: help, documentation, a finding, a file.

use super::cursor::Cursor;

/// Columns in which texts are laid out: they are read at any width.
const WIDTH: usize = 76;

/// Columns by which a text moves sideways.
const ASIDE: usize = 8;

/// A text that stands over the panes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// What it is.
    pub title: String,
    /// Its lines, fit to show.
    pub lines: Vec<String>,
    /// The first line that is shown; it moves as the top of a list.
    pub top: usize,
    /// Columns that are left out at the left.
    pub left: usize,
}

impl Sheet {
    /// A text that stands as it is.
    pub fn new(title: impl Into<String>, lines: Vec<String>) -> Self {
        Self { title: title.into(), lines, top: 0, left: 0 }
    }

    /// Scrolls by so many lines, in a window of this height.
    pub fn by(&mut self, rows: isize, height: usize) {
        let mut cursor = Cursor { at: self.top, top: 0 };
        cursor.by(rows, self.lines.len());
        self.top = cursor.at;
        self.fit(height);
    }

    /// Leaves no room empty that has lines.
    pub fn fit(&mut self, height: usize) {
        self.top = self.top.min(self.lines.len().saturating_sub(height.max(1)));
    }

    /// Moves sideways.
    pub fn aside(&mut self, right: bool) {
        self.left = if right { (self.left + ASIDE).min(4 * WIDTH * ASIDE) } else { self.left.saturating_sub(ASIDE) };
    }
}

/// A text in lines of the width of a sheet, with its own line ends.
pub fn paragraphs(text: &str) -> Vec<String> {
    text.lines().flat_map(|line| wrap(line, WIDTH, usize::MAX)).collect()
}

/// A line in lines of at most this width, cut between words where that is possible; at most so many of them.
pub fn wrap(line: &str, width: usize, most: usize) -> Vec<String> {
    let width = width.max(1);
    let (mut lines, mut current, mut used) = (Vec::new(), String::new(), 0);
    for word in line.split_inclusive(' ') {
        let long = columns(word.trim_end());
        if used > 0 && used + long > width {
            lines.push(std::mem::take(&mut current));
            used = 0;
        }
        if lines.len() >= most {
            return lines;
        }
        for character in word.chars() {
            let wide = columns(character.encode_utf8(&mut [0; 4]));
            if used + wide > width {
                if character == ' ' {
                    continue;
                }
                lines.push(std::mem::take(&mut current));
                used = 0;
                if lines.len() >= most {
                    return lines;
                }
            }
            current.push(character);
            used += wide;
        }
    }
    lines.push(current);
    lines.truncate(most);
    lines
}

/// Columns that a text takes.
pub fn columns(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_between_words_and_long_words_anywhere() {
        assert_eq!(wrap("one two three", 7, 9), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh ij", 3, 9), ["abc", "def", "gh ", "ij"]);
        assert_eq!(wrap("abcdefgh ij", 3, 2), ["abc", "def"]);
        assert_eq!(wrap("", 3, 2), [""]);
        assert_eq!(wrap("漢字漢字", 5, 9), ["漢字", "漢字"]);
    }

    #[test]
    fn a_text_ends_at_its_last_line() {
        let mut sheet = Sheet::new("", (0..10).map(|line| line.to_string()).collect());
        sheet.by(100, 4);
        assert_eq!(sheet.top, 6);
        sheet.by(-100, 4);
        assert_eq!(sheet.top, 0);
    }
}
