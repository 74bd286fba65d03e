//! The tree that runtimes show which mount layers over one another, worked out where a layer gives reason to.
//!
//! containerd, Docker and Podman unpack each layer alone, into a directory of its own: a whiteout becomes a character device
//! 0:0 and an opaque mark an attribute of its directory, parents that no entry names get the attributes of the same directory
//! below, and nothing of the lower layers is in reach (containerd, pkg/archive). Linux then mounts these directories over one
//! another and merges directories name by name (Documentation/filesystems/overlayfs.rst, "Merging"). docs/decisions/0030.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::apply::{Directory, Fold, Reached};
use super::node::{Kind, NodeId};
use super::trail::{Cause, Divergence};
use super::{LayerIndex, Set, Table, Tree};
use crate::error::{Error, Kind as Failure, Result};
use crate::layer::{Body, Entries, EntryRef, LayerPath};

/// What a mount shows, where it is not the tree of the image specification.
#[derive(Debug, Clone)]
pub struct Mounted {
    /// All of it.
    pub tree: Tree,
    /// Where the trees differ, in path order: of what only one of them has, the topmost path.
    pub differences: Vec<Difference>,
}

/// A path at which a mount shows something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The path.
    pub path: LayerPath,
    /// What the tree of the image specification has there.
    pub laid: Option<NodeId>,
    /// What the mount has there.
    pub shown: Shown,
    /// The layer that is the reason.
    pub layer: LayerIndex,
    /// What it does.
    pub cause: Divergence,
}

/// What a mount has at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Nothing.
    Nothing,
    /// A node of the mounted tree.
    Node(NodeId),
    /// A whiteout in a directory with which nothing is merged: its name is listed, and leads nowhere.
    Ghost,
}

/// A layer that cannot be unpacked alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The layer.
    pub layer: LayerIndex,
    /// The path of the entry that cannot be put anywhere.
    pub path: LayerPath,
    /// Why.
    pub why: String,
}

impl Tree {
    /// What a mount of the layers shows; or why one of them cannot be unpacked for it. None where that is this very tree.
    pub fn mounted(&self) -> Option<Result<Mounted, Refusal>> {
        self.trail().divergences().next()?;
        let (mut mount, mut below) = (Mount::default(), Vec::new());
        for (layer, entries) in self.layers().iter().enumerate() {
            let laid = Upper::unpack(layer, entries, &below).and_then(|upper| {
                mount.lay(layer, entries, &upper)?;
                Ok(upper)
            });
            match laid {
                Ok(upper) => below.push(upper),
                Err(refusal) => return Some(Err(refusal)),
            }
        }
        mount.tree.records_mut().settle();
        let differences = Comparison { laid: self, shown: &mount.tree, causes: &Causes::of(self) }.differences(mount.ghosts());
        (!differences.is_empty()).then_some(Ok(Mounted { tree: mount.tree, differences }))
    }
}

/// A layer unpacked alone: whiteouts are devices.
struct Upper {
    tree: Tree,
    opaque: Set<NodeId>,
}

impl Upper {
    fn unpack(layer: LayerIndex, entries: &Arc<Entries>, below: &[Self]) -> Result<Self, Refusal> {
        let mut upper = Self { tree: Tree::new(), opaque: Set::default() };
        upper.tree.begin(layer, entries);
        if let Some(lower) = below.last() {
            upper.tree.inherit(upper.tree.root(), lower.tree.stat(lower.tree.root()));
        }
        let mut unpacking = Unpacking { fold: Fold::new(&mut upper.tree, layer), opaque: &mut upper.opaque, below };
        for entry in entries.iter() {
            unpacking.put(entry).map_err(|error| Refusal::of(layer, entry.path(), error))?;
        }
        Ok(upper)
    }
}

/// A layer on its way into a directory of its own.
struct Unpacking<'u> {
    fold: Fold<'u>,
    opaque: &'u mut Set<NodeId>,
    below: &'u [Upper],
}

