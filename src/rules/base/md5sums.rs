//! `base/md5sums`

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Context, Offence, declare_rule, words};
use crate::finding::{Judgement, Level};
use crate::text::escape;
use crate::vfs::{Change, Event, LayerIndex, LayerPath, NodeId};

declare_rule! {
    /// No file of the base image's packages was replaced
    ///
    /// # What it checks
    /// Of the files that packages of the base list in `status.d/PACKAGE.md5sums`, none was written again, with other content, by a
    /// layer above the one that brought the list; `except` is left out. Layers say that, no MD5 is computed. Files that are not
    /// there are well: such images leave some of a package out.
    ///
    /// # Why
    /// A COPY of the builder's libraries over those of the base mixes two builds of one library: what fails is something else.
    ///
    /// # Symptom
    /// `version GLIBC_2.38 not found`, crashes at the start, or a base that a scanner takes for another one.
    ///
    /// # Fix
    /// Copy only what the base does not have, by name.
    ///
    /// # Options
    /// - `except`: globs of files that are made anew on purpose.
    RULE = "base/md5sums", Whole, Error, since "0.1.0", needs Tree,
    unit "package of the base, none of its files replaced" | "packages of the base, none of their files replaced",
    options { "except": Globs }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let (tree, trail, except) = (context.tree, context.tree.trail(), context.globs("except"));
    let lists = lists(context);
    if lists.is_empty() {
        return Judgement::skip("no package of the base lists its files in status.d");
    }
    if context.facts.layers.len() == 1 {
        return Judgement::skip("all is in one layer: what came with the base cannot be told from what replaced it");
    }
    let is_other = |change: &Change| *change == Change::Rewritten { same_content: false };
    let last = |events: &[Event]| events.iter().rfind(|event| is_other(&event.change)).map(|event| event.layer);
    let mut rewritten: BTreeMap<_, _> = trail.changed().filter_map(|(path, events)| Some((path, last(events)?))).collect();
    let (mut offences, mut unread) = (Vec::new(), None);
    for (package, list, brought) in &lists {
        let Some(text) = tree.trace(*list).and_then(|trace| trace.bytes()) else {
            unread = Some(format!("{} was not read", tree.path(*list)));
            continue;
        };
        // After the digest, two blanks, or a blank and a `*` (md5sum(1)).
        for path in text.split(|byte| *byte == b'\n').filter_map(|line| line.get(34..)) {
            let path = LayerPath::new(path.trim_ascii_end());
            let Some(layer) = rewritten.remove(&path).filter(|layer| layer > brought) else { continue };
            if tree.get(&path).is_some() && !except.is_match(path.to_string()) {
                offences.push(Offence { path, layer: Some(layer), what: (*package).clone() });
            }
        }
    }
    let groups = context.group(offences);
    let findings = groups.iter().map(|group| {
        let files = words::count(group.count(), "file", "files");
        let message = format!("{files} of the base's {} replaced (first: {})", escape(group.what.as_bytes()), group.first());
        group.finding(Level::Error, message, "take out the COPY or RUN that brings it: copy only what the base does not have")
    });
    Judgement::looked(lists.len(), findings.collect()).but(unread)
}

/// The packages of `status.d` with their lists, each list once, and the layers that brought these.
fn lists<'a>(context: &Context<'a>) -> Vec<(&'a String, NodeId, LayerIndex)> {
    let (tree, mut seen) = (context.tree, BTreeSet::new());
    let lists = context.facts.packages.installed.iter().filter_map(|package| {
        let list = LayerPath::new([package.database.as_bytes(), b".md5sums"].concat());
        let node = tree.resolve(&list).ok().filter(|node| tree.trace(*node).is_some() && seen.insert(tree.inode(*node)))?;
        let brought = tree.trail().of(&tree.path(node)).first().map_or(package.layer, |event| event.layer);
        Some((&package.name, node, brought))
    });
    lists.collect()
}
