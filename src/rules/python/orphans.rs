//! Distributions without files, and files without distributions.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Context;
use crate::facts::python::{Distribution, Site, aliases};
use crate::finding::Level;
use crate::vfs::{LayerPath, NodeId, Set, Tree};

/// Where `pip install --target` puts what goes elsewhere otherwise.
const DATA: [&[u8]; 5] = [b"bin", b"etc", b"include", b"man", b"share"];

/// How many files were looked at; and by the first name below the site directory, how many nobody owns, and their bytes.
pub(super) fn orphans(tree: &Tree, site: &Site) -> (usize, BTreeMap<LayerPath, (u64, u64)>) {
    let rows = site.distributions.iter().flat_map(|found| &found.record).flat_map(|record| &record.rows);
    let owned: Set<NodeId> = rows.filter_map(|row| row.node).collect();
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
        let is_passed = |name: &[u8]| name.starts_with(b".") || name == b"__pycache__" || name.ends_with(b".pyc");
        let mut todo = if is_passed(name) { Vec::new() } else { vec![top] };
        while let Some(node) = todo.pop() {
            todo.extend(tree.children(node).filter(|(name, _)| !is_passed(name)).map(|(_, child)| child));
            if tree.trace(node).is_none() {
                continue;
            }
            files += 1;
            if !owned.contains(node) {
                let sum = orphans.entry(site.path.join(name)).or_default();
                *sum = (sum.0 + 1, sum.1.saturating_add(tree.stat(node).size));
            }
        }
    }
    (files, orphans)
}

/// The first module of a distribution of which no module is there, and how much that weighs: RECORD is to be believed,
/// `top_level.txt` less so.
pub(super) fn gone(context: &Context<'_>, found: &Distribution) -> Option<(Level, LayerPath)> {
    let tree = context.tree;
    if let Ok(record) = &found.record {
        let is_module = |path: &LayerPath| path.name().ends_with(b".py") || path.name().ends_with(b".so");
        let mut modules = record.rows.iter().filter(|row| !row.is_outside && is_module(&row.path)).peekable();
        let first = modules.peek()?.path.clone();
        return (modules.all(|row| row.node.is_none()) && !found.imports().is_empty()).then_some((Level::Error, first));
    }
    let site = found.path.parent().unwrap_or_default();
    let node = tree.resolve(&site).ok()?;
    let is_of = |name: &str, file: &[u8]| {
        file.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.first().is_none_or(|byte| *byte == b'.'))
    };
    let is_gone = |name: &String| !tree.children(node).any(|(file, _)| is_of(name, file));
    let first = found.top_level.first().filter(|_| found.top_level.iter().all(is_gone))?;
    Some((Level::Warn, site.join(first)))
}