impl Unpacking<'_> {
    fn put(&mut self, entry: EntryRef<'_>) -> Result<()> {
        let is_opaque = *entry.body() == Body::Opaque;
        let written = if is_opaque { entry.path() } else { entry.directory().clone() };
        let directory = self.directory(&written)?;
        match entry.body() {
            Body::Opaque => drop(self.opaque.insert(directory.at)),
            Body::Whiteout => {
                if self.fold.tree.child(directory.at, entry.name()).is_some() {
                    return refused("the layer itself has what this hides".to_owned());
                }
                self.fold.make(&directory, entry.name(), Some(entry))?;
            }
            _ => self.fold.put(entry)?,
        }
        Ok(())
    }

    /// The directory of an entry, made where it is missing. Then containerd looks for one to take the attributes of in the
    /// layers below, from the nearest on, until one has something there; and fails where one has no directory above it.
    fn directory(&mut self, written: &LayerPath) -> Result<Directory> {
        let (Reached { at, missing }, _) = self.fold.reach(written)?;
        let (mut path, mut like) = (self.fold.tree.path(at), Vec::new());
        if !self.fold.tree.is_directory(at) {
            let what = if self.fold.tree.kind(at) == Kind::WHITEOUT { "is hidden by a whiteout" } else { "is no directory" };
            return refused(format!("{path} {what} in the same layer"));
        }
        for name in missing {
            path = path.child(&name);
            for Upper { tree: lower, .. } in self.below.iter().rev() {
                let Reached { at, missing } = Reached::follow(lower, &path, |_, _| Ok(())).map_err(|why| {
                    let what = format!("no entry names the directory {path}, and in a layer below {}", why.what);
                    Error::new(why.kind, what)
                })?;
                let is_directory = lower.is_directory(at);
                if missing.is_empty() {
                    like.extend(is_directory.then(|| (path.clone(), lower.stat(at))));
                    break;
                }
                if !is_directory {
                    let at = lower.path(at);
                    return refused(format!("no entry names the directory {path}, and {at} was no directory before"));
                }
            }
        }
        let directory = self.fold.parent(written)?;
        for (path, stat) in like {
            if let Some(made) = self.fold.tree.get(&path) {
                self.fold.tree.inherit(made, stat);
            }
        }
        Ok(directory)
    }
}

fn refused<T>(what: String) -> Result<T> {
    Err(Error::new(Failure::Corrupt, what))
}

impl Refusal {
    fn of(layer: LayerIndex, path: LayerPath, error: Error) -> Self {
        Self { layer, path, why: error.what }
    }
}

/// Layers mounted over one another.
#[derive(Default)]
struct Mount {
    tree: Tree,
    /// Names of whiteouts in directories of which no other layer has a part.
    ghosts: BTreeMap<NodeId, BTreeSet<Box<[u8]>>>,
}

impl Mount {
    fn lay(&mut self, layer: LayerIndex, entries: &Arc<Entries>, upper: &Upper) -> Result<(), Refusal> {
        self.tree.begin(layer, entries);
        let mut merging = Merging { mount: self, layer, upper, at: Table::default(), alone: Set::default() };
        // In the order in which they were made: a directory before what it holds, a file before its further names.
        let mut nodes: Vec<NodeId> = upper.tree.iter().collect();
        nodes.sort();
        for node in nodes {
            merging.put(node).map_err(|error| Refusal::of(layer, upper.tree.path(node), error))?;
        }
        Ok(())
    }
}

impl Mount {
    /// The names that are listed and lead nowhere.
    fn ghosts(&self) -> BTreeSet<LayerPath> {
        let standing = self.ghosts.iter().map(|(directory, names)| (*directory, self.tree.path(*directory), names));
        let standing = standing.filter(|(directory, path, _)| self.tree.get(path) == Some(*directory));
        let paths = standing.flat_map(|(_, path, names)| names.iter().map(move |name| path.child(name)));
        paths.filter(|path| self.tree.get(path).is_none()).collect()
    }
}

