//! Layers read a second time, for the content of files that the checks of a profile look into and the first reading did not
//! keep.

use std::collections::{BTreeMap, BTreeSet};

use super::{Asking, Loaded, Reading, Watch, layers};
use crate::error::{Error, Kind, Result};
use crate::finding::Level;
use crate::layer::{self, Body, EntryRef, Kept, LayerPath, Part};
use crate::limits::Limits;
use crate::profile::Profile;
use crate::rules;
use crate::source;
use crate::vfs::NodeId;

/// Reads what the checks that are asked look into. What is over a ceiling, or passed once in a stream, stays unread, and is
/// unknown to them; any other failure makes the image incomplete.
pub(super) fn read(loaded: &mut Loaded, profile: &Profile, reading: &Reading, asking: &Asking<'_>, watch: &dyn Watch) {
    if loaded.gap.is_some() {
        return;
    }
    for (layer, nodes) in wanted(loaded, profile, &reading.limits, asking) {
        watch.again(layer, nodes.len());
        match contents(loaded, layer, &nodes, reading) {
            Ok(contents) => contents.into_iter().for_each(|(node, bytes)| loaded.tree.keep(node, Kept::Whole(bytes.into()))),
            Err(error) if error.kind == Kind::Unsupported => {}
            Err(error) => loaded.note(error),
        }
    }
}

/// The files that are looked into and were not kept, by the layer that holds them. Those over a ceiling are noted in the tree.
fn wanted(loaded: &mut Loaded, profile: &Profile, limits: &Limits, asking: &Asking<'_>) -> BTreeMap<usize, Vec<NodeId>> {
    let inquiries = rules::inquiries(&profile.checks);
    let asked = |inquiry: &&rules::Inquiry<'_>| {
        (asking.asked)(&inquiry.rule) && profile.level(&inquiry.rule.id, inquiry.rule.level) > Level::Off
    };
    let nodes: BTreeSet<NodeId> = inquiries.iter().filter(asked).flat_map(|inquiry| inquiry.looks_into(&loaded.tree)).collect();
    let mut wanted: BTreeMap<usize, Vec<NodeId>> = BTreeMap::new();
    let (mut seen, mut total) = (BTreeSet::new(), 0_u64);
    for node in nodes {
        let is_unread = loaded.tree.trace(node).is_some_and(|trace| trace.bytes().is_none());
        if !is_unread || !seen.insert(loaded.tree.inode(node)) {
            continue;
        }
        let size = loaded.tree.stat(node).size;
        total = total.saturating_add(size);
        if size > limits.content {
            loaded.tree.keep(node, Kept::Over("that --limit content=VALUE raises"));
        } else if total > limits.kept_bytes {
            loaded.tree.keep(node, Kept::Over("that --limit kept-bytes=VALUE raises"));
        } else {
            wanted.entry(loaded.tree.content_layer(node)).or_default().push(node);
        }
    }
    wanted
}

/// The content of files of one layer. Each is found by its digest: the layer may know it by another path.
fn contents(loaded: &Loaded, index: usize, nodes: &[NodeId], reading: &Reading) -> Result<Vec<(NodeId, Vec<u8>)>> {
    let lost = || Error::new(Kind::Bug, "a file is not where it was on the first reading");
    let again = |error: Error| error.doing(format!("{} a second time", layers::name(&loaded.image, index)));
    let diff = loaded.layers.get(index).and_then(Option::as_ref).ok_or_else(lost).map_err(again)?;
    let files = diff.entries.iter().filter_map(|entry| match entry.body() {
        Body::File(trace) => Some((trace.sha256, entry)),
        _ => None,
    });
    let by_digest: BTreeMap<[u8; 32], EntryRef<'_>> = files.collect();
    let path = |node: &NodeId| Some((*node, by_digest.get(&loaded.tree.trace(*node)?.sha256)?.path()));
    let paths: Vec<(NodeId, LayerPath)> = nodes.iter().map(|node| path(node).ok_or_else(lost)).collect::<Result<_>>()?;
    let mut contents: BTreeMap<LayerPath, Vec<u8>> = BTreeMap::new();
    let mut take = |path: &LayerPath, part: Part<'_>| {
        match part {
            Part::Met { .. } => drop(contents.insert(path.clone(), Vec::new())),
            Part::Bytes(bytes) => contents.entry(path.clone()).or_default().extend_from_slice(bytes),
        }
        Ok(())
    };
    let blob = source::blob(&*loaded.source, &diff.descriptor, reading.access.retries).map_err(again)?;
    let wanted = paths.iter().map(|(_, path)| path.clone()).collect();
    layer::copy_files(blob, &diff.descriptor, &diff.diff_id, &reading.limits, &wanted, &mut take).map_err(again)?;
    let content = |(node, path): &(NodeId, LayerPath)| contents.get(path).cloned().map(|bytes| (*node, bytes)).ok_or_else(lost);
    paths.iter().map(content).collect()
}
