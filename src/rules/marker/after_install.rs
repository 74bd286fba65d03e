//! `marker/after-install`

use std::collections::{BTreeMap, BTreeSet};

use super::super::names::Names;
use super::super::{Context, declare_rule, words};
use super::markers;
use crate::finding::{Finding, Judgement, Level, Place};
use crate::vfs::{LayerIndex, LayerPath, NodeId};

declare_rule! {
    /// Markers were written after what they mark
    ///
    /// # What it checks
    /// No marker is more than two seconds older than the newest file that it lies beside and that came in its layer: of
    /// installed packages the INSTALLER and RECORD of each, elsewhere the files of its directory. Times that are all the same,
    /// and markers that carry the time of an archive (1980 and before), tell nothing and are not compared.
    ///
    /// # Why
    /// A marker that is written before `pip install` is there even where the install failed, or was never run.
    ///
    /// # Symptom
    /// None at run time: the proof of a good build is worth nothing.
    ///
    /// # Fix
    /// Write the marker in the RUN that installs, behind `&&`; that of the source in a RUN behind its COPY.
    ///
    /// # Options
    /// - `names`: globs of the names that markers have.
    /// - `roots`: the directories below which they are looked for.
    RULE = "marker/after-install", Conforms, Warn, since "0.1.0", needs Tree,
    unit "marker is newer than what it marks" | "markers are newer than what they mark",
    options { "names": Globs, "roots": Texts }, check check
}

/// 1980-01-01, before which no ZIP archive can tell a time: what builders set that write the same image each time.
const ARCHIVE: i64 = 315_532_800;

fn check(context: &Context<'_>) -> Judgement {
    let (tree, names) = (context.tree, Names::of(context, "names"));
    let (mut looked, mut findings) = (0, Vec::new());
    let mut newest = BTreeMap::<(NodeId, LayerIndex), Option<NodeId>>::new();
    let found = markers(context, &names);
    let all: BTreeSet<NodeId> = found.values().map(|(node, _)| *node).collect();
    for (path, (node, _)) in &found {
        let (directory, layer) = (tree.parent(*node), tree.content_layer(*node));
        let newest = newest.entry((directory, layer)).or_insert_with(|| {
            let is_meant = |file: &NodeId| tree.content_layer(*file) == layer && !all.contains(file);
            marked(context, directory).into_iter().filter(is_meant).max_by_key(|file| tree.stat(*file).mtime)
        });
        let Some(newest) = *newest else { continue };
        let (written, last) = (tree.stat(*node).mtime, tree.stat(newest).mtime);
        if written <= ARCHIVE || written == last {
            continue;
        }
        looked += 1;
        if last > written.saturating_add(2) {
            let after = words::thousands(last.abs_diff(written));
            let message = format!("{path} was written {after} s before {}", tree.path(newest));
            let fix = "write it in the RUN that installs, behind &&, or in one behind the COPY of what it marks";
            let finding = Finding::new(Level::Warn, message, fix).at(Place::path(path, layer));
            findings.push(finding.contrast(written.to_string(), format!("at least {last}")));
        }
    }
    match looked {
        0 => Judgement::skip("no time tells when the markers were written"),
        _ => Judgement::looked(looked, findings),
    }
}

/// The files in a directory that a marker speaks of.
fn marked(context: &Context<'_>, directory: NodeId) -> Vec<NodeId> {
    let tree = context.tree;
    let Some(site) = context.facts.python.sites.iter().find(|site| site.node == directory) else {
        return tree.children(directory).map(|(_, node)| node).filter(|node| tree.trace(*node).is_some()).collect();
    };
    let written = |found| ["INSTALLER", "RECORD"].map(|name| tree.resolve(&LayerPath::join(found, name)).ok());
    site.distributions.iter().flat_map(|found| written(&found.path)).flatten().collect()
}
