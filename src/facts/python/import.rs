//! What `import` would find (Python documentation, "The import system"; `importlib.machinery.FileFinder`).

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use memchr::memmem;

use super::interpreter::Version;
use super::source;
use crate::vfs::{NodeId, Tree};

/// What came of looking for a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Import {
    /// The file that is run: a module, or the `__init__` of a package.
    Found(NodeId),
    /// It is part of the interpreter.
    BuiltIn,
    /// Directories of that name, without an `__init__`: a package of nothing but what is in them.
    Namespace(Vec<NodeId>),
    /// It is not there.
    Missing(Missing),
    /// It is in no directory, and may be found all the same.
    Unknown(String),
}

/// Where the search for a dotted name ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The dotted name that is not there: of `a.b.c`, `a.b` where `a` is.
    pub name: String,
    /// The directory of the package that should have it; of a module that is no package, its file. `None` for a name
    /// without dots.
    pub within: Option<NodeId>,
}

impl Import {
    /// Whether an import statement would succeed.
    pub fn is_found(&self) -> bool {
        matches!(self, Self::Found(_) | Self::BuiltIn | Self::Namespace(_))
    }
}

/// Modules that are compiled into interpreters, Debian's among them, which has more than others (`sys.builtin_module_names`).
const BUILT_IN: &[&str] = &[
    "_abc",
    "_ast",
    "_asyncio",
    "_bisect",
    "_blake2",
    "_codecs",
    "_collections",
    "_csv",
    "_datetime",
    "_elementtree",
    "_functools",
    "_heapq",
    "_imp",
    "_io",
    "_locale",
    "_md5",
    "_operator",
    "_pickle",
    "_posixsubprocess",
    "_random",
    "_sha1",
    "_sha2",
    "_sha256",
    "_sha3",
    "_sha512",
    "_signal",
    "_socket",
    "_sre",
    "_stat",
    "_statistics",
    "_string",
    "_struct",
    "_symtable",
    "_thread",
    "_tokenize",
    "_tracemalloc",
    "_typing",
    "_warnings",
    "_weakref",
    "_zoneinfo",
    "array",
    "atexit",
    "binascii",
    "builtins",
    "cmath",
    "errno",
    "faulthandler",
    "fcntl",
    "gc",
    "grp",
    "itertools",
    "marshal",
    "math",
    "posix",
    "pwd",
    "pyexpat",
    "select",
    "spwd",
    "sys",
    "syslog",
    "time",
    "unicodedata",
    "xxsubtype",
    "zlib",
    "zipimport",
];

/// Dots that are looked behind; real names have fewer than ten.
const MAX_PARTS: usize = 64;

/// What a name without dots is in the directories that are looked in.
enum Part {
    /// A package: its directory and its `__init__`.
    Package(NodeId, NodeId),
    Module(NodeId),
    Namespace(Vec<NodeId>),
}

/// How far a dotted name leads.
#[derive(Clone)]
enum Reached {
    Here(Rc<Place>),
    /// A package above it, or itself, is not there.
    Nowhere(Rc<Import>),
}

/// What a dotted name is.
struct Place {
    found: Import,
    within: Option<NodeId>,
    /// Where what is in it is looked for, each directory once.
    directories: Vec<NodeId>,
    /// The package on the way that adds directories to its own.
    extended: Option<NodeId>,
}

