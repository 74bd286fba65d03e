//! Bytes that are shipped and not seen.

use std::collections::BTreeSet;

use super::breakdown::files;
use crate::vfs::{Change, Tree};

/// The four kinds of waste. They are disjoint: the first three are content that no name of the final tree leads to, and
/// with the bytes of that tree they make up the bytes of all layers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waste {
    /// Content of files that a later layer removed: by a whiteout, an opaque mark, or something else in the place of a
    /// directory above.
    pub removed: u64,
    /// Content of files that a later layer replaced with other content, or the same layer with a second entry.
    pub overwritten: u64,
    /// Content that a later layer ships again unchanged: a chown or chmod.
    pub metadata_only: u64,
    /// Content that stands in the final tree more than once, without being a hard link: every copy but one.
    pub duplicates: u64,
}

impl Waste {
    /// All four.
    pub fn bytes(&self) -> u64 {
        let kinds = [self.removed, self.overwritten, self.metadata_only, self.duplicates];
        kinds.into_iter().fold(0, u64::saturating_add)
    }

    /// What a tree and its history waste.
    pub(super) fn of(tree: &Tree) -> Self {
        let mut waste = Self::default();
        for event in tree.trail().iter().flat_map(|(_, events)| events) {
            let kind = match event.change {
                Change::Removed(_) => &mut waste.removed,
                Change::Rewritten { same_content: false } => &mut waste.overwritten,
                Change::Rewritten { same_content: true } => &mut waste.metadata_only,
                Change::Added => continue,
            };
            *kind = kind.saturating_add(event.hidden);
        }
        let mut contents = BTreeSet::new();
        for id in files(tree) {
            if tree.trace(id).is_some_and(|trace| !contents.insert(trace.sha256)) {
                waste.duplicates = waste.duplicates.saturating_add(tree.stat(id).size);
            }
        }
        waste
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vfs::dump;

    fn waste(layers: &[&str]) -> [u64; 4] {
        let Waste { removed, overwritten, metadata_only, duplicates } = Waste::of(&dump::tree(layers.iter().copied()).unwrap());
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
        ] {
            assert_eq!(waste(&[base, layer]), kinds, "{layer}");
        }
    }
}
