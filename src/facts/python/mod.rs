//! Python as it lies in an image: site directories and the distributions in them.

pub mod aliases;
pub mod bytecode;
pub mod closure;
pub mod distribution;
mod entry_points;
pub mod extension;
pub mod import;
pub mod interpreter;
pub mod marker;
pub mod needs;
pub mod record;
pub mod requirement;
pub mod runtime;
pub mod source;
pub mod syntax;
pub mod sys_path;
pub mod top;

use std::collections::BTreeMap;

use super::contents::Contents;
use crate::layer::LayerPath;
use crate::vfs::{NodeId, Tree};

pub use bytecode::Bytecode;
pub use closure::Closure;
pub use distribution::Distribution;
pub use import::Import;
pub use needs::{Needs, Unmet};
pub use record::{Record, Row};
pub use requirement::{Requirement, Versions};
pub use runtime::{Runtime, probing, runtimes};
pub use source::Strength;

/// What an image holds of Python.
#[derive(Debug, Clone, Default)]
pub struct Python {
    /// Every `site-packages` and `dist-packages` directory, and every directory that a link of such a name leads to, in path
    /// order.
    pub sites: Vec<Site>,
    /// Every compiled module in a `__pycache__`, in path order.
    pub compiled: Vec<Bytecode>,
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

/// What a site directory is called: of `CPython`, and of Debian's own packages.
const SITES: [&[u8]; 2] = [b"site-packages", b"dist-packages"];

/// Finds the site directories of a tree, at any depth, and reads their distributions.
pub fn python(tree: &Tree) -> Python {
    let contents = Contents::new(tree);
    let named = tree.iter().filter(|node| SITES.contains(&tree.name(*node)));
    let real = named.filter_map(|node| tree.target(node).ok()).filter(|node| tree.is_directory(*node));
    let sites: BTreeMap<LayerPath, NodeId> = real.map(|node| (tree.path(node), node)).collect();
    Python { sites: sites.into_values().map(|node| site(tree, &contents, node)).collect(), compiled: bytecode::bytecode(tree) }
}

fn site(tree: &Tree, contents: &Contents<'_>, node: NodeId) -> Site {
    let children = || tree.children(node).map(|(_, child)| child);
    let mut distributions: Vec<_> = children().filter_map(|child| distribution::read(tree, contents, child)).collect();
    distributions.sort_by(|left, right| (&left.normalized, &left.path).cmp(&(&right.normalized, &right.path)));
    Site {
        path: tree.path(node),
        node,
        distributions,
        importable: children().filter(|child| is_importable(tree, *child)).count(),
        entries: children().count(),
    }
}

/// Whether a name at the top of a site directory is a package with an `__init__`, a module, or an extension module.
fn is_importable(tree: &Tree, node: NodeId) -> bool {
    let Ok(target) = tree.target(node) else { return false };
    let name = tree.name(node);
    if !tree.is_directory(target) {
        return tree.trace(target).is_some() && module(name).is_some();
    }
    let has_init = || tree.children(target).any(|(name, _)| module(name) == Some(b"__init__"));
    name != b"__pycache__" && is_identifier(name) && has_init()
}

/// The name by which a file is imported: `x.py`, or `x.TAG.so` with a tag such as `abi3` or `cpython-312-aarch64-linux-gnu`.
/// A library without a tag is none that was built for Python.
fn module(file: &[u8]) -> Option<&[u8]> {
    let dot = file.iter().position(|byte| *byte == b'.')?;
    let (stem, suffix) = file.split_at(dot);
    let is_tagged = || suffix.strip_suffix(b".so").is_some_and(|tag| tag.len() > 1);
    (is_identifier(stem) && (suffix == b".py" || is_tagged())).then_some(stem)
}

/// Whether an import statement can name it; letters beyond ASCII are taken for letters.
fn is_identifier(name: &[u8]) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'_' || !byte.is_ascii();
    name.first().is_some_and(is_letter) && name.iter().all(|byte| is_letter(byte) || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
