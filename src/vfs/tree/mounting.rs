//! What only a tree is asked that is laid in order to be mounted.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::{EntryPlace, InodeId, LayerIndex, Node, NodeId, ROOT, Tree, index};
use crate::layer::{Body, Entries, Entry, LayerPath, Stat};

impl Tree {
    /// The entries of the layers, base first.
    pub(in crate::vfs) fn layers(&self) -> &[Arc<Entries>] {
        &self.layers
    }

    /// Whether it is a directory that no entry names, or the root that nobody wrote.
    pub(in crate::vfs) fn is_implied(&self, id: NodeId) -> bool {
        self.node(id).is_own
    }

    /// Gives a directory that no entry names the mode and the owner of another.
    pub(in crate::vfs) fn inherit(&mut self, id: NodeId, from: Stat) {
        let path = if id == ROOT { LayerPath::root() } else { LayerPath::root().child(self.name(id)) };
        let entry = index(self.own.len());
        self.own.push(Entry { path, stat: from, body: Body::Directory });
        self.nodes[id.0 as usize].entry = entry;
    }

    /// Whether it is another name of a file that has one.
    pub(in crate::vfs) fn is_link(&self, id: NodeId) -> bool {
        self.node(id).is_link
    }

    /// Adds a file that has no name, for others to be given to it.
    pub(in crate::vfs) fn orphan(&mut self, layer: LayerIndex, entry: EntryPlace) -> NodeId {
        let id = NodeId(index(self.nodes.len()));
        self.nodes.push(Node::new(ROOT, index(entry), layer));
        self.names.insert(InodeId(id.0), 0);
        id
    }

    /// This tree, with what was kept on a further reading of the files that another of the same layers has, too.
    pub(crate) fn keeping(&self, other: &Self) -> Cow<'_, Self> {
        if other.again.is_empty() {
            return Cow::Borrowed(self);
        }
        let place = |tree: &Self, inode: InodeId| {
            let node = tree.node(NodeId(inode.0));
            (node.layer, node.entry)
        };
        let kept: BTreeMap<_, _> = other.again.iter().map(|(inode, trace)| (place(other, *inode), trace)).collect();
        let mut tree = self.clone();
        for inode in self.iter().filter(|id| self.trace(*id).is_some()).map(|id| self.inode(id)) {
            tree.again.extend(kept.get(&place(self, inode)).map(|trace| (inode, (*trace).clone())));
        }
        Cow::Owned(tree)
    }
}
