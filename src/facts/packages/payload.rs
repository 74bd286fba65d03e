//! Which of the files that a package lists there are.

use std::collections::{BTreeMap, BTreeSet};

use super::Payload;
use crate::facts::contents::Contents;
use crate::layer::LayerPath;
use crate::vfs::Tree;
use crate::vfs::node::InodeId;

/// Lists of files, each read once, however many names it has.
pub(super) struct Lists<'a> {
    tree: &'a Tree,
    contents: &'a Contents<'a>,
    known: BTreeMap<InodeId, Payload>,
}

impl<'a> Lists<'a> {
    pub(super) fn new(tree: &'a Tree, contents: &'a Contents<'a>) -> Self {
        Self { tree, contents, known: BTreeMap::new() }
    }

    /// What there is of a list of one file a line; `path_of` takes the path out of a line. `None` where there is no list
    /// that can be read.
    pub(super) fn payload(&mut self, list: &LayerPath, path_of: fn(&[u8]) -> Option<&[u8]>) -> Option<Payload> {
        let inode = self.tree.inode(self.tree.resolve(list).ok()?);
        if let Some(known) = self.known.get(&inode) {
            return Some(*known);
        }
        let (_, text) = self.contents.read(list).ok().flatten()?;
        let lines = text.split(|byte| *byte == b'\n').filter_map(|line| path_of(line.trim_ascii_end()));
        let payload = payload_of(self.tree, &lines.map(relative).collect::<Vec<_>>());
        self.known.insert(inode, payload);
        Some(payload)
    }
}

/// Counts the regular files among paths, and those of them that exist. A path above another one is a directory, even
/// where it does not exist.
pub(super) fn payload_of<'p>(tree: &Tree, paths: &[&'p [u8]]) -> Payload {
    let mut above: BTreeSet<&'p [u8]> = BTreeSet::from([&b""[..]]);
    for path in paths {
        let mut at = *path;
        while let Some((parent, _)) = at.iter().rposition(|byte| *byte == b'/').and_then(|cut| at.split_at_checked(cut))
            && above.insert(parent)
        {
            at = parent;
        }
    }
    let mut payload = Payload { listed: 0, present: 0 };
    for path in paths.iter().filter(|path| !above.contains(*path)) {
        let found = tree.resolve(&LayerPath::new(path));
        if !found.as_ref().is_ok_and(|node| tree.is_directory(*node)) {
            payload.listed += 1;
            payload.present += u64::from(found.is_ok());
        }
    }
    payload
}

/// A path of a list without what stands for the root: `/`, `./`, and of the root itself `/.`.
fn relative(path: &[u8]) -> &[u8] {
    match path.strip_prefix(b"./").or_else(|| path.strip_prefix(b"/")).unwrap_or(path) {
        b"." => b"",
        path => path,
    }
}
