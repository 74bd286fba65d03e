//! Everything that watches a file's bytes go by.

use std::mem;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::LayerPath;
use super::compiled::{self, Compiled};
use super::elf::Capture;
use super::entry::{FileKind, Kept, Seen, Trace};
use super::keep::{Admission, Keeper};
use super::skeleton::skeleton;
use crate::digest::Dual;

/// The longest first line of a script, without its `#!` (Linux's `BINPRM_BUF_SIZE`, execve(2)).
const SCRIPT: usize = 255;
/// Bytes of the head: `#!` and that line.
const HEAD: usize = SCRIPT + 2;
/// Bytes that the names in a layer's ELF objects may have. Those of a thousand libraries come to 100 kB.
const ELF_NAMES: usize = 16 << 20;
/// A UTF-8 byte order mark.
const MARK: &[u8] = b"\xef\xbb\xbf";
/// Holes are fed in pieces of this.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// The observers of one file after the other. Their buffers are reused.
pub(super) struct Tap {
    head: Vec<u8>,
    holes: u64,
    /// Whether everything so far is blank; known of the head when it is full or the file ends.
    blank: bool,
    elf: Capture,
    elf_names: usize,
    /// Whether the name is that of a compiled module.
    is_compiled: bool,
    keeper: Keeper,
    kept: Kept,
    keeping: Option<Vec<u8>>,
    /// The text of a module, of which its skeleton is kept.
    module: Vec<u8>,
    is_module: bool,
    /// What is told of more than one file.
    common: Vec<Arc<Seen>>,
}

impl Tap {
    pub(super) fn new() -> Self {
        Self {
            head: Vec::with_capacity(HEAD),
            holes: 0,
            blank: true,
            elf: Capture::default(),
            elf_names: ELF_NAMES,
            is_compiled: false,
            keeper: Keeper::default(),
            kept: Kept::Unwanted,
            keeping: None,
            module: Vec::new(),
            is_module: false,
            common: Vec::new(),
        }
    }

    /// Begins a file of `size` bytes.
    pub(super) fn open(&mut self, path: &LayerPath, size: u64) {
        self.head.clear();
        self.holes = 0;
        self.blank = true;
        self.elf.open();
        self.is_compiled = path.as_bytes().ends_with(compiled::ENDING);
        self.kept = Kept::Unwanted;
        match self.keeper.admit(path.as_bytes(), size) {
            // The size is what was admitted, so it is a few megabytes at most.
            Ok(Admission::Whole) => self.keeping = Some(Vec::with_capacity(usize::try_from(size).unwrap_or_default())),
            Ok(Admission::Imports) => {
                self.module.clear();
                self.is_module = true;
            }
            Ok(Admission::Nothing) => {}
            Err(reason) => self.kept = Kept::Over(reason),
        }
    }

    /// Takes the next bytes of the file.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.elf.feed(bytes);
        if let Some(keeping) = &mut self.keeping {
            keeping.extend_from_slice(bytes);
        }
        if self.is_module {
            self.module.extend_from_slice(bytes);
        }
        let (head, rest) = bytes.split_at(bytes.len().min(HEAD - self.head.len()));
        if !head.is_empty() {
            self.head.extend_from_slice(head);
            if self.head.len() == HEAD {
                self.blank = is_blank_head(&self.head);
            }
        }
        self.blank = self.blank && is_blank(rest);
    }

    /// Takes a hole of so many zeros, which its digest has not taken yet.
    pub(super) fn feed_zeros(&mut self, mut zeros: u64, dual: &mut Dual) {
        self.holes = self.holes.saturating_add(zeros);
        while zeros > 0 {
            let length = usize::try_from(zeros).map_or(ZEROS.len(), |zeros| zeros.min(ZEROS.len()));
            dual.insert(&ZEROS[..length]);
            self.feed(&ZEROS[..length]);
            zeros -= length as u64;
        }
    }

    /// Ends the file, which has this digest.
    pub(super) fn close(&mut self, sha256: [u8; 32]) -> Trace {
        let kind = match self.elf.close(&mut self.elf_names) {
            Some(elf) => FileKind::Elf(Box::new(elf)),
            None if self.is_compiled => Compiled::parse(&self.head).map_or(FileKind::Other, FileKind::Compiled),
            None => script(&self.head).map_or(FileKind::Other, |line| FileKind::Script(line.into())),
        };
        let kept = match self.keeping.take() {
            Some(bytes) => Kept::Whole(bytes.into_boxed_slice()),
            None if mem::take(&mut self.is_module) => self.keeper.imports(skeleton(&self.module)),
            None => mem::replace(&mut self.kept, Kept::Unwanted),
        };
        let blank = if self.head.len() < HEAD { is_blank_head(&self.head) } else { self.blank };
        let seen = self.shared(Seen { holes: self.holes, kind, kept });
        Trace::new(sha256, blank, seen)
    }

    /// What is to tell of a file: of most there is nothing, or the ceiling that they are over, and they share that.
    fn shared(&mut self, seen: Seen) -> Arc<Seen> {
        let tells_nothing = match &seen.kept {
            Kept::Unwanted | Kept::Over(_) => true,
            Kept::Imports(skeleton) => skeleton.is_empty(),
            Kept::Whole(_) => false,
        };
        let is_common = seen.holes == 0 && seen.kind == FileKind::Other && tells_nothing;
        if !is_common {
            return Arc::new(seen);
        }
        if let Some(known) = self.common.iter().find(|common| common.kept == seen.kept) {
            return Arc::clone(known);
        }
        let seen = Arc::new(seen);
        self.common.push(Arc::clone(&seen));
        seen
    }
}

