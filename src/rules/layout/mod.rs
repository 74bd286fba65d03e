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

use crate::vfs::{NodeId, Set, Tree};

/// How many regular files are at and below a node, each once, and their bytes.
fn weight(tree: &Tree, node: NodeId) -> (u64, u64) {
    let mut seen = Set::default();
    let files = tree.walk(node).filter(|node| tree.trace(*node).is_some());
    let once = files.filter(|node| tree.names(*node) == 1 || seen.insert(tree.inode(*node)));
    once.fold((0, 0), |(files, bytes), node| (files + 1, bytes.saturating_add(tree.stat(node).size)))
}
