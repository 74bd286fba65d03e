//! Where in a tree the directories of a layer's entries are.

use super::Fold;
use crate::error::{Error, Kind as Failure, Result};
use crate::layer::LayerPath;
use crate::vfs::resolve::MAX_LINKS;
use crate::vfs::{Kind, NodeId, Tree};

/// Bytes of link targets that the paths of one layer may lead through. Real layers need a few dozen for each entry; links
/// made for it cost 160 kB.
const MAX_LINK_BYTES: usize = 1 << 26;

/// How far a path leads: the last node that exists, and the names that would follow it.
pub(in crate::vfs) struct Reached {
    pub(in crate::vfs) at: NodeId,
    pub(in crate::vfs) missing: Vec<Box<[u8]>>,
}

impl Reached {
    /// Follows a directory's path in a tree as far as it leads, every link included, and tells of each link. Behind the first
    /// name that does not exist, or that is no directory, there are only names: `..` takes one away, as umoci and containerd
    /// have it.
    pub(in crate::vfs) fn follow(tree: &Tree, path: &LayerPath, mut on: impl FnMut(NodeId, &[u8]) -> Result<()>) -> Result<Self> {
        let mut todo: Vec<&[u8]> = path.components().rev().collect();
        let mut reached = Self { at: tree.root(), missing: Vec::new() };
        let mut links = 0;
        while let Some(name) = todo.pop() {
            let Self { at, missing } = &mut reached;
            match name {
                b"" | b"." => continue,
                b".." => {
                    if missing.pop().is_none() {
                        *at = tree.parent(*at);
                    }
                    continue;
                }
                _ => {}
            }
            let next = if missing.is_empty() { tree.child(*at, name) } else { None };
            match next.map(|next| (next, tree.kind(next))) {
                None => missing.push(name.into()),
                Some((link, Kind::Symlink(target))) => {
                    links += 1;
                    if links > MAX_LINKS {
                        return Err(Error::new(Failure::Corrupt, "its path leads through more than 40 symbolic links"));
                    }
                    on(link, target)?;
                    if target.first() == Some(&b'/') {
                        *at = tree.root();
                    }
                    todo.extend(target.split(|byte| *byte == b'/').rev());
                }
                Some((next, _)) => *at = next,
            }
        }
        Ok(reached)
    }
}

impl Fold<'_> {
    /// How far a directory's path leads, and the first link of a lower layer on the way.
    pub(in crate::vfs) fn reach(&mut self, path: &LayerPath) -> Result<(Reached, Option<LayerPath>)> {
        let (tree, layer, link_bytes) = (&*self.tree, self.layer, &mut self.link_bytes);
        let mut through = None;
        let reached = Reached::follow(tree, path, |link, target| {
            if through.is_none() && tree.layer(link) < layer {
                through = Some(tree.path(link));
            }
            *link_bytes += target.len();
            if *link_bytes > MAX_LINK_BYTES {
                return Err(Error::new(Failure::Limit, "the layer's paths lead through more than 64 MiB of link targets"));
            }
            Ok(())
        })?;
        Ok((reached, through))
    }
}
