//! The merged file system of an image: names in directories, inodes behind them.

mod mounting;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::LayerIndex;
use super::children::Children;
use super::node::{InodeId, Kind, NodeId};
use super::trail::{Change, Event, Records, Trail};
use crate::layer::{Body, Entries, Entry, EntryRef, Kept, LayerPath, Stat, Trace};

/// The tree that a container of the image would see, as the image specification lays it.
///
/// Its small interface (ids, `stat`, `kind`, `children`, `walk` in path order) is the only door to its storage. It holds no
/// copy of what the layers say: a node is sixteen bytes that refer to an entry.
#[derive(Debug, Clone)]
pub struct Tree {
    nodes: Vec<Node>,
    /// What is in each directory that holds anything.
    lists: Vec<Children>,
    /// The entries of the layers.
    layers: Vec<Arc<Entries>>,
    /// What no layer has an entry for: the root, and directories that are only implied.
    own: Entries,
    /// Further names of files, and the first name of each.
    links: BTreeMap<NodeId, NodeId>,
    /// How many names files have that had several.
    names: BTreeMap<InodeId, u32>,
    /// Files of which a further reading kept more.
    again: BTreeMap<InodeId, Trace>,
    records: Records,
    implied: u32,
    hidden: Vec<Hidden>,
}

/// A file whose content is in a layer and behind no name any more. Path, metadata and what was seen of the content are still
/// to be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hidden {
    /// The last name that it had.
    pub node: NodeId,
    /// The layer that took that name away or put something else in its place.
    pub layer: LayerIndex,
    /// What it put there; none where the name, or a directory above it, went away.
    pub successor: Option<NodeId>,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    parent: NodeId,
    /// Among those of its layer, or among our own.
    entry: u32,
    /// Its list, if it is a directory that holds anything.
    list: u32,
    layer: u16,
    /// Whether its entry is one of our own.
    is_own: bool,
    /// Whether it is another name of a file that has one.
    is_link: bool,
    /// Whether the trail has a record of its path.
    is_recorded: bool,
}

const ROOT: NodeId = NodeId(0);

/// The list of a node in which there is nothing.
const EMPTY: u32 = u32::MAX;

impl Default for Tree {
    fn default() -> Self {
        Self::new()
    }
}

impl Tree {
    /// A root directory `0755 0:0` and nothing in it.
    pub fn new() -> Self {
        let stat = Stat { mode: 0o755, ..Stat::default() };
        let own = Entries::from_iter([Entry { path: LayerPath::root(), stat, body: Body::Directory }]);
        let root = Node { parent: ROOT, entry: 0, list: EMPTY, layer: 0, is_own: true, is_link: false, is_recorded: false };
        Self {
            nodes: vec![root],
            lists: Vec::new(),
            layers: Vec::new(),
            own,
            links: BTreeMap::new(),
            names: BTreeMap::new(),
            again: BTreeMap::new(),
            records: Records::default(),
            implied: 0,
            hidden: Vec::new(),
        }
    }

    /// The root directory.
    pub fn root(&self) -> NodeId {
        ROOT
    }

    fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// The entry of a name.
    pub(super) fn entry(&self, id: NodeId) -> EntryRef<'_> {
        let node = self.node(id);
        let entries = if node.is_own { &self.own } else { &self.layers[usize::from(node.layer)] };
        entries.get(node.entry as usize)
    }

    /// The entry of a file, under its first name.
    fn file(&self, id: NodeId) -> EntryRef<'_> {
        self.entry(NodeId(self.inode(id).0))
    }

    /// The node at a path, links not followed; [`Tree::resolve`] follows them.
    pub fn get(&self, path: &LayerPath) -> Option<NodeId> {
        path.components().try_fold(ROOT, |at, name| self.child(at, name))
    }

    /// The node of a name in a directory.
    pub fn child(&self, directory: NodeId, name: &[u8]) -> Option<NodeId> {
        self.list(directory)?.get(name, |id| self.name(id))
    }

    fn list(&self, directory: NodeId) -> Option<&Children> {
        self.lists.get(self.node(directory).list as usize)
    }

    /// The names in a directory, in byte order.
    pub fn children(&self, directory: NodeId) -> impl DoubleEndedIterator<Item = (&[u8], NodeId)> {
        self.list(directory).into_iter().flat_map(Children::iter).map(|id| (self.name(id), id))
    }

    /// The names in a directory that begin so, in byte order.
    pub fn beginning<'t>(&'t self, directory: NodeId, start: &[u8]) -> impl Iterator<Item = (&'t [u8], NodeId)> {
        let list = self.list(directory).into_iter();
        let nodes = list.flat_map(|list| list.from(start, |id| self.name(id)));
        nodes.map(|id| (self.name(id), id)).take_while(move |(name, _)| name.starts_with(start))
    }

    /// The directory that holds a node; the root's is the root.
    pub fn parent(&self, id: NodeId) -> NodeId {
        self.node(id).parent
    }

    /// A node and the directories that hold it, the nearest first, the root last.
    pub fn around(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(Some(id), |at| (*at != ROOT).then(|| self.parent(*at)))
    }

    /// The name of a node in its directory; the root's is empty.
    pub fn name(&self, id: NodeId) -> &[u8] {
        self.entry(id).name()
    }

    /// The path of a node.
    pub fn path(&self, id: NodeId) -> LayerPath {
        let mut parts = Vec::new();
        let mut at = id;
        while at != ROOT {
            parts.push(self.name(at));
            at = self.parent(at);
        }
        parts.reverse();
        LayerPath::new(parts.join(&b'/'))
    }

    /// Mode, owner, size and time.
    pub fn stat(&self, id: NodeId) -> Stat {
        self.file(id).stat()
    }

    /// What it is.
    pub fn kind(&self, id: NodeId) -> Kind<'_> {
        match self.again.get(&self.inode(id)) {
            Some(trace) => Kind::File(trace),
            None => Kind::of(self.file(id).body()).unwrap_or_else(|| unreachable!("a node is made of what is at its path")),
        }
    }

    /// What was seen of a regular file's bytes.
    pub fn trace(&self, id: NodeId) -> Option<&Trace> {
        match self.kind(id) {
            Kind::File(trace) => Some(trace),
            _ => None,
        }
    }

    /// Puts what a further reading kept of a regular file in the place of what the first one kept.
    pub(crate) fn keep(&mut self, id: NodeId, kept: Kept) {
        if let Some(trace) = self.trace(id).map(|trace| trace.keeping(kept)) {
            self.again.insert(self.inode(id), trace);
        }
    }

    /// Whether it is a directory.
    pub fn is_directory(&self, id: NodeId) -> bool {
        matches!(self.kind(id), Kind::Directory)
    }

    /// The layer that last wrote this name.
    pub fn layer(&self, id: NodeId) -> LayerIndex {
        self.node(id).layer.into()
    }

    /// The layer that holds the content: another than [`Tree::layer`] where the name is a hard link to a lower file.
    pub fn content_layer(&self, id: NodeId) -> LayerIndex {
        self.layer(NodeId(self.inode(id).0))
    }

    /// The file behind the name.
    pub fn inode(&self, id: NodeId) -> InodeId {
        let first = if self.node(id).is_link { self.links.get(&id).copied() } else { None };
        InodeId(first.unwrap_or(id).0)
    }

    /// How many names the file has.
    pub fn names(&self, id: NodeId) -> u32 {
        self.names.get(&self.inode(id)).copied().unwrap_or(1)
    }

    /// A node and everything below it, a directory before what it holds, names in byte order.
    pub fn walk(&self, from: NodeId) -> impl Iterator<Item = NodeId> {
        let mut stack = vec![from];
        std::iter::from_fn(move || {
            let id = stack.pop()?;
            stack.extend(self.children(id).rev().map(|(_, child)| child));
            Some(id)
        })
    }

    /// Everything in path order, the root first.
    pub fn iter(&self) -> impl Iterator<Item = NodeId> {
        self.walk(ROOT)
    }

    /// Who wrote, rewrote or removed which path.
    pub fn trail(&self) -> Trail<'_> {
        Trail { tree: self, records: &self.records }
    }

    pub(super) fn records_mut(&mut self) -> &mut Records {
        &mut self.records
    }

    /// Whether the trail has a record of the path of a node.
    pub(super) fn is_recorded(&self, id: NodeId) -> bool {
        self.node(id).is_recorded
    }

    /// Notes that the trail has one.
    pub(super) fn mark_recorded(&mut self, id: NodeId) {
        self.nodes[id.0 as usize].is_recorded = true;
    }

    /// The event by which a layer wrote a name; none of the root, which was always there.
    pub(super) fn writing(&self, id: NodeId) -> Option<Event> {
        let bytes = if self.node(id).is_link || self.trace(id).is_none() { 0 } else { self.stat(id).size };
        (id != ROOT).then(|| Event { layer: self.layer(id), change: Change::Added, bytes, hidden: 0 })
    }

    /// Makes the entries of a layer known, before any of them is put into the tree.
    pub(super) fn begin(&mut self, layer: LayerIndex, entries: &Arc<Entries>) {
        if self.layers.len() <= layer {
            self.layers.resize_with(layer + 1, Arc::default);
        }
        self.layers[layer] = Arc::clone(entries);
    }

    /// Puts a directory that no entry names behind a name that is free; returns its node.
    pub(super) fn imply(&mut self, directory: NodeId, name: &[u8], layer: LayerIndex) -> NodeId {
        let stat = Stat { mode: 0o755, ..Stat::default() };
        let entry = index(self.own.len());
        self.own.push(Entry { path: self.path(directory).child(name), stat, body: Body::Directory });
        self.add(Node { is_own: true, ..Node::new(directory, entry, layer) })
    }

    /// Puts an entry of a layer that has begun behind its name in a directory, which is free; returns its node.
    pub(super) fn place(&mut self, directory: NodeId, layer: LayerIndex, entry: EntryPlace) -> NodeId {
        self.add(Node::new(directory, index(entry), layer))
    }

    /// Gives a file the name of an entry in a directory, which is free; returns its node.
    pub(super) fn link(&mut self, directory: NodeId, layer: LayerIndex, entry: EntryPlace, file: InodeId) -> NodeId {
        let id = self.add(Node { is_link: true, ..Node::new(directory, index(entry), layer) });
        self.links.insert(id, NodeId(file.0));
        *self.names.entry(file).or_insert(1) += 1;
        id
    }

    fn add(&mut self, node: Node) -> NodeId {
        let (id, directory) = (NodeId(index(self.nodes.len())), node.parent);
        self.nodes.push(node);
        let at = match self.node(directory).list {
            EMPTY => {
                self.nodes[directory.0 as usize].list = index(self.lists.len());
                self.lists.push(Children::default());
                self.lists.len() - 1
            }
            list => list as usize,
        };
        let mut list = std::mem::take(&mut self.lists[at]);
        list.insert(id, |id| self.name(id));
        self.lists[at] = list;
        id
    }

    /// Replaces the metadata of a directory that stays.
    pub(super) fn rewrite_directory(&mut self, id: NodeId, layer: LayerIndex, entry: EntryPlace) {
        let node = &mut self.nodes[id.0 as usize];
        *node = Node { list: node.list, is_recorded: node.is_recorded, ..Node::new(node.parent, index(entry), layer) };
    }

    /// Files whose content is in a layer and behind no name any more, in the order in which they lost the last.
    pub fn hidden(&self) -> impl Iterator<Item = Hidden> {
        self.hidden.iter().copied()
    }

    /// Notes what was put in the place of the name that was detached last.
    pub(super) fn succeed(&mut self, old: NodeId, new: NodeId) {
        if let Some(hidden) = self.hidden.last_mut().filter(|hidden| hidden.node == old) {
            hidden.successor = Some(new);
        }
    }

    /// Takes a name, and everything below it, out of the tree, as `layer` does. Its ids stay readable, but nothing leads to them. Returns
    /// them, the name itself first, each with the bytes of content that lost its last name with it.
    pub(super) fn detach(&mut self, id: NodeId, layer: LayerIndex) -> Vec<(NodeId, u64)> {
        let mut gone: Vec<(NodeId, u64)> = self.walk(id).map(|node| (node, 0)).collect();
        for (node, bytes) in &mut gone {
            let others = self.names.get_mut(&self.inode(*node)).map_or(0, |names| {
                *names -= 1;
                *names
            });
            if others == 0 && self.trace(*node).is_some() {
                *bytes = self.stat(*node).size;
                self.hidden.push(Hidden { node: *node, layer, successor: None });
            }
        }
        let at = self.node(self.parent(id)).list as usize;
        if let Some(mut list) = self.lists.get_mut(at).map(std::mem::take) {
            list.remove(self.name(id), |id| self.name(id));
            self.lists[at] = list;
        }
        gone
    }

    /// Counts one more directory that no entry names; returns how many there are.
    pub(super) fn count_implied(&mut self) -> u32 {
        self.implied += 1;
        self.implied
    }
}

/// The place of an entry among those of its layer.
type EntryPlace = usize;

impl Node {
    fn new(parent: NodeId, entry: u32, layer: LayerIndex) -> Self {
        // Layers have a ceiling far below, which `lay` holds them to.
        let layer = u16::try_from(layer).unwrap_or(u16::MAX);
        Self { parent, entry, list: EMPTY, layer, is_own: false, is_link: false, is_recorded: false }
    }
}

fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or_else(|_| unreachable!("entries and implied directories have ceilings far below 2^32"))
}
