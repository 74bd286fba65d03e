//! The endings by which `CPython` finds extension modules (PEP 3149; `importlib.machinery.EXTENSION_SUFFIXES`).

use std::collections::BTreeSet;

use crate::facts::elf::Libc;
use crate::facts::python::interpreter::{Version, minor};
use crate::vfs::{LayerPath, NodeId, Tree};

/// Architectures by Go's names, and the machine in the tags of extension modules (Debian's multiarch names).
const TRIPLETS: [(&str, &str); 9] = [
    ("386", "i386"),
    ("amd64", "x86_64"),
    ("arm", "arm"),
    ("arm64", "aarch64"),
    ("loong64", "loongarch64"),
    ("mips64le", "mips64el"),
    ("ppc64le", "powerpc64le"),
    ("riscv64", "riscv64"),
    ("s390x", "s390x"),
];

/// The Python of a site directory, as far as it is known.
pub(super) struct Runtime {
    /// Its version as tags have it: `312`, `313t`.
    version: Option<String>,
    machine: Option<&'static str>,
    libc: Option<Libc>,
}

impl Runtime {
    /// That of a site directory: of the version that reads it, else of the one that the path tells
    /// (`lib/python3.12/site-packages`). `None` of another Python.
    pub fn of(site: &LayerPath, reader: Option<Version>, architecture: &str, libc: Option<Libc>) -> Option<Self> {
        let parent = site.parent().unwrap_or_default();
        let name = std::str::from_utf8(parent.name()).unwrap_or_default();
        if name.starts_with("pypy") || name.starts_with("graalpy") {
            return None;
        }
        let told = name.strip_prefix("python").filter(|version| version.contains('.')).map(|version| version.replace('.', ""));
        let other = reader.filter(|version| minor(name.as_bytes()).is_some_and(|minor| !version.is(minor)));
        let version = other.map(|version| format!("{}{}", version.major, version.minor)).or(told);
        let machine = TRIPLETS.iter().find(|(known, _)| *known == architecture).map(|(_, machine)| *machine);
        Some(Self { version, machine, libc })
    }

    /// Whether it would import a file with this ending, which begins behind the first dot of a name; `None` where the
    /// ending is none of a module.
    pub fn imports(&self, ending: &str) -> Option<bool> {
        if ["py", "pyc", "so", "abi3.so"].contains(&ending) {
            return Some(true);
        }
        if ending.rsplit('.').next() == Some("pyd") {
            return Some(false);
        }
        let tag = ending.strip_suffix(".so")?;
        let Some(tag) = tag.strip_prefix("cpython-") else {
            return (tag.starts_with("pypy") || tag.starts_with("graalpy")).then_some(false);
        };
        let (version, platform) = tag.split_once('-').unwrap_or((tag, ""));
        let is_version = self.version.as_ref().is_none_or(|own| *own == version.trim_end_matches('m'));
        Some(is_version && (platform.is_empty() || self.runs(platform)))
    }

    /// Whether a tag's platform (`aarch64-linux-gnu`) is its own. Those of musl said `gnu`, before they said `musl`.
    fn runs(&self, platform: &str) -> bool {
        let Some((machine, libc)) = platform.split_once("-linux-") else { return false };
        self.machine.is_none_or(|own| own == machine) && !(libc.starts_with("musl") && self.libc == Some(Libc::Glibc))
    }

