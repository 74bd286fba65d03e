//! Bytes: what layers ship is seen, or hidden, or wasted.

use std::collections::{BTreeMap, BTreeSet};

use lucid_verify::size::{Loss, Waste, contents};
use lucid_verify::vfs::Change;
use proptest::prelude::*;

use crate::lines::{self, possible, tree};

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

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
