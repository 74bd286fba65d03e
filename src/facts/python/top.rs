//! What can be imported by a name without dots from one directory.

use std::collections::BTreeMap;

use super::{is_identifier, module};
use crate::vfs::{NodeId, Tree};

/// The modules of a directory by their names: the files, or the `__init__` of packages. Of directories without one, nothing.
pub fn modules(tree: &Tree, directory: NodeId) -> BTreeMap<&[u8], NodeId> {
    let named = tree.children(directory).filter_map(|(name, node)| {
        let target = tree.resolve(&tree.path(node)).ok()?;
        if !tree.is_directory(target) {
            return tree.trace(target).and(module(name)).map(|name| (name, target));
        }
        let init = tree.children(target).find(|(file, _)| module(file) == Some(b"__init__"))?.1;
        is_identifier(name).then_some((name, init))
    });
    let mut found = BTreeMap::new();
    for (name, node) in named {
        // A package comes before a module.
        if !found.contains_key(name) || tree.name(node).starts_with(b"__init__.") {
            found.insert(name, node);
        }
    }
    found
}
