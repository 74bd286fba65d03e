//! What a layer says of a path.

use std::ops::Deref;
use std::sync::Arc;

use super::compiled::Compiled;
use super::elf::Elf;
use super::path::LayerPath;

/// One entry of a layer, in the layer's own terms: a whiteout is still a whiteout here.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The path that the entry speaks of: of a whiteout the path that it hides, of an opaque mark its directory.
    pub path: LayerPath,
    /// Mode, owner, size and time.
    pub stat: Stat,
    /// What it is.
    pub body: Body,
}

/// Metadata of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stat {
    /// Permission bits with setuid, setgid and sticky: `0o7777` at most.
    pub mode: u16,
    /// Numeric owner. Names in a header are not consulted (image-spec, layer.md).
    pub uid: u64,
    /// Numeric group.
    pub gid: u64,
    /// Bytes of a regular file's content, with holes; of anything else 0.
    pub size: u64,
    /// Modification time, seconds since 1970.
    pub mtime: i64,
    /// Whether it has file capabilities: an extended attribute `security.capability` (capabilities(7)).
    pub capable: bool,
}

impl Stat {
    /// `drwxr-xr-x`, as ls(1) writes it; `kind` is the letter of the type.
    pub fn permissions(&self, kind: char) -> String {
        let mut text = String::from(kind);
        for (shift, special, letter) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
            let bits = self.mode >> shift;
            text.push(if bits & 4 == 0 { '-' } else { 'r' });
            text.push(if bits & 2 == 0 { '-' } else { 'w' });
            text.push(match (self.mode & special != 0, bits & 1 != 0) {
                (true, true) => letter,
                (true, false) => letter.to_ascii_uppercase(),
                (false, true) => 'x',
                (false, false) => '-',
            });
        }
        text
    }
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// A directory.
    Directory,
    /// A regular file, and what was seen of its bytes.
    File(Trace),
    /// A symbolic link and its target, verbatim.
    Symlink(Box<[u8]>),
    /// Another name of a file, whose own name this is.
    Hardlink(LayerPath),
    /// A device node.
    Device {
        /// Whether it is a block device.
        block: bool,
        /// Major number.
        major: u64,
        /// Minor number.
        minor: u64,
    },
    /// A named pipe.
    Fifo,
    /// Hides the path in the layers below (image-spec, layer.md "Whiteouts").
    Whiteout,
    /// Hides everything below the directory in the layers below.
    Opaque,
}

impl Body {
    /// Whether it says something of the layers below, and puts nothing at its path.
    pub fn is_mark(&self) -> bool {
        matches!(self, Self::Whiteout | Self::Opaque)
    }
}

/// What was seen of a file's bytes while they passed. What is remarkable of few files is read through [`Seen`].
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// SHA-256 of the content.
    pub sha256: [u8; 32],
    /// Whether the content is nothing but ASCII white space, NUL bytes and a UTF-8 byte order mark.
    pub blank: bool,
    seen: Arc<Seen>,
}

/// What was seen of a file's bytes beside their digest. Of most files there is nothing to tell: they share one.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// Bytes of it that are holes: no layer stores them, and every reader sees zeros (GNU tar manual, "Storing Sparse Files").
    pub holes: u64,
    /// What the first bytes say it is.
    pub kind: FileKind,
    /// The content, where the static keep set asks for it.
    pub kept: Kept,
}

/// What the first bytes of a file say it is.
#[derive(Debug, Clone, PartialEq)]
pub enum FileKind {
    /// An ELF object, as far as its captured parts tell.
    Elf(Box<Elf>),
    /// `#!`: the first line without it, at most 255 bytes (the kernel's own limit).
    Script(Box<[u8]>),
    /// A compiled Python module: a `.pyc` file with the header of one.
    Compiled(Compiled),
    /// Anything else.
    Other,
}

/// Whether the content was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// All of it.
    Whole(Box<[u8]>),
    /// Of a Python module, its [`skeleton`](super::skeleton).
    Imports(Box<[u8]>),
    /// It is not in the keep set.
    Unwanted,
    /// It is in the keep set, and over the ceiling that is named here.
    Over(&'static str),
}

impl Trace {
    /// Of a content with this digest.
    pub fn new(sha256: [u8; 32], blank: bool, seen: impl Into<Arc<Seen>>) -> Self {
        Self { sha256, blank, seen: seen.into() }
    }

    /// The same content, of which other bytes are kept.
    #[must_use]
    pub fn keeping(&self, kept: Kept) -> Self {
        Self::new(self.sha256, self.blank, Seen { holes: self.holes, kind: self.kind.clone(), kept })
    }
}

impl Deref for Trace {
    type Target = Seen;

    fn deref(&self) -> &Seen {
        &self.seen
    }
}

impl Seen {
    /// Nothing to tell but what was kept.
    pub fn plain(kept: Kept) -> Self {
        Self { holes: 0, kind: FileKind::Other, kept }
    }

    /// The content, if it was kept.
    pub fn bytes(&self) -> Option<&[u8]> {
        match &self.kept {
            Kept::Whole(bytes) => Some(bytes),
            Kept::Imports(_) | Kept::Unwanted | Kept::Over(_) => None,
        }
    }

    /// Bytes that were kept of it.
    pub fn kept_bytes(&self) -> u64 {
        match &self.kept {
            Kept::Whole(bytes) | Kept::Imports(bytes) => bytes.len() as u64,
            Kept::Unwanted | Kept::Over(_) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_read_as_those_of_ls() {
        for (mode, shown) in [(0o755, "-rwxr-xr-x"), (0o4755, "-rwsr-xr-x"), (0o2640, "-rw-r-S---"), (0o1777, "-rwxrwxrwt")] {
            assert_eq!(Stat { mode, ..Stat::default() }.permissions('-'), shown);
        }
    }
}
