//! Which of the files that a package lists there are.

use std::collections::BTreeMap;

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
        let payload = payload_of(self.tree, lines.collect());
        self.known.insert(inode, payload);
        Some(payload)
    }
}

/// Counts the regular files among paths, and those of them that exist. A path above another one is a directory, even
/// where it does not exist.
pub(super) fn payload_of(tree: &Tree, mut paths: Vec<&[u8]>) -> Payload {
    paths.sort_unstable_by(|left, right| parts(left).cmp(parts(right)));
    paths.dedup_by(|left, right| parts(left).eq(parts(right)));
    let mut payload = Payload { listed: 0, present: 0 };
    for (index, path) in paths.iter().enumerate() {
        let is_above = |next: &&[u8]| parts(path).eq(parts(next).take(parts(path).count()));
        if parts(path).next().is_none() || paths.get(index + 1).is_some_and(is_above) {
            continue;
        }
        let found = tree.resolve(&LayerPath::new(path));
        if !found.as_ref().is_ok_and(|node| tree.is_directory(*node)) {
            payload.listed += 1;
            payload.present += u64::from(found.is_ok());
        }
    }
    payload
}

/// The components of a path; in their order, what lies below a path follows it at once.
fn parts(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".")
}
