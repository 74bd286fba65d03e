//! The merged file system of an image: names in directories, inodes behind them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::LayerIndex;
use super::node::{InodeId, Kind, NodeId};
use super::trail::Trail;
use crate::layer::{Kept, LayerPath, Stat, Trace};

/// The tree that a container of the image would see, as the image specification lays it.
///
/// Its small interface (ids, `stat`, `kind`, `children`, `walk` in path order) is the only door to its storage.
#[derive(Debug, Clone)]
pub struct Tree {
    nodes: Vec<Node>,
    inodes: Vec<Inode>,
    trail: Trail,
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

#[derive(Debug, Clone)]
struct Node {
    name: Box<[u8]>,
    parent: NodeId,
    children: BTreeMap<Box<[u8]>, NodeId>,
    inode: InodeId,
    layer: LayerIndex,
}

#[derive(Debug, Clone)]
struct Inode {
    stat: Stat,
    kind: Kind,
    layer: LayerIndex,
    names: u32,
}

const ROOT: NodeId = NodeId(0);

impl Default for Tree {
    fn default() -> Self {
        Self::new()
    }
}

impl Tree {
    /// A root directory `0755 0:0` and nothing in it.
    pub fn new() -> Self {
        let stat = Stat { mode: 0o755, ..Stat::default() };
        let inode = Inode { stat, kind: Kind::Directory, layer: 0, names: 1 };
        let root = Node { name: Box::default(), parent: ROOT, children: BTreeMap::new(), inode: InodeId(0), layer: 0 };
        Self { nodes: vec![root], inodes: vec![inode], trail: Trail::default(), implied: 0, hidden: Vec::new() }
    }

    /// The root directory.
    pub fn root(&self) -> NodeId {
        ROOT
    }

    fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    fn inode_of(&self, id: NodeId) -> &Inode {
        &self.inodes[self.node(id).inode.0 as usize]
    }

    /// The node at a path, links not followed; [`Tree::resolve`] follows them.
    pub fn get(&self, path: &LayerPath) -> Option<NodeId> {
        path.components().try_fold(ROOT, |at, name| self.child(at, name))
    }

    /// The node of a name in a directory.
    pub fn child(&self, directory: NodeId, name: &[u8]) -> Option<NodeId> {
        self.node(directory).children.get(name).copied()
    }

    /// The names in a directory, in byte order.
    pub fn children(&self, directory: NodeId) -> impl DoubleEndedIterator<Item = (&[u8], NodeId)> {
        self.node(directory).children.iter().map(|(name, id)| (&name[..], *id))
    }

    /// The directory that holds a node; the root's is the root.
    pub fn parent(&self, id: NodeId) -> NodeId {
        self.node(id).parent
    }

    /// The name of a node in its directory; the root's is empty.
    pub fn name(&self, id: NodeId) -> &[u8] {
        &self.node(id).name
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
    pub fn stat(&self, id: NodeId) -> &Stat {
        &self.inode_of(id).stat
    }

    /// What it is.
    pub fn kind(&self, id: NodeId) -> &Kind {
        &self.inode_of(id).kind
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
        let inode = self.node(id).inode;
        if let Kind::File(trace) = &mut self.inodes[inode.0 as usize].kind {
            Arc::make_mut(trace).kept = kept;
        }
    }

    /// Whether it is a directory.
    pub fn is_directory(&self, id: NodeId) -> bool {
        matches!(self.kind(id), Kind::Directory)
    }

    /// The layer that last wrote this name.
    pub fn layer(&self, id: NodeId) -> LayerIndex {
        self.node(id).layer
    }

    /// The layer that holds the content: another than [`Tree::layer`] where the name is a hard link to a lower file.
    pub fn content_layer(&self, id: NodeId) -> LayerIndex {
        self.inode_of(id).layer
    }

    /// The file behind the name.
    pub fn inode(&self, id: NodeId) -> InodeId {
        self.node(id).inode
    }

    /// How many names the file has.
    pub fn names(&self, id: NodeId) -> u32 {
        self.inode_of(id).names
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
    pub fn trail(&self) -> &Trail {
        &self.trail
    }

    pub(super) fn trail_mut(&mut self) -> &mut Trail {
        &mut self.trail
    }

    /// Puts a new file behind a name that is free; returns its node.
    pub(crate) fn insert(&mut self, directory: NodeId, name: &[u8], layer: LayerIndex, stat: Stat, kind: Kind) -> NodeId {
        let inode = InodeId(index(self.inodes.len()));
        self.inodes.push(Inode { stat, kind, layer, names: 0 });
        self.link(directory, name, layer, inode)
    }

    /// Gives a file another name, which is free; returns its node.
    pub(crate) fn link(&mut self, directory: NodeId, name: &[u8], layer: LayerIndex, inode: InodeId) -> NodeId {
        let id = NodeId(index(self.nodes.len()));
        self.inodes[inode.0 as usize].names += 1;
        self.nodes.push(Node { name: name.into(), parent: directory, children: BTreeMap::new(), inode, layer });
        self.nodes[directory.0 as usize].children.insert(name.into(), id);
        id
    }

    /// Replaces the metadata of a directory that stays.
    pub(super) fn rewrite_directory(&mut self, id: NodeId, layer: LayerIndex, stat: Stat) {
        let inode = self.node(id).inode;
        self.nodes[id.0 as usize].layer = layer;
        let inode = &mut self.inodes[inode.0 as usize];
        inode.stat = stat;
        inode.layer = layer;
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
            let inode = self.node(*node).inode;
            let inode = &mut self.inodes[inode.0 as usize];
            inode.names -= 1;
            if inode.names == 0 && matches!(inode.kind, Kind::File(_)) {
                *bytes = inode.stat.size;
                self.hidden.push(Hidden { node: *node, layer, successor: None });
            }
        }
        let (parent, name) = (self.parent(id), self.node(id).name.clone());
        self.nodes[parent.0 as usize].children.remove(&name);
        gone
    }

    /// Counts one more directory that no entry names; returns how many there are.
    pub(super) fn count_implied(&mut self) -> u32 {
        self.implied += 1;
        self.implied
    }
}

fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or_else(|_| unreachable!("entries and implied directories have ceilings far below 2^32"))
}
