//! The content of a marker that says nothing, in words.

use super::super::words;
use crate::digest::Digest;
use crate::text::escape;
use crate::vfs::Trace;

/// Bytes that are shown.
const SHOWN: usize = 16;

/// The content of a marker that says nothing.
pub(super) struct Blank {
    /// As it is shown: quoted, escaped.
    pub shown: String,
    /// Its size, and what leaves a file like that.
    pub said: String,
}

impl Blank {
    pub fn of(size: u64, trace: &Trace) -> Self {
        // What the usual mistakes leave is known by its digest where the content was not kept.
        let usual = ["", "\n", "\r\n", " \n", "\n\n"].map(str::as_bytes);
        let usual = usual.into_iter().find(|bytes| Digest::from_sha256(trace.sha256).matches(bytes));
        let bytes = trace.bytes().or(usual).filter(|bytes| bytes.len() <= SHOWN);
        let shown = bytes.map(escape);
        let count = words::count(size, "byte", "bytes");
        let said = match (bytes, &shown) {
            (Some(b""), _) => format!("{count}, as `touch` and `> file` leave it"),
            (Some(b"\n"), _) => format!("{count}, whitespace only: \\n, as `echo \"\" > file` leaves it"),
            (_, Some(shown)) => format!("{count}, whitespace only: \"{shown}\""),
            (_, None) => format!("{count}, whitespace only"),
        };
        Self { shown: shown.map_or_else(|| format!("{count} of white space"), |shown| format!("\"{shown}\"")), said }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vfs::{Kept, Seen};

    #[test]
    fn the_cause_is_named_whether_or_not_the_content_was_kept() {
        for (content, shown, said) in [
            ("", "\"\"", "0 bytes, as `touch` and `> file` leave it"),
            ("\n", "\"\\n\"", "1 byte, whitespace only: \\n, as `echo \"\" > file` leaves it"),
            (" \n", "\" \\n\"", "2 bytes, whitespace only: \" \\n\""),
        ] {
            for kept in [Kept::Unwanted, Kept::Whole(content.as_bytes().into())] {
                let digest = <[u8; 32]>::from(<sha2::Sha256 as sha2::Digest>::digest(content));
                let trace = Trace::new(digest, true, Seen::plain(kept));
                let blank = Blank::of(content.len() as u64, &trace);
                assert_eq!((blank.shown.as_str(), blank.said.as_str()), (shown, said));
            }
        }
        let trace = Trace::new([0; 32], true, Seen::plain(Kept::Unwanted));
        assert_eq!(Blank::of(300, &trace).shown, "300 bytes of white space");
    }
}
