//! The files of Python that are the service's own.

use std::collections::BTreeMap;

use super::super::Context;
use crate::facts::python::{Closure, Strength};
use crate::finding::Level;
use crate::vfs::NodeId;

/// Directories whose files are not meant to be run here.
const APART: [&[u8]; 6] = [b"test", b"tests", b"testdata", b"templates", b"site-packages", b"dist-packages"];

/// What is imported, outside of site directories, and what lies below `roots`; and what a fault in it weighs.
pub(super) fn files(context: &Context<'_>) -> BTreeMap<NodeId, Level> {
    let tree = context.tree;
    let is_own =
        |node: &NodeId| tree.name(*node).ends_with(b".py") && !tree.path(*node).components().any(|part| APART.contains(&part));
    let rest =
        context.directories("roots").into_iter().flat_map(|root| tree.walk(root)).filter(is_own).map(|node| (node, Level::Warn));
    let mut files: BTreeMap<NodeId, Level> = rest.collect();
    let is_installed = |node: NodeId| context.facts.python.sites.iter().any(|site| tree.path(node).is_within(&site.path));
    let imported = context.facts.imports.iter().flat_map(Closure::files);
    for (node, strength) in imported.filter(|(node, _)| !is_installed(*node)) {
        files.insert(node, if strength == Strength::Always { Level::Error } else { Level::Warn });
    }
    files
}
