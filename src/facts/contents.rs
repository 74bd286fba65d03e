//! The content of metadata files, as far as the layer pass kept it.

use std::cell::Cell;

use crate::layer::{Kept, LayerPath};
use crate::vfs::{Kind, NodeId, Tree, Unresolved};

/// Bytes that one gathering reads, and makes of what it reads. A file is kept once, but hard links let it stand under a
/// million names; sixteen layers that each keep all they may stay below this.
const CEILING: u64 = 256 << 20;

/// A reader of metadata files, within one ceiling on all of them together.
pub(super) struct Contents<'a> {
    tree: &'a Tree,
    left: Cell<u64>,
}

impl<'a> Contents<'a> {
    pub(super) fn new(tree: &'a Tree) -> Self {
        Self { tree, left: Cell::new(CEILING) }
    }

    /// The file that a path leads to and its content, links followed; `None` where the path leads nowhere, the reason
    /// where something stands there that cannot be read.
    pub(super) fn read(&self, path: &LayerPath) -> Result<Option<(NodeId, &'a [u8])>, String> {
        let node = match self.tree.resolve(path) {
            Ok(node) => node,
            Err(Unresolved::Missing(_) | Unresolved::NotDirectory(_)) => return Ok(None),
            Err(Unresolved::TooManyLinks) => return Err(format!("{path}: {}", Unresolved::TooManyLinks)),
        };
        let Kind::File(trace) = self.tree.kind(node) else {
            return Err(format!("{path} is no regular file"));
        };
        match &trace.kept {
            Kept::Whole(bytes) => {
                self.charge(bytes.len())?;
                Ok(Some((node, bytes)))
            }
            Kept::Imports(_) | Kept::Unwanted => Err(format!("the content of {path} was not kept")),
            Kept::Over(ceiling) => Err(format!("{path} is over the ceiling {ceiling}")),
        }
    }

    /// Counts bytes that are made of what was read.
    pub(super) fn charge(&self, bytes: usize) -> Result<(), String> {
        let left = self.left.get().checked_sub(bytes as u64);
        self.left.set(left.unwrap_or(0));
        left.map(drop).ok_or_else(|| format!("the image holds more than {} MiB of metadata", CEILING >> 20))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::fixture::{dir, file, link, over, tree, unkept};

    #[test]
    fn what_is_there_and_cannot_be_read_is_no_absence() {
        let tree = tree([
            file("/x/a", "text"),
            link("/x/b", "a"),
            link("/x/dangling", "nowhere"),
            link("/x/loop", "loop"),
            dir("/x/dir"),
            unkept("/x/unkept"),
            over("/x/over"),
        ]);
        let contents = Contents::new(&tree);
        let read = |path: &str| contents.read(&path.into()).map(|found| found.map(|(_, bytes)| bytes));
        assert_eq!(read("/x/a"), Ok(Some(&b"text"[..])));
        assert_eq!(read("/x/b"), Ok(Some(&b"text"[..])));
        assert_eq!(read("/x/dangling"), Ok(None));
        assert_eq!(read("/x/a/below"), Ok(None));
        for (path, why) in [("/x/loop", "40"), ("/x/dir", "no regular file"), ("/x/unkept", "not kept"), ("/x/over", "ceiling")] {
            assert!(read(path).is_err_and(|reason| reason.contains(path) && reason.contains(why)), "{path}");
        }
    }

    #[test]
    fn a_million_names_of_one_file_do_not_multiply_the_work() {
        let tree = tree([file("/a", "x".repeat(1 << 20))]);
        let contents = Contents::new(&tree);
        let reads = (0..1000).take_while(|_| contents.read(&"/a".into()).is_ok()).count();
        assert_eq!(reads, 256);
        assert!(contents.charge(1).is_err());
    }
}
