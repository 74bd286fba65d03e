//! Where the loader of an image looks for libraries (ld.so(8); musl, `ldso/dynlink.c`).

use super::cache::Cache;
use crate::facts::command::absolute;
use crate::facts::contents::Contents;
use crate::facts::elf::{Isa, Libc};
use crate::image::Config;
use crate::layer::LayerPath;
use crate::layer::elf::{Dynamic, Elf};
use crate::vfs::{NodeId, Tree};

/// A machine: its `e_machine`, the word of `$PLATFORM`, and Debian's name for its directories of libraries.
const MACHINES: &[(u16, &str, &str)] = &[
    (3, "i686", "i386-linux-gnu"),
    (8, "mips64el", "mips64el-linux-gnuabi64"),
    (21, "ppc64le", "powerpc64le-linux-gnu"),
    (22, "s390x", "s390x-linux-gnu"),
    (40, "armv7l", "arm-linux-gnueabihf"),
    (62, "x86_64", "x86_64-linux-gnu"),
    (183, "aarch64", "aarch64-linux-gnu"),
    (243, "riscv64", "riscv64-linux-gnu"),
    (258, "loongarch64", "loongarch64-linux-gnu"),
];

/// Directories of one list that are looked at; real ones have fewer than ten.
const MAX_DIRECTORIES: usize = 64;

/// Where musl looks, unless a file of its own says otherwise.
const MUSL: &str = "/lib:/usr/local/lib:/usr/lib";

/// What every search of an image has in common.
pub(super) struct System<'a> {
    pub tree: &'a Tree,
    pub config: &'a Config,
    pub libc: Libc,
    /// `LD_LIBRARY_PATH`.
    pub path: Vec<NodeId>,
    /// `/etc/ld.so.cache`.
    pub cache: Option<Cache>,
    /// The directories that are always looked in.
    pub defaults: Vec<NodeId>,
    machine: &'static str,
    libraries: Vec<&'static str>,
}

impl<'a> System<'a> {
    pub fn of(tree: &'a Tree, config: &'a Config, isa: Isa, libc: Libc) -> Self {
        let known = MACHINES.iter().find(|(machine, ..)| *machine == isa.machine);
        let (machine, triplet) = known.map_or(("", ""), |(_, machine, triplet)| (*machine, *triplet));
        let has = |path: String| !triplet.is_empty() && tree.resolve(&LayerPath::new(path)).is_ok();
        let is_multiarch = has(format!("/lib/{triplet}")) || has(format!("/usr/lib/{triplet}"));
        let contents = Contents::new(tree);
        let mut found = Self {
            tree,
            config,
            libc,
            path: Vec::new(),
            cache: None,
            defaults: Vec::new(),
            machine,
            libraries: vec!["lib64", "lib"],
        };
        if is_multiarch {
            found.libraries.insert(0, "lib");
        }
        found.path = found.directories(config.env("LD_LIBRARY_PATH").unwrap_or_default().as_bytes(), tree.root());
        found.defaults = match libc {
            Libc::Musl => {
                let list = contents.read(&format!("/etc/ld-musl-{machine}.path").as_str().into());
                let list = list.ok().flatten().map_or(MUSL.as_bytes(), |(_, text)| text);
                found.directories(list, tree.root())
            }
            Libc::Glibc if is_multiarch => {
                let list = format!("/lib/{triplet}:/usr/lib/{triplet}:/lib:/usr/lib");
                found.directories(list.as_bytes(), tree.root())
            }
            Libc::Glibc => found.directories(b"/lib64:/usr/lib64:/lib:/usr/lib", tree.root()),
        };
        if libc == Libc::Glibc {
            let cache = contents.read(&"/etc/ld.so.cache".into()).ok().flatten();
            found.cache = cache.and_then(|(_, bytes)| Cache::parse(bytes));
        }
        found
    }

    /// The directories of a list that exist, each once, for an object in the directory `origin`.
    pub fn directories(&self, list: &[u8], origin: NodeId) -> Vec<NodeId> {
        let mut found = Vec::new();
        let parts = list.split(|byte| matches!(byte, b':' | b';' | b'\n')).filter(|part| !part.is_empty());
        for path in parts.take(MAX_DIRECTORIES).flat_map(|part| self.expanded(part, origin)) {
            let node = self.tree.resolve(&path).ok().filter(|node| self.tree.is_directory(*node));
            found.extend(node.filter(|node| !found.contains(node)));
        }
        found
    }

    /// One entry of a list, with the words filled in that begin with `$` (ld.so(8), "Dynamic string tokens").
    pub fn expanded(&self, part: &[u8], origin: NodeId) -> Vec<LayerPath> {
        let text = String::from_utf8_lossy(part);
        let origin = self.tree.path(origin);
        let fill = |library: &str| {
            let filled =
                ["PLATFORM", "LIB"].iter().zip([self.machine, library]).fold(text.clone().into_owned(), |text, (word, by)| {
                    text.replace(&format!("${{{word}}}"), by).replace(&format!("${word}"), by)
                });
            let behind = filled.strip_prefix("$ORIGIN").or_else(|| filled.strip_prefix("${ORIGIN}"));
            match behind {
                Some(rest) => absolute(self.tree, self.config, &[b"/", origin.as_bytes(), b"/", rest.as_bytes()].concat()),
                None => absolute(self.tree, self.config, filled.as_bytes()),
            }
        };
        if text.contains("LIB") { self.libraries.iter().map(|library| fill(library)).collect() } else { vec![fill("")] }
    }

    /// What an object adds to the directories of the objects that it loads: `DT_RPATH`, and with musl `DT_RUNPATH`.
    pub fn inherited(&self, elf: &Elf, origin: NodeId) -> Vec<NodeId> {
        let Dynamic::Known { rpath, runpath, .. } = &elf.dynamic else { return Vec::new() };
        let list = match (self.libc, rpath, runpath) {
            (Libc::Musl, rpath, runpath) => runpath.as_deref().or(rpath.as_deref()),
            (Libc::Glibc, Some(rpath), None) => Some(&rpath[..]),
            (Libc::Glibc, ..) => None,
        };
        list.map(|list| self.directories(list, origin)).unwrap_or_default()
    }

    /// The directories in which an object's own needs are looked for, before cache and defaults; `chain` are those that
    /// it and the objects that led to it hand down.
    pub fn searched(&self, elf: &Elf, origin: NodeId, chain: &[NodeId]) -> Vec<NodeId> {
        let runpath = match &elf.dynamic {
            Dynamic::Known { runpath: Some(runpath), .. } if self.libc == Libc::Glibc => Some(self.directories(runpath, origin)),
            _ => None,
        };
        match (self.libc, runpath) {
            (Libc::Glibc, Some(runpath)) => [&self.path[..], &runpath].concat(),
            (Libc::Glibc, None) => [chain, &self.path].concat(),
            (Libc::Musl, _) => [&self.path[..], chain].concat(),
        }
    }

    /// Whether the loader is, or has in it, what a name asks for.
    pub fn is_loader(&self, name: &[u8]) -> bool {
        /// Names of musl's that are all musl itself, whatever follows.
        const RESERVED: [&[u8]; 7] = [b"libc.", b"libpthread.", b"librt.", b"libm.", b"libdl.", b"libutil.", b"libxnet."];
        match self.libc {
            Libc::Glibc => Libc::of_loader(name) == Some(Libc::Glibc),
            Libc::Musl => Libc::of_loader(name).is_some() || RESERVED.iter().any(|reserved| name.starts_with(reserved)),
        }
    }
}
