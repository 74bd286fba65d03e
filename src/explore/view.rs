//! Which paths are seen, and what they weigh there.

use std::cmp::Reverse;

use super::paths::{Item, Mark, Paths};
use crate::vfs::LayerIndex;

/// What the tree pane shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// The final tree.
    Final,
    /// What one layer added, rewrote and removed.
    Changes(LayerIndex),
    /// The tree as it is when this layer is applied.
    Upto(LayerIndex),
}

impl View {
    /// The layer that it is about.
    pub fn layer(self) -> Option<LayerIndex> {
        match self {
            Self::Final => None,
            Self::Changes(layer) | Self::Upto(layer) => Some(layer),
        }
    }

    /// Whether an item is part of it.
    pub fn sees(self, paths: &Paths, item: Item) -> bool {
        match self {
            Self::Final => paths.node(item).is_some(),
            Self::Changes(layer) => item == 0 || paths.sum(item, layer).is_some(),
            Self::Upto(layer) => {
                let last = paths.events(item).iter().rfind(|event| event.layer <= layer);
                item == 0 || last.is_some_and(|event| event.mark != Mark::Removed || event.layer == layer)
            }
        }
    }

    /// Bytes of an item with everything below it: of a layer's changes what it ships there, or what it removed.
    pub fn bytes(self, paths: &Paths, item: Item) -> u64 {
        match self {
            Self::Final => paths.bytes(item),
            Self::Changes(layer) => {
                let is_gone = self.mark(paths, item) == Some(Mark::Removed);
                paths.sum(item, layer).map_or(0, |sum| if is_gone { sum.hidden } else { sum.bytes })
            }
            Self::Upto(layer) => {
                let until = paths.sums(item).iter().take_while(|(at, _)| *at <= layer);
                let (bytes, hidden) = until.fold((0_u64, 0_u64), |(bytes, hidden), (_, sum)| {
                    (bytes.saturating_add(sum.bytes), hidden.saturating_add(sum.hidden))
                });
                bytes.saturating_sub(hidden)
            }
        }
    }

    /// What the layer that it is about did to an item: of a directory that it only ships again, whether anything in it changed.
    pub fn mark(self, paths: &Paths, item: Item) -> Option<Mark> {
        let layer = self.layer()?;
        let sum = paths.sum(item, layer)?;
        let own = paths.event(item, layer).map(|event| event.mark);
        own.filter(|mark| *mark != Mark::Repeated || !paths.is_directory(item))
            .or((sum.added + sum.rewritten + sum.removed > 0).then_some(Mark::Rewritten))
    }

    /// What a directory holds, in order.
    pub fn children(self, paths: &Paths, directory: Item, by_size: bool) -> Vec<Item> {
        let seen = |item: &Item| self.sees(paths, *item);
        if by_size && self == Self::Final {
            return paths.heaviest(directory).filter(seen).collect();
        }
        let mut children: Vec<Item> = paths.children(directory).filter(seen).collect();
        if by_size {
            children.sort_by_cached_key(|item| Reverse(self.bytes(paths, *item)));
        }
        children
    }
}
