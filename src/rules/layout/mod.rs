//! Where the service's own files lie.

pub(super) mod app;
pub(super) mod builder_leftover;
pub(super) mod config_files;
pub(super) mod empty_copy;
pub(super) mod empty_dirs;
pub(super) mod minimal;
pub(super) mod required_binaries;
pub(super) mod unimportable_dir;
pub(super) mod user_local;

use std::collections::BTreeMap;

use crate::vfs::{NodeId, Tree};

/// How many regular files are at and below a node, each once, and their bytes.
fn weight(tree: &Tree, node: NodeId) -> (u64, u64) {
    let files = tree.walk(node).filter(|node| tree.trace(*node).is_some());
    let files: BTreeMap<_, _> = files.map(|node| (tree.inode(node), tree.stat(node).size)).collect();
    (files.len() as u64, files.values().fold(0, |sum, size| sum.saturating_add(*size)))
}
