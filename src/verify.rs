//! The one function that knows every stage: source → layers → tree → facts → judgements → report.

use std::io::Write;

use crate::error::{Error, Result};
use crate::image::Resolved;
use crate::layer::{LayerPath, Oddity};
use crate::limits::Limits;
use crate::profile::{Policy, Profile};
use crate::reference::{Platform, Reference};
use crate::report;
use crate::rules::Rule;
use crate::source::{Access, Source};
use crate::vfs::Tree;

/// How to reach and read images.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The platform to take from an index.
    pub platform: Option<Platform>,
    /// How to reach the source.
    pub access: Access,
    /// The ceilings.
    pub limits: Limits,
    /// Layers read at the same time.
    pub jobs: usize,
}

/// What to ask of an image.
pub struct Asking<'a> {
    /// The profile, or the way to choose one.
    pub policy: &'a Policy,
    /// The service that `--service` names.
    pub service: Option<&'a str>,
    /// Which rules.
    pub asked: &'a (dyn Fn(&Rule) -> bool + Sync),
    /// The day by which waivers are judged.
    pub today: chrono::NaiveDate,
}

/// Someone who wants to see how far the reading is. Called from several threads.
pub trait Watch: Sync {
    /// The image is known: its layers will follow.
    fn resolved(&self, image: &Resolved);
    /// So many more bytes of a layer's blob came.
    fn advanced(&self, layer: usize, bytes: u64);
    /// A layer is read, or failed.
    fn finished(&self, layer: usize);
}

/// An image that was read.
pub struct Loaded {
    /// Its documents.
    pub image: Resolved,
    /// Its source, for a second look at a layer.
    pub source: Box<dyn Source>,
    /// The layers that were read: tar bytes, entries, oddities.
    pub layers: Vec<Option<ReadLayer>>,
    /// The merged tree; of the layers before the first that could not be read.
    pub tree: Tree,
    /// Why it is incomplete: what stopped the first layer that could not be read.
    pub gap: Option<Error>,
}

/// What is left of a layer when its entries are in the tree.
#[derive(Debug, Clone)]
pub struct ReadLayer {
    /// Bytes of the uncompressed tar.
    pub raw_size: u64,
    /// Entries of the tar.
    pub entries: u64,
    /// What is odd about it.
    pub oddities: Vec<Oddity>,
}

/// Reads an image: documents, layers, tree. Fails where not even its documents can be had.
pub fn load(reference: &Reference, reading: &Reading, watch: &dyn Watch) -> Result<Loaded> {
    let _ = (reference, reading, watch);
    Err(Error::new(crate::error::Kind::Bug, "not yet"))
}

/// Writes a file's bytes, links followed: a second read of the layer that holds it, held against the digests again.
/// Returns how many bytes.
pub fn cat(loaded: &Loaded, path: &LayerPath, reading: &Reading, out: &mut dyn Write) -> Result<u64> {
    let _ = (loaded, path, reading, out);
    Err(Error::new(crate::error::Kind::Bug, "not yet"))
}

/// Reads and judges one image. Whatever happens, there is something to report.
pub fn verify(
    reference: &Reference,
    reading: &Reading,
    asking: &Asking<'_>,
    watch: &dyn Watch,
) -> (report::Image, Option<Profile>) {
    let _ = (reference, reading, asking, watch);
    unreachable!()
}
