//! What dive 0.13.1 says of the same layers, computed as dive computes it, so that thresholds that were set for it can be
//! carried over. docs/decisions/0016 says where its figures are not the truth.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::layer::{Body, Entries, LayerDiff, LayerPath};

/// What marks the name of a file that hides another.
const WHITEOUT: &[u8] = b".wh.";
/// Names that dive passes over: opaque marks.
const PASSED_OVER: &[u8] = b".wh..wh..";

/// The figures of dive (`dive/filetree/efficiency.go`, `dive/image/analysis.go`). Sizes are those of tar headers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Dive {
    /// Of every path the smallest size that it has in any layer, over the sum of its sizes in all layers: from 0 to 1, and 1
    /// without files. Rule `lowestEfficiency`.
    pub efficiency: f64,
    /// The sizes of all paths that more than one layer has, the copy that is still seen included. Rule `highestWastedBytes`.
    pub wasted_bytes: u64,
    /// Bytes of all layers but the first, which dive takes for the base.
    pub user_size_bytes: u64,
    /// Bytes of all layers.
    pub size_bytes: u64,
    /// `wasted_bytes` over `user_size_bytes`, where 1 is all, and more is possible; null where that is a division by zero.
    /// Rule `highestUserWastedPercent`.
    pub wasted_user_percent: Option<f64>,
}

impl Dive {
    /// The figures of these layers, base first.
    #[expect(clippy::cast_precision_loss, reason = "dive divides floating point numbers")]
    pub fn of(layers: &[&LayerDiff]) -> Self {
        let sizes =
            layers.iter().map(|layer| layer.entries.iter().fold(0_u64, |sum, entry| sum.saturating_add(entry.stat().size)));
        let sizes: Vec<u64> = sizes.collect();
        let sum = |sizes: &[u64]| sizes.iter().fold(0_u64, |sum, size| sum.saturating_add(*size));
        let user = sum(sizes.get(1..).unwrap_or_default());
        let mut stack = Tree::new();
        for (index, layer) in layers.iter().enumerate() {
            let layer = Tree::of(&layer.entries);
            let places = stack.places(&layer);
            if index == 0 {
                stack.copy(&layer, &places);
            }
            stack.weigh(&layer, &places);
            stack.lay(&layer, &places);
        }
        let mut totals = Weight::default();
        let mut wasted = 0_u64;
        for Node { data: Place { weight, .. }, .. } in &stack.nodes {
            totals.least = totals.least.saturating_add(weight.least);
            totals.sum = totals.sum.saturating_add(weight.sum);
            wasted = wasted.saturating_add(if weight.times > 1 { weight.sum } else { 0 });
        }
        Self {
            efficiency: if totals.sum == 0 { 1.0 } else { totals.least as f64 / totals.sum as f64 },
            wasted_bytes: wasted,
            user_size_bytes: user,
            size_bytes: sum(&sizes),
            wasted_user_percent: (user > 0).then(|| wasted as f64 / user as f64),
        }
    }
}

/// What a header says. Directories that no entry names have none: they are taken for empty files.
#[derive(Debug, Clone, Copy, Default)]
struct Header {
    size: u64,
    is_directory: bool,
}

/// A path of the stack.
#[derive(Debug, Default)]
struct Place {
    /// What is there; none where nothing is. What is there is in directories that are there.
    header: Option<Header>,
    /// The sizes of what is there and of everything below it. Sizes of sparse files are mere claims: wide enough for any sum.
    total: u128,
    weight: Weight,
}

/// What a path weighs in all layers.
#[derive(Debug, Default)]
struct Weight {
    /// The smallest size; -1 of a path that was only asked for, and not there.
    least: i64,
    sum: u64,
    times: u32,
}

impl Weight {
    fn add(&mut self, size: u64) {
        let own = i64::try_from(size).unwrap_or(i64::MAX);
        self.least = if self.times == 0 { own } else { self.least.min(own) };
        self.sum = self.sum.saturating_add(size);
        self.times = self.times.saturating_add(1);
    }
}

/// Names in directories. A parent stands before what is in it; the root is the first.
struct Tree<'a, T> {
    nodes: Vec<Node<'a, T>>,
}

struct Node<'a, T> {
    parent: usize,
    name: Cow<'a, [u8]>,
    children: BTreeMap<Cow<'a, [u8]>, usize>,
    data: T,
}

const ROOT: usize = 0;

impl<'a, T: Default> Tree<'a, T> {
    fn new() -> Self {
        let root = Node { parent: ROOT, name: Cow::default(), children: BTreeMap::new(), data: T::default() };
        Self { nodes: vec![root] }
    }

