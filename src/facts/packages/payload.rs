//! Which of the files that a package lists there are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Payload;
use crate::facts::contents::Contents;
use crate::facts::names::Names;
use crate::layer::LayerPath;
use crate::vfs::node::InodeId;
use crate::vfs::{Kind, NodeId, Tree};

/// What there is of a list.
#[derive(Clone)]
pub(super) struct Listed {
    pub(super) payload: Payload,
    /// The regular files, each once, by their ids.
    pub(super) files: Arc<[NodeId]>,
}

/// Lists of files, each read once, however many names it has.
pub(super) struct Lists<'a> {
    tree: &'a Tree,
    contents: &'a Contents<'a>,
    known: BTreeMap<InodeId, Listed>,
}

impl<'a> Lists<'a> {
    pub(super) fn new(tree: &'a Tree, contents: &'a Contents<'a>) -> Self {
        Self { tree, contents, known: BTreeMap::new() }
    }

    /// What there is of a list of one file a line; `path_of` takes the path out of a line. `None` where there is no list
    /// that can be read.
    pub(super) fn read(&mut self, list: &LayerPath, path_of: fn(&[u8]) -> Option<&[u8]>) -> Option<Listed> {
        let inode = self.tree.inode(self.tree.resolve(list).ok()?);
        if let Some(known) = self.known.get(&inode) {
            return Some(known.clone());
        }
        let (_, text) = self.contents.read(list).ok().flatten()?;
        let lines = text.split(|byte| *byte == b'\n').filter_map(|line| path_of(line.trim_ascii_end()));
        let listed = Listed::of(self.tree, self.contents, &lines.map(relative).collect::<Vec<_>>())?;
        self.known.insert(inode, listed.clone());
        Some(listed)
    }
}

impl Listed {
    /// Counts the regular files among paths, and those of them that exist. A path above another one is a directory, even
    /// where it does not exist; a link at the end of a path is what the package brought, not the file that it leads to.
    /// `None` where there are more files than can be held.
    pub(super) fn of<'p>(tree: &Tree, contents: &Contents<'_>, paths: &[&'p [u8]]) -> Option<Self> {
        let mut above: BTreeSet<&'p [u8]> = BTreeSet::from([&b""[..]]);
        for path in paths {
            let mut at = *path;
            while let Some((parent, _)) = at.iter().rposition(|byte| *byte == b'/').and_then(|cut| at.split_at_checked(cut))
                && above.insert(parent)
            {
                at = parent;
            }
        }
        let (mut payload, mut files, mut names) = (Payload { listed: 0, present: 0 }, Vec::new(), Names::of(tree));
        for path in paths.iter().filter(|path| !above.contains(*path)) {
            let path = LayerPath::new(path);
            let own = names.get(&path).or_else(|| tree.resolve_parent(&path).ok());
            let end = own.and_then(|own| match tree.kind(own) {
                Kind::Symlink(_) => tree.resolve(&path).ok(),
                _ => Some(own),
            });
            if !end.is_some_and(|node| tree.is_directory(node)) {
                payload.listed += 1;
                payload.present += u64::from(end.is_some());
                files.extend(own.filter(|own| tree.trace(*own).is_some()));
            }
        }
        contents.charge(size_of_val(&files[..])).ok()?;
        files.sort_unstable();
        files.dedup();
        Some(Self { payload, files: files.into() })
    }
}

/// A path of a list without what stands for the root: `/`, `./`, and of the root itself `/.`.
fn relative(path: &[u8]) -> &[u8] {
    match path.strip_prefix(b"./").or_else(|| path.strip_prefix(b"/")).unwrap_or(path) {
        b"." => b"",
        path => path,
    }
}
