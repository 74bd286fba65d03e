//! One blob in, one [`LayerDiff`] out: a pure function of the blob's bytes.

pub mod codec;
pub mod elf;
pub mod entry;
pub mod keep;
pub mod path;
pub mod sparse;
pub mod tap;
pub mod tar;

use crate::digest::Digest;
use crate::image::Descriptor;

pub use entry::{Body, Entry, FileKind, Kept, Stat, Trace};
pub use path::LayerPath;

/// What one layer says, verified against the blob's digest and size and against the diff_id.
#[derive(Debug, Clone)]
pub struct LayerDiff {
    /// The blob.
    pub descriptor: Descriptor,
    /// The digest of the uncompressed tar.
    pub diff_id: Digest,
    /// Bytes of the uncompressed tar.
    pub raw_size: u64,
    /// The entries, in the order of the tar.
    pub entries: Vec<Entry>,
    /// What is odd about it and no reason to stop.
    pub oddities: Vec<Oddity>,
}

/// Something about a layer that readers differ on, or that its maker did not mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oddity {
    /// The path, where it is about one.
    pub path: Option<LayerPath>,
    /// What is odd, as a sentence fragment.
    pub what: String,
}
