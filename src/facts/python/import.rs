//! What `import` would find (Python documentation, "The import system"; `importlib.machinery.FileFinder`).

use std::collections::BTreeSet;

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

/// Looks for a dotted name in directories, in their order.
pub(super) fn import(tree: &Tree, version: Version, directories: Vec<NodeId>, name: &str) -> Import {
    let (mut within, mut directories, mut found) = (None, directories, Import::BuiltIn);
    let mut extended = None;
    for (at, part) in name.split('.').take(MAX_PARTS).enumerate() {
        if at == 0 && BUILT_IN.contains(&part) {
            within = None;
            directories = Vec::new();
            continue;
        }
        let looked = if part.is_empty() { None } else { find(tree, version, &directories, part.as_bytes()) };
        (within, directories, found) = match looked {
            Some(Part::Package(directory, init)) if extends_path(tree, init) => {
                let others = directories.iter().filter_map(|entry| child(tree, *entry, part.as_bytes()));
                let others = others.filter(|node| *node != directory && tree.is_directory(*node));
                extended = Some(init);
                (Some(directory), [directory].into_iter().chain(others).collect(), Import::Found(init))
            }
            Some(Part::Package(directory, init)) => (Some(directory), vec![directory], Import::Found(init)),
            Some(Part::Module(file)) => (Some(file), Vec::new(), Import::Found(file)),
            Some(Part::Namespace(portions)) => (portions.first().copied(), portions.clone(), Import::Namespace(portions)),
            None => {
                if let Some(init) = extended {
                    return Import::Unknown(format!("{} says itself where its modules are", tree.path(init)));
                }
                let name = name.split('.').take(at + 1).collect::<Vec<_>>().join(".");
                return Import::Missing(Missing { name, within });
            }
        };
    }
    found
}

/// Whether a package adds directories to its own: `pkgutil.extend_path`, `pkg_resources.declare_namespace`, `__path__`.
fn extends_path(tree: &Tree, init: NodeId) -> bool {
    let text = tree.trace(init).and_then(source::text);
    text.is_some_and(|text| memmem::find(&text, b"__path__").is_some())
}

/// Looks for a name without dots: in each directory a package comes before a module; a directory without `__init__`
/// counts only where no later one has either.
fn find(tree: &Tree, version: Version, directories: &[NodeId], name: &[u8]) -> Option<Part> {
    let (mut portions, mut seen) = (Vec::new(), BTreeSet::new());
    // A directory may be named a thousand times; its files are looked at once.
    for directory in directories.iter().filter(|directory| seen.insert(**directory)) {
        let package = child(tree, *directory, name).filter(|node| tree.is_directory(*node));
        if let Some((package, init)) = package.and_then(|package| Some((package, file(tree, version, package, b"__init__")?))) {
            return Some(Part::Package(package, init));
        }
        if let Some(module) = file(tree, version, *directory, name) {
            return Some(Part::Module(module));
        }
        portions.extend(package);
    }
    (!portions.is_empty()).then_some(Part::Namespace(portions))
}

/// The file of a module in a directory: extension modules before source, source before compiled files.
fn file(tree: &Tree, version: Version, directory: NodeId, name: &[u8]) -> Option<NodeId> {
    let with = |suffix: &[u8]| child(tree, directory, &[name, suffix].concat()).filter(|node| tree.trace(*node).is_some());
    // Of which machine it is, other rules ask.
    let tag = [name, format!(".cpython-{}{}", version.major, version.minor).as_bytes()].concat();
    let is_tagged = |file: &[u8]| {
        let rest = file.strip_prefix(&tag[..]).and_then(|rest| rest.strip_suffix(b".so"));
        rest.is_some_and(|rest| rest.first().is_none_or(|byte| !byte.is_ascii_digit()))
    };
    let mut files = tree.children(directory).map(|(file, _)| file);
    files
        .find(|file| is_tagged(file))
        .and_then(|file| with(&file[name.len()..]))
        .or_else(|| [&b".abi3.so"[..], b".so", b".py", b".pyc"].into_iter().find_map(with))
}

/// What a name in a directory leads to.
fn child(tree: &Tree, directory: NodeId, name: &[u8]) -> Option<NodeId> {
    tree.resolve(&tree.path(tree.child(directory, name)?)).ok()
}
