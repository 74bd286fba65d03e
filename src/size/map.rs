//! The final tree as a picture shows it: what is heavy by its name, the rest summed up.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::breakdown::files;
use super::{Owner, Package};
use crate::text;
use crate::vfs::{NodeId, Tree};

/// Files and directories that have a name in a picture. With a sum of the rest for each directory it has at most twice as
/// many cells: as many as a page draws at once, in half a megabyte.
const NAMED: usize = 4_000;

/// The heaviest files and directories of a tree. Every byte of the tree is in exactly one leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Map {
    /// The packages that own bytes, largest first.
    pub owners: Vec<Package>,
    /// The root, then what is below it, each cell behind the one that holds it.
    pub cells: Vec<Cell>,
}

/// A file, a directory, or what is too small to have a cell of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The name in its directory, fit to show; empty for the root, and for the sum of what is smaller.
    pub name: String,
    /// The place of the directory among the cells; the root's is its own.
    pub parent: usize,
    /// Bytes of everything in it; a file with several names counts under the first.
    pub bytes: u64,
    /// How many regular files it is.
    pub files: u64,
    /// Whose bytes they are.
    pub belongs: Belongs,
}

/// Whose the bytes of a cell are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Belongs {
    /// All are this package's, by its place among the owners.
    To(usize),
    /// No package owns any of them.
    ToNone,
    /// Some are of one package, some of another or of none.
    ToSeveral,
}

/// Everything below one name.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    bytes: u64,
    files: u64,
    belongs: Option<Belongs>,
}

impl Sum {
    fn of(bytes: u64, owner: Option<usize>) -> Self {
        let belongs = (bytes > 0).then_some(owner.map_or(Belongs::ToNone, Belongs::To));
        Self { bytes, files: 1, belongs }
    }

    fn add(&mut self, other: Self) {
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.files += other.files;
        self.belongs = match (self.belongs, other.belongs) {
            (Some(one), Some(another)) if one != another => Some(Belongs::ToSeveral),
            (one, another) => one.or(another),
        };
    }
}

/// A directory or a regular file, and the place of its directory in path order.
struct Node {
    id: NodeId,
    parent: usize,
    sum: Sum,
}

impl Map {
    /// The picture of a tree. `owner` gives the place of a file's package in `names`.
    pub fn of(tree: &Tree, names: &[Owner], owner: &dyn Fn(NodeId) -> Option<usize>) -> Self {
        Self::drawn(tree, names, owner, NAMED)
    }

    fn drawn(tree: &Tree, names: &[Owner], owner: &dyn Fn(NodeId) -> Option<usize>, most: usize) -> Self {
        let package = |Owner { kind, name, version }: &Owner| Package {
            kind,
            name: name.clone(),
            version: version.clone(),
            bytes: 0,
            files: 0,
        };
        let mut packages: Vec<Package> = names.iter().map(package).collect();
        for id in files(tree) {
            if let Some(package) = owner(id).and_then(|place| packages.get_mut(place)) {
                package.bytes = package.bytes.saturating_add(tree.stat(id).size);
                package.files += 1;
            }
        }
        let (ranked, places) = ranked(packages);
        let nodes = nodes(tree, &|id| owner(id).and_then(|place| places.get(&place)).copied());
        Self { owners: ranked, cells: cells(tree, &nodes, most) }
    }
}

/// Those that own bytes, largest first, and where each is now.
fn ranked(owners: Vec<Package>) -> (Vec<Package>, BTreeMap<usize, usize>) {
    let mut ranked: Vec<(usize, Package)> = owners.into_iter().enumerate().filter(|(_, owner)| owner.bytes > 0).collect();
    ranked.sort_by_key(|(place, owner)| (Reverse(owner.bytes), *place));
    let places = ranked.iter().enumerate().map(|(rank, (place, _))| (*place, rank)).collect();
    (ranked.into_iter().map(|(_, owner)| owner).collect(), places)
}

/// Directories and regular files in path order, each with everything below it.
fn nodes(tree: &Tree, owner: &dyn Fn(NodeId) -> Option<usize>) -> Vec<Node> {
    let mut files = files(tree).peekable();
    let mut nodes: Vec<Node> = Vec::new();
    // The directories around the node at hand, outermost first.
    let mut open: Vec<(NodeId, usize)> = Vec::new();
    for id in tree.iter() {
        let around = open.iter().rposition(|(directory, _)| *directory == tree.parent(id)).map_or(0, |at| at + 1);
        open.truncate(around);
        let parent = open.last().map_or(0, |(_, place)| *place);
        if files.next_if_eq(&id).is_some() {
            nodes.push(Node { id, parent, sum: Sum::of(tree.stat(id).size, owner(id)) });
        } else if tree.is_directory(id) {
            open.push((id, nodes.len()));
            nodes.push(Node { id, parent, sum: Sum::default() });
        }
    }
    for at in (1..nodes.len()).rev() {
        let Some((parent, sum)) = nodes.get(at).map(|node| (node.parent, node.sum)) else { continue };
        if let Some(parent) = nodes.get_mut(parent) {
            parent.sum.add(sum);
        }
    }
    nodes
}