    /// The node of a name, made where it is missing.
    fn ensure(&mut self, parent: usize, name: Cow<'a, [u8]>) -> usize {
        let next = self.nodes.len();
        let id = *self.nodes[parent].children.entry(name.clone()).or_insert(next);
        if id == next {
            self.nodes.push(Node { parent, name, children: BTreeMap::new(), data: T::default() });
        }
        id
    }

    /// Everything below the root, names in byte order, what is in a directory before the directory.
    fn inside_out(&self) -> Vec<usize> {
        let (mut todo, mut found) = (vec![ROOT], Vec::with_capacity(self.nodes.len()));
        while let Some(id) = todo.pop() {
            found.push(id);
            todo.extend(self.nodes[id].children.values());
        }
        found.reverse();
        found.pop();
        found
    }
}

impl<'a> Tree<'a, Header> {
    /// The tree of a layer, whiteouts under the names that they have in the tar.
    fn of(entries: &'a Entries) -> Self {
        let mut tree = Self::new();
        // Most entries lie in the same directory as the one before.
        let mut last = (None, None);
        for entry in entries.iter().filter(|entry| !entry.is_root()) {
            let body = entry.body();
            if last.0 != Some(entry.directory()) {
                last = (Some(entry.directory()), tree.folder(entry.directory()));
            }
            let Some(folder) = last.1 else { continue };
            if *body == Body::Opaque {
                tree.named(folder, entry.name());
                continue;
            }
            if entry.name().starts_with(PASSED_OVER) {
                continue;
            }
            let name = match body {
                Body::Whiteout => Cow::from([WHITEOUT, entry.name()].concat()),
                _ => Cow::from(entry.name()),
            };
            let id = tree.ensure(folder, name);
            tree.nodes[id].data = Header { size: entry.stat().size, is_directory: *body == Body::Directory };
        }
        tree
    }

    /// The node of a directory, made where it is missing; none where a name of it is passed over.
    fn folder(&mut self, path: &'a LayerPath) -> Option<usize> {
        path.components().try_fold(ROOT, |at, name| self.named(at, name))
    }

    /// The node of a name in a directory, made where it is missing; none where it is passed over.
    fn named(&mut self, directory: usize, name: &'a [u8]) -> Option<usize> {
        (!name.starts_with(PASSED_OVER)).then(|| self.ensure(directory, Cow::from(name)))
    }
}

/// A node of a layer in the stack: under its own name, and where a whiteout points.
#[derive(Clone, Copy)]
struct Placed {
    own: usize,
    hides: Option<usize>,
}

impl<'a> Tree<'a, Place> {
    /// Where the nodes of a layer are in the stack.
    fn places(&mut self, layer: &Tree<'a, Header>) -> Vec<Placed> {
        let mut places: Vec<Placed> = vec![Placed { own: ROOT, hides: None }];
        for node in layer.nodes.iter().skip(1) {
            let parent = places[node.parent].own;
            let hides = node.name.strip_prefix(WHITEOUT).map(|hidden| self.ensure(parent, Cow::from(hidden.to_vec())));
            places.push(Placed { own: self.ensure(parent, node.name.clone()), hides });
        }
        places
    }

    /// The stack is a copy of the first layer before anything is laid on it, whiteouts and all.
    fn copy(&mut self, layer: &Tree<'a, Header>, places: &[Placed]) {
        for (node, place) in layer.nodes.iter().zip(places).skip(1) {
            self.put(place.own, node.data);
        }
    }

    /// Weighs the leaves of a layer: a whiteout weighs what is below the directory that it hides, and nothing if it hides
    /// anything else. One that hides what is not there ends the layer.
    fn weigh(&mut self, layer: &Tree<'a, Header>, places: &[Placed]) {
        for id in layer.inside_out() {
            let (node, place) = (&layer.nodes[id], places[id]);
            if !node.children.is_empty() {
                continue;
            }
            let data = &mut self.nodes[place.hides.unwrap_or(place.own)].data;
            let size = match (place.hides, data.header) {
                (None, _) => node.data.size,
                (Some(_), Some(Header { is_directory: true, .. })) => u64::try_from(data.total).unwrap_or(u64::MAX),
                (Some(_), Some(_)) => 0,
                (Some(_), None) => {
                    if data.weight.times == 0 {
                        data.weight.least = -1;
                    }
                    return;
                }
            };
            data.weight.add(size);
        }
    }

    /// Lays a layer on the stack, its names in byte order: a whiteout takes away what is there by then.
    fn lay(&mut self, layer: &Tree<'a, Header>, places: &[Placed]) {
        for id in layer.inside_out() {
            match places[id] {
                Placed { hides: Some(hidden), .. } => self.remove(hidden),
                Placed { own, .. } => self.put(own, layer.nodes[id].data),
            }
        }
    }

    fn put(&mut self, id: usize, header: Header) {
        let old = self.nodes[id].data.header.replace(header).map_or(0, |old| old.size);
        self.change(id, old.into(), header.size.into());
    }

