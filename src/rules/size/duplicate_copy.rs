//! `size/duplicate-copy`

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Context, Offence, declare_rule, words};
use crate::finding::{Finding, Judgement, Level, Place};
use crate::size::twins;
use crate::vfs::{Change, Event, LayerPath, NodeId};

declare_rule! {
    /// Nothing large is in the image twice
    ///
    /// # What it checks
    /// No two directories hold `min-bytes` of the same files under the same names, hard links and what Python compiled left out;
    /// and no layer ships as much again unchanged, with another owner or mode.
    ///
    /// # Why
    /// `COPY /root/.local /usr/local` in the stage that installed, and `RUN chown -R` behind a COPY, double what they touch.
    ///
    /// # Symptom
    /// None at run time: the image has twice the size.
    ///
    /// # Fix
    /// Copy out of another stage, with `COPY --from=builder --chown=…`; leave out the second place.
    ///
    /// # Options
    /// - `min-bytes`: what is not worth a word.
    RULE = "size/duplicate-copy", Lean, Warn, since "0.1.0", needs Tree,
    unit "layer ships nothing large twice" | "layers ship nothing large twice",
    options { "min-bytes": Bytes }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let least = context.count("min-bytes").unwrap_or_default();
    let mut findings = twice(context, least);
    let events = context.tree.trail().changed().flat_map(|(path, events)| events.iter().map(move |event| (path, event)));
    let mut seen = BTreeSet::new();
    let again = events.filter(|(path, event)| is_again(event) && event.hidden > 0 && seen.insert((*path, event.layer)));
    let offences = again.map(|(path, event)| Offence { path: path.clone(), layer: Some(event.layer), what: () });
    findings.extend(context.group(offences).iter().filter_map(|group| {
        let of = |path: &LayerPath| {
            let events = context.tree.trail().of(path);
            let own = events.iter().filter(|event| is_again(event) && Some(event.layer) == group.layer);
            own.fold(0_u64, |sum, event| sum.saturating_add(event.hidden))
        };
        let bytes = group.paths.iter().fold(0_u64, |sum, path| sum.saturating_add(of(path)));
        let files = words::count(group.count(), "file is", "files are");
        let message = format!("{files} shipped again unchanged, {}: only owner, mode or time differ", words::bytes(bytes));
        let fix = "COPY --chown=… --chmod=… instead of RUN chown or chmod; leave out of a COPY what is there already";
        (bytes >= least).then(|| group.finding(Level::Warn, message, fix))
    }));
    Judgement::looked(context.facts.layers.len(), findings)
}

fn is_again(event: &Event) -> bool {
    event.change == Change::Rewritten { same_content: true }
}

/// Directories that hold the same: those of equal names below the same two directories make one finding, about the one that
/// came later.
fn twice(context: &Context<'_>, least: u64) -> Vec<Finding> {
    let tree = context.tree;
    let mut pairs: BTreeMap<(NodeId, NodeId), (u64, NodeId)> = BTreeMap::new();
    for twins in twins(tree) {
        let is_later = tree.layer(twins.one) > tree.layer(twins.other);
        let (one, other) = if is_later { (twins.other, twins.one) } else { (twins.one, twins.other) };
        let above = |node: NodeId| if tree.name(one) == tree.name(other) { tree.parent(node) } else { node };
        let pair = pairs.entry((above(one), above(other))).or_insert((0, other));
        pair.0 = pair.0.saturating_add(twins.bytes);
    }
    let large = pairs.into_iter().filter(|(_, (bytes, _))| *bytes >= least);
    let findings = large.map(|((one, other), (bytes, node))| {
        let (one, other) = (tree.path(one), tree.path(other));
        let message = format!("{} are both in {one} and in {other}, in the same files", words::bytes(bytes));
        let fix = format!("copy out of another stage, or take out what puts them into {other}");
        Finding::new(Level::Warn, message, fix).at(Place::path(&other, tree.layer(node)))
    });
    findings.collect()
}
