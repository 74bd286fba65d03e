//! One blob in, one [`LayerDiff`] out: a pure function of the blob's bytes.

mod blob;
mod codec;
mod copy;
pub mod elf;
pub mod entry;
pub mod keep;
mod meaning;
mod oddities;
pub mod path;
mod read;
mod sparse;
mod stream;
mod tap;
pub mod tar;

use std::io::{BufRead, Write};

use crate::digest::Digest;
use crate::error::Result;
use crate::image::Descriptor;
use crate::limits::Limits;

pub use entry::{Body, Entry, FileKind, Kept, Stat, Trace};
pub use path::LayerPath;

/// What one layer says, verified against the blob's digest and size and against the `diff_id`.
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

impl LayerDiff {
    /// Bytes of file contents that it holds.
    pub fn kept_bytes(&self) -> u64 {
        let kept = |entry: &Entry| match &entry.body {
            Body::File(trace) => trace.bytes().map_or(0, <[u8]>::len) as u64,
            _ => 0,
        };
        self.entries.iter().map(kept).sum()
    }
}

/// Something about a layer that readers differ on, or that its maker did not mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oddity {
    /// The path, where it is about one.
    pub path: Option<LayerPath>,
    /// What is odd, as a sentence fragment.
    pub what: String,
}

/// Reads a layer once, in memory that does not depend on its size, and holds it against the blob's digest and size and
/// against the `diff_id`.
///
/// A blob that cannot be had, or that is not the declared one, outranks every other error. `Corrupt`: compression or
/// tar are damaged, or the `diff_id` is another. `Unsupported`: what container runtimes refuse. `Limit`: a ceiling.
pub fn read(blob: impl BufRead, descriptor: &Descriptor, diff_id: &Digest, limits: &Limits) -> Result<LayerDiff> {
    let mut collector = read::Collector::new(limits);
    let walked = stream::walk(blob, &stream::Wanted { descriptor, diff_id, limits }, &mut |event| collector.take(event))?;
    collector.oddities.extend(walked.odd);
    Ok(LayerDiff {
        descriptor: descriptor.clone(),
        diff_id: diff_id.clone(),
        raw_size: walked.raw_size,
        entries: collector.entries,
        oddities: collector.oddities.into_vec(),
    })
}

/// Reads a layer again, as [`read`] does, and writes the content of the regular file at `path` as it passes. Returns its
/// bytes; `None` if the layer has no such file.
///
/// What was written is verified only when this succeeds. It fails with `Unsupported` where the layer holds the path
/// again behind the file, because the last one counts and another has been written by then.
pub fn copy_file(
    blob: impl BufRead,
    descriptor: &Descriptor,
    diff_id: &Digest,
    limits: &Limits,
    path: &LayerPath,
    out: &mut dyn Write,
) -> Result<Option<u64>> {
    let mut copier = copy::Copier::new(path, limits, out);
    stream::walk(blob, &stream::Wanted { descriptor, diff_id, limits }, &mut |event| copier.take(event))?;
    Ok(copier.copied)
}
