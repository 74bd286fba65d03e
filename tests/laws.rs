//! Laws that hold for any stack of layers.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/lines.rs"]
mod lines;
#[path = "support/reference.rs"]
mod reference;

use std::collections::{BTreeMap, BTreeSet};

use lines::{layers, tree, without};
use lucid_verify::size::{Loss, Waste, contents};
use lucid_verify::vfs::{Change, dump};
use proptest::prelude::*;
use reference::Reference;

/// Layers without the lines that nobody can unpack.
fn possible() -> impl Strategy<Value = Vec<Vec<String>>> {
    layers().prop_map(|layers| without(layers, |layers| tree(layers).is_err()))
}

/// The lines of a layer with its whiteouts and opaque marks where `places` puts them.
fn moved(lines: &[String], places: &[prop::sample::Index]) -> Vec<String> {
    let (marks, mut moved): (Vec<_>, Vec<_>) = lines.iter().cloned().partition(|line| line.starts_with(['w', 'o']));
    for (mark, place) in marks.into_iter().zip(places.iter().cycle()) {
        moved.insert(place.index(moved.len() + 1), mark);
    }
    moved
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_tree_is_what_the_specification_says_the_slow_way(layers in layers()) {
        let mut slow = Reference::new();
        let done = layers.iter().try_for_each(|lines| slow.apply(&dump::entries(&lines.join("\n")).unwrap()));
        match (tree(&layers), done) {
            (Ok(tree), Ok(())) => prop_assert_eq!(dump::dump(&tree), slow.dump()),
            (tree, done) => prop_assert_eq!(tree.is_err(), done.is_err()),
        }
    }

    #[test]
    fn where_whiteouts_stand_in_their_layer_changes_nothing(
        layers in possible(),
        places in prop::collection::vec(any::<prop::sample::Index>(), 1..6),
    ) {
        let other: Vec<_> = layers.iter().map(|lines| moved(lines, &places)).collect();
        let (tree, other) = (tree(&layers).unwrap(), self::tree(&other).unwrap());
        prop_assert_eq!(dump::dump(&tree), dump::dump(&other));
        prop_assert_eq!(lines::history(&tree), lines::history(&other));
    }

    #[test]
    fn an_empty_layer_changes_nothing(layers in possible(), place in any::<prop::sample::Index>()) {
        let mut more = layers.clone();
        more.insert(place.index(layers.len() + 1), Vec::new());
        prop_assert_eq!(dump::dump(&tree(&layers).unwrap()), dump::dump(&tree(&more).unwrap()));
    }

    #[test]
    fn a_tree_squashed_into_one_layer_is_the_same_tree(layers in possible()) {
        let squashed = dump::dump(&tree(&layers).unwrap());
        prop_assert_eq!(dump::dump(&dump::tree([&squashed[..]]).unwrap()), &squashed[..]);
        prop_assert_eq!(dump::dump(&dump::tree([&squashed[..], &squashed]).unwrap()), squashed);
    }

    #[test]
    fn the_trail_accounts_for_every_byte_and_every_name(layers in possible()) {
        let tree = tree(&layers).unwrap();
        let (mut shipped, mut hidden) = (0, 0);
        for (path, events) in &lines::history(&tree) {
            for event in events {
                hidden += event.hidden;
                if !matches!(event.change, Change::Removed(_)) {
                    shipped += event.bytes;
                }
            }
            let is_there = !matches!(events.last().map(|event| &event.change), Some(Change::Removed(_)));
            prop_assert_eq!(tree.get(path).is_some(), is_there, "{}", path);
            prop_assert!(events.windows(2).all(|pair| pair[0].layer <= pair[1].layer));
        }
        let inodes: BTreeSet<_> = tree.iter().filter(|id| tree.trace(*id).is_some()).map(|id| (tree.inode(id), tree.stat(id).size)).collect();
        let standing: u64 = inodes.iter().map(|(_, size)| size).sum();
        prop_assert_eq!(shipped, standing + hidden);
        prop_assert!(tree.iter().skip(1).all(|id| !tree.trail().of(&tree.path(id)).is_empty()));
    }

    #[test]
    fn what_the_layers_ship_is_seen_or_wasted_in_one_of_three_ways(layers in possible()) {
        let tree = tree(&layers).unwrap();
        let waste = Waste::of(&tree, |_| None);
        let contents = contents(&tree);
        let inodes: BTreeMap<_, _> = tree.iter().filter(|id| tree.trace(*id).is_some()).map(|id| (tree.inode(id), id)).collect();
        for (layer, content) in &contents {
            let seen = inodes.values().filter(|id| tree.content_layer(**id) == *layer).map(|id| tree.stat(*id).size);
            prop_assert_eq!(content.bytes, content.hidden + seen.sum::<u64>(), "layer {}", layer);
        }
        let hidden: u64 = contents.values().map(|content| content.hidden).sum();
        prop_assert_eq!(hidden, waste.removed + waste.overwritten + waste.metadata_only);
        prop_assert_eq!(hidden + waste.duplicates, waste.bytes);
        let history = lines::history(&tree);
        let events = || history.values().flatten();
        for (kind, bytes, change) in [
            (Loss::Overwritten, waste.overwritten, Change::Rewritten { same_content: false }),
            (Loss::MetadataOnly, waste.metadata_only, Change::Rewritten { same_content: true }),
        ] {
            prop_assert_eq!(bytes, events().filter(|event| event.change == change).map(|event| event.hidden).sum::<u64>());
            let causes = waste.causes.iter().filter(|cause| cause.kind == kind);
            prop_assert_eq!(bytes, causes.map(|cause| cause.bytes).sum::<u64>());
        }
        prop_assert_eq!(hidden, waste.causes.iter().map(|cause| cause.bytes).sum::<u64>());
        prop_assert_eq!(waste.duplicates, waste.copies.iter().map(|copies| copies.bytes).sum::<u64>());
    }
}
