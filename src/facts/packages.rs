//! Packages of the operating system: dpkg (status and distroless' status.d) and apk. RPM databases are not read, and
//! that is said.

mod apk;
mod dpkg;
mod payload;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use super::contents::Contents;
use crate::layer::LayerPath;
use crate::vfs::{LayerIndex, NodeId, Tree};

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
    /// How many of its listed regular files there are, and how many of them exist; `None` without a list that could
    /// be read.
    pub payload: Option<Payload>,
    /// The regular files of the tree that it lists, each once, by their ids; links on the way are followed, a link at the end
    /// of a path is none. Packages with one list share them.
    pub files: Arc<[NodeId]>,
}

/// What of a package's list exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payload {
    /// Files listed.
    pub listed: u64,
    /// Files of the list that exist.
    pub present: u64,
}

impl Format {
    /// `deb` or `apk`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Deb => "deb",
            Self::Apk => "apk",
        }
    }
}

impl Package {
    /// Whether the database speaks of it while its files are not there: fewer than a tenth of those listed exist.
    pub fn is_phantom(&self) -> bool {
        self.payload.is_some_and(|payload| payload.listed > 0 && payload.present.saturating_mul(10) < payload.listed)
    }
}

/// What the readers of databases found so far.
#[derive(Default)]
struct Found {
    packages: BTreeMap<(String, Format), Package>,
    databases: usize,
    unread: Vec<String>,
}

impl Found {
    /// Adds a package. Where two databases name it, the one whose files are there counts, else the first.
    fn add(&mut self, package: Package) {
        match self.packages.entry((package.name.clone(), package.format)) {
            Entry::Vacant(place) => drop(place.insert(package)),
            Entry::Occupied(mut known) if known.get().is_phantom() && !package.is_phantom() => drop(known.insert(package)),
            Entry::Occupied(_) => {}
        }
    }

    /// The content of a database file, with the file; what stands there and cannot be read is noted.
    fn open<'a>(&mut self, contents: &Contents<'a>, path: &LayerPath) -> Option<(NodeId, &'a [u8])> {
        contents.read(path).unwrap_or_else(|why| {
            self.unread.push(why);
            None
        })
    }
}

/// Reads the databases.
pub fn packages(tree: &Tree) -> Packages {
    let contents = Contents::new(tree);
    let mut found = Found::default();
    dpkg::status(tree, &contents, &mut found);
    dpkg::status_d(tree, &contents, &mut found);
    apk::installed(tree, &contents, &mut found);
    found.unread.extend(rpm(tree));
    Packages { installed: found.packages.into_values().collect(), databases: found.databases, unread: found.unread }
}

/// Where RPM keeps its database, of old and of late; one is often a link to the other.
const RPM: &[&str] = &["/usr/lib/sysimage/rpm", "/var/lib/rpm"];

fn rpm(tree: &Tree) -> Option<String> {
    let filled = |path: &&&str| tree.resolve(&(**path).into()).is_ok_and(|node| tree.children(node).next().is_some());
    RPM.iter().find(filled).map(|path| format!("{path}: RPM databases are not read"))
}

#[cfg(test)]
mod tests;
