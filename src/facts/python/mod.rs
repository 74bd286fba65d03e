//! Python as it lies in an image: site directories and the distributions in them.

pub mod distribution;
pub mod record;

use crate::layer::LayerPath;
use crate::vfs::{NodeId, Tree};

pub use distribution::Distribution;
pub use record::{Record, Row};

/// What an image holds of Python.
#[derive(Debug, Clone, Default)]
pub struct Python {
    /// Every `site-packages` and `dist-packages` directory, in path order.
    pub sites: Vec<Site>,
}

/// A directory that distributions are installed in.
#[derive(Debug, Clone)]
pub struct Site {
    /// Its real path.
    pub path: LayerPath,
    /// Its node.
    pub node: NodeId,
    /// Its distributions, by normalised name.
    pub distributions: Vec<Distribution>,
    /// Names at its top that Python could import: packages, modules, extension modules; namespace-only directories not.
    pub importable: usize,
    /// Its direct entries, of any kind.
    pub entries: usize,
}

impl Python {
    /// The site directory at a real path.
    pub fn site(&self, path: &LayerPath) -> Option<&Site> {
        self.sites.iter().find(|site| site.path == *path)
    }
}

/// Finds the site directories of a tree, at any depth, and reads their distributions.
pub fn python(tree: &Tree) -> Python {
    let _ = tree;
    Python::default()
}
