//! Who wrote, rewrote or removed a path, in which layer, at what cost.

use std::collections::BTreeMap;

use super::LayerIndex;
use crate::layer::LayerPath;

/// One thing that a layer did to a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The layer that did it.
    pub layer: LayerIndex,
    /// What it did.
    pub change: Change,
    /// Bytes of regular-file content that this event added (`Added`, `Rewritten`) or hid (`Removed`). A hard link adds
    /// none, and hides none while the file has other names.
    pub bytes: u64,
    /// Bytes of regular-file content that no name leads to any more since this event: what was `Removed`, or what was there
    /// before it was `Rewritten`.
    pub hidden: u64,
}

/// What happened to a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It was not there before.
    Added,
    /// It was there, and this layer ships it again.
    Rewritten {
        /// Whether the content is the same: only mode, owner or time changed. Files are compared by their SHA-256, links by
        /// their target, devices by their numbers; a directory is always the same as a directory.
        same_content: bool,
    },
    /// It was there, and is not any more.
    Removed(Cause),
}

/// Why a path went away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// A whiteout of this path or of a directory above it.
    Whiteout(LayerPath),
    /// An opaque mark on this directory above it.
    Opaque(LayerPath),
    /// A directory above it became something else.
    Replaced(LayerPath),
}

/// Where runtimes that mount layers over one another (overlayfs) lay another tree than the image specification does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Divergence {
    /// The layer writes or removes something below a path that a lower layer's symbolic link, at this path, leads elsewhere.
    ThroughLink(LayerPath),
    /// The layer removes a directory with a whiteout and brings it back: mounted, it still shows what the lower ones hold.
    BroughtBack,
}

/// The history of every path that any layer ever wrote.
#[derive(Debug, Clone, Default)]
pub struct Trail {
    events: BTreeMap<LayerPath, Vec<Event>>,
    written: BTreeMap<LayerIndex, u64>,
    divergences: BTreeMap<(LayerIndex, LayerPath), Divergence>,
}

impl Trail {
    pub(super) fn record(&mut self, path: LayerPath, event: Event) {
        self.events.entry(path).or_default().push(event);
    }

    pub(super) fn count_written(&mut self, layer: LayerIndex) {
        *self.written.entry(layer).or_default() += 1;
    }

    pub(super) fn diverge(&mut self, layer: LayerIndex, path: LayerPath, divergence: Divergence) {
        self.divergences.entry((layer, path)).or_insert(divergence);
    }

    /// The directories, as layers name them, that mounted layers would show otherwise.
    pub fn divergences(&self) -> impl Iterator<Item = (LayerIndex, &LayerPath, &Divergence)> {
        self.divergences.iter().map(|((layer, path), divergence)| (*layer, path, divergence))
    }

    /// How many files, links, devices and pipes a layer ships: its entries without directories and without what hides
    /// others.
    pub fn written(&self, layer: LayerIndex) -> u64 {
        self.written.get(&layer).copied().unwrap_or_default()
    }

    /// What happened to a path, oldest first.
    pub fn of(&self, path: &LayerPath) -> &[Event] {
        self.events.get(path).map_or(&[], Vec::as_slice)
    }

    /// The last event that took a path away, of the path itself or of the nearest directory above it that was there:
    /// what to name when the path is missing.
    pub fn removal(&self, path: &LayerPath) -> Option<&Event> {
        let mut at = Some(path.clone());
        while let Some(path) = at {
            if let Some(last) = self.of(&path).last() {
                return matches!(last.change, Change::Removed(_)).then_some(last);
            }
            at = path.parent();
        }
        None
    }

    /// All paths with what happened to them, in path order.
    pub fn iter(&self) -> impl Iterator<Item = (&LayerPath, &[Event])> {
        self.events.iter().map(|(path, events)| (path, events.as_slice()))
    }
}
