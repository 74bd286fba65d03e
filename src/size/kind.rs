//! What kind of file bytes are in.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::facts::elf::Elf;
use crate::vfs::{FileKind, NodeId, Tree};

/// The kind of a regular file. Each has one: the place decides where it says what everything below it is for, the outermost
/// such directory first; then what the first bytes are; then the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// By place: what can be had again: `/var/cache`, the lists of apt, `.cache`, npm's `_cacache`.
    Caches,
    /// By place: what package managers note: `.dist-info`, `.egg-info`, the databases of dpkg, apk and rpm.
    Metadata,
    /// By place: below a directory `tests`, and below a `test` in Python's library, a site directory or `node_modules`.
    Tests,
    /// Manuals, licences, change logs: by place (`share/doc`, `share/man`, …), or by name (`README`, `*.md`).
    Docs,
    /// Translations and locales: by place (`share/locale`, `LC_MESSAGES`, …), or by name (`*.mo`, `*.po`).
    Locales,
    /// What compilers include: by place (`/usr/include`), or by name (`*.h`, `*.pxd`).
    Headers,
    /// ELF executables.
    Programs,
    /// ELF shared objects: libraries, and modules that programs load.
    SharedObjects,
    /// What only a linker reads: archives (`*.a`) and relocatable ELF objects.
    StaticLibraries,
    /// Compiled Python modules.
    Bytecode,
    /// What interpreters run and compilers compile: scripts, and files with a suffix of a language.
    Source,
    /// Everything else.
    Data,
}

/// Directories that say what everything below them is for, by the end of their paths.
const PLACES: [(&str, Kind); 22] = [
    ("var/cache", Kind::Caches),
    ("var/lib/apt/lists", Kind::Caches),
    (".cache", Kind::Caches),
    ("_cacache", Kind::Caches),
    ("var/lib/dpkg", Kind::Metadata),
    ("lib/apk/db", Kind::Metadata),
    ("var/lib/rpm", Kind::Metadata),
    ("sysimage/rpm", Kind::Metadata),
    ("tests", Kind::Tests),
    ("share/doc", Kind::Docs),
    ("share/man", Kind::Docs),
    ("share/info", Kind::Docs),
    ("share/help", Kind::Docs),
    ("share/gtk-doc", Kind::Docs),
    ("share/common-licenses", Kind::Docs),
    ("local/man", Kind::Docs),
    ("share/locale", Kind::Locales),
    ("share/i18n", Kind::Locales),
    ("lib/locale", Kind::Locales),
    ("LC_MESSAGES", Kind::Locales),
    ("usr/include", Kind::Headers),
    ("local/include", Kind::Headers),
];

/// What package managers call the directory, or the file, in which they note what they installed.
const NOTES: [&[u8]; 2] = [b".dist-info", b".egg-info"];

/// Directories of other people's modules.
const LIBRARIES: [&[u8]; 3] = [b"site-packages", b"dist-packages", b"node_modules"];

/// Suffixes that say what a file is.
const SUFFIXES: [(Kind, &[&str]); 6] = [
    (Kind::Bytecode, &["pyc", "pyo"]),
    (Kind::StaticLibraries, &["a"]),
    (Kind::Headers, &["h", "hh", "hpp", "hxx", "cuh", "inl", "pxd"]),
    (
        Kind::Source,
        &[
            "py", "pyi", "pyw", "pyx", "js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "rb", "pl", "pm", "php", "lua",
            "tcl", "sh", "ps1", "c", "cc", "cpp", "cxx", "cu", "f", "f90", "go", "rs", "java", "kt", "r",
        ],
    ),
    (Kind::Locales, &["mo", "po"]),
    (Kind::Docs, &["md", "rst"]),
];

/// Beginnings of the names of documents, up to the first `.`, `-` or `_`.
const DOCUMENTS: [&[u8]; 9] =
    [b"README", b"LICENSE", b"LICENCE", b"COPYING", b"NOTICE", b"AUTHORS", b"CHANGELOG", b"CHANGES", b"HISTORY"];

impl Kind {
    /// The word that stands in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Caches => "caches",
            Self::Metadata => "metadata",
            Self::Tests => "tests",
            Self::Docs => "docs",
            Self::Locales => "locales",
            Self::Headers => "headers",
            Self::Programs => "programs",
            Self::SharedObjects => "shared-objects",
            Self::StaticLibraries => "static-libraries",
            Self::Bytecode => "bytecode",
            Self::Source => "source",
            Self::Data => "data",
        }
    }
}

/// The kinds of the files of a tree.
#[derive(Debug)]
pub struct Kinds<'a> {
    tree: &'a Tree,
    /// Directories that say what everything below them is for.
    places: BTreeMap<NodeId, Kind>,
}

impl<'a> Kinds<'a> {
    /// Looks at the directories of a tree.
    pub fn of(tree: &'a Tree) -> Self {
        let mut places = BTreeMap::new();
        for directory in tree.iter().filter(|node| tree.is_directory(*node)) {
            // A directory comes before what it holds.
            let found = places.get(&tree.parent(directory)).copied().or_else(|| place(tree, directory));
            places.extend(found.map(|kind| (directory, kind)));
        }
        Self { tree, places }
    }

    /// The kind of a regular file, by this one of its names.
    pub fn kind(&self, file: NodeId) -> Kind {
        let (tree, name) = (self.tree, self.tree.name(file));
        let place = self.places.get(&tree.parent(file)).copied().or_else(|| note(name));
        place.unwrap_or_else(|| match tree.trace(file).map(|trace| &trace.kind) {
            Some(FileKind::Elf(elf)) => of_elf(elf, name),
            Some(FileKind::Compiled(_)) => Kind::Bytecode,
            Some(FileKind::Script(_)) => Kind::Source,
            Some(FileKind::Other) | None => of_name(name),
        })
    }
}

