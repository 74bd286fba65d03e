//! Paths followed through symbolic links, inside the root only.

use std::fmt;

use super::node::{Kind, NodeId};
use super::tree::Tree;
use crate::layer::LayerPath;

/// Links followed before a path is given up: Linux's own number (path_resolution(7), `ELOOP`).
pub const MAX_LINKS: u32 = 40;

/// Why a path leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unresolved {
    /// A component does not exist. Holds the real path at which the search ended.
    Missing(LayerPath),
    /// A component before the last is no directory.
    NotDirectory(LayerPath),
    /// More than [`MAX_LINKS`] links.
    TooManyLinks,
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(at) => write!(f, "{at} does not exist"),
            Self::NotDirectory(at) => write!(f, "{at} is no directory"),
            Self::TooManyLinks => write!(f, "more than {MAX_LINKS} symbolic links"),
        }
    }
}

impl Tree {
    /// The node that a path leads to, every link followed, as a process inside the container would find it: absolute
    /// targets start at the image's root, and `..` stops there.
    pub fn resolve(&self, path: &LayerPath) -> Result<NodeId, Unresolved> {
        // Few paths lead through a link; the others are found without a copy of their components.
        let plain = self.get(path).filter(|node| !matches!(self.kind(*node), Kind::Symlink(_)));
        plain.map_or_else(|| self.follow(path, true, &mut |_| {}), Ok)
    }

    /// As [`Tree::resolve`], but a link at the end of the path is the answer itself.
    pub fn resolve_parent(&self, path: &LayerPath) -> Result<NodeId, Unresolved> {
        self.follow(path, false, &mut |_| {})
    }

    /// As [`Tree::resolve`], telling of every node on the way, in order: directories in which a name was looked up, and
    /// links that were followed.
    pub fn resolve_through(&self, path: &LayerPath, on: &mut dyn FnMut(NodeId)) -> Result<NodeId, Unresolved> {
        self.follow(path, true, on)
    }

    fn follow(&self, path: &LayerPath, last: bool, on: &mut dyn FnMut(NodeId)) -> Result<NodeId, Unresolved> {
        let mut todo: Vec<Box<[u8]>> = path.components().rev().map(Into::into).collect();
        let mut at = self.root();
        let mut links = 0;
        while let Some(name) = todo.pop() {
            match &name[..] {
                b"" | b"." => continue,
                b".." => {
                    at = self.parent(at);
                    continue;
                }
                _ => {}
            }
            if !self.is_directory(at) {
                return Err(Unresolved::NotDirectory(self.path(at)));
            }
            on(at);
            let next = self.child(at, &name).ok_or_else(|| Unresolved::Missing(self.path(at).join(&name)))?;
            match self.kind(next) {
                Kind::Symlink(target) if last || !todo.is_empty() => {
                    on(next);
                    links += 1;
                    if links > MAX_LINKS {
                        return Err(Unresolved::TooManyLinks);
                    }
                    if target.first() == Some(&b'/') {
                        at = self.root();
                    }
                    todo.extend(target.split(|byte| *byte == b'/').rev().map(Into::into));
                }
                _ => at = next,
            }
        }
        Ok(at)
    }
}