    /// Changes the totals of a node and of the directories above it, which are there by now.
    fn change(&mut self, mut id: usize, less: u128, more: u128) {
        while id != ROOT {
            let Node { parent, data, .. } = &mut self.nodes[id];
            data.header.get_or_insert_default();
            data.total = data.total.saturating_sub(less).saturating_add(more);
            id = *parent;
        }
    }

    fn remove(&mut self, id: usize) {
        let Node { parent, data, .. } = &self.nodes[id];
        if data.header.is_none() {
            return;
        }
        self.change(*parent, data.total, 0);
        let mut todo = vec![id];
        while let Some(id) = todo.pop() {
            let node = &mut self.nodes[id];
            if node.data.header.take().is_some() {
                node.data.total = 0;
                todo.extend(node.children.values());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::digest::Digest;
    use crate::image::Descriptor;
    use crate::vfs::dump;

    fn of(layers: &[&str]) -> Dive {
        let digest = Digest::sha256(b"");
        let descriptor = || Descriptor {
            media_type: String::new(),
            digest: digest.clone(),
            size: 0,
            platform: None,
            annotations: None,
            data: None,
        };
        let layer = |lines: &&str| LayerDiff {
            descriptor: descriptor(),
            diff_id: digest.clone(),
            raw_size: 0,
            entries: Arc::new(dump::entries(lines).unwrap().into_iter().collect()),
            oddities: Vec::new(),
        };
        let layers: Vec<LayerDiff> = layers.iter().map(layer).collect();
        Dive::of(&layers.iter().collect::<Vec<_>>())
    }

    /// Smallest sizes and all sizes of paths, and what is wasted.
    fn parts(layers: &[&str], least: i32, all: u32, wasted: u64) {
        let found = of(layers);
        let efficiency = if all == 0 { 1.0 } else { f64::from(least) / f64::from(all) };
        assert_eq!((found.efficiency, found.wasted_bytes), (efficiency, wasted), "{layers:?}");
    }

    #[test]
    fn a_path_of_two_layers_is_wasted_whole() {
        parts(&["f 0644 0:0 /a size=5", "f 0644 0:0 /a size=3"], 3, 8, 8);
        parts(&["f 0644 0:0 /a size=5", "w /a"], 0, 5, 5);
        parts(&["f 0644 0:0 /a size=5", "f 0644 0:0 /b size=5"], 10, 10, 0);
        parts(&["d 0755 0:0 /a", "d 0755 0:0 /a"], 0, 0, 0);
    }

    #[test]
    fn a_removed_directory_counts_where_an_entry_says_that_it_is_one_and_is_wasted_where_its_path_is_one_of_two_leaves() {
        let base = "d 0755 0:0 /d\nf 0644 0:0 /d/a size=5\nf 0644 0:0 /d/b size=3";
        parts(&[base, "w /d"], 16, 16, 0);
        parts(&[base, "w /d\nf 0644 0:0 /d size=2"], 10, 18, 10);
        parts(&["f 0644 0:0 /d/a size=5", "w /d"], 5, 5, 0);
        parts(&[base, "f 0644 0:0 /d/c size=1", "w /d"], 9, 9, 0);
        parts(&[base, "o /d"], 8, 8, 0);
        parts(&[base, "f 0644 0:0 /d size=2", "w /d"], 8, 10, 2);
    }

    #[test]
    fn a_whiteout_of_what_is_not_there_ends_its_layer_and_costs_a_byte() {
        let base = "f 0644 0:0 /b size=5\nf 0644 0:0 /z size=7";
        parts(&[base, "w /aaa\nf 0644 0:0 /b size=3"], 11, 12, 0);
        parts(&[base, "w /x\nf 0644 0:0 /+ size=3\nf 0644 0:0 /z size=1"], 14, 15, 0);
        parts(&["w /a\nf 0644 0:0 /b size=3"], -1, 0, 0);
        parts(&[base, "w /a", "f 0644 0:0 /a size=2"], 14, 14, 0);
    }

    #[test]
    fn the_first_layer_is_the_base_and_every_entry_counts() {
        let found = of(&["f 0644 0:0 /a size=5\nf 0644 0:0 /a size=6", "f 0644 0:0 /a size=3\nl 0777 0:0 /l -> a\nh /h => /a"]);
        assert_eq!((found.size_bytes, found.user_size_bytes, found.wasted_bytes), (14, 3, 9));
        assert_eq!((found.efficiency, found.wasted_user_percent), (3.0 / 9.0, Some(3.0)));
        assert_eq!(of(&["f 0644 0:0 /a size=5"]).wasted_user_percent, None);
        assert_eq!((of(&[]).efficiency, of(&[]).wasted_user_percent), (1.0, None));
    }
}
