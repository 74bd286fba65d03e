//! Paths that someone listed, looked up one after the other.

use crate::layer::LayerPath;
use crate::vfs::{NodeId, Tree};

/// Looks names up of which most lie in the same directory as the one before.
pub(super) struct Names<'a> {
    tree: &'a Tree,
    last: Option<(LayerPath, Option<NodeId>)>,
}

impl<'a> Names<'a> {
    pub(super) fn of(tree: &'a Tree) -> Self {
        Self { tree, last: None }
    }

    /// The node of this very path; `None` too where it leads through a link.
    pub(super) fn get(&mut self, path: &LayerPath) -> Option<NodeId> {
        let (directory, name) = path.split()?;
        let directory = match &self.last {
            Some((last, node)) if last.as_bytes() == directory => *node,
            _ => {
                let last = path.parent()?;
                let node = self.tree.get(&last);
                self.last = Some((last, node));
                node
            }
        };
        self.tree.child(directory?, name)
    }
}
