//! The tree as a page draws it.

use std::collections::BTreeMap;

use crate::facts::Facts;
use crate::size::{Map, Package};
use crate::vfs::Tree;

/// The map of a tree, by the Python distributions whose RECORD names a file.
pub(super) fn map(tree: &Tree, facts: &Facts) -> Map {
    let distributions = || facts.python.sites.iter().flat_map(|site| &site.distributions);
    let mut owned = BTreeMap::new();
    for (place, distribution) in distributions().enumerate() {
        for node in distribution.record.iter().flat_map(|record| &record.rows).filter_map(|row| row.node) {
            owned.entry(tree.inode(node)).or_insert(place);
        }
    }
    let owners = distributions().map(|distribution| Package {
        kind: "python",
        name: distribution.name.clone(),
        version: distribution.version.clone(),
        bytes: 0,
        files: 0,
    });
    Map::of(tree, owners.collect(), &|id| owned.get(&tree.inode(id)).copied())
}
