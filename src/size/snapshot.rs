//! What one image weighs, as far as a comparison needs it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Directory, Package};
use crate::vfs::LayerPath;

/// One side of a comparison: an image that was read, or what a report or a saved baseline says of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// What it is.
    pub side: Side,
    /// What it weighs.
    pub totals: Totals,
    /// Bytes and files of the final tree that no package owns.
    pub unowned: Amount,
    /// The packages, by kind, name and version. One that is installed twice is there twice.
    pub packages: Vec<Package>,
    /// Directories with everything below them, by path. Of an image all; else those that were written down.
    pub directories: BTreeMap<String, Amount>,
    /// The largest number of bytes that a directory may have that is not among `directories`; `None`: it has none.
    pub unlisted: Option<u64>,
    /// The layers, base first.
    pub layers: Vec<SnapshotLayer>,
    /// The regular files, each under the first of its names; known of images alone.
    pub files: Option<BTreeMap<LayerPath, SnapshotFile>>,
    /// The configuration as one line a setting, secrets masked; known of images alone.
    pub config: Option<BTreeMap<String, String>>,
    /// The findings that stand; `None` where nothing was judged.
    pub findings: Option<Vec<Fingerprint>>,
}

/// What a side of a comparison is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Side {
    /// `image`, `report` or `baseline`.
    pub from: Origin,
    /// The full reference.
    pub reference: String,
    /// The manifest's digest, where the transport has one.
    pub digest: Option<String>,
    /// The platform that the configuration claims.
    pub platform: String,
}

/// Where a side of a comparison is from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// An image that was read.
    #[default]
    Image,
    /// A JSON report.
    Report,
    /// A baseline that `--save-baseline` wrote.
    Baseline,
}

/// The totals of an image, in bytes but for the files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Blobs of all layers.
    pub compressed: u64,
    /// Regular files of all layers.
    pub unpacked: u64,
    /// Regular files of the final tree.
    pub bytes: u64,
    /// How many there are.
    pub files: u64,
    /// Shipped and not seen.
    pub waste: u64,
}

/// Some files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Amount {
    /// Their bytes.
    pub bytes: u64,
    /// How many there are.
    pub files: u64,
}

impl Amount {
    /// One file more.
    pub fn add(&mut self, bytes: u64) {
        self.include(Self { bytes, files: 1 });
    }

    /// Other files more.
    pub fn include(&mut self, other: Self) {
        self.files += other.files;
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

impl From<&Directory> for Amount {
    fn from(directory: &Directory) -> Self {
        Self { bytes: directory.bytes, files: directory.files }
    }
}

/// A layer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SnapshotLayer {
    /// The uncompressed digest.
    pub diff_id: String,
    /// The instruction that made it, as the image claims, secrets masked.
    pub created_by: Option<String>,
    /// Bytes of the blob.
    pub compressed: u64,
    /// Bytes of the regular files that it ships.
    pub files_bytes: u64,
}

/// A regular file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotFile {
    /// Its bytes, holes included.
    pub bytes: u64,
    /// SHA-256 of its content.
    pub sha256: [u8; 32],
}

/// A finding, as far as it can be told whether another image has it, too.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Fingerprint {
    /// The rule that found it.
    pub rule: String,
    /// Where; of a finding without a path its message, figures left out.
    pub at: String,
}