/// The heaviest nodes. A directory weighs no less than what it holds and comes before it in path order, so that none is
/// without its directory.
fn cells(tree: &Tree, nodes: &[Node], named: usize) -> Vec<Cell> {
    let mut heaviest: Vec<usize> = (0..nodes.len()).filter(|at| *at == 0 || nodes[*at].sum.bytes > 0).collect();
    heaviest.sort_by_key(|at| (Reverse(nodes[*at].sum.bytes), *at));
    heaviest.truncate(named.max(1));
    let places: BTreeMap<usize, usize> = heaviest.iter().enumerate().map(|(place, at)| (*at, place)).collect();
    let cell = |name: String, parent: usize, sum: Sum| Cell {
        name,
        parent,
        bytes: sum.bytes,
        files: sum.files,
        belongs: sum.belongs.unwrap_or(Belongs::ToNone),
    };
    let place = |node: &Node| places.get(&node.parent).copied();
    let shown = heaviest.iter().map(|at| &nodes[*at]);
    let mut cells: Vec<Cell> =
        shown.map(|node| cell(text::escape(tree.name(node.id)), place(node).unwrap_or(0), node.sum)).collect();
    let mut rests: BTreeMap<usize, Sum> = cells.iter().skip(1).map(|cell| (cell.parent, Sum::default())).collect();
    for (_, node) in nodes.iter().enumerate().filter(|(at, _)| !places.contains_key(at)) {
        if let Some(rest) = place(node).and_then(|parent| rests.get_mut(&parent)) {
            rest.add(node.sum);
        }
    }
    cells.extend(rests.into_iter().filter(|(_, rest)| rest.bytes > 0).map(|(parent, rest)| cell(String::new(), parent, rest)));
    cells
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;
    use crate::vfs::dump;

    fn package(name: &str) -> Owner {
        Owner { kind: "python", name: name.into(), version: "1".into() }
    }

    /// Cells as `path bytes files owner`; a sum of small things is `path/*`.
    fn shown(map: &Map) -> Vec<String> {
        let path = |mut at: usize| {
            let mut names = Vec::new();
            while at != 0 {
                let cell = &map.cells[at];
                names.push(if cell.name.is_empty() { "*" } else { &cell.name });
                at = cell.parent;
            }
            names.reverse();
            format!("/{}", names.join("/"))
        };
        let owner = |belongs| match belongs {
            Belongs::To(owner) => map.owners[owner].name.clone(),
            Belongs::ToNone => "-".into(),
            Belongs::ToSeveral => "several".into(),
        };
        let cells = map.cells.iter().enumerate();
        cells.map(|(at, cell)| format!("{} {} {} {}", path(at), cell.bytes, cell.files, owner(cell.belongs))).collect()
    }

    fn leaves(map: &Map) -> u64 {
        let inner: BTreeSet<usize> = map.cells.iter().skip(1).map(|cell| cell.parent).collect();
        map.cells.iter().enumerate().filter(|(at, _)| !inner.contains(at)).map(|(_, cell)| cell.bytes).sum()
    }

    #[test]
    fn what_is_heavy_has_its_name_and_the_rest_is_a_sum() {
        let tree = dump::tree([r"
            f 0644 0:0 500 /a/big.so
            f 0644 0:0 3 /a/c/x
            f 0644 0:0 2 /a/c/y
            f 0644 0:0 1 /a/small
            h /b/big => /a/big.so
            f 0644 0:0 40 /b/data
            f 0644 0:0 0 /b/empty
        "])
        .unwrap();
        let owners = [package("little"), package("large"), package("nothing")];
        let owner = |id| match tree.name(id) {
            b"big.so" => Some(1),
            b"small" => Some(0),
            b"empty" => Some(2),
            _ => None,
        };
        let map = Map::drawn(&tree, &owners, &owner, 4);
        let named = ["/ 546 6 several", "/a 506 4 several", "/a/big.so 500 1 large", "/b 40 2 -", "/a/* 6 3 several"];
        assert_eq!(shown(&map)[..], named.map(str::to_owned));
        assert_eq!(
            map.owners.iter().map(|owner| (&owner.name[..], owner.bytes)).collect::<Vec<_>>(),
            [("large", 500), ("little", 1)]
        );
        let all = shown(&Map::of(&tree, &owners, &owner));
        assert_eq!(all[4..], ["/b/data 40 1 -", "/a/c 5 2 -", "/a/c/x 3 1 -", "/a/c/y 2 1 -", "/a/small 1 1 little"]);
    }

    #[test]
    fn names_are_fit_to_show_and_an_empty_tree_has_a_root() {
        let tree = dump::tree(["f 0644 0:0 5 /a\\x1b\\xff"]).unwrap();
        assert_eq!(Map::of(&tree, &[], &|_| None).cells[1].name, "a\\u{1b}\\xff");
        let empty = Map::of(&Tree::new(), &[], &|_| None);
        assert_eq!(shown(&empty), ["/ 0 0 -"]);
    }

    #[test]
    fn a_package_that_is_not_listed_owns_nothing() {
        let tree = dump::tree(["f 0644 0:0 5 /a"]).unwrap();
        assert_eq!(shown(&Map::of(&tree, &[], &|_| Some(7)))[1], "/a 5 1 -");
    }

    proptest! {
        #[test]
        fn every_byte_is_in_exactly_one_leaf(
            files in prop::collection::btree_map("[a-c](/[a-d]){0,4}f", 0_u64..200, 0..60),
            named in 0_usize..40,
        ) {
            let lines = files.iter().fold(String::new(), |mut lines, (path, size)| {
                let _ = writeln!(lines, "f 0644 0:0 {size} /{path}");
                lines
            });
            let tree = dump::tree([&lines[..]]).unwrap();
            let owner = |id: NodeId| Some(usize::from(tree.name(id)[0]) % 3).filter(|owner| *owner < 2);
            let map = Map::drawn(&tree, &[package("p"), package("q")], &owner, named);
            let all: u64 = files.values().sum();
            prop_assert_eq!((leaves(&map), map.cells[0].bytes), (all, all));
            prop_assert!(map.cells.len() <= 2 * named.max(1));
            for (at, cell) in map.cells.iter().enumerate().skip(1) {
                prop_assert!(cell.parent < at && cell.bytes <= map.cells[cell.parent].bytes);
            }
        }
    }
}
