//! What a tree is made of.

use std::sync::Arc;

use crate::layer::Trace;

/// A name in the tree. Valid for the tree that gave it, until the next layer is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(super) u32);

/// A file behind one or more names. Two nodes with the same inode are hard links of each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InodeId(pub(super) u32);

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A regular file, and what was seen of its bytes.
    File(Arc<Trace>),
    /// A symbolic link and its target, verbatim.
    Symlink(Box<[u8]>),
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
