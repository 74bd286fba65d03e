//! Which layer of one image became which of another.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::{Change, LayerDelta};
use crate::size::snapshot::SnapshotLayer;

/// Characters of an instruction that tell it from others. A package more at the end of a long RUN makes it no other
/// instruction.
const TELLING: usize = 100;

/// What stands before the line of a RUN: build arguments, and the shell.
static BEFORE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?s)^(?:RUN )?(?:(?:\|\d+ .*?)?/bin/sh -c |\|\d+ (?:[A-Za-z_][A-Za-z0-9_]*=\S* )*)"));

/// What another build of the same instruction has otherwise: timestamps, digests, seconds since 1970.
static VARYING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?-u)[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?|[0-9a-f]{12,}|[0-9]{10,}",
    )
});

fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap_or_else(|error| unreachable!("{error}"))
}

/// What of an instruction is the same in every build of it. Of what this returns it is the same again.
pub fn instruction(created_by: &str) -> String {
    let bare = created_by.trim().trim_end_matches("# buildkit");
    let bare = BEFORE.replace(bare, "RUN ");
    let constant = VARYING.replace_all(&bare, "*");
    let words: Vec<&str> = constant.split_whitespace().collect();
    let telling: String = words.join(" ").chars().take(TELLING).collect();
    telling.trim_end().to_owned()
}

/// The layers of both images: in the order of the new one, with those that are gone behind what they stood behind. The
/// same layer is known by its diff_id; of the others each goes with the one of the same instruction, in order and as many as
/// can.
pub(super) fn layers(old: &[SnapshotLayer], new: &[SnapshotLayer]) -> Vec<LayerDelta> {
    let mut partners: BTreeMap<usize, usize> = same(old, new);
    let left_old = told(old.iter().enumerate().filter(|(index, _)| !partners.contains_key(index)));
    let taken: Vec<usize> = partners.values().copied().collect();
    let left_new = told(new.iter().enumerate().filter(|(index, _)| !taken.contains(index)));
    partners.extend(in_order(&left_old, &left_new));
    let mut rows: Vec<((usize, usize), LayerDelta)> = Vec::with_capacity(new.len());
    let came_from: BTreeMap<usize, usize> = partners.iter().map(|(old, new)| (*new, *old)).collect();
    for (at, layer) in new.iter().enumerate() {
        let was = came_from.get(&at).and_then(|at| old.get(*at));
        rows.push(((at + 1, 0), row(was, Some(layer))));
    }
    let mut behind = 0;
    for (at, layer) in old.iter().enumerate() {
        match partners.get(&at) {
            Some(partner) => behind = partner + 1,
            None => rows.push(((behind, at + 1), row(Some(layer), None))),
        }
    }
    rows.sort_by_key(|(place, _)| *place);
    rows.into_iter().map(|(_, row)| row).collect()
}

/// Places of the same layers; of one that is there several times the first goes with the first.
fn same(old: &[SnapshotLayer], new: &[SnapshotLayer]) -> BTreeMap<usize, usize> {
    let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, layer) in old.iter().enumerate().rev() {
        places.entry(&layer.diff_id).or_default().push(at);
    }
    let place = |(at, layer): (usize, &SnapshotLayer)| Some((places.get_mut(&layer.diff_id[..])?.pop()?, at));
    new.iter().enumerate().filter_map(place).collect()
}

/// Layers whose instruction is known, by their place.
fn told<'a>(layers: impl Iterator<Item = (usize, &'a SnapshotLayer)>) -> Vec<(usize, String)> {
    let told = |(at, layer): (usize, &SnapshotLayer)| Some((at, instruction(layer.created_by.as_deref()?)));
    layers.filter_map(told).filter(|(_, instruction)| !instruction.is_empty()).collect()
}

/// The places of a longest common subsequence. Of several the one that passes over the instruction first that comes first in
/// the alphabet, so that it is the same whichever image is the old one.
fn in_order(old: &[(usize, String)], new: &[(usize, String)]) -> Vec<(usize, usize)> {
    // How many can go together of what begins at each pair of places.
    let mut most = vec![vec![0_u32; new.len() + 1]; old.len() + 1];
    for (i, (_, left)) in old.iter().enumerate().rev() {
        for (j, (_, right)) in new.iter().enumerate().rev() {
            most[i][j] = if left == right { most[i + 1][j + 1] + 1 } else { most[i + 1][j].max(most[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while let (Some((was, left)), Some((is, right))) = (old.get(i), new.get(j)) {
        match (left.cmp(right), most[i + 1][j].cmp(&most[i][j + 1])) {
            (Ordering::Equal, _) => {
                pairs.push((*was, *is));
                (i, j) = (i + 1, j + 1);
            }
            (_, Ordering::Greater) | (Ordering::Less, Ordering::Equal) => i += 1,
            (_, Ordering::Less) | (Ordering::Greater, Ordering::Equal) => j += 1,
        }
    }
    pairs
}

fn row(old: Option<&SnapshotLayer>, new: Option<&SnapshotLayer>) -> LayerDelta {
    let change = |of: fn(&SnapshotLayer) -> u64| Change { old: old.map_or(0, of), new: new.map_or(0, of) };
    LayerDelta {
        old_index: old.map(|layer| layer.index),
        new_index: new.map(|layer| layer.index),
        same: old.zip(new).is_some_and(|(old, new)| old.diff_id == new.diff_id),
        created_by: new.or(old).and_then(|layer| layer.created_by.clone()),
        compressed_bytes: change(|layer| layer.compressed),
        files_bytes: change(|layer| layer.files_bytes),
    }
}
