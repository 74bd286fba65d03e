//! Paths followed through symbolic links, inside the root only.

use std::fmt;

use super::node::{Kind, NodeId};
use super::tree::Tree;
use crate::layer::LayerPath;

/// Links followed before a path is given up: Linux's own number (`path_resolution(7)`, `ELOOP`).
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

    /// What a node leads to: itself, unless it is a link.
    pub fn target(&self, node: NodeId) -> Result<NodeId, Unresolved> {
        match self.kind(node) {
            Kind::Symlink(_) => self.resolve(&self.path(node)),
            _ => Ok(node),
        }
    }

    /// As [`Tree::resolve`], but a link at the end of the path is the answer itself.
    pub fn resolve_parent(&self, path: &LayerPath) -> Result<NodeId, Unresolved> {
        self.get(path).map_or_else(|| self.follow(path, false, &mut |_| {}), Ok)
    }

    /// As [`Tree::resolve`], telling of every node on the way, in order: directories in which a name was looked up, and
    /// links that were followed.
    pub fn resolve_through(&self, path: &LayerPath, on: &mut dyn FnMut(NodeId)) -> Result<NodeId, Unresolved> {
        self.follow(path, true, on)
    }

    fn follow(&self, path: &LayerPath, last: bool, on: &mut dyn FnMut(NodeId)) -> Result<NodeId, Unresolved> {
        let mut todo: Vec<&[u8]> = path.components().rev().collect();
        let mut at = self.root();
        let mut links = 0;
        while let Some(name) = todo.pop() {
            if !self.is_directory(at) {
                return Err(Unresolved::NotDirectory(self.path(at)));
            }
            match name {
                b"" | b"." => continue,
                b".." => {
                    at = self.parent(at);
                    continue;
                }
                _ => {}
            }
            let missing = || Unresolved::Missing(self.path(at).join(name));
            on(at);
            let next = self.child(at, name).ok_or_else(missing)?;
            match self.kind(next) {
                // path_resolution(7): an empty path, and so an empty target, is nowhere.
                Kind::Symlink(target) if target.is_empty() && (last || !todo.is_empty()) => return Err(missing()),
                Kind::Symlink(target) if last || !todo.is_empty() => {
                    on(next);
                    links += 1;
                    if links > MAX_LINKS {
                        return Err(Unresolved::TooManyLinks);
                    }
                    if target.first() == Some(&b'/') {
                        at = self.root();
                    }
                    todo.extend(target.split(|byte| *byte == b'/').rev());
                }
                _ => at = next,
            }
        }
        Ok(at)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::layer::{Body, Entry, Stat};
    use crate::vfs::dump;

    const LINKS: &str = r#"
        f 0755 0:0 /usr/bin/python3.11 "x"
        l 0777 0:0 /usr/bin/python3 -> /usr/bin/python3.11
        l 0777 0:0 /bin -> usr/bin
        l 0777 0:0 /usr/bin/python -> ../../../../bin/python3
        l 0777 0:0 /up -> ../../..
        l 0777 0:0 /slash -> usr//bin/./
        l 0777 0:0 /file-slash -> /usr/bin/python3.11/
        l 0777 0:0 /file-up -> /usr/bin/python3.11/..
        l 0777 0:0 /loop -> pool
        l 0777 0:0 /pool -> loop
        l 0777 0:0 /dangling -> /usr/lib/nothing/x
        l 0777 0:0 /proc-self -> /proc/self
    "#;

    fn real(tree: &Tree, path: &str) -> Result<String, Unresolved> {
        tree.resolve(&path.into()).map(|id| tree.path(id).to_string())
    }

    #[test]
    fn links_are_followed_inside_the_root() {
        let tree = dump::tree([LINKS]).unwrap();
        for (path, at) in [
            ("/bin/python", "/usr/bin/python3.11"),
            ("/usr/bin/python3", "/usr/bin/python3.11"),
            ("/slash/python", "/usr/bin/python3.11"),
            ("/slash", "/usr/bin"),
            ("/up/up/bin", "/usr/bin"),
            ("/up", "/"),
            ("/", "/"),
        ] {
            assert_eq!(real(&tree, path).unwrap(), at, "{path}");
        }
    }

    #[test]
    fn a_path_that_leads_nowhere_says_where_it_ends() {
        let tree = dump::tree([LINKS]).unwrap();
        for (path, why) in [
            ("/dangling", "/usr/lib does not exist"),
            ("/proc-self", "/proc does not exist"),
            ("/bin/perl", "/usr/bin/perl does not exist"),
            ("/bin/python/x", "/usr/bin/python3.11 is no directory"),
            ("/file-slash", "/usr/bin/python3.11 is no directory"),
            ("/file-up", "/usr/bin/python3.11 is no directory"),
            ("/loop", "more than 40 symbolic links"),
            ("/loop/x", "more than 40 symbolic links"),
        ] {
            assert_eq!(real(&tree, path).unwrap_err().to_string(), why, "{path}");
        }
    }

    #[test]
    fn a_link_at_the_end_can_be_the_answer_and_its_directories_are_followed() {
        let tree = dump::tree([LINKS]).unwrap();
        let of = |path: &str| tree.resolve_parent(&path.into()).map(|id| tree.path(id).to_string()).unwrap();
        assert_eq!(of("/bin/python"), "/usr/bin/python");
        assert_eq!(of("/up/loop"), "/loop");
        assert_eq!(of("/dangling"), "/dangling");
    }

    #[test]
    fn forty_links_are_followed_and_no_more() {
        use std::fmt::Write as _;
        let mut lines = String::from("f 0644 0:0 /0\n");
        for link in 1..=41 {
            let _ = writeln!(lines, "l 0777 0:0 /{link} -> {}", link - 1);
        }
        let tree = dump::tree([&lines[..]]).unwrap();
        assert_eq!(real(&tree, "/40").unwrap(), "/0");
        assert_eq!(real(&tree, "/41"), Err(Unresolved::TooManyLinks));
    }

    #[test]
    fn an_empty_target_is_nowhere() {
        let (path, stat, body) = ("empty".into(), Stat::default(), Body::Symlink(Box::default()));
        let mut tree = Tree::new();
        tree.lay(0, &Arc::new([Entry { path, stat, body }].into_iter().collect())).unwrap();
        assert_eq!(real(&tree, "/empty").unwrap_err().to_string(), "/empty does not exist");
        assert!(tree.resolve_parent(&"/empty".into()).is_ok());
    }
}