/// A layer on its way into a mount.
struct Merging<'m> {
    mount: &'m mut Mount,
    layer: LayerIndex,
    upper: &'m Upper,
    /// Where the nodes of the layer are in the mount.
    at: Table<NodeId, NodeId>,
    /// Directories of the mount of which only this layer has a part.
    alone: Set<NodeId>,
}

impl Merging<'_> {
    fn put(&mut self, node: NodeId) -> Result<()> {
        let upper = &self.upper.tree;
        let mut fold = Fold::new(&mut self.mount.tree, self.layer);
        if node == upper.root() {
            self.at.claim(node, fold.tree.root());
            if !upper.is_implied(node) {
                fold.rewrite(fold.tree.root(), LayerPath::root(), upper.entry(node));
            }
            return Ok(());
        }
        let Some(parent) = self.at.get(upper.parent(node)) else { return Ok(()) };
        let directory = Directory { at: parent, path: fold.tree.path(parent) };
        let (kind, entry, old) = (upper.kind(node), upper.entry(node), fold.tree.child(parent, upper.name(node)));
        if kind == Kind::WHITEOUT {
            if let Some(old) = old {
                fold.remove(old, &Cause::Whiteout(directory.path.child(entry.name())));
            }
            if self.alone.contains(parent) {
                self.mount.ghosts.entry(parent).or_default().insert(entry.name().into());
            }
        } else if kind == Kind::Directory {
            self.directory(node, &directory, old)?;
        } else if upper.is_link(node) {
            let first = NodeId(upper.inode(node).0);
            let file = self.at.get(first).unwrap_or_else(|| fold.tree.orphan(self.layer, upper.entry(first).place()));
            self.at.claim(first, file);
            fold.rename(&directory, entry, file)?;
        } else {
            let new = fold.make(&directory, entry.name(), Some(entry))?;
            self.at.claim(node, new);
        }
        Ok(())
    }

    fn directory(&mut self, node: NodeId, parent: &Directory, old: Option<NodeId>) -> Result<()> {
        let (upper, entry) = (&self.upper.tree, self.upper.tree.entry(node));
        let mut fold = Fold::new(&mut self.mount.tree, self.layer);
        let old = old.filter(|old| fold.tree.is_directory(*old));
        let new = match old {
            Some(old) if upper.is_implied(node) => old,
            None if upper.is_implied(node) => {
                let made = fold.imply(parent, entry.name())?.at;
                fold.tree.inherit(made, upper.stat(node));
                made
            }
            _ => fold.make(parent, entry.name(), Some(entry))?,
        };
        let is_opaque = self.upper.opaque.contains(node);
        if is_opaque {
            fold.clear_directory(new, parent.path.child(entry.name()));
        }
        if old.is_none() || is_opaque {
            self.alone.insert(new);
        }
        self.mount.ghosts.remove(&new);
        self.at.claim(node, new);
        Ok(())
    }
}

/// What layers do that mounts may show otherwise, to be found by a path at which one does.
struct Causes<'t> {
    at: BTreeMap<&'t LayerPath, (LayerIndex, &'t Divergence)>,
    of: BTreeMap<LayerIndex, &'t Divergence>,
}

impl<'t> Causes<'t> {
    fn of(tree: &'t Tree) -> Self {
        let mut causes = Self { at: BTreeMap::new(), of: BTreeMap::new() };
        for (layer, path, divergence) in tree.trail().divergences() {
            causes.of.entry(layer).or_insert(divergence);
            causes.at.entry(path).or_insert((layer, divergence));
            if let Divergence::ThroughLink(link) = divergence {
                causes.at.entry(link).or_insert((layer, divergence));
            }
        }
        causes
    }

