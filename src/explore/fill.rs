//! How the paths of an image are put together, once.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::paths::{Event, Mark, Paths, Row, Sum};
use crate::layer::{Body, LayerDiff, LayerPath};
use crate::vfs::{self, Change, LayerIndex, NodeId, Tree};

impl Paths {
    /// The paths of a tree and of what the layers below it had. `owner` tells the package of a file by its place in a list.
    pub fn of(tree: &Tree, layers: &[Option<Arc<LayerDiff>>], owner: &dyn Fn(NodeId) -> Option<usize>) -> Self {
        let mut paths = Self::default();
        let places = paths.name_all(tree, &known(tree));
        paths.look_up(layers, &places);
        drop(places);
        paths.close();
        paths.weigh(tree, owner);
        paths.order();
        paths.add_up();
        paths
    }

    /// Makes an item of each path, with what happened to it. Returns their places.
    fn name_all(&mut self, tree: &Tree, known: &[(LayerPath, Option<NodeId>)]) -> HashMap<LayerPath, u32> {
        let trail = tree.trail();
        let mut places = HashMap::with_capacity(known.len());
        for (path, node) in known {
            let place = index(self.items.len());
            let parent = path.parent().and_then(|parent| places.get(&parent).copied()).unwrap_or_default();
            self.names.extend_from_slice(path.name());
            let events = node.map_or_else(|| trail.of(path), |node| trail.at(node));
            self.events.extend(events.iter().map(event));
            self.items.push(Row {
                parent,
                end: place + 1,
                name: index(self.names.len()),
                events: index(self.events.len()),
                sums: (0, 0),
                heaviest: (0, 0),
                node: *node,
                owner: None,
                is_directory: node.is_some_and(|node| tree.is_directory(node)),
                bytes: 0,
                files: 0,
            });
            places.insert(path.clone(), place);
        }
        places
    }

    /// Finds the entry of each event.
    fn look_up(&mut self, layers: &[Option<Arc<LayerDiff>>], places: &HashMap<LayerPath, u32>) {
        let read = layers.iter().enumerate().filter_map(|(layer, diff)| Some((layer, diff.as_ref()?)));
        for (layer, entry) in read.flat_map(|(layer, diff)| diff.entries.iter().map(move |entry| (layer, entry))) {
            let Some(place) = places.get(&entry.path()).map(|place| *place as usize).filter(|_| !entry.body().is_mark()) else {
                continue;
            };
            let start = place.checked_sub(1).map_or(0, |before| self.items[before].events) as usize;
            let own = &mut self.events[start..self.items[place].events as usize];
            for event in own.iter_mut().filter(|event| event.layer == layer && event.mark != Mark::Removed) {
                event.entry = Some(index(entry.place()));
            }
            self.items[place].is_directory |= *entry.body() == Body::Directory;
        }
    }

    /// Finds where what is below each item ends: whatever holds something is, or was, a directory.
    fn close(&mut self) {
        for item in (1..self.items.len()).rev() {
            let Row { parent, end, .. } = self.items[item];
            let above = &mut self.items[parent as usize];
            (above.end, above.is_directory) = (above.end.max(end), true);
            above.heaviest.1 += 1;
        }
    }

    /// Bytes and files of the final tree.
    fn weigh(&mut self, tree: &Tree, owner: &dyn Fn(NodeId) -> Option<usize>) {
        let mut seen = vfs::Set::default();
        for row in &mut self.items {
            let Some(node) = row.node.filter(|node| tree.trace(*node).is_some()) else { continue };
            row.owner = owner(node).map(index);
            if seen.insert(tree.inode(node)) {
                (row.bytes, row.files) = (tree.stat(node).size, 1);
            }
        }
        for item in (1..self.items.len()).rev() {
            let Row { parent, bytes, files, .. } = self.items[item];
            let above = &mut self.items[parent as usize];
            (above.bytes, above.files) = (above.bytes.saturating_add(bytes), above.files.saturating_add(files));
        }
    }

    /// Sorts by size: all files, and what is in each directory. Of what weighs the same, the first by path goes first.
    fn order(&mut self) {
        let mut all: Vec<u32> = (0..index(self.items.len())).collect();
        all.sort_by_key(|item| Reverse(self.items[*item as usize].bytes));
        let mut next = 0;
        for row in &mut self.items {
            row.heaviest.0 = next;
            next += std::mem::take(&mut row.heaviest.1);
        }
        self.heaviest = vec![0; next as usize];
        for item in all.iter().copied().filter(|item| *item > 0) {
            let above = self.items[item as usize].parent as usize;
            let (start, filled) = self.items[above].heaviest;
            self.heaviest[(start + filled) as usize] = item;
            self.items[above].heaviest.1 += 1;
        }
        all.retain(|item| !self.items[*item as usize].is_directory);
        self.largest = all;
    }

    /// Adds up what each layer did below each item.
    fn add_up(&mut self) {
        let mut below: Vec<BTreeMap<LayerIndex, Sum>> = vec![BTreeMap::new(); self.items.len()];
        for item in (0..self.items.len()).rev() {
            let mut sums = std::mem::take(&mut below[item]);
            for event in self.events(item) {
                if let Some(sum) = sum(event, self.items[item].is_directory) {
                    let total = sums.entry(event.layer).or_default();
                    *total = total.and(sum);
                }
            }
            let parent = self.items[item].parent as usize;
            if item > 0 {
                for (layer, sum) in &sums {
                    let total = below[parent].entry(*layer).or_default();
                    *total = total.and(*sum);
                }
            }
            self.items[item].sums = (index(self.sums.len()), index(sums.len()));
            self.sums.extend(sums);
        }
    }
}

/// The paths of the final tree, and those that are not there any more, a directory before what it holds.
fn known(tree: &Tree) -> Vec<(LayerPath, Option<NodeId>)> {
    let mut known: Vec<(LayerPath, Option<NodeId>)> = tree.iter().map(|node| (tree.path(node), Some(node))).collect();
    let mut gone = BTreeSet::new();
    for (path, _) in tree.trail().changed() {
        let mut at = Some(path.clone());
        while let Some(path) = at.filter(|path| tree.get(path).is_none() && !gone.contains(path)) {
            at = path.parent();
            gone.insert(path);
        }
    }
    known.extend(gone.into_iter().map(|path| (path, None)));
    known.sort_by(|(left, _), (right, _)| left.components().cmp(right.components()));
    known
}

fn event(event: &vfs::Event) -> Event {
    let mark = match event.change {
        Change::Added => Mark::Added,
        Change::Rewritten { same_content: true } => Mark::Repeated,
        Change::Rewritten { same_content: false } => Mark::Rewritten,
        Change::Removed(_) => Mark::Removed,
    };
    let bytes = if mark == Mark::Removed { 0 } else { event.bytes };
    Event { layer: event.layer, mark, bytes, hidden: event.hidden, entry: None }
}

/// What an event adds to the sums of its layer; nothing where a directory is only shipped again.
fn sum(event: &Event, is_directory: bool) -> Option<Sum> {
    let sum = Sum { bytes: event.bytes, hidden: event.hidden, ..Sum::default() };
    match event.mark {
        Mark::Added => Some(Sum { added: 1, ..sum }),
        Mark::Repeated if is_directory => None,
        Mark::Rewritten | Mark::Repeated => Some(Sum { rewritten: 1, ..sum }),
        Mark::Removed => Some(Sum { removed: 1, ..sum }),
    }
}

fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or_else(|_| unreachable!("entries and what they do have ceilings far below 2^32"))
}
