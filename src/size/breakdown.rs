//! Totals, directories, packages, kinds, files.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::kind::{Kind, Kinds};
use super::owner::{Owner, Owners};
use super::snapshot::{Amount, PackageKind};
use super::waste::Waste;
use crate::facts::Facts;
use crate::vfs::node::InodeId;
use crate::vfs::{Kind as Shape, LayerIndex, NodeId, Set, Tree};

/// Directories are measured down to this depth: `/usr/local/lib` has it.
pub const DEPTH: usize = 3;

/// How many directories are shown.
pub const DIRECTORIES: usize = 40;

/// Where the bytes of an image are. Bytes of regular files, holes included; a file with several names counts once, under
/// the first of them in path order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Breakdown {
    /// Regular files of all layers, a hard link as nothing: what `docker images` shows. It is `bytes` and what of the waste
    /// is hidden: removed, overwritten and metadata-only.
    pub unpacked_bytes: u64,
    /// Regular files of the final tree.
    pub bytes: u64,
    /// Of `bytes` those that layers store: holes of sparse files are not stored.
    pub stored_bytes: u64,
    /// How many regular files the final tree has.
    pub files: u64,
    /// Of the directories down to `/a/b/c` the forty that hold the most, largest first, with everything below them. They
    /// overlap; the root, and directories without files, are left out.
    pub directories: Vec<Directory>,
    /// Installed packages, largest first, each with the files that it owns ([`Owners`]). With what is `unowned` they make up
    /// all files and bytes.
    pub packages: Vec<Package>,
    /// What no package owns.
    pub unowned: Amount,
    /// The kinds that there are, largest first; they make up all files and bytes.
    pub kinds: Vec<KindSize>,
    /// Bytes that are shipped and not seen.
    pub waste: Waste,
}

/// A directory and everything below it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Directory {
    /// Its path, as [`text::lossless`] text with a leading `/`.
    pub path: String,
    /// Bytes below it.
    pub bytes: u64,
    /// Regular files below it.
    pub files: u64,
}

/// A package and the files that it owns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Package {
    /// `python`, `deb` or `apk`.
    #[serde(deserialize_with = "super::snapshot::read_kind")]
    pub kind: PackageKind,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Bytes of its files. A file belongs to one package: Python distributions go before packages of the system, and of
    /// several the first by site directory and name.
    pub bytes: u64,
    /// How many regular files it owns.
    pub files: u64,
}

/// The files of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KindSize {
    /// The kind.
    pub kind: Kind,
    /// Bytes of the files.
    pub bytes: u64,
    /// How many they are.
    pub files: u64,
}

/// A regular file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileSize {
    /// The first of its paths, as [`text::lossless`] text with a leading `/`.
    pub path: String,
    /// Its bytes, holes included.
    pub bytes: u64,
    /// Its kind.
    pub kind: Kind,
    /// The package that owns it.
    pub owner: Option<Owner>,
    /// The layer that holds its content, by its place, base first, from 0.
    pub layer: LayerIndex,
}

impl Breakdown {
    /// Measures a tree.
    pub fn of(tree: &Tree, facts: &Facts) -> Self {
        Self::by(tree, &Owners::of(tree, facts), &|layer| facts.instruction(layer))
    }

    /// Measures a tree of which it is known who owns what.
    pub fn by(tree: &Tree, owners: &Owners<'_>, instruction: &dyn Fn(usize) -> Option<String>) -> Self {
        let (root, directories) = measured(tree, DEPTH, DIRECTORIES);
        let (mut owned, mut unowned) = (vec![Amount::default(); owners.list().len()], Amount::default());
        let (mut kinds, mut holes) = (BTreeMap::<Kind, Amount>::new(), 0_u64);
        let known = Kinds::of(tree);
        for id in files(tree) {
            let bytes = tree.stat(id).size;
            let package = owners.owner(id).and_then(|index| owned.get_mut(index));
            package.unwrap_or(&mut unowned).add(bytes);
            kinds.entry(known.kind(id)).or_default().add(bytes);
            holes = holes.saturating_add(tree.trace(id).map_or(0, |trace| trace.holes));
        }
        Self {
            unpacked_bytes: unpacked_bytes(tree),
            bytes: root.bytes,
            stored_bytes: root.bytes.saturating_sub(holes),
            files: root.files,
            directories,
            packages: packages(owners, &owned),
            unowned,
            kinds: by_size(kinds),
            waste: Waste::of(tree, instruction),
        }
    }
}