fn note(name: &[u8]) -> Option<Kind> {
    NOTES.iter().any(|ending| name.ends_with(ending)).then_some(Kind::Metadata)
}

fn place(tree: &Tree, directory: NodeId) -> Option<Kind> {
    let ends = |path: &str| {
        let mut at = directory;
        path.rsplit('/').all(|name| {
            let is_so = tree.name(at) == name.as_bytes();
            at = tree.parent(at);
            is_so
        })
    };
    let known = PLACES.iter().find(|(path, _)| ends(path)).map(|(_, kind)| *kind);
    let is_test = || tree.name(directory) == b"test" && is_in_library(tree, directory);
    known.or_else(|| note(tree.name(directory))).or_else(|| is_test().then_some(Kind::Tests))
}

/// Whether a directory is in one of other people's modules, or in Python's own library (`lib/python3.12`).
fn is_in_library(tree: &Tree, directory: NodeId) -> bool {
    let mut at = directory;
    while at != tree.root() {
        let is_python = || tree.name(at).starts_with(b"python") && tree.name(tree.parent(at)) == b"lib";
        if LIBRARIES.contains(&tree.name(at)) || is_python() {
            return true;
        }
        at = tree.parent(at);
    }
    false
}

/// A program has a loader; a shared object that has one too, as libc, has a name that others load it by. What has neither is
/// a program if it is static, and a module if it is linked to something or called like one.
fn of_elf(elf: &Elf, name: &[u8]) -> Kind {
    let is_called_so = || name.windows(3).any(|part| part == b".so");
    let is_module = || elf.interpreter.is_none() && (!elf.needed().is_empty() || is_called_so());
    match elf.kind {
        1 => Kind::StaticLibraries,
        3 if elf.soname().is_some() || is_module() => Kind::SharedObjects,
        2 | 3 => Kind::Programs,
        _ => Kind::Data,
    }
}

fn of_name(name: &[u8]) -> Kind {
    let dot = name.iter().rposition(|byte| *byte == b'.').filter(|dot| *dot > 0);
    let suffix = dot.and_then(|dot| name.get(dot + 1..)).unwrap_or_default();
    let known = SUFFIXES.iter().find(|(_, suffixes)| suffixes.iter().any(|known| known.as_bytes() == suffix));
    let stem = name.split(|byte| matches!(byte, b'.' | b'-' | b'_')).next().unwrap_or_default();
    let is_document = || DOCUMENTS.contains(&stem);
    known.map_or_else(|| if is_document() { Kind::Docs } else { Kind::Data }, |(kind, _)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vfs::dump;

    #[test]
    fn place_goes_before_content_and_content_before_name() {
        for (line, kind) in [
            ("/root/.cache/pip/a.dist-info/METADATA", Kind::Caches),
            ("/var/cache/apt/archives/x.deb", Kind::Caches),
            ("/s/site-packages/a-1.dist-info/licenses/LICENSE", Kind::Metadata),
            ("/s/dist-packages/a.egg-info", Kind::Metadata),
            ("/var/lib/dpkg/info/a.list", Kind::Metadata),
            ("/usr/lib/dpkg/x.pl", Kind::Source),
            ("/app/tests/x.py", Kind::Tests),
            ("/app/test/x.py", Kind::Source),
            ("/usr/lib/python3.12/test/x.pyc", Kind::Tests),
            ("/s/site-packages/a/test/x.so elf:aarch64", Kind::Tests),
            ("/usr/bin/test elf:aarch64,exec,interp=/ld", Kind::Programs),
            ("/usr/share/doc/a/tests/x", Kind::Docs),
            ("/usr/local/share/man/man1/a.1.gz", Kind::Docs),
            ("/app/README.rst", Kind::Docs),
            ("/app/LICENSE-MIT", Kind::Docs),
            ("/app/README.py", Kind::Source),
            ("/s/a/locale/de/LC_MESSAGES/a.mo", Kind::Locales),
            ("/usr/include/c++/12/vector", Kind::Headers),
            ("/s/site-packages/a/include/a.hpp", Kind::Headers),
            ("/s/site-packages/a/include/a.py", Kind::Source),
            ("/usr/bin/a elf:aarch64,interp=/ld", Kind::Programs),
            ("/usr/sbin/ldconfig elf:aarch64", Kind::Programs),
            ("/lib/libc.so.6 elf:aarch64,interp=/ld,soname=libc.so.6", Kind::SharedObjects),
            ("/s/a.cpython-312.so elf:aarch64", Kind::SharedObjects),
            ("/n/a.node elf:aarch64,needed=libc.so.6", Kind::SharedObjects),
            ("/usr/lib/crt1.o elf:aarch64,rel", Kind::StaticLibraries),
            ("/usr/lib/libm.a", Kind::StaticLibraries),
            ("/a/__pycache__/x.cpython-312.pyc pyc:3531", Kind::Bytecode),
            ("/a/x.pyo", Kind::Bytecode),
            ("/usr/bin/pip \"#!/usr/bin/python3\\n\"", Kind::Source),
            ("/usr/share/zoneinfo/UTC", Kind::Data),
            ("/a/.c", Kind::Data),
            ("/a/py", Kind::Data),
        ] {
            let tree = dump::tree([format!("f 0644 0:0 {line}").as_str()]).unwrap();
            let file = tree.iter().last().unwrap();
            assert_eq!(Kinds::of(&tree).kind(file), kind, "{line}");
        }
    }

    #[test]
    fn a_word_is_what_reports_say() {
        for kind in [Kind::Caches, Kind::SharedObjects, Kind::StaticLibraries, Kind::Data] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.word());
        }
    }
}
