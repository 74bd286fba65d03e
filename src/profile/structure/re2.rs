//! Regular expressions as Go's package regexp reads them (RE2's syntax), in the words of the crate `regex`: classes such as
//! `\d` and `\b` are ASCII, `\Q…\E` quotes, a brace that repeats nothing and a bracket in a class are themselves.

use std::iter::Peekable;
use std::str::Chars;

use regex::bytes::Regex;

/// Repetitions that RE2 allows.
const REPEAT: u32 = 1000;

/// Compiles a pattern that is looked for anywhere in a text.
pub(super) fn compile(pattern: &str) -> Result<Regex, String> {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\\' => escaped(&mut rest, &mut out, false),
            '[' => class(&mut rest, &mut out),
            '{' => brace(&mut rest, &mut out)?,
            other => out.push(other),
        }
    }
    regex::bytes::RegexBuilder::new(&out).octal(true).build().map_err(|_| format!("{pattern:?} is no regular expression"))
}

/// What stands behind a backslash.
fn escaped(rest: &mut Peekable<Chars<'_>>, out: &mut String, in_class: bool) {
    const CLASSES: [(char, &str); 6] = [
        ('d', "[0-9]"),
        ('D', "[^0-9]"),
        ('w', "[0-9A-Za-z_]"),
        ('W', "[^0-9A-Za-z_]"),
        ('s', r"[\t\n\f\r ]"),
        ('S', r"[^\t\n\f\r ]"),
    ];
    match rest.next() {
        Some('Q') if !in_class => quoted(rest, out),
        Some('E') if !in_class => {}
        Some(word @ ('b' | 'B')) if !in_class => out.extend(["(?-u:\\", word.encode_utf8(&mut [0; 4]), ")"]),
        Some('C') if !in_class => out.push_str("(?s-u:.)"),
        // Angle brackets behind a backslash are the beginning and the end of a word in the crate.
        Some(angle @ ('<' | '>')) => out.push(angle),
        Some(other) => match CLASSES.iter().find(|(name, _)| *name == other) {
            Some((_, class)) => out.push_str(class),
            None => out.extend(['\\', other]),
        },
        None => out.push('\\'),
    }
}

/// Text as it is, to `\E` or to the end.
fn quoted(rest: &mut Peekable<Chars<'_>>, out: &mut String) {
    let mut text = String::new();
    while let Some(character) = rest.next() {
        if character == '\\' && rest.peek() == Some(&'E') {
            rest.next();
            break;
        }
        text.push(character);
    }
    out.push_str(&regex::escape(&text));
}

/// A class, behind its bracket.
fn class(rest: &mut Peekable<Chars<'_>>, out: &mut String) {
    out.push('[');
    if rest.next_if_eq(&'^').is_some() {
        out.push('^');
    }
    if rest.next_if_eq(&']').is_some() {
        out.push_str("\\]");
    }
    let mut before = '[';
    while let Some(character) = rest.next() {
        match character {
            ']' => {
                out.push(']');
                return;
            }
            '\\' => escaped(rest, out, true),
            '[' if rest.peek() == Some(&':') => {
                out.push('[');
                for character in rest.by_ref() {
                    out.push(character);
                    if character == ']' {
                        break;
                    }
                }
            }
            // These combine classes in the crate, the dash where it stands twice.
            '[' | '&' | '~' => out.extend(['\\', character]),
            '-' if before == '-' => out.push_str("\\-"),
            other => out.push(other),
        }
        before = character;
    }
}

/// A brace: a repetition, or itself.
fn brace(rest: &mut Peekable<Chars<'_>>, out: &mut String) -> Result<(), String> {
    let body: String = rest.clone().take_while(|character| *character != '}').collect();
    let (least, most) = body.split_once(',').unwrap_or((&body, ""));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_closed = rest.clone().nth(body.chars().count()) == Some('}');
    if !is_closed || !is_number(least) || !(most.is_empty() || is_number(most)) {
        out.push_str("\\{");
        return Ok(());
    }
    if [least, most].iter().any(|number| !number.is_empty() && number.parse::<u32>().map_or(true, |number| number > REPEAT)) {
        return Err(format!("{{{body}}} repeats more than {REPEAT} times"));
    }
    out.push('{');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_they_mean_to_go() {
        for (pattern, matches, misses) in [
            ("^hello$", &["hello"][..], &["hello\n", "ahello"][..]),
            ("(?m)^hello$", &["x\nhello\n"], &["hello x"]),
            (r"\d+\w", &["1a", "12"], &["٣a", "1é"]),
            (r"^\W$", &["é", "-"], &["a", "_"]),
            (r"a\b", &["a", "aé", "a b"], &["ab"]),
            (r"\Qa.b[\E+c", &["a.b[c", "a.b[[c"], &["axb[c"]),
            (r"\Qa.b", &["a.b"], &["axb"]),
            ("{x}", &["{x}"], &["x"]),
            ("a{2}", &["aa"], &["a"]),
            ("a{,2}", &["a{,2}"], &["aa"]),
            ("[[]", &["["], &["a"]),
            ("[]a]", &["]", "a"], &["["]),
            ("[a&&b]", &["a", "&"], &["c"]),
            ("[[:digit:]x]", &["7", "x"], &[":"]),
            (r"[\d-]", &["7", "-"], &["d"]),
            (r"\<a\>", &["<a>"], &["a"]),
            (r"\x41\101", &["AA"], &["A"]),
            (r"(?i)GNU", &["gnu"], &["gmu"]),
            ("a.c", &["a-c", "aéc"], &["a\nc"]),
            ("", &["", "x"], &[]),
        ] {
            let regex = compile(pattern).unwrap();
            assert!(matches.iter().all(|text| regex.is_match(text.as_bytes())), "{pattern} does not match");
            assert!(!misses.iter().any(|text| regex.is_match(text.as_bytes())), "{pattern} matches");
        }
    }

    #[test]
    fn what_is_no_pattern_is_an_error() {
        for pattern in ["(", "a{1001}", "[a", "*", r"\", "(?=x)"] {
            assert!(compile(pattern).is_err(), "{pattern}");
        }
    }
}
