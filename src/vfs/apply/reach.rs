//! Where in a tree the directories of a layer's entries are.

use super::Fold;
use crate::error::{Error, Kind as Failure, Result};
use crate::layer::LayerPath;
use crate::vfs::resolve::MAX_LINKS;
use crate::vfs::{Kind, NodeId};

/// Bytes of link targets that the paths of one layer may lead through. Real layers need a few dozen for each entry; links
/// made for it cost 160 kB.
const MAX_LINK_BYTES: usize = 1 << 26;

/// How far a path leads: the last node that exists, and the names that would follow it.
pub(in crate::vfs) struct Reached {
    pub(in crate::vfs) at: NodeId,
    pub(in crate::vfs) missing: Vec<Box<[u8]>>,
    /// The first link of a lower layer on the way.
    pub(super) through: Option<LayerPath>,
}

impl Fold<'_> {
    /// Follows a directory's path as far as it leads, every link included. Behind the first name that does not exist, or
    /// that is no directory, there are only names: `..` takes one away, as umoci has it.
    pub(in crate::vfs) fn reach(&mut self, path: &LayerPath) -> Result<Reached> {
        let mut todo: Vec<&[u8]> = path.components().rev().collect();
        let mut reached = Reached { at: self.tree.root(), missing: Vec::new(), through: None };
        let mut links = 0;
        while let Some(name) = todo.pop() {
            let Reached { at, missing, through } = &mut reached;
            match name {
                b"" | b"." => continue,
                b".." => {
                    if missing.pop().is_none() {
                        *at = self.tree.parent(*at);
                    }
                    continue;
                }
                _ => {}
            }
            let next = if missing.is_empty() { self.tree.child(*at, name) } else { None };
            match next.map(|next| (next, self.tree.kind(next))) {
                None => missing.push(name.into()),
                Some((link, Kind::Symlink(target))) => {
                    if through.is_none() && self.tree.layer(link) < self.layer {
                        *through = Some(self.tree.path(link));
                    }
                    links += 1;
                    self.link_bytes += target.len();
                    if links > MAX_LINKS {
                        return Err(Error::new(Failure::Corrupt, "its path leads through more than 40 symbolic links"));
                    }
                    if self.link_bytes > MAX_LINK_BYTES {
                        return Err(Error::new(
                            Failure::Limit,
                            "the layer's paths lead through more than 64 MiB of link targets",
                        ));
                    }
                    if target.first() == Some(&b'/') {
                        *at = self.tree.root();
                    }
                    todo.extend(target.split(|byte| *byte == b'/').rev());
                }
                Some((next, _)) => *at = next,
            }
        }
        Ok(reached)
    }
}
