//! What each layer ships.

use std::collections::BTreeMap;

use crate::vfs::{Change, Event, LayerIndex, LayerPath, Tree};

/// What one layer ships: content of regular files, whether or not it is still seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shipped<'a> {
    /// Bytes of them.
    pub bytes: u64,
    /// The largest file.
    pub largest: (&'a LayerPath, u64),
}

/// The events by which layers ship something, in path order.
pub fn events(tree: &Tree) -> impl Iterator<Item = (&LayerPath, &Event)> {
    let events = tree.trail().iter().flat_map(|(path, events)| events.iter().map(move |event| (path, event)));
    events.filter(|(_, event)| !matches!(event.change, Change::Removed(_)))
}

/// What the layers ship that ship any file with content.
pub fn shipped(tree: &Tree) -> BTreeMap<LayerIndex, Shipped<'_>> {
    let mut layers = BTreeMap::new();
    for (path, Event { layer, bytes, .. }) in events(tree).filter(|(_, event)| event.bytes > 0) {
        let shipped = layers.entry(*layer).or_insert(Shipped { bytes: 0, largest: (path, 0) });
        shipped.bytes = shipped.bytes.saturating_add(*bytes);
        if *bytes > shipped.largest.1 {
            shipped.largest = (path, *bytes);
        }
    }
    layers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vfs::dump;

    #[test]
    fn what_is_hidden_later_was_shipped_all_the_same() {
        let layers = ["f 0644 0:0 /a \"12345\"\nf 0644 0:0 /b \"123\"\nd 0755 0:0 /d", "w /a\nf 0600 1:1 /b \"123\"", "w /b"];
        let tree = dump::tree(layers).unwrap();
        let found: Vec<_> =
            shipped(&tree).into_iter().map(|(layer, shipped)| (layer, shipped.bytes, shipped.largest.0.to_string())).collect();
        assert_eq!(found, [(0, 8, "/a".into()), (1, 3, "/b".into())]);
    }
}
