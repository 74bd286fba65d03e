//! How rules word what they found.

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

/// Characters of an instruction that a message shows.
const INSTRUCTION: usize = 100;

/// An instruction as a message shows it: masked, fit for a terminal, cut.
pub fn instruction(text: &str) -> String {
    let shown = crate::text::terminal(&crate::text::mask(text));
    let mut cut: String = shown.chars().take(INSTRUCTION).collect();
    if cut.len() < shown.len() {
        cut.push('…');
    }
    cut
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
    fn an_instruction_is_shown_without_its_secrets_and_no_longer_than_a_line() {
        assert_eq!(instruction("COPY a\u{1b} /b"), "COPY a\\u{1b} /b");
        assert!(!instruction("ARG DB_PASSWORD=hunter2").contains("hunter2"));
        assert_eq!(instruction(&"x".repeat(101)), format!("{}…", "x".repeat(100)));
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
