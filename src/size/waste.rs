//! Bytes that are shipped and not seen.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::breakdown::files;
use super::cause::{self, Cause, Loss};
use crate::vfs::{LayerIndex, NodeId, Tree};

/// Groups of copies that are listed: the sums count all.
const GROUPS: usize = 20;

/// Paths of a group that are listed.
const PATHS: usize = 5;

/// Bytes shipped and not seen. The four kinds are disjoint: the first three are content that no name of the final tree leads
/// to, and with the bytes of that tree they make up the bytes of all layers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Waste {
    /// All four kinds.
    pub bytes: u64,
    /// Content of files that a later layer removed: by a whiteout, an opaque mark, or something else in the place of a
    /// directory above.
    pub removed: u64,
    /// Content of files that a later layer replaced with other content, or the same layer with a second entry.
    pub overwritten: u64,
    /// Content that a later layer ships again unchanged: a chown or chmod.
    pub metadata_only: u64,
    /// Content that stands in the final tree more than once, without being a hard link: every copy but one.
    pub duplicates: u64,
    /// What made the first three kinds: a row for each layer and kind, the twenty that hid the most, largest first.
    pub causes: Vec<Cause>,
    /// What makes up the duplicates: the twenty groups that waste the most, largest first.
    pub copies: Vec<Copies>,
}

/// Files of the final tree that hold the same and are no hard links of each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Copies {
    /// Bytes of all of them but one.
    pub bytes: u64,
    /// How many there are. A file with several names is one.
    pub count: u64,
    /// The first five in path order, as [`text::lossless`] text with a leading `/`.
    pub paths: Vec<String>,
}

impl Waste {
    /// What a tree and its history waste. `instruction` tells what made a layer, masked.
    pub fn of(tree: &Tree, instruction: impl Fn(LayerIndex) -> Option<String>) -> Self {
        let mut waste = Self { causes: cause::causes(tree, instruction), ..Self::default() };
        for hidden in tree.hidden() {
            let kind = match Loss::of(tree, &hidden) {
                Loss::Removed => &mut waste.removed,
                Loss::Overwritten => &mut waste.overwritten,
                Loss::MetadataOnly => &mut waste.metadata_only,
            };
            *kind = kind.saturating_add(tree.stat(hidden.node).size);
        }
        (waste.duplicates, waste.copies) = copies(tree);
        let kinds = [waste.removed, waste.overwritten, waste.metadata_only, waste.duplicates];
        waste.bytes = kinds.into_iter().fold(0, u64::saturating_add);
        waste
    }
}

/// A content of the final tree: the beginning of its digest, which tells it from most others, and its place in path order.
/// Of a million files no more than that is held at once.
type Standing = (u32, u32);

/// Bytes of all duplicates, and the groups that make most of them.
fn copies(tree: &Tree) -> (u64, Vec<Copies>) {
    let ids: Vec<NodeId> = files(tree).filter(|id| tree.stat(*id).size > 0).collect();
    let start = |id: &NodeId| tree.trace(*id).and_then(|trace| trace.sha256.first_chunk()).copied().map(u32::from_be_bytes);
    let mut standing: Vec<Standing> = (0..).zip(&ids).filter_map(|(at, id)| Some((start(id)?, at))).collect();
    standing.sort_unstable();
    let node = |(_, at): &Standing| ids.get(*at as usize).copied();
    let content = |standing: &Standing| node(standing).map(|id| (tree.stat(id).size, tree.trace(id).map(|trace| trace.sha256)));
    let (mut all, mut groups) = (0_u64, Vec::<Group>::new());
    for alike in standing.chunk_by_mut(|one, other| one.0 == other.0).filter(|alike| alike.len() > 1) {
        alike.sort_by_key(content);
        for group in alike.chunk_by(|one, other| content(one) == content(other)).filter(|group| group.len() > 1) {
            let size = group.first().and_then(node).map_or(0, |id| tree.stat(id).size);
            let bytes = size.saturating_mul(group.len() as u64 - 1);
            all = all.saturating_add(bytes);
            let first = group.iter().map(|(_, at)| *at).take(PATHS).collect();
            groups.push((Reverse(bytes), first, group.len() as u64));
            if groups.len() == 2 * GROUPS {
                groups.sort_unstable();
                groups.truncate(GROUPS);
            }
        }
    }
    groups.sort_unstable();
    let path = |at: &u32| ids.get(*at as usize).map(|id| tree.path(*id).lossless());
    let of =
        |(bytes, first, count): &Group| Copies { bytes: bytes.0, count: *count, paths: first.iter().filter_map(path).collect() };
    (all, groups.iter().take(GROUPS).map(of).collect())
}

/// Bytes that copies waste, the places of the first of them, and how many they are.
type Group = (Reverse<u64>, Vec<u32>, u64);

/// Bytes of regular files that one layer ships.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Content {
    /// All of them.
    pub bytes: u64,
    /// Those that no name of the final tree leads to any more: over all layers what is removed, overwritten and shipped
    /// again.
    pub hidden: u64,
}