/// The largest files of a tree, at most so many, largest first; of several of one size the first in path order.
pub fn largest(tree: &Tree, owners: &Owners<'_>, most: usize) -> Vec<FileSize> {
    let (mut ids, kinds): (Vec<NodeId>, _) = (files(tree).collect(), Kinds::of(tree));
    ids.sort_by_key(|id| Reverse(tree.stat(*id).size));
    let found = ids.into_iter().take(most).map(|id| FileSize {
        path: tree.path(id).lossless(),
        bytes: tree.stat(id).size,
        kind: kinds.kind(id),
        owner: owners.owner(id).and_then(|owner| owners.list().get(owner)).cloned(),
        layer: tree.content_layer(id),
    });
    found.collect()
}

/// The directories down to a depth (`/a/b/c` has 3) that hold the most, at most so many, largest first, each with everything
/// below it. They overlap; the root, and directories without files, are left out.
pub fn directories(tree: &Tree, depth: usize, most: usize) -> Vec<Directory> {
    measured(tree, depth, most).1
}

/// The regular files of a tree, each under the first of its names.
pub(super) fn files(tree: &Tree) -> impl Iterator<Item = NodeId> {
    let mut seen = Set::default();
    tree.iter().filter(move |id| tree.trace(*id).is_some() && is_first(tree, *id, &mut seen))
}

fn unpacked_bytes(tree: &Tree) -> u64 {
    tree.trail().shipments().fold(0, |sum, shipment| sum.saturating_add(shipment.bytes))
}

/// The root, and the largest of the directories below it.
fn measured(tree: &Tree, depth: usize, most: usize) -> (Directory, Vec<Directory>) {
    let (mut root, mut directories) = (Directory::default(), Vec::new());
    weigh(tree, &mut |id, level, Amount { bytes, files }| {
        let directory = || Directory { path: tree.path(id).lossless(), bytes, files };
        match level {
            0 => root = directory(),
            level if level <= depth => directories.push(directory()),
            _ => {}
        }
    });
    directories.sort_by(|a, b| (Reverse(a.bytes), &a.path).cmp(&(Reverse(b.bytes), &b.path)));
    directories.truncate(most);
    (root, directories)
}

/// Tells of each directory that holds any file how deep it lies (`/a` has 1) and what it holds with everything below it.
/// What lies in a directory is told before it.
pub(super) fn weigh(tree: &Tree, tell: &mut dyn FnMut(NodeId, usize, Amount)) {
    let mut seen = Set::default();
    // The directories around the node at hand, outermost first.
    let mut open: Vec<(NodeId, Amount)> = Vec::new();
    let mut close = |open: &mut Vec<(NodeId, Amount)>| {
        let Some((id, amount)) = open.pop().filter(|(_, amount)| amount.files > 0) else { return };
        tell(id, open.len(), amount);
        if let Some((_, above)) = open.last_mut() {
            *above = above.plus(amount.bytes, amount.files);
        }
    };
    for id in tree.iter() {
        while open.last().is_some_and(|(directory, _)| *directory != tree.parent(id)) {
            close(&mut open);
        }
        match (tree.kind(id), open.last_mut()) {
            (Shape::Directory, _) => open.push((id, Amount::default())),
            (Shape::File(_), Some((_, within))) if is_first(tree, id, &mut seen) => within.add(tree.stat(id).size),
            _ => {}
        }
    }
    while !open.is_empty() {
        close(&mut open);
    }
}

/// Whether a file is met for the first time; of one with several names the first is.
fn is_first(tree: &Tree, file: NodeId, seen: &mut Set<InodeId>) -> bool {
    tree.names(file) == 1 || seen.insert(tree.inode(file))
}

fn packages(owners: &Owners<'_>, owned: &[Amount]) -> Vec<Package> {
    let packages = owners.list().iter().zip(owned).map(|(owner, owned)| Package {
        kind: owner.kind,
        name: owner.name.clone(),
        version: owner.version.clone(),
        bytes: owned.bytes,
        files: owned.files,
    });
    let mut packages: Vec<Package> = packages.collect();
    packages
        .sort_by(|a, b| (Reverse(a.bytes), &a.name, &a.version, a.kind).cmp(&(Reverse(b.bytes), &b.name, &b.version, b.kind)));
    packages
}

