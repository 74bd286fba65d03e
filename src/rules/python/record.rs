//! What became of the files of a RECORD.

use globset::GlobSet;
use memchr::memmem;

use super::super::Context;
use crate::facts::python::distribution::NoRecord;
use crate::facts::python::{Record, Row, Site};
use crate::text::{escape, lossless};
use crate::vfs::{FileKind, LayerIndex, LayerPath, Tree};

/// What is wrong with a file of a RECORD.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    Missing,
    Changed,
    /// Another distribution claims the same path, and its row agrees.
    Overlap,
    /// Missing, as everything that the distribution lacks, and of a kind that slimming takes away.
    Pruned,
    /// A changed script in a directory of commands: installers rewrite the first line.
    Shebang,
}

/// A distribution and its site directory.
pub(super) struct Part<'a> {
    pub name: String,
    record: &'a Result<Record, NoRecord>,
    site: &'a LayerPath,
}

/// Whether a file is not as its row says: `None` if it is.
pub(super) fn fault(tree: &Tree, row: &Row) -> Option<Fault> {
    let Some((node, trace)) = row.node.and_then(|node| Some((node, tree.trace(node)?))) else {
        return Some(Fault::Missing);
    };
    let same = match (row.sha256, row.size) {
        (Some(sha256), _) => sha256 == trace.sha256,
        (None, Some(size)) => size == tree.stat(node).size,
        (None, None) => true,
    };
    let is_command = row.path.parent().is_some_and(|parent| parent.name() == b"bin");
    match trace.kind {
        _ if same => None,
        FileKind::Script(_) if is_command => Some(Fault::Shebang),
        _ => Some(Fault::Changed),
    }
}

impl<'a> Part<'a> {
    pub fn of(site: &'a Site) -> impl Iterator<Item = Self> {
        site.distributions.iter().map(|found| Self {
            name: escape(format!("{} {}", found.name, found.version).trim().as_bytes()),
            record: &found.record,
            site: &site.path,
        })
    }

    /// Why some of its files cannot be compared. A RECORD that is absent is none: packages of Debian have none.
    pub fn unknown(&self) -> Option<String> {
        let why = match self.record {
            Err(NoRecord::Unreadable(why)) => why.as_str(),
            Ok(record) if record.rows.iter().any(|row| row.other_algorithm) => "hashes of an algorithm other than SHA-256",
            Ok(_) | Err(NoRecord::Absent) => return None,
        };
        Some(format!("RECORD of {}: {why}", self.name))
    }

    /// The rows that are compared: not those of compiled files, nor those that leave the site directory.
    pub fn rows(&self) -> impl Iterator<Item = &'a Row> {
        let rows = self.record.as_ref().map_or(&[][..], |record| record.rows.as_slice());
        rows.iter().filter(|row| !row.is_outside && !is_compiled(&row.path))
    }

    /// How many rows are compared; what is wrong, where, and the layer to blame. `is_told` says whether some RECORD tells a
    /// path rightly.
    pub fn faults(
        &self,
        context: &Context<'_>,
        is_told: &dyn Fn(&LayerPath) -> bool,
        pruned: &GlobSet,
    ) -> (usize, Vec<(LayerPath, Option<LayerIndex>, Fault)>) {
        let tree = context.tree;
        let (mut rows, mut faults) = (0, Vec::new());
        for row in self.rows() {
            rows += 1;
            let Some(fault) = fault(tree, row) else { continue };
            let layer = match row.node {
                Some(node) => Some(tree.content_layer(node)),
                None => context.blame(&row.path),
            };
            let overlaps = fault == Fault::Changed && is_told(&row.path);
            faults.push((row.path.clone(), layer, if overlaps { Fault::Overlap } else { fault }));
        }
        let below = |path: &LayerPath| lossless(&path.as_bytes()[self.site.as_bytes().len()..]);
        let mut missing = faults.iter_mut().filter(|(_, _, fault)| *fault == Fault::Missing);
        if missing.all(|(path, _, _)| pruned.is_match(below(path).trim_start_matches('/'))) {
            let missing = faults.iter_mut().filter(|(_, _, fault)| *fault == Fault::Missing);
            missing.for_each(|(_, _, fault)| *fault = Fault::Pruned);
        }
        (rows, faults)
    }
}

/// The directory of compiled files.
const CACHE: &[u8] = b"__pycache__";

fn is_compiled(path: &LayerPath) -> bool {
    let is_in_cache = || path.components().any(|name| name == CACHE);
    path.name().ends_with(b".pyc") || memmem::find(path.as_bytes(), CACHE).is_some() && is_in_cache()
}