impl Trace {
    /// What a reading would see of these bytes, all of them kept.
    pub fn of(bytes: Vec<u8>) -> Self {
        let mut tap = Tap::new();
        tap.open(&LayerPath::root(), bytes.len() as u64);
        tap.feed(&bytes);
        tap.close(Sha256::digest(&bytes).into()).keeping(Kept::Whole(bytes.into()))
    }
}

fn script(head: &[u8]) -> Option<&[u8]> {
    head.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()
}

fn is_blank_head(head: &[u8]) -> bool {
    is_blank(head.strip_prefix(MARK).unwrap_or(head))
}

/// Stops at the first byte that is not blank; long runs of zeros are taken in strides.
fn is_blank(bytes: &[u8]) -> bool {
    bytes.chunks(64).all(|bytes| {
        bytes.iter().fold(0, |all, byte| all | byte) == 0 || bytes.iter().all(|byte| matches!(byte, b'\t'..=b'\r' | b' ' | 0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Algorithm;

    fn trace(bytes: &[u8], piece: usize) -> Trace {
        let mut tap = Tap::new();
        tap.open(&LayerPath::new("a"), bytes.len() as u64);
        bytes.chunks(piece).for_each(|piece| tap.feed(piece));
        tap.close([0; 32])
    }

    #[test]
    fn blank_is_white_space_zeros_and_one_leading_mark() {
        let far = [&[b' '; HEAD][..], b"x"].concat();
        for (bytes, blank) in [
            (&b""[..], true),
            (b" \t\r\n\x0b\x0c\0", true),
            (b"\xef\xbb\xbf\n", true),
            (b"\xef\xbb", false),
            (b" \xef\xbb\xbf", false),
            (b"\xef\xbb\xbf\xef\xbb\xbf", false),
            (b"\n.\n", false),
            (&far, false),
            (&far[..HEAD], true),
            (&[0; 3 * HEAD], true),
        ] {
            for piece in [1, 2, 1000] {
                assert_eq!(trace(bytes, piece).blank, blank, "{} in pieces of {piece}", bytes.escape_ascii());
            }
        }
    }

    #[test]
    fn one_file_leaves_nothing_to_the_next() {
        let mut tap = Tap::new();
        tap.open(&LayerPath::new("a"), 12);
        tap.feed(b"#!/bin/sh -e");
        let first = tap.close([0; 32]);
        assert_eq!(first.kind, FileKind::Script(b"/bin/sh -e"[..].into()));
        assert_eq!((first.bytes(), first.holes), (Some(&b"#!/bin/sh -e"[..]), 0));
        tap.open(&LayerPath::new("usr/lib/python3.12/x.py"), 3);
        let mut dual = Dual::new(Algorithm::Sha256);
        dual.open();
        tap.feed_zeros(3, &mut dual);
        let second = tap.close(dual.close());
        assert_eq!(second, Trace::new(Sha256::digest([0; 3]).into(), true, Seen { holes: 3, ..Seen::plain(Kept::Unwanted) }));
    }

    #[test]
    fn of_modules_in_a_site_directory_the_skeleton_is_kept() {
        let mut tap = Tap::new();
        for (text, kept) in [(&b"import a\nx = 1\nimport b\n"[..], &b"import a #1\nimport b #3\n"[..]), (b"x = 1\n", b"")] {
            tap.open(&LayerPath::new("usr/lib/python3.12/site-packages/x.py"), text.len() as u64);
            text.chunks(5).for_each(|piece| tap.feed(piece));
            assert_eq!(tap.close([0; 32]).kept, Kept::Imports(kept.into()));
        }
        tap.open(&LayerPath::new("usr/lib/python3.12/x.py"), 9);
        tap.feed(b"import a\n");
        assert_eq!(tap.close([0; 32]).kept, Kept::Unwanted);
    }

    #[test]
    fn a_first_line_is_cut_where_the_kernel_cuts_it() {
        let long = [&b"#!/"[..], &[b'x'; 400]].concat();
        let FileKind::Script(line) = trace(&long, 100).kind.clone() else { panic!("no script") };
        assert_eq!(line.len(), SCRIPT);
        assert_eq!(trace(b"#!/bin/sh\nexit\n", 3).kind, FileKind::Script(b"/bin/sh"[..].into()));
    }
}
