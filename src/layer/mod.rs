//! One blob in, one [`LayerDiff`] out: a pure function of the blob's bytes.

mod blob;
mod capabilities;
mod codec;
pub mod compiled;
mod copy;
pub mod elf;
pub mod entries;
pub mod entry;
pub mod inflate;
pub mod keep;
mod meaning;
mod oddities;
pub mod path;
mod pipe;
mod read;
pub mod skeleton;
mod sparse;
pub mod stored;
mod stream;
mod tap;
pub mod tar;
mod unpacked;

use std::collections::BTreeSet;
use std::io::{BufRead, Write};
use std::sync::Arc;

use crate::digest::{self, Algorithm, Digest, Verified};
use crate::error::{Error, Kind, Result};
use crate::image::Descriptor;
use crate::limits::Limits;

pub use copy::Part;
pub use entries::{Entries, EntryRef};
pub use entry::{Body, Entry, FileKind, Kept, Seen, Stat, Trace};
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
    pub entries: Arc<Entries>,
    /// What is odd about it and no reason to stop.
    pub oddities: Vec<Oddity>,
}

/// Something about a layer that readers differ on, or that its maker did not mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oddity {
    /// The path, where it is about one.
    pub path: Option<LayerPath>,
    /// What it is about.
    pub kind: OddityKind,
    /// What is odd, as a sentence fragment.
    pub what: String,
}

/// What is odd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OddityKind {
    /// An entry that readers of tars take for different things.
    Entry,
    /// A member or a header that is passed over.
    Ignored,
    /// The file capabilities of a file, as getcap(8) writes them.
    Capabilities,
    /// Bytes behind the end of the compressed data, or of the archive.
    Trailing,
    /// The media type names another compression.
    MediaType,
    /// How many more there are.
    More,
}

/// A blob that was read as a layer before anyone said what it should be.
#[derive(Debug, Clone)]
pub struct Passed {
    /// Its digest.
    pub digest: Digest,
    /// Uncompressed bytes that it cost to read.
    pub spent: u64,
    size: u64,
    layer: Result<(stream::Content, Arc<Entries>, oddities::Oddities)>,
}

/// Reads a layer once, in memory that does not depend on its size, and holds it against the blob's digest and size and
/// against the `diff_id`.
///
/// A blob that cannot be had, or that is not the declared one, outranks every other error. `Corrupt`: compression or
/// tar are damaged, or the `diff_id` is another. `Unsupported`: what container runtimes refuse. `Limit`: a ceiling.
pub fn read(blob: impl BufRead, descriptor: &Descriptor, diff_id: &Digest, limits: &Limits) -> Result<LayerDiff> {
    let blob = Verified::new(blob, &descriptor.digest, descriptor.size);
    pass(blob, diff_id.algorithm(), limits)?.hold(descriptor, diff_id)
}

/// Reads a blob as a layer, its tar hashed with `algorithm`. Fails only where the blob's bytes cannot be had; what else is
/// wrong with it is told by [`Passed::hold`].
pub fn pass<R: BufRead>(blob: Verified<R>, algorithm: Algorithm, limits: &Limits) -> Result<Passed> {
    let mut collector = read::Collector::new(limits);
    let walked = stream::walk(blob, algorithm, limits, &mut |event, dual| collector.take(event, dual))?;
    Ok(Passed::new(walked, collector))
}

/// Bytes of the buffers between the stages of [`pass_staged`].
pub const STAGED_BYTES: usize = stream::STAGED_BYTES;

/// Does what [`pass`] does, with the same outcome, on three threads.
pub fn pass_staged<R: BufRead + Send>(blob: Verified<R>, algorithm: Algorithm, limits: &Limits) -> Result<Passed> {
    let mut collector = read::Collector::new(limits);
    let walked = stream::walk_staged(blob, algorithm, limits, &mut |event, dual| collector.take(event, dual))?;
    Ok(Passed::new(walked, collector))
}

impl Passed {
    fn new(walked: stream::Walked, mut collector: read::Collector<'_>) -> Self {
        let layer = walked.content.map(|content| (content, Arc::new(collector.entries()), collector.oddities));
        Self { digest: walked.digest, spent: walked.spent, size: walked.size, layer }
    }

    /// Entries, and bytes of file contents, that stay in memory.
    pub fn held(&self) -> (u64, u64) {
        self.layer.as_ref().map_or((0, 0), |(_, entries, _)| (entries.len() as u64, entries.kept_bytes()))
    }

    /// Whether it is a layer as far as its own bytes tell.
    pub fn is_sound(&self) -> bool {
        self.layer.is_ok()
    }

    /// Holds what was read against what a manifest and its configuration say, as [`read`] does.
    pub fn hold(self, descriptor: &Descriptor, diff_id: &Digest) -> Result<LayerDiff> {
        if self.size != descriptor.size {
            let what = format!("the content has {} bytes, wanted {}", self.size, descriptor.size);
            return Err(Error::new(Kind::Corrupt, what));
        }
        digest::same(&self.digest, &descriptor.digest)?;
        let (content, entries, mut oddities) = self.layer?;
        oddities.extend(content.hold(descriptor, diff_id)?);
        Ok(LayerDiff {
            descriptor: descriptor.clone(),
            diff_id: diff_id.clone(),
            raw_size: content.raw_size,
            entries,
            oddities: oddities.into_vec(),
        })
    }
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
    let mut copied = None;
    copy_files(blob, descriptor, diff_id, limits, &BTreeSet::from([path.clone()]), &mut |_, part| match (part, &mut copied) {
        (Part::Met { .. }, Some(_)) => {
            let what = format!("the layer holds {path} more than once: which one counts shows only at its end");
            Err(Error::new(Kind::Unsupported, what))
        }
        (Part::Met { is_file }, None) => {
            copied = is_file.then_some(0);
            Ok(())
        }
        (Part::Bytes(bytes), copied) => {
            *copied.get_or_insert(0) += bytes.len() as u64;
            out.write_all(bytes).map_err(|error| Error::from(error).doing("write the content"))
        }
    })?;
    Ok(copied)
}

/// Reads a layer again, as [`read`] does, and hands on the content of the regular files at `paths` as it passes. What was
/// handed on is verified only when this succeeds.
pub fn copy_files(
    blob: impl BufRead,
    descriptor: &Descriptor,
    diff_id: &Digest,
    limits: &Limits,
    paths: &BTreeSet<LayerPath>,
    out: &mut dyn FnMut(&LayerPath, Part<'_>) -> Result<()>,
) -> Result<()> {
    let mut copier = copy::Copier::new(paths, limits, out);
    let blob = Verified::new(blob, &descriptor.digest, descriptor.size);
    let walked = stream::walk(blob, diff_id.algorithm(), limits, &mut |event, _| copier.take(event))?;
    walked.content?.hold(descriptor, diff_id)?;
    Ok(())
}
