//! The names in a directory, in byte order, four bytes each.

use super::node::NodeId;

/// Names of a chunk: what an insertion in the middle of a large directory has to move.
const CHUNK: usize = 512;

/// The nodes in a directory in the byte order of their names. Where a name is sought, `name` tells that of a node.
#[derive(Debug, Clone, Default)]
pub(super) struct Children {
    /// None is empty.
    chunks: Vec<Vec<NodeId>>,
}

/// Where a name is, or would be: a chunk, and a place in it.
type Place = (usize, usize);

impl Children {
    /// Where a name is, or else where it would be.
    fn find<'a>(&self, wanted: &[u8], name: impl Fn(NodeId) -> &'a [u8]) -> Result<Place, Place> {
        let Some((last, chunk)) = self.chunks.iter().enumerate().next_back() else { return Err((0, 0)) };
        // Tars mostly list names in order.
        if chunk.last().is_some_and(|id| name(*id) < wanted) {
            return Err((last, chunk.len()));
        }
        let behind = self.chunks.partition_point(|chunk| chunk.first().is_some_and(|id| name(*id) <= wanted));
        let at = behind.saturating_sub(1);
        let place = self.chunks[at].binary_search_by(|id| name(*id).cmp(wanted));
        place.map(|place| (at, place)).map_err(|place| (at, place))
    }

    /// The node of a name.
    pub(super) fn get<'a>(&self, wanted: &[u8], name: impl Fn(NodeId) -> &'a [u8]) -> Option<NodeId> {
        self.find(wanted, name).ok().map(|(chunk, place)| self.chunks[chunk][place])
    }

    /// The nodes from a name on, be it there or not.
    pub(super) fn from<'a>(&self, wanted: &[u8], name: impl Fn(NodeId) -> &'a [u8]) -> impl Iterator<Item = NodeId> {
        let (Ok((at, place)) | Err((at, place))) = self.find(wanted, name);
        self.chunks.get(at..).into_iter().flatten().flatten().skip(place).copied()
    }

    /// Adds a node whose name is not there.
    pub(super) fn insert<'a>(&mut self, id: NodeId, name: impl Fn(NodeId) -> &'a [u8]) {
        let (Ok((at, place)) | Err((at, place))) = self.find(name(id), name);
        let Some(chunk) = self.chunks.get_mut(at) else { return self.chunks.push(vec![id]) };
        if chunk.len() < CHUNK {
            chunk.insert(place, id);
        } else if place == CHUNK {
            self.chunks.insert(at + 1, vec![id]);
        } else {
            chunk.insert(place, id);
            let behind = chunk.split_off(CHUNK / 2);
            self.chunks.insert(at + 1, behind);
        }
    }

    /// Takes the node of a name out.
    pub(super) fn remove<'a>(&mut self, wanted: &[u8], name: impl Fn(NodeId) -> &'a [u8]) {
        if let Ok((at, place)) = self.find(wanted, name) {
            self.chunks[at].remove(place);
            if self.chunks[at].is_empty() {
                self.chunks.remove(at);
            }
        }
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = NodeId> {
        self.chunks.iter().flatten().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order_whatever_the_order_in_which_they_come() {
        let names: Vec<Vec<u8>> = (0..5000_u32).map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes().into()).collect();
        let name = |id: NodeId| &names[id.0 as usize][..];
        let mut children = Children::default();
        (0..5000).for_each(|id| children.insert(NodeId(id), name));
        let mut sorted: Vec<NodeId> = (0..5000).map(NodeId).collect();
        sorted.sort_by_key(|id| name(*id));
        assert_eq!(children.iter().collect::<Vec<_>>(), sorted);
        assert!(sorted.iter().all(|id| children.get(name(*id), name) == Some(*id)));
        assert!((0..5000).step_by(97).all(|at| children.from(name(sorted[at]), name).eq(sorted[at..].iter().copied())));
        let between = [name(sorted[2500]), b"x"].concat();
        assert!(children.from(&between, name).eq(sorted[2501..].iter().copied()));
        assert_eq!((children.from(b"", name).count(), children.from(&[255; 5], name).count()), (5000, 0));
        assert_eq!(children.get(b"none", name), None);
        for id in &sorted[..4999] {
            children.remove(name(*id), name);
        }
        assert_eq!(children.iter().collect::<Vec<_>>(), sorted[4999..]);
        assert_eq!(children.iter().rev().count(), 1);
    }
}