/// What the layers of a tree ship, of those that ship any content.
pub fn contents(tree: &Tree) -> BTreeMap<LayerIndex, Content> {
    let mut layers: BTreeMap<LayerIndex, Content> = BTreeMap::new();
    for shipment in tree.trail().shipments().filter(|shipment| shipment.bytes > 0) {
        let content = layers.entry(shipment.layer).or_default();
        content.bytes = content.bytes.saturating_add(shipment.bytes);
    }
    for hidden in tree.hidden() {
        if let Some(content) = layers.get_mut(&tree.content_layer(hidden.node)) {
            content.hidden = content.hidden.saturating_add(tree.stat(hidden.node).size);
        }
    }
    layers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vfs::dump;

    fn of(layers: &[&str]) -> Waste {
        Waste::of(&dump::tree(layers.iter().copied()).unwrap(), |_| None)
    }

    fn waste(layers: &[&str]) -> [u64; 4] {
        let Waste { removed, overwritten, metadata_only, duplicates, .. } = of(layers);
        [removed, overwritten, metadata_only, duplicates]
    }

    #[test]
    fn each_way_to_lose_content_is_one_kind() {
        let base = "f 0644 0:0 /d/a \"12345\"\nf 0644 0:0 /d/b \"123\"";
        for (layer, kinds) in [
            ("", [0; 4]),
            ("w /d/a", [5, 0, 0, 0]),
            ("w /d", [8, 0, 0, 0]),
            ("o /d\nf 0644 0:0 /d/b \"123\"", [8, 0, 0, 0]),
            ("f 0644 0:0 /d \"x\"", [8, 0, 0, 0]),
            ("f 0644 0:0 /d/a \"1\"", [0, 5, 0, 0]),
            ("l 0777 0:0 /d/a -> b", [0, 5, 0, 0]),
            ("d 0755 0:0 /d/a", [0, 5, 0, 0]),
            ("f 0600 1:1 /d/a \"12345\"", [0, 0, 5, 0]),
            ("d 0700 1:1 /d", [0; 4]),
            ("f 0644 0:0 /e \"123\"\nf 0644 0:0 /f \"123\"\nf 0644 0:0 /g", [0, 0, 0, 6]),
        ] {
            assert_eq!(waste(&[base, layer]), kinds, "{layer}");
        }
    }

    #[test]
    fn content_with_another_name_is_not_lost() {
        let base = "f 0644 0:0 /a \"12345\"\nh /b => /a";
        for (layer, kinds) in [
            ("", [0; 4]),
            ("w /a", [0; 4]),
            ("w /b", [0; 4]),
            ("w /a\nw /b", [5, 0, 0, 0]),
            ("f 0644 0:0 /a \"1\"", [0; 4]),
            ("f 0644 0:0 /a \"1\"\nw /b", [0, 5, 0, 0]),
            ("f 0644 0:0 /a \"12345\"", [0, 0, 0, 5]),
            ("f 0644 0:0 /c \"12345\"\nw /a\nh /b => /c", [0, 0, 5, 0]),
        ] {
            assert_eq!(waste(&[base, layer]), kinds, "{layer}");
        }
    }

    /// docs/waste.md has the figures of dive beside these.
    #[test]
    fn images_that_are_easily_misjudged_waste_what_they_should() {
        let cases: Vec<&str> = include_str!("../../testdata/waste.txt").split("\n## ").skip(1).collect();
        assert_eq!(cases.len(), 8);
        for case in cases {
            let (head, layers) = case.split_once("\n-- ").unwrap();
            let layers: Vec<&str> = layers.split("\n-- ").map(|layer| layer.split_once('\n').unwrap().1).collect();
            let found = of(&layers);
            let kinds = [
                (found.removed, "removed"),
                (found.overwritten, "overwritten"),
                (found.metadata_only, "metadata_only"),
                (found.duplicates, "duplicates"),
            ];
            let kinds: Vec<String> =
                kinds.iter().filter(|(bytes, _)| *bytes > 0).map(|(bytes, kind)| format!("{bytes} {kind}")).collect();
            let found = if kinds.is_empty() { "nothing".into() } else { kinds.join(", ") };
            assert_eq!(found, head.split_once("\n= ").unwrap().1, "{head}");
        }
    }

    #[test]
    fn copies_are_grouped_and_the_largest_group_comes_first() {
        let found = of(&[r#"
            f 0644 0:0 /z "12"
            f 0644 0:0 /b "12345"
            h /h => /b
            f 0644 0:0 /a "12345"
            f 0644 0:0 /y "12"
            f 0644 0:0 /x "12"
            f 0644 0:0 /none
            f 0644 0:0 /nothing
        "#]);
        let copies =
            |bytes, count, paths: &[&str]| Copies { bytes, count, paths: paths.iter().map(ToString::to_string).collect() };
        assert_eq!(found.copies, [copies(5, 2, &["/a", "/b"]), copies(4, 3, &["/x", "/y", "/z"])]);
        assert_eq!((found.duplicates, found.bytes), (9, 9));
    }

    #[test]
    fn twenty_groups_of_copies_are_listed_with_five_paths_each() {
        use std::fmt::Write as _;
        let mut lines = String::new();
        for (group, copy) in (10..40).flat_map(|group| (0..7).map(move |copy| (group, copy))) {
            let _ = writeln!(lines, "f 0644 0:0 /{copy}/{group} \"{}\"", "x".repeat(group));
        }
        let found = of(&[&lines]);
        assert_eq!((found.copies.len(), found.copies[0].paths.len(), found.copies[19].count), (20, 5, 7));
        assert_eq!(found.duplicates, (10..40).sum::<u64>() * 6);
    }

    #[test]
    fn a_layer_ships_what_is_seen_and_what_is_hidden() {
        let layers = ["f 0644 0:0 /a \"12345\"\nf 0644 0:0 /b \"123\"", "w /a\nf 0600 1:1 /b \"123\"", "w /b"];
        let found = contents(&dump::tree(layers).unwrap());
        assert_eq!(found, BTreeMap::from([(0, Content { bytes: 8, hidden: 8 }), (1, Content { bytes: 3, hidden: 3 })]));
    }
}
