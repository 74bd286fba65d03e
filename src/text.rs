//! Text from an image or a registry made fit to show: bytes without loss, control characters and bidi marks escaped,
//! secrets masked.

mod secret;

use std::fmt::Write as _;

pub use secret::{Secret, is_secret_name, is_setting, is_template, mask, mask_value, secret};

/// Bytes as text without loss: UTF-8 as it is, a backslash doubled, any other byte as `\xNN`.
pub fn lossless(bytes: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes)
        && !bytes.contains(&b'\\')
    {
        return text.to_owned();
    }
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(&chunk.valid().replace('\\', "\\\\"));
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

/// What stands in backticks in Markdown (`CommonMark`, "Code spans"): as many of them end a span as begin it.
pub fn code_spans(markdown: &str) -> Vec<&str> {
    let (mut spans, mut rest) = (Vec::new(), markdown);
    while let Some(start) = rest.find('`') {
        let behind = rest[start..].trim_start_matches('`');
        let ticks = &rest[start..rest.len() - behind.len()];
        let run = |at: &usize| {
            let after = behind[*at..].strip_prefix(ticks).is_some_and(|after| !after.starts_with('`'));
            after && !behind[..*at].ends_with('`')
        };
        let end = behind.match_indices('`').map(|(at, _)| at).find(run);
        match end {
            Some(end) => {
                spans.push(behind[..end].trim());
                rest = &behind[end + ticks.len()..];
            }
            None => rest = behind,
        }
    }
    spans
}

/// Whether a terminal would act on this character instead of showing it: C0 and C1 controls, bidi marks and isolates,
/// line and paragraph separators, and invisible characters that make two names look alike.
pub(crate) fn acts(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}')
        || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
        || matches!(character, '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e01ef}')
}

/// Whether a terminal would act on any of a text.
pub(crate) fn holds_acting(text: &str) -> bool {
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~');
    !text.as_bytes().iter().all(is_plain) && text.chars().any(acts)
}

/// Text that a terminal shows and does not act on.
pub fn terminal(text: &str) -> String {
    if !holds_acting(text) {
        return text.to_owned();
    }
    text.chars().fold(String::with_capacity(text.len() + 16), |mut out, character| {
        match character {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            acting if acts(acting) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(acting));
            }
            plain => out.push(plain),
        }
        out
    })
}

/// A line in which no runner of a CI server hears a command: GitHub's takes `::NAME` at the begin of a line, blanks aside, and
/// `##[NAME` anywhere (actions/runner, `ActionCommand.cs`).
pub fn unheard(line: &str) -> String {
    let line = line.replace("##[", "#\\u{23}[");
    match line.trim_start().strip_prefix("::") {
        Some(rest) => format!("{}\\u{{3a}}:{rest}", &line[..line.len() - line.trim_start().len()]),
        None => line,
    }
}

/// Characters of a long text that are shown of its begin, and as many of its end.
const SHOWN: usize = 120;

/// The begin and the end of a text that may be long: a parser that repeats what it found says at the end what it wanted.
pub(crate) fn shortened(text: &str) -> String {
    let length = text.chars().count();
    if length <= 2 * SHOWN {
        return text.to_owned();
    }
    let part = |from: usize| text.chars().skip(from).take(SHOWN).collect::<String>();
    format!("{} … {}", part(0), part(length - SHOWN))
}

/// Text as part of a URI: every byte but letters, digits, `-._~` and those in `plain` percent-encoded (RFC 3986, 2.1).
pub fn percent(text: &str, plain: &[u8]) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || plain.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

/// Bytes as text for a message: without loss, and safe on a terminal.
pub fn escape(bytes: &[u8]) -> String {
    let text = lossless(bytes);
    if holds_acting(&text) { terminal(&text) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_span_ends_where_as_many_backticks_stand_as_began_it() {
        assert_eq!(code_spans("`a` and ``b `c' d``, ` e `"), ["a", "b `c' d", "e"]);
        assert_eq!(code_spans("no `end, ``nor` this"), ["end, ``nor"]);
        assert_eq!(code_spans("`"), [""; 0]);
    }

    #[test]
    fn a_runner_hears_no_command() {
        assert_eq!(unheard("  ::error::x"), "  \\u{3a}:error::x");
        assert_eq!(unheard("COPY ##[add-mask]e"), "COPY #\\u{23}[add-mask]e");
        assert_eq!(unheard("std::env ::1"), "std::env ::1");
    }

    #[test]
    fn a_terminal_never_acts_on_image_text() {
        assert_eq!(escape(b"a\x1b[31mb"), "a\\u{1b}[31mb");
        assert_eq!(escape("a\u{202e}b".as_bytes()), "a\\u{202e}b");
        assert_eq!(escape(b"a\nb\xffc\\"), "a\\nb\\xffc\\\\");
        assert_eq!(escape("grün".as_bytes()), "grün");
        assert_ne!(lossless(b"\xff"), lossless(b"\\xff"));
    }
}
