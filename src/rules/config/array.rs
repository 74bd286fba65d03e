//! Lines for a shell that were meant as JSON arrays.

use super::super::words;

/// Whether a line was meant as a JSON array: `['a', 'b']`, `["a",]`. A test, as in `[ "$A" ]`, has blanks and no commas.
pub(super) fn is_array(line: &str) -> bool {
    let inside = line.trim().strip_prefix('[').and_then(|line| line.strip_suffix(']'));
    inside.is_some_and(|inside| inside.starts_with(['"', '\'', '“']) || ["',", "\","].iter().any(|end| inside.contains(end)))
}

/// What dash says of such a line; nothing where it takes `[` for a test that holds.
pub(super) fn of_array(shell: &str, line: &str) -> Option<String> {
    let line: String = line.chars().filter(|letter| !['"', '\''].contains(letter)).collect();
    let found: Vec<&str> = line.split_whitespace().collect();
    let what = match found.as_slice() {
        ["[", first, _, .., "]"] => format!("[: {}: unexpected operator", words::excerpt(first)),
        [first, ..] if first.starts_with('[') && *first != "[" => format!("{}: not found", words::excerpt(first)),
        _ => return None,
    };
    Some(format!("{}: 1: {what}", words::excerpt(shell)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_dash_says_is_what_it_says() {
        for (line, said) in [
            ("['/usr/bin/python3', '/app/x.py']", Some("/bin/sh: 1: [/usr/bin/python3,: not found")),
            ("[ \"a\", \"b\", ]", Some("/bin/sh: 1: [: a,: unexpected operator")),
            ("[ \"a\", \"b\", \"c\", ]", Some("/bin/sh: 1: [: a,: unexpected operator")),
            ("[ \"a\", ]", None),
            ("exec a", None),
        ] {
            assert_eq!(of_array("/bin/sh", line).as_deref(), said, "{line}");
        }
    }
}