    /// The reason for a difference: what is done at the path, above it or below it; else by the layer that wrote what is there;
    /// else the first.
    fn find(&self, path: &LayerPath, wrote: Option<LayerIndex>) -> Option<(LayerIndex, &'t Divergence)> {
        let above = std::iter::successors(Some(path.clone()), LayerPath::parent).find_map(|path| self.at.get(&path));
        let below =
            || self.at.range::<LayerPath, _>(path..).next().filter(|(below, _)| below.is_within(path)).map(|(_, cause)| cause);
        let by_layer = || wrote.and_then(|layer| Some((layer, *self.of.get(&layer)?)));
        let first = || self.of.iter().next().map(|(layer, cause)| (*layer, *cause));
        above.or_else(below).copied().or_else(by_layer).or_else(first)
    }
}

/// Two trees side by side.
struct Comparison<'t> {
    laid: &'t Tree,
    shown: &'t Tree,
    causes: &'t Causes<'t>,
}

impl Comparison<'_> {
    fn differences(&self, mut ghosts: BTreeSet<LayerPath>) -> Vec<Difference> {
        let mut found = Vec::new();
        let mut todo = vec![(Some(self.laid.root()), Some(self.shown.root()))];
        while let Some(pair) = todo.pop() {
            let (Some(ours), Some(theirs)) = pair else {
                found.extend(self.difference(pair.0, pair.1.map_or(Shown::Nothing, Shown::Node)));
                continue;
            };
            if !self.is_alike(ours, theirs) {
                found.extend(self.difference(Some(ours), Shown::Node(theirs)));
            }
            if self.laid.is_directory(ours) && self.shown.is_directory(theirs) {
                let mut names: BTreeMap<&[u8], (Option<NodeId>, Option<NodeId>)> = BTreeMap::new();
                self.laid.children(ours).for_each(|(name, node)| names.entry(name).or_default().0 = Some(node));
                self.shown.children(theirs).for_each(|(name, node)| names.entry(name).or_default().1 = Some(node));
                todo.extend(names.into_values().rev());
            }
        }
        for difference in found.iter_mut().filter(|difference| ghosts.remove(&difference.path)) {
            difference.shown = Shown::Ghost;
        }
        found.extend(ghosts.into_iter().filter_map(|path| {
            let (layer, cause) = self.causes.find(&path, None)?;
            Some(Difference { path, laid: None, shown: Shown::Ghost, layer, cause: cause.clone() })
        }));
        found.sort_by(|one, other| one.path.cmp(&other.path));
        found
    }

    /// Whether two names show the same to whoever looks at one of them.
    fn is_alike(&self, ours: NodeId, theirs: NodeId) -> bool {
        let (one, other) = (self.laid.stat(ours), self.shown.stat(theirs));
        let is_same = match (self.laid.kind(ours), self.shown.kind(theirs)) {
            (Kind::File(one), Kind::File(other)) => one.sha256 == other.sha256,
            (one, other) => one == other,
        };
        is_same && (one.mode, one.uid, one.gid, one.capable) == (other.mode, other.uid, other.gid, other.capable)
    }

    fn difference(&self, laid: Option<NodeId>, shown: Shown) -> Option<Difference> {
        let other = if let Shown::Node(node) = shown { Some((self.shown, node)) } else { None };
        let (tree, node) = laid.map(|node| (self.laid, node)).or(other)?;
        let path = tree.path(node);
        let (layer, cause) = self.causes.find(&path, Some(tree.layer(node)))?;
        Some(Difference { path, laid, shown, layer, cause: cause.clone() })
    }
}

#[cfg(test)]
mod tests {
    use crate::vfs::dump;

    #[test]
    fn what_a_mount_shows_is_mounted_as_it_is() {
        // A whiteout below what an opaque mark hides, and a file in the place of a directory.
        let layers = [
            "f 0755 0:0 0 /b/a\np 0755 0:0 /a/b/c\nf 0755 0:0 0 /a/c\nf 0755 0:0 0 /a/a",
            "f 0755 0:0 0 /a/c\no /a\np 0755 0:0 /a/c\nw /a/a/a\nf 0755 0:0 0 /b",
        ];
        let mounted = dump::tree(layers).unwrap().mounted().unwrap();
        assert!(mounted.is_ok_and(|mounted| mounted.tree.mounted().is_none()));
    }
}