    /// The extension modules below a site directory that it cannot import, nor another file in their stead, and the ending
    /// of each. All extension modules are noted in `seen`, and none that was noted before is looked at.
    pub fn foreign<'t>(&self, tree: &'t Tree, site: NodeId, seen: &mut BTreeSet<NodeId>) -> Vec<(NodeId, &'t str)> {
        let mut foreign = Vec::new();
        for node in tree.walk(site) {
            let Some((_, ending, imports)) = self.module(tree, node) else { continue };
            let is_extension = tree.trace(node).is_some() && (ending.ends_with("so") || ending.ends_with("pyd"));
            if is_extension && !seen.insert(node) {
                continue;
            }
            if !imports && tree.trace(node).is_some() {
                foreign.push((node, ending));
            }
        }
        let parents: BTreeSet<NodeId> = foreign.iter().map(|(node, _)| tree.parent(*node)).collect();
        let beside = parents.into_iter().flat_map(|parent| tree.children(parent).map(move |(_, node)| (parent, node)));
        let modules = beside.filter_map(|(parent, node)| Some((parent, self.module(tree, node)?)));
        let usable: BTreeSet<_> =
            modules.filter(|(_, (.., imports))| *imports).map(|(parent, (stem, ..))| (parent, stem)).collect();
        let stem = |node| self.module(tree, node).map(|(stem, ..)| (tree.parent(node), stem));
        foreign.retain(|(node, _)| stem(*node).is_none_or(|module| !usable.contains(&module)));
        foreign
    }

    /// The name of a module that a node would be, its ending, and whether it can be imported; nothing if it would be none.
    fn module<'t>(&self, tree: &'t Tree, node: NodeId) -> Option<(&'t str, &'t str, bool)> {
        let name = std::str::from_utf8(tree.name(node)).ok()?;
        let (stem, ending) = name.split_once('.').unwrap_or((name, ""));
        let imports = if tree.is_directory(node) { ending.is_empty().then_some(true) } else { self.imports(ending) };
        Some((stem, ending, imports?))
    }

    /// What it would import, in words.
    pub fn wanted(&self) -> String {
        let version = self.version.as_deref().unwrap_or("3X");
        format!("cpython-{version}-{}-linux-*.so, .abi3.so or .so", self.machine.unwrap_or("*"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_is_of_one_version_one_machine_and_one_c_library() {
        let runtime = |site: &str, libc| Runtime::of(&LayerPath::new(site), None, "arm64", libc).unwrap();
        let glibc = runtime("/usr/lib/python3.12/site-packages", Some(Libc::Glibc));
        for (ending, imports) in [
            ("py", Some(true)),
            ("so", Some(true)),
            ("abi3.so", Some(true)),
            ("cpython-312-aarch64-linux-gnu.so", Some(true)),
            ("cpython-312.so", Some(true)),
            ("cpython-310-aarch64-linux-gnu.so", Some(false)),
            ("cpython-312d-aarch64-linux-gnu.so", Some(false)),
            ("cpython-312-x86_64-linux-gnu.so", Some(false)),
            ("cpython-312-aarch64-linux-musl.so", Some(false)),
            ("cpython-312-darwin.so", Some(false)),
            ("pypy39-pp73-aarch64-linux-gnu.so", Some(false)),
            ("cp312-win_amd64.pyd", Some(false)),
            ("pyd", Some(false)),
            ("1.2.so", None),
            ("so.1", None),
            ("txt", None),
        ] {
            assert_eq!(glibc.imports(ending), imports, "{ending}");
        }
        let musl = runtime("/usr/lib/python3.12/site-packages", Some(Libc::Musl));
        assert_eq!(musl.imports("cpython-312-aarch64-linux-gnu.so"), Some(true));
        let reader = Version { major: 3, minor: 11, patch: None, told_by: "" };
        let read = Runtime::of(&LayerPath::new("/opt/lib/python3.10/site-packages"), Some(reader), "arm64", None).unwrap();
        assert_eq!(read.imports("cpython-311-aarch64-linux-gnu.so"), Some(true));
        assert_eq!(read.imports("cpython-310-aarch64-linux-gnu.so"), Some(false));
        let debian = runtime("/usr/lib/python3/dist-packages", Some(Libc::Glibc));
        assert_eq!(debian.imports("cpython-310-aarch64-linux-gnu.so"), Some(true));
        assert_eq!(runtime("/lib/python3.13t/site-packages", None).imports("cpython-313t-aarch64-linux-gnu.so"), Some(true));
        assert!(Runtime::of(&LayerPath::new("/usr/lib/pypy3.10/site-packages"), None, "arm64", None).is_none());
    }
}
