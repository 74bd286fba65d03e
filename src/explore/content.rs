//! What a file holds, in lines: text as text, anything else as bytes.

use std::fmt::Write as _;

use super::look::Look;
use crate::facts::elf::Isa;
use crate::layer::{FileKind, Trace};
use crate::text;

/// Bytes of a file that are read and shown, at most.
pub const VIEW: usize = 256 << 10;

/// Bytes that are shown of what is no text.
const DUMP: usize = 64 << 10;

/// Characters of a line.
const LINE: usize = 4_000;

/// Bytes on a line of what is no text.
const ROW: usize = 16;

/// The begin of a file's content.
pub struct Content {
    /// Its first bytes, at most [`VIEW`].
    pub bytes: Vec<u8>,
    /// How many it has.
    pub size: u64,
}

/// The lines of a file.
pub fn lines(content: &Content, trace: &Trace, look: Look) -> Vec<String> {
    let mut lines = kind(trace, look);
    let bytes = content.bytes.get(..VIEW).unwrap_or(&content.bytes);
    let mut shown = bytes.len();
    if content.size == 0 {
        lines.push("(empty)".to_owned());
    } else if let Some(text) = as_text(bytes) {
        lines.extend(text.lines().map(|line| {
            let line: String = line.chars().take(LINE).collect::<String>().replace('\t', "        ");
            look.text(&line)
        }));
    } else {
        shown = shown.min(DUMP);
        lines.extend(bytes.chunks(ROW).take(DUMP / ROW).enumerate().map(|(at, row)| dump(at * ROW, row)));
    }
    if (shown as u64) < content.size {
        let more = crate::report::figures::grouped(content.size.saturating_sub(shown as u64));
        lines.push(format!("(and {more} more bytes: `lucid-verify cat` writes all of it)"));
    }
    lines
}

/// Bytes as text, if they are: UTF-8 but for a character that is cut at the end, without NUL.
fn as_text(bytes: &[u8]) -> Option<&str> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok()?,
        Err(_) => return None,
    };
    (!text.contains('\0')).then_some(text)
}

/// As `hexdump -C` writes it.
fn dump(at: usize, row: &[u8]) -> String {
    let mut line = format!("{at:08x} ");
    for place in 0..ROW {
        if place % 8 == 0 {
            line.push(' ');
        }
        let _ = match row.get(place) {
            Some(byte) => write!(line, "{byte:02x} "),
            None => write!(line, "   "),
        };
    }
    let shown: String = row.iter().map(|byte| if matches!(byte, b' '..=b'~') { char::from(*byte) } else { '.' }).collect();
    line + " |" + &shown + "|"
}

/// What its first bytes say that it is.
fn kind(trace: &Trace, look: Look) -> Vec<String> {
    let FileKind::Elf(elf) = &trace.kind else { return Vec::new() };
    let name = |bytes: &[u8]| look.text(&text::escape(bytes));
    let kind = match elf.kind {
        1 => "relocatable object",
        2 => "executable",
        3 => "shared object or position-independent executable",
        _ => "object",
    };
    let mut lines = vec![format!("ELF of {}: {kind}", Isa::of(elf))];
    let optional = [("loader", elf.interpreter.as_deref()), ("soname", elf.soname())];
    lines.extend(optional.iter().filter_map(|(what, value)| Some(format!("{what:<7} {}", name((*value)?)))));
    lines.extend(elf.needed().iter().map(|needed| format!("needs   {}", name(needed))));
    lines.extend(elf.unread().map(|why| format!("its dynamic section is not known: {why}")));
    lines.push(String::new());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::{Kept, Seen};

    fn shown(bytes: &[u8]) -> Vec<String> {
        let trace = Trace::new([0; 32], false, Seen { holes: 0, kind: FileKind::Other, kept: Kept::Unwanted });
        lines(&Content { bytes: bytes.to_vec(), size: bytes.len() as u64 }, &trace, Look { color: false, unicode: true })
    }

    #[test]
    fn text_is_text_and_acts_on_nothing() {
        assert_eq!(shown(b"one\n\ttwo\x1b[2J\r\n"), ["one", "        two\\u{1b}[2J"]);
        assert_eq!(shown(b""), ["(empty)"]);
    }

    #[test]
    fn anything_else_is_bytes() {
        let line = "00000000  7f 45 4c 46 00                                    |.ELF.|";
        assert_eq!(shown(b"\x7fELF\0"), [line]);
    }

    #[test]
    fn what_is_not_shown_is_counted() {
        let trace = Trace::new([0; 32], false, Seen { holes: 0, kind: FileKind::Other, kept: Kept::Unwanted });
        let cut = Content { bytes: "aé".as_bytes()[..2].to_vec(), size: 1_000 };
        let lines = lines(&cut, &trace, Look { color: false, unicode: true });
        assert_eq!(lines, ["a", "(and 998 more bytes: `lucid-verify cat` writes all of it)"]);
    }
}
