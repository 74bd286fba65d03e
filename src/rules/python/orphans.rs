//! Files beside distributions that none of them owns.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::python::{Site, aliases};
use crate::vfs::{LayerPath, NodeId, Tree};

/// Where `pip install --target` puts what goes elsewhere otherwise.
const DATA: [&[u8]; 5] = [b"bin", b"etc", b"include", b"man", b"share"];

/// How many files were looked at; and by the first name below the site directory, how many nobody owns, and their bytes.
pub(super) fn orphans(tree: &Tree, site: &Site) -> (usize, BTreeMap<LayerPath, (u64, u64)>) {
    let rows = site.distributions.iter().flat_map(|found| &found.record).flat_map(|record| &record.rows);
    let owned: BTreeSet<NodeId> = rows.filter_map(|row| row.node).collect();
    let unrecorded = site.distributions.iter().filter(|found| found.record.is_err());
    let names: BTreeSet<String> =
        unrecorded.flat_map(|found| found.imports().into_iter().chain(aliases::imports(&found.normalized))).collect();
    let is_metadata = |name: &[u8]| [&b".dist-info"[..], b".egg-info", b".egg", b".pth"].iter().any(|end| name.ends_with(end));
    let is_named = |name: &[u8]| {
        names.iter().any(|of| name.strip_prefix(of.as_bytes()).is_some_and(|rest| rest.first().is_none_or(|byte| *byte == b'.')))
    };
    let (mut files, mut orphans) = (0, BTreeMap::<LayerPath, (u64, u64)>::new());
    for (name, top) in tree.children(site.node).filter(|(name, _)| !DATA.contains(name) && !is_metadata(name) && !is_named(name))
    {
        let below = site.path.components().count();
        for node in tree.walk(top).filter(|node| tree.trace(*node).is_some()) {
            let path = tree.path(node);
            let is_passed = |part: &[u8]| part.starts_with(b".") || part == b"__pycache__" || part.ends_with(b".pyc");
            if path.components().skip(below).any(is_passed) {
                continue;
            }
            files += 1;
            if !owned.contains(&node) {
                let sum = orphans.entry(site.path.join(name)).or_default();
                *sum = (sum.0 + 1, sum.1.saturating_add(tree.stat(node).size));
            }
        }
    }
    (files, orphans)
}
