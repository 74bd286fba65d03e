//! What a tree is made of.

use crate::layer::{Body, Trace};

/// A name in the tree. Valid for the tree that gave it, until the next layer is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(super) u32);

/// A file behind one or more names. Two nodes with the same inode are hard links of each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InodeId(pub(super) u32);

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind<'a> {
    /// A directory.
    Directory,
    /// A regular file, and what was seen of its bytes.
    File(&'a Trace),
    /// A symbolic link and its target, verbatim.
    Symlink(&'a [u8]),
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
}

impl<'a> Kind<'a> {
    /// The character device as which overlayfs, and who unpacks for it, stores a whiteout (Linux,
    /// Documentation/filesystems/overlayfs.rst, "whiteouts and opaque directories").
    pub(super) const WHITEOUT: Self = Self::Device { block: false, major: 0, minor: 0 };

    /// What an entry makes of its path when its layer is unpacked alone; none where it names a file that is there, or is about
    /// its directory.
    pub(super) fn of(body: &'a Body) -> Option<Self> {
        Some(match body {
            Body::Directory => Self::Directory,
            Body::File(trace) => Self::File(trace),
            Body::Symlink(target) => Self::Symlink(target),
            Body::Device { block, major, minor } => Self::Device { block: *block, major: *major, minor: *minor },
            Body::Fifo => Self::Fifo,
            Body::Whiteout => Self::WHITEOUT,
            Body::Hardlink(_) | Body::Opaque => return None,
        })
    }
}
