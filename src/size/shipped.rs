//! What each layer ships.

use std::collections::BTreeMap;

use crate::vfs::{LayerIndex, LayerPath, Shipment, Tree};

/// What one layer ships: content of regular files, whether or not it is still seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shipped {
    /// Bytes of them.
    pub bytes: u64,
    /// The largest file, of several the first in path order.
    pub largest: (LayerPath, u64),
}

/// What the layers ship that ship any file with content.
pub fn shipped(tree: &Tree) -> BTreeMap<LayerIndex, Shipped> {
    let mut layers: BTreeMap<LayerIndex, (u64, Shipment<'_>)> = BTreeMap::new();
    let trail = tree.trail();
    for shipment in trail.shipments().filter(|shipment| shipment.bytes > 0) {
        let (bytes, largest) = layers.entry(shipment.layer).or_insert((0, shipment));
        *bytes = bytes.saturating_add(shipment.bytes);
        let is_larger =
            shipment.bytes > largest.bytes || shipment.bytes == largest.bytes && trail.path(&shipment) < trail.path(largest);
        if is_larger {
            *largest = shipment;
        }
    }
    let of = |(layer, (bytes, largest)): (_, (_, Shipment<'_>))| {
        (layer, Shipped { bytes, largest: (trail.path(&largest), largest.bytes) })
    };
    layers.into_iter().map(of).collect()
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