fn by_size(kinds: BTreeMap<Kind, Amount>) -> Vec<KindSize> {
    let kinds = kinds.into_iter().map(|(kind, Amount { bytes, files })| KindSize { kind, bytes, files });
    let mut kinds: Vec<KindSize> = kinds.collect();
    kinds.sort_by_key(|kind| Reverse(kind.bytes));
    kinds
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::facts::packages::Packages;
    use crate::facts::python::{Python, python};
    use crate::layer::{Body, Entry};
    use crate::vfs::{Kept, Seen, Stat, Trace, dump};

    fn lines(directories: &[Directory]) -> Vec<(&str, u64, u64)> {
        directories.iter().map(|directory| (&directory.path[..], directory.bytes, directory.files)).collect()
    }

    #[test]
    fn directories_hold_everything_below_them_and_are_shown_down_to_the_third() {
        let tree = dump::tree([r#"
            f 0644 0:0 /a/b/c/d/e "12345"
            f 0644 0:0 /a/b/c/x "1"
            f 0644 0:0 /a/b-/y "123"
            f 0644 0:0 /z "1234567"
            f 0644 0:0 /k/y "123"
            d 0755 0:0 /empty
        "#])
        .unwrap();
        let (root, below) = measured(&tree, DEPTH, DIRECTORIES);
        assert_eq!((root.bytes, root.files), (19, 5));
        let all = [("/a", 9, 3), ("/a/b", 6, 2), ("/a/b/c", 6, 2), ("/a/b-", 3, 1), ("/k", 3, 1)];
        assert_eq!(lines(&below), all);
    }

    #[test]
    fn a_file_with_several_names_counts_once_under_the_first() {
        let tree = dump::tree(["f 0644 0:0 3 /m/x\nh /b/x => /m/x\nh /m/y => /m/x"]).unwrap();
        let (root, below) = measured(&tree, DEPTH, DIRECTORIES);
        assert_eq!((root.bytes, root.files), (3, 1));
        assert_eq!(lines(&below), [("/b", 3, 1)]);
        assert_eq!(unpacked_bytes(&tree), 3);
    }

    #[test]
    fn forty_directories_are_shown() {
        use std::fmt::Write as _;
        let mut lines = String::new();
        for number in 100..150 {
            let _ = writeln!(lines, "f 0644 0:0 {number} /{number}/x");
        }
        let below = directories(&dump::tree([&lines[..]]).unwrap(), DEPTH, DIRECTORIES);
        assert_eq!((below.len(), below[0].bytes, below[39].bytes), (40, 149, 110));
    }

    #[test]
    fn directories_are_measured_as_deep_and_as_many_as_asked() {
        let tree = dump::tree(["f 0644 0:0 3 /a/b/c/d/x\nf 0644 0:0 2 /a/y\nf 0644 0:0 1 /z/y"]).unwrap();
        let found = directories(&tree, 4, 3);
        assert_eq!(lines(&found), [("/a", 5, 2), ("/a/b", 3, 1), ("/a/b/c", 3, 1)]);
        assert_eq!(lines(&directories(&tree, usize::MAX, usize::MAX))[3], ("/a/b/c/d", 3, 1));
        assert_eq!(lines(&directories(&tree, 1, 9)), [("/a", 5, 2), ("/z", 1, 1)]);
    }

    #[test]
    fn holes_are_bytes_that_are_not_stored() {
        let mut tree = dump::tree(["f 0644 0:0 5 /a"]).unwrap();
        let seen = Seen { holes: 90, ..Seen::plain(Kept::Unwanted) };
        let (path, stat) = ("sparse".into(), Stat { size: 100, ..Stat::default() });
        let sparse = Entry { path, stat, body: Body::File(Trace::new([0; 32], true, seen)) };
        tree.lay(1, &Arc::new([sparse].into_iter().collect())).unwrap();
        let sizes = Breakdown::by(&tree, &Owners::claimed(&tree, &Python::default(), &Packages::default()), &|_| None);
        assert_eq!((sizes.bytes, sizes.stored_bytes, sizes.unowned.bytes), (105, 15, 105));
    }

    #[test]
    fn the_largest_files_have_an_owner_a_kind_and_a_layer() {
        let layers = [
            "f 0644 0:0 9 /s/dist-packages/a-1.dist-info/big\nf 0644 0:0 4 /b.md\nh /z => /b.md",
            "f 0644 0:0 9 /a.py\nh /y => /b.md",
        ];
        let tree = dump::tree(layers).unwrap();
        let owners = Owners::claimed(&tree, &python(&tree), &Packages::default());
        let found = largest(&tree, &owners, 3);
        let found: Vec<_> = found
            .iter()
            .map(|file| (&file.path[..], file.bytes, file.kind, file.owner.as_ref().map(|owner| &owner.name[..]), file.layer))
            .collect();
        let big = "/s/dist-packages/a-1.dist-info/big";
        let wanted =
            [("/a.py", 9, Kind::Source, None, 1), (big, 9, Kind::Metadata, Some("a"), 0), ("/b.md", 4, Kind::Docs, None, 0)];
        assert_eq!(found, wanted);
    }
}
