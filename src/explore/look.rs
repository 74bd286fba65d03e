//! What the terminal can show.

use std::fmt::Write as _;

use crate::text;

/// What the terminal can show. Nothing is told by colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Whether it is asked for colour.
    pub color: bool,
    /// Whether it shows more than ASCII.
    pub unicode: bool,
}

impl Look {
    /// Text from wherever, as this terminal shows it: nothing in it acts.
    pub fn text(self, text: &str) -> String {
        let shown = text::terminal(text);
        if self.unicode || shown.is_ascii() {
            return shown;
        }
        shown.chars().fold(String::with_capacity(shown.len()), |mut out, character| {
            match character {
                '→' => out.push_str("->"),
                '−' => out.push('-'),
                '…' => out.push_str("..."),
                ascii if ascii.is_ascii() => out.push(ascii),
                other => drop(write!(out, "\\u{{{:x}}}", u32::from(other))),
            }
            out
        })
    }

    /// A name or a path.
    pub fn name(self, bytes: &[u8]) -> String {
        self.text(&text::lossless(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_shows_what_it_can_and_acts_on_nothing() {
        let [plain, rich] = [false, true].map(|unicode| Look { color: false, unicode });
        assert_eq!(plain.name("grün\x1b\u{202e}".as_bytes()), "gr\\u{fc}n\\u{1b}\\u{202e}");
        assert_eq!(rich.name("grün\x1b".as_bytes()), "grün\\u{1b}");
        assert_eq!(plain.text("1 → 2 …"), "1 -> 2 ...");
    }
}
