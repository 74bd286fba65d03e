//! Totals, directories, packages.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::Waste;
use crate::facts::Facts;
use crate::facts::python::Python;
use crate::text;
use crate::vfs::{Change, NodeId, Tree};

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
    /// How many regular files the final tree has.
    pub files: u64,
    /// Of the directories down to `/a/b/c` the forty that hold the most, largest first, with everything below them. They
    /// overlap; the root, and directories without files, are left out.
    pub directories: Vec<Directory>,
    /// Installed packages, largest first: Python distributions by their RECORD. Operating-system packages are not among
    /// them, because facts hold no list of their files.
    pub packages: Vec<Package>,
    /// Bytes that are shipped and not seen.
    pub waste: Waste,
}

/// A directory and everything below it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Directory {
    /// Its path, as [`text::lossless`] text with a leading `/`.
    pub path: String,
    /// Bytes below it.
    pub bytes: u64,
    /// Regular files below it.
    pub files: u64,
}

impl Directory {
    fn add(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

/// A package and the files that it owns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Package {
    /// `python`, `deb` or `apk`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Bytes of its files. A file belongs to the first package that names it, by site directory and name.
    pub bytes: u64,
    /// How many regular files it owns.
    pub files: u64,
}

impl Breakdown {
    /// Measures a tree.
    pub fn of(tree: &Tree, facts: &Facts) -> Self {
        let (root, directories) = directories(tree);
        Self {
            unpacked_bytes: unpacked_bytes(tree),
            bytes: root.bytes,
            files: root.files,
            directories,
            packages: packages(tree, &facts.python),
            waste: Waste::of(tree),
        }
    }
}

/// The regular files of a tree, each under the first of its names.
pub(super) fn files(tree: &Tree) -> impl Iterator<Item = NodeId> {
    let mut seen = BTreeSet::new();
    tree.iter().filter(move |id| tree.trace(*id).is_some() && (tree.names(*id) == 1 || seen.insert(tree.inode(*id))))
}

fn unpacked_bytes(tree: &Tree) -> u64 {
    let events = tree.trail().iter().flat_map(|(_, events)| events);
    events.filter(|event| !matches!(event.change, Change::Removed(_))).fold(0, |sum, event| sum.saturating_add(event.bytes))
}

/// The root, and the largest of the directories below it.
fn directories(tree: &Tree) -> (Directory, Vec<Directory>) {
    let mut files = files(tree).peekable();
    let mut done: Vec<(NodeId, Directory)> = Vec::new();
    // The directories around the node at hand, outermost first, as deep as they are measured.
    let mut open: Vec<(NodeId, Directory)> = Vec::new();
    for id in tree.iter() {
        if let Some(parent) = open.iter().position(|(directory, _)| *directory == tree.parent(id)) {
            done.extend(open.drain(parent + 1..));
        }
        if files.next_if_eq(&id).is_some() {
            for (_, directory) in &mut open {
                directory.add(tree.stat(id).size);
            }
        } else if tree.is_directory(id) && open.len() <= DEPTH {
            open.push((id, Directory::default()));
        }
    }
    done.extend(open.drain(1..));
    let root = open.pop().map(|(_, root)| root).unwrap_or_default();
    done.retain(|(_, directory)| directory.files > 0);
    for (id, directory) in &mut done {
        directory.path = format!("/{}", text::lossless(tree.path(*id).as_bytes()));
    }
    let mut directories: Vec<Directory> = done.into_iter().map(|(_, directory)| directory).collect();
    directories.sort_by(|a, b| (Reverse(a.bytes), &a.path).cmp(&(Reverse(b.bytes), &b.path)));
    directories.truncate(DIRECTORIES);
    (root, directories)
}

fn packages(tree: &Tree, python: &Python) -> Vec<Package> {
    let mut owned = BTreeSet::new();
    let distributions = python.sites.iter().flat_map(|site| &site.distributions);
    let mut packages: Vec<Package> = distributions
        .map(|distribution| {
            let rows = distribution.record.iter().flat_map(|record| &record.rows);
            let files = rows.filter_map(|row| row.node).filter(|id| tree.trace(*id).is_some());
            let mut package = Package {
                kind: "python",
                name: distribution.name.clone(),
                version: distribution.version.clone(),
                bytes: 0,
                files: 0,
            };
            for id in files.filter(|id| owned.insert(tree.inode(*id))) {
                package.files += 1;
                package.bytes = package.bytes.saturating_add(tree.stat(id).size);
            }
            package
        })
        .collect();
    packages.sort_by(|a, b| (Reverse(a.bytes), &a.name, &a.version).cmp(&(Reverse(b.bytes), &b.name, &b.version)));
    packages
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::python::{Distribution, Record, Row, Site};
    use crate::vfs::dump;

    fn shown(directories: &[Directory]) -> Vec<(&str, u64, u64)> {
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
        let (root, below) = directories(&tree);
        assert_eq!((root.bytes, root.files), (19, 5));
        let all = [("/a", 9, 3), ("/a/b", 6, 2), ("/a/b/c", 6, 2), ("/a/b-", 3, 1), ("/k", 3, 1)];
        assert_eq!(shown(&below), all);
    }

    #[test]
    fn a_file_with_several_names_counts_once_under_the_first() {
        let tree = dump::tree(["f 0644 0:0 3 /m/x\nh /b/x => /m/x\nh /m/y => /m/x"]).unwrap();
        let (root, below) = directories(&tree);
        assert_eq!((root.bytes, root.files), (3, 1));
        assert_eq!(shown(&below), [("/b", 3, 1)]);
        assert_eq!(unpacked_bytes(&tree), 3);
    }

    #[test]
    fn forty_directories_are_shown() {
        use std::fmt::Write as _;
        let mut lines = String::new();
        for number in 100..150 {
            let _ = writeln!(lines, "f 0644 0:0 {number} /{number}/x");
        }
        let (_, below) = directories(&dump::tree([&lines[..]]).unwrap());
        assert_eq!((below.len(), below[0].bytes, below[39].bytes), (40, 149, 110));
    }

    #[test]
    fn a_file_belongs_to_the_first_package_that_names_it() {
        let tree = dump::tree(["f 0644 0:0 10 /s/a.py\nf 0644 0:0 20 /s/docs/conf.py\nf 0644 0:0 5 /s/b.py\nd 0755 0:0 /s/c"]);
        let tree = tree.unwrap();
        let row = |path: &str| Row {
            written: path.into(),
            path: path.into(),
            is_outside: false,
            node: tree.resolve(&path.into()).ok(),
            sha256: None,
            other_algorithm: false,
            size: None,
        };
        let distribution = |name: &str, paths: &[&str]| Distribution {
            name: name.into(),
            normalized: name.into(),
            version: "1".into(),
            path: "/s/x.dist-info".into(),
            layer: 0,
            has_metadata: true,
            tags: Vec::new(),
            top_level: Vec::new(),
            requires: Vec::new(),
            requires_python: None,
            commands: Ok(Vec::new()),
            record: Ok(Record { rows: paths.iter().map(|path| row(path)).collect() }),
        };
        let distributions = vec![
            distribution("a", &["/s/a.py", "/s/a.py", "/s/c", "/s/gone"]),
            distribution("b", &["/s/b.py", "/s/docs/conf.py"]),
            distribution("c", &["/s/docs/conf.py"]),
        ];
        let site = Site { path: "/s".into(), node: tree.root(), distributions, importable: 0, entries: 0 };
        let found = packages(&tree, &Python { sites: vec![site] });
        let found: Vec<_> = found.iter().map(|package| (&package.name[..], package.bytes, package.files)).collect();
        assert_eq!(found, [("b", 25, 2), ("a", 10, 1), ("c", 0, 0)]);
    }
}
