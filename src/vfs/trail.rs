//! Who wrote, rewrote or removed a path, in which layer, at what cost.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{LayerIndex, NodeId, Tree};
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

/// What a layer does at a path that runtimes which mount layers over one another (overlayfs) may take otherwise than the image
/// specification does: [`Tree::mounted`] tells whether they do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Divergence {
    /// It writes or removes something below a path that a lower layer's symbolic link, at this path, leads elsewhere.
    ThroughLink(LayerPath),
    /// It removes the path with a whiteout, and writes it.
    BroughtBack,
    /// It writes the path twice: as a directory where it put something else before.
    Twice,
    /// It makes the root opaque.
    OpaqueRoot,
    /// It has a whiteout where nothing is, where another mark hides what is there, or in no directory.
    Idle,
    /// It writes in a directory that no entry of it names, below what was no directory before.
    Unnamed,
    /// It names a file of a lower layer with a hard link.
    LinkBelow,
    /// It has a character device 0:0, which is how overlayfs stores a whiteout.
    Device,
}

/// What is recorded: the paths to which more happened than that one layer wrote them.
#[derive(Debug, Clone, Default)]
pub(super) struct Records {
    events: BTreeMap<LayerPath, Vec<Event>>,
    written: BTreeMap<LayerIndex, u64>,
    divergences: BTreeMap<(LayerIndex, LayerPath), Divergence>,
}

impl Records {
    /// Whether anything is recorded of a path.
    pub(super) fn has(&self, path: &LayerPath) -> bool {
        self.events.contains_key(path)
    }

    /// Whether a path went away, or became something else, at any time.
    pub(super) fn was_another(&self, path: &LayerPath) -> bool {
        let is_another = |event: &Event| matches!(event.change, Change::Removed(_) | Change::Rewritten { same_content: false });
        self.events.get(path).is_some_and(|events| events.iter().any(is_another))
    }

    /// Adds what happened to a path to what is recorded of it: at first to what happened `before`, if anything.
    pub(super) fn record(&mut self, path: LayerPath, before: Option<Event>, event: Event) {
        self.events.entry(path).or_insert_with(|| before.into_iter().collect()).push(event);
    }

    pub(super) fn count_written(&mut self, layer: LayerIndex) {
        *self.written.entry(layer).or_default() += 1;
    }

    pub(super) fn diverge(&mut self, layer: LayerIndex, path: LayerPath, divergence: Divergence) {
        self.divergences.entry((layer, path)).or_insert(divergence);
    }

    /// Forgets where a mount may show otherwise: this is what one shows.
    pub(super) fn settle(&mut self) {
        self.divergences.clear();
    }
}

/// The history of every path that any layer ever wrote. That of a path which one layer wrote is not recorded: it is the node.
#[derive(Debug, Clone, Copy)]
pub struct Trail<'t> {
    pub(super) tree: &'t Tree,
    pub(super) records: &'t Records,
}

/// A path at which a layer ships something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At<'t> {
    /// That of a node: nothing else happened there.
    Node(NodeId),
    /// One with more of a history.
    Path(&'t LayerPath),
}

/// Content of a regular file, or something else at a path, that a layer ships.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shipment<'t> {
    /// Where.
    pub at: At<'t>,
    /// The layer.
    pub layer: LayerIndex,
    /// Bytes of content: 0 of anything but the first name of a regular file.
    pub bytes: u64,
}

impl<'t> Trail<'t> {
    /// What layers do that mounted layers may show otherwise, and where.
    pub fn divergences(self) -> impl Iterator<Item = (LayerIndex, &'t LayerPath, &'t Divergence)> {
        self.records.divergences.iter().map(|((layer, path), divergence)| (*layer, path, divergence))
    }

    /// How many files, links, devices and pipes a layer ships: its entries without directories and without what hides
    /// others.
    pub fn written(self, layer: LayerIndex) -> u64 {
        self.records.written.get(&layer).copied().unwrap_or_default()
    }

    /// What happened to a path, oldest first.
    pub fn of(self, path: &LayerPath) -> Cow<'t, [Event]> {
        match self.records.events.get(path) {
            Some(events) => Cow::Borrowed(events),
            None => Cow::Owned(self.tree.get(path).and_then(|id| self.tree.writing(id)).into_iter().collect()),
        }
    }

    /// What happened to the path of a node, oldest first.
    pub fn at(self, id: NodeId) -> Cow<'t, [Event]> {
        if self.tree.is_recorded(id) {
            self.of(&self.tree.path(id))
        } else {
            Cow::Owned(self.tree.writing(id).into_iter().collect())
        }
    }

    /// The last event that took a path away, of the path itself or of the nearest directory above it that was there:
    /// what to name when the path is missing.
    pub fn removal(self, path: &LayerPath) -> Option<&'t Event> {
        let mut at = Some(path.clone());
        while let Some(path) = at {
            if let Some(last) = self.records.events.get(&path).and_then(|events| events.last()) {
                return matches!(last.change, Change::Removed(_)).then_some(last);
            }
            if self.tree.get(&path).is_some_and(|id| id != self.tree.root()) {
                return None;
            }
            at = path.parent();
        }
        None
    }

    /// The paths to which more happened than that one layer wrote them, with all that did, in path order.
    pub fn changed(self) -> impl Iterator<Item = (&'t LayerPath, &'t [Event])> {
        self.records.events.iter().map(|(path, events)| (path, events.as_slice()))
    }

    /// What one layer wrote, and nothing else happened to, in path order.
    pub fn lone(self) -> impl Iterator<Item = NodeId> {
        self.tree.iter().filter(move |id| *id != self.tree.root() && !self.tree.is_recorded(*id))
    }

    /// Everything that the layers ship, whether or not it is still seen: first, in path order, what is where nothing else
    /// happened, then the rest in path order.
    pub fn shipments(self) -> impl Iterator<Item = Shipment<'t>> {
        let lone = self.lone().filter_map(move |id| {
            let Event { layer, bytes, .. } = self.tree.writing(id)?;
            Some(Shipment { at: At::Node(id), layer, bytes })
        });
        let changed = self.changed().flat_map(|(path, events)| events.iter().map(move |event| (path, event)));
        let shipped = changed.filter(|(_, event)| !matches!(event.change, Change::Removed(_)));
        lone.chain(shipped.map(|(path, event)| Shipment { at: At::Path(path), layer: event.layer, bytes: event.bytes }))
    }

    /// The path of a shipment.
    pub fn path(self, shipment: &Shipment<'t>) -> LayerPath {
        match shipment.at {
            At::Node(id) => self.tree.path(id),
            At::Path(path) => path.clone(),
        }
    }
}
