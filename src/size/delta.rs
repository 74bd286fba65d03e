//! What changed from one image to another, and what it weighs.

mod compare;
mod contents;
mod layers;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::snapshot::{Amount, Fingerprint, PackageKind, Side};
pub(super) use layers::instruction;

/// The difference between two images. Lists hold what differs alone, what changed most first, and are bounded; totals are
/// exact.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Delta {
    /// What it is compared with: the baseline.
    pub old: Side,
    /// What is compared.
    pub new: Side,
    /// What the reader should know: another repository, what one side does not say.
    pub notes: Vec<String>,
    /// Blobs of all layers.
    pub compressed_bytes: Change,
    /// Regular files of all layers: what `docker images` shows.
    pub unpacked_bytes: Change,
    /// Regular files of the final tree. It changed by the sum of what `packages`, `other_packages` and `unowned_bytes` changed.
    pub bytes: Change,
    /// How many there are.
    pub files: Change,
    /// Bytes shipped and not seen.
    pub waste_bytes: Change,
    /// Packages that came, went, or have another version, or other bytes.
    pub packages: Vec<PackageDelta>,
    /// Packages that are not told one by one.
    pub other_packages: OtherPackages,
    /// Bytes of the final tree that no package owns.
    pub unowned_bytes: Change,
    /// Directories whose bytes are known on both sides, with everything below them. One that changed by as much as a directory
    /// in it is left out.
    pub directories: Vec<DirectoryDelta>,
    /// Layers, in the order of the new image, with those that are gone at their old place.
    pub layers: Vec<LayerDelta>,
    /// Files; null where one side is no image.
    pub contents: Option<Contents>,
    /// Settings of the configuration that differ, by name; null where one side is no image.
    pub config: Option<Vec<SettingDelta>>,
    /// Findings; null where one side was not judged.
    pub findings: Option<Findings>,
}

/// A number before and after.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// Before.
    pub old: u64,
    /// After.
    pub new: u64,
}

/// Packages that are not told one by one: those that changed least of more than a hundred, and those of which a saved
/// baseline holds only the sum, with what may be one of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OtherPackages {
    /// How many.
    pub packages: Change,
    /// Bytes of their files.
    pub bytes: Change,
    /// How many files.
    pub files: Change,
}

/// A package before and after, all that is installed of it together: no bytes and a null version where it is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PackageDelta {
    /// `python`, `deb` or `apk`.
    #[serde(deserialize_with = "super::snapshot::read_kind")]
    pub kind: PackageKind,
    /// Its name.
    pub name: String,
    /// Its version before; several, if it was there several times.
    pub old_version: Option<String>,
    /// Its version after.
    pub new_version: Option<String>,
    /// Bytes of its files.
    pub bytes: Change,
    /// How many files.
    pub files: Change,
}

/// A directory before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DirectoryDelta {
    /// Its path.
    pub path: String,
    /// Bytes of everything below it.
    pub bytes: Change,
}

/// A layer before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LayerDelta {
    /// Its place before, from 0; null if it came.
    pub old_index: Option<usize>,
    /// Its place after, from 0; null if it went.
    pub new_index: Option<usize>,
    /// Whether it is the same layer, byte for byte.
    pub same: bool,
    /// The instruction that made it, as the image claims: the newer one's.
    pub created_by: Option<String>,
    /// Bytes of the blob.
    pub compressed_bytes: Change,
    /// Bytes of the regular files that it ships.
    pub files_bytes: Change,
}

/// What became of the regular files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Contents {
    /// There were none at these paths, and their content was nowhere: their bytes.
    pub new: Amount,
    /// Other content, more bytes: the bytes more.
    pub grown: Amount,
    /// Other content, fewer bytes: the bytes fewer.
    pub shrunk: Amount,
    /// Other content, as many bytes: all their bytes.
    pub rewritten: Amount,
    /// There is none at these paths any more, and their content is nowhere: their bytes.
    pub gone: Amount,
    /// The same content at another path: all their bytes.
    pub moved: Amount,
    /// The fifty that changed most; of those that changed by nothing the largest.
    pub largest: Vec<FileDelta>,
}

/// A regular file before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileDelta {
    /// Its path; of one that is gone the old one.
    pub path: String,
    /// Where it was, if it moved.
    pub from: Option<String>,
    /// What became of it.
    pub what: Fate,
    /// Its bytes.
    pub bytes: Change,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// It was not there.
    New,
    /// It has more bytes.
    Grown,
    /// It has fewer bytes.
    Shrunk,
    /// It has other content of as many bytes.
    Rewritten,
    /// It is not there any more.
    Gone,
    /// It is at another path.
    Moved,
}

/// A setting of the configuration before and after: the first five hundred characters of its values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SettingDelta {
    /// Its name: `User`, `Env.PATH`.
    pub name: String,
    /// Before; null if it was not set.
    pub old: Option<String>,
    /// After.
    pub new: Option<String>,
}

/// Findings before and after.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Findings {
    /// Those that the baseline does not have.
    pub new: Vec<Fingerprint>,
    /// Those that only the baseline has.
    pub fixed: Vec<Fingerprint>,
    /// How many both have.
    pub same: u64,
}

impl Change {
    /// How much was added; negative where it became less.
    pub fn by(self) -> i128 {
        i128::from(self.new) - i128::from(self.old)
    }

    /// Whether anything changed.
    pub fn is_none(self) -> bool {
        self.old == self.new
    }
}
