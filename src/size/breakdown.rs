//! Totals, directories, packages.

use super::Waste;
use crate::facts::Facts;
use crate::vfs::Tree;

/// Where the bytes of an image are. Bytes of regular files; a file with several names counts once, under the first of
/// them in path order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Breakdown {
    /// Regular files of all layers: what `docker images` shows.
    pub unpacked_bytes: u64,
    /// Regular files of the final tree.
    pub bytes: u64,
    /// How many regular files the final tree has.
    pub files: u64,
    /// The directories that hold the most, largest first, with everything below them.
    pub directories: Vec<Directory>,
    /// Installed packages, largest first.
    pub packages: Vec<Package>,
    /// Bytes that are shipped and not seen.
    pub waste: Waste,
}

/// A directory and everything below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    /// Its path.
    pub path: String,
    /// Bytes below it.
    pub bytes: u64,
    /// Regular files below it.
    pub files: u64,
}

/// A package and the files that it owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// `python`, `deb` or `apk`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Bytes of its files.
    pub bytes: u64,
    /// How many regular files it owns.
    pub files: u64,
}

impl Breakdown {
    /// Measures a tree.
    pub fn of(tree: &Tree, facts: &Facts) -> Self {
        let _ = (tree, facts);
        Self::default()
    }
}
