//! A comment under construction: it has an end, and says what did not fit.

use std::collections::BTreeMap;

use crate::report::figures::count;
use crate::report::place::repository;
use crate::text;

/// Characters of a comment: GitHub takes 65,536 (docs.github.com, "Troubleshooting: body is too long").
const MOST: usize = 60_000;
/// Characters that are kept for the line that says what was cut.
const TAIL: usize = 400;
/// Characters of the mark by which a comment is found again.
const MARK: usize = 300;

/// Blocks, in the order of their weight.
pub(super) struct Sheet {
    out: String,
    /// How many characters are left.
    room: usize,
    /// How many of what did not fit.
    cut: BTreeMap<&'static str, u64>,
}

impl Sheet {
    /// A comment on images, by reference and platform: its first line, which no one sees, stays the same from push to push.
    pub(super) fn of<'a>(images: impl Iterator<Item = (&'a str, Option<&'a str>)>) -> Self {
        let names = images.map(|(reference, platform)| format!(" {} {}", repository(reference), platform.unwrap_or_default()));
        let out = format!("<!-- lucid-verify{} -->\n", mark(&names.collect::<String>()));
        Self { room: MOST.saturating_sub(out.chars().count() + TAIL), out, cut: BTreeMap::new() }
    }

    /// Adds a block, unless it, or one before it, does not fit.
    pub(super) fn put(&mut self, what: &'static str, block: &str) {
        let block = block.lines().map(text::unheard).collect::<Vec<_>>().join("\n");
        let size = block.chars().count() + 2;
        if block.is_empty() {
        } else if self.cut.is_empty() && size <= self.room {
            self.room -= size;
            self.out.extend(["\n", &block, "\n"]);
        } else {
            *self.cut.entry(what).or_default() += 1;
        }
    }

    /// The whole comment.
    pub(super) fn finish(mut self) -> Vec<u8> {
        if !self.cut.is_empty() {
            let cut: Vec<String> = self.cut.iter().map(|(what, number)| count(*number, &format!("more {what}"))).collect();
            let cut = cut.join(", ");
            self.out.extend(["\nCut: ", &cut, " would make this comment too long; `--format json` has all.\n"]);
        }
        self.out.into_bytes()
    }
}

/// Text that cannot end an HTML comment: what is neither letter, digit, nor of a reference is one `-`.
fn mark(text: &str) -> String {
    let mut mark = String::new();
    for character in text.chars().take(MARK) {
        match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '/' | '.' | '_' | ':' | ' ' => mark.push(character),
            _ if mark.ends_with('-') => {}
            _ => mark.push('-'),
        }
    }
    mark.trim_end_matches([' ', '-']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_stays_the_same_from_version_to_version_and_ends_nothing() {
        let first = |reference: &str| {
            let sheet = Sheet::of(std::iter::once((reference, Some("linux/arm64/v8"))));
            String::from_utf8(sheet.finish()).unwrap()
        };
        let mark = "<!-- lucid-verify docker.io/pickme/lucid-auth linux/arm64/v8 -->\n";
        assert_eq!(first("docker.io/pickme/lucid-auth:1"), mark);
        assert_eq!(first(&format!("docker.io/pickme/lucid-auth@sha256:{}", "5".repeat(64))), mark);
        for hostile in ["x--> <img>", "oci:a\n-->\n<script>", "-->", "--!><b>"] {
            let line = first(hostile);
            assert!(
                line.lines().count() == 1 && line.matches("--").count() == 2 && line.matches(['<', '>']).count() == 2,
                "{line}"
            );
        }
    }

    #[test]
    fn what_does_not_fit_is_counted_and_nothing_behind_it_comes_before() {
        let mut sheet = Sheet::of(std::iter::empty());
        sheet.put("cause", "first");
        sheet.put("cause", &"é".repeat(MOST));
        sheet.put("cause", "third");
        sheet.put("list", "fourth");
        let text = String::from_utf8(sheet.finish()).unwrap();
        assert!(text.contains("first") && !text.contains("third") && text.chars().count() < MOST, "{text}");
        assert!(text.ends_with("\nCut: 2 more causes, 1 more list would make this comment too long; `--format json` has all.\n"));
    }
}