/// Looks for dotted names in the same directories, in their order; nothing is looked for twice.
pub(super) struct Finder<'a> {
    tree: &'a Tree,
    first: Rc<Place>,
    /// What stands before other tags of the version: `.cpython-312`.
    tag: String,
    known: HashMap<String, Reached>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(tree: &'a Tree, version: Version, directories: impl IntoIterator<Item = NodeId>) -> Self {
        let first = Place { found: Import::BuiltIn, within: None, directories: once(directories), extended: None };
        let tag = format!(".cpython-{}{}", version.major, version.minor);
        Self { tree, first: Rc::new(first), tag, known: HashMap::new() }
    }

    /// What `import NAME` would find.
    pub(super) fn look(&mut self, name: &str) -> Import {
        let end = name.match_indices('.').nth(MAX_PARTS - 1).map_or(name.len(), |(at, _)| at);
        match self.reach(name.get(..end).unwrap_or(name)) {
            Reached::Here(place) => place.found.clone(),
            Reached::Nowhere(import) => (*import).clone(),
        }
    }

    /// How far a name leads that has no more than [`MAX_PARTS`] parts.
    fn reach(&mut self, name: &str) -> Reached {
        if let Some(known) = self.known.get(name) {
            return known.clone();
        }
        let (above, part) = match name.rsplit_once('.') {
            Some((above, part)) => (self.reach(above), part),
            None => (Reached::Here(Rc::clone(&self.first)), name),
        };
        let reached = match above {
            Reached::Here(above) => match self.step(&above, part, name) {
                Ok(place) => Reached::Here(Rc::new(place)),
                Err(import) => Reached::Nowhere(Rc::new(import)),
            },
            nowhere @ Reached::Nowhere(_) => nowhere,
        };
        self.known.insert(name.to_owned(), reached.clone());
        reached
    }

    /// What a part of a name is in what is above it; `name` is all of it so far.
    fn step(&self, above: &Place, part: &str, name: &str) -> Result<Place, Import> {
        if part.len() == name.len() && BUILT_IN.contains(&part) {
            return Ok(Place { found: Import::BuiltIn, within: None, directories: Vec::new(), extended: None });
        }
        let (tree, extended) = (self.tree, above.extended);
        let found = if part.is_empty() { None } else { self.find(&above.directories, part.as_bytes()) };
        match found {
            Some(Part::Package(directory, init)) => {
                let (found, within) = (Import::Found(init), Some(directory));
                if !extends_path(tree, init) {
                    return Ok(Place { found, within, directories: vec![directory], extended });
                }
                let others = above.directories.iter().filter_map(|entry| child(tree, *entry, part.as_bytes()));
                let others = others.filter(|node| tree.is_directory(*node));
                Ok(Place { found, within, directories: once([directory].into_iter().chain(others)), extended: Some(init) })
            }
            Some(Part::Module(file)) => {
                Ok(Place { found: Import::Found(file), within: Some(file), directories: Vec::new(), extended })
            }
            Some(Part::Namespace(portions)) => {
                let (within, directories) = (portions.first().copied(), once(portions.iter().copied()));
                Ok(Place { found: Import::Namespace(portions), within, directories, extended })
            }
            None => Err(match extended {
                Some(init) => Import::Unknown(format!("{} says itself where its modules are", tree.path(init))),
                None => Import::Missing(Missing { name: name.to_owned(), within: above.within }),
            }),
        }
    }

    /// Looks for a name without dots: in each directory a package comes before a module; a directory without `__init__`
    /// counts only where no later one has either.
    fn find(&self, directories: &[NodeId], name: &[u8]) -> Option<Part> {
        let (tree, mut portions) = (self.tree, Vec::new());
        for directory in directories {
            let package = child(tree, *directory, name).filter(|node| tree.is_directory(*node));
            if let Some((package, init)) = package.and_then(|package| Some((package, self.file(package, b"__init__")?))) {
                return Some(Part::Package(package, init));
            }
            if let Some(module) = self.file(*directory, name) {
                return Some(Part::Module(module));
            }
            portions.extend(package);
        }
        (!portions.is_empty()).then_some(Part::Namespace(portions))
    }

    /// The file of a module in a directory: extension modules before source, source before compiled files.
    fn file(&self, directory: NodeId, name: &[u8]) -> Option<NodeId> {
        let mut found = [None; 5];
        for (file, node) in self.tree.beginning(directory, &[name, b"."].concat()) {
            let rank = match file.get(name.len()..).unwrap_or_default() {
                suffix if self.is_tag(suffix) => 0,
                b".abi3.so" => 1,
                b".so" => 2,
                b".py" => 3,
                b".pyc" => 4,
                _ => continue,
            };
            found[rank].get_or_insert(node);
        }
        let mut files = found.into_iter().flatten().filter_map(|node| self.tree.target(node).ok());
        files.find(|node| self.tree.trace(*node).is_some())
    }

    /// Whether a suffix is that of an extension module of this version. Of which machine it is, other rules ask.
    fn is_tag(&self, suffix: &[u8]) -> bool {
        let rest = suffix.strip_prefix(self.tag.as_bytes()).and_then(|rest| rest.strip_suffix(b".so"));
        rest.is_some_and(|rest| rest.first().is_none_or(|byte| !byte.is_ascii_digit()))
    }
}

/// Directories, each once: one may be named a thousand times.
fn once(directories: impl IntoIterator<Item = NodeId>) -> Vec<NodeId> {
    let mut seen = BTreeSet::new();
    directories.into_iter().filter(|directory| seen.insert(*directory)).collect()
}

/// Whether a package adds directories to its own: `pkgutil.extend_path`, `pkg_resources.declare_namespace`, `__path__`.
fn extends_path(tree: &Tree, init: NodeId) -> bool {
    let text = tree.trace(init).and_then(source::text);
    text.is_some_and(|text| memmem::find(&text, b"__path__").is_some())
}

/// What a name in a directory leads to.
fn child(tree: &Tree, directory: NodeId, name: &[u8]) -> Option<NodeId> {
    tree.target(tree.child(directory, name)?).ok()
}
