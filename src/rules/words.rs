//! How rules word what they found.

use std::collections::BTreeSet;

use crate::text::{mask, terminal};

/// `1 file`, `2,000 files`.
pub fn count(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(number), if number == 1 { one } else { many })
}

/// A number with a comma between thousands.
pub fn thousands(number: u64) -> String {
    match number {
        0..1_000 => number.to_string(),
        _ => format!("{},{:03}", thousands(number / 1_000), number % 1_000),
    }
}

/// The first few of a list, and how many more there are: `gcc-12, cc and 7 more`.
pub fn list<T: AsRef<str>>(items: &[T], shown: usize) -> String {
    let first: Vec<&str> = items.iter().take(shown).map(AsRef::as_ref).collect();
    match items.len().saturating_sub(shown) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// Why some of the evidence could not be judged; nothing if all of it could.
pub fn unread(why: &BTreeSet<&str>) -> Option<String> {
    (!why.is_empty()).then(|| list(&why.iter().collect::<Vec<_>>(), 3))
}

/// Characters of an argument vector that a message shows: a configuration may hold megabytes of them.
const SHOWN: usize = 160;

/// An argument vector as a Dockerfile has it, secrets masked, escaped and cut.
pub fn argv<T: AsRef<str>>(argv: &[T]) -> String {
    let words: Vec<String> = argv.iter().take(SHOWN).map(|word| format!("\"{}\"", excerpt(word.as_ref()))).collect();
    cut(&format!("[{}]", words.join(", ")))
}

/// The beginning of a text, secrets masked, escaped.
pub fn excerpt(text: &str) -> String {
    terminal(&cut(&mask(&text[..text.floor_char_boundary(SHOWN * 64)])))
}

fn cut(text: &str) -> String {
    let shown = &text[..text.floor_char_boundary(SHOWN)];
    format!("{shown}{}", if shown.len() < text.len() { "…" } else { "" })
}

/// Bytes as people read them, in powers of ten, as docker prints them.
#[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
pub fn bytes(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_vector_is_shown_as_it_is_written_and_not_whole() {
        assert_eq!(argv(&["python3", "-c", "a\nb"]), r#"["python3", "-c", "a\nb"]"#);
        assert_eq!(argv(&["run", "--token=abc"]), r#"["run", "--token=***"]"#);
        assert!(argv(&vec!["é".repeat(1 << 20); 99]).chars().count() <= SHOWN + 1);
        assert!(excerpt(&"\u{1b}".repeat(1 << 20)).len() < 20 * SHOWN);
    }

    #[test]
    fn lists_say_what_they_leave_out() {
        assert_eq!(list(&["a", "b"], 2), "a, b");
        assert_eq!(list(&["a", "b", "c"], 1), "a and 2 more");
        assert_eq!(count(1, "file is", "files are"), "1 file is");
        assert_eq!(count(12_004_017, "file is", "files are"), "12,004,017 files are");
        assert_eq!((bytes(999), bytes(28_100_000)), ("999 B".into(), "28.1 MB".into()));
    }
}
