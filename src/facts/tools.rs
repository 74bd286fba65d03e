//! Executable names in the directories where commands are looked for.

use std::collections::{BTreeMap, BTreeSet};

use super::command;
use crate::image::Config;
use crate::layer::{FileKind, LayerPath};
use crate::vfs::{Kind, NodeId, Tree};

/// Where commands are, whatever `PATH` says (hier(7)).
const COMMANDS: &[&str] = &["/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/busybox"];

/// Where packages have directories of their own, and in each of these a `bin`: `/usr/local/go`, `/usr/lib/llvm-14`,
/// `/root/.cargo`.
const PACKAGES: &[&str] = &["/opt", "/usr/local", "/usr/lib", "/usr/lib/jvm", "/root"];

/// Where compilers keep the programs that only they call, at any depth.
const INTERNAL: &[&str] = &["/usr/lib/gcc", "/usr/libexec"];

/// A name that someone could call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executable {
    /// The path of the name.
    pub path: LayerPath,
    /// The name's own node: a link, or the file itself.
    pub node: NodeId,
    /// The regular file that it leads to.
    pub target: NodeId,
    /// Whether the target is ELF; otherwise it is a script or data.
    pub is_elf: bool,
}

/// Every name that leads to a regular file with an execute bit, in the usual command directories (`/bin`, `/sbin`,
/// `/usr/bin`, `/usr/sbin`, `/usr/local/bin`, `/usr/local/sbin`, `/busybox`), in those of single packages (`/opt/*/bin`,
/// `/usr/local/*/bin`, `/usr/lib/*/bin`, …), in `PATH`, and in GCC's own (`/usr/lib/gcc/**`, `/usr/libexec/**`). Each real
/// path once, in path order; dangling names are left out.
pub fn executables(tree: &Tree, config: &Config) -> Vec<Executable> {
    let found = directories(tree, config).into_iter().flat_map(|directory| tree.children(directory));
    let found: BTreeMap<LayerPath, Executable> =
        found.filter_map(|(_, node)| executable(tree, node)).map(|executable| (executable.path.clone(), executable)).collect();
    found.into_values().collect()
}

/// The directories that there are, each by its one node, however many links lead to it.
fn directories(tree: &Tree, config: &Config) -> BTreeSet<NodeId> {
    let directory = |path: &LayerPath| tree.resolve(path).ok().filter(|node| tree.is_directory(*node));
    let packages = PACKAGES.iter().filter_map(|path| directory(&(*path).into())).flat_map(|parent| tree.children(parent));
    let named = COMMANDS.iter().map(|path| LayerPath::from(*path));
    let mut found: BTreeSet<NodeId> = named
        .chain(packages.map(|(_, package)| tree.path(package).join("bin")))
        .chain(command::directories(tree, config))
        .filter_map(|path| directory(&path))
        .collect();
    for root in INTERNAL.iter().filter_map(|path| directory(&(*path).into())) {
        found.extend(tree.walk(root).filter(|node| tree.is_directory(*node)));
    }
    found
}

/// Whether a directory is one where commands are looked for, by its path alone: of what a layer took away, nothing else is
/// left.
pub fn holds_commands(directory: &LayerPath) -> bool {
    let is_one_of =
        |known: &[&str], path: &LayerPath| known.iter().any(|known| known.as_bytes().get(1..) == Some(path.as_bytes()));
    let is_of_package = || {
        let above = directory.parent().and_then(|package| package.parent());
        directory.name() == b"bin" && above.is_some_and(|above| is_one_of(PACKAGES, &above))
    };
    let is_internal = || {
        let within = |root: &&str| directory.as_bytes().strip_prefix(root.as_bytes().get(1..)?);
        INTERNAL.iter().filter_map(within).any(|rest| rest.first().is_none_or(|byte| *byte == b'/'))
    };
    is_one_of(COMMANDS, directory) || is_of_package() || is_internal()
}

fn executable(tree: &Tree, node: NodeId) -> Option<Executable> {
    let path = tree.path(node);
    let target = match tree.kind(node) {
        Kind::Symlink(_) => tree.resolve(&path).ok()?,
        _ => node,
    };
    let trace = tree.trace(target).filter(|_| tree.stat(target).mode & 0o111 != 0)?;
    let is_elf = matches!(trace.kind, FileKind::Elf(_));
    Some(Executable { path, node, target, is_elf })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::facts::fixture::{Item, config, dir, elf, file, link, tree};

    fn names(items: impl IntoIterator<Item = Item>, path: &str) -> Vec<String> {
        let tree = tree(items);
        let config = config(&json!({"Env": [format!("PATH={path}")], "WorkingDir": "/srv"}));
        let show = |found: &Executable| {
            let kind = if found.is_elf { "elf" } else { "other" };
            format!("{} {} {kind}", found.path, tree.path(found.target))
        };
        executables(&tree, &config).iter().map(show).collect()
    }

    #[test]
    fn a_merged_usr_shows_every_name_once() {
        let items = [
            link("/bin", "usr/bin"),
            link("/usr/bin/gcc", "x86_64-linux-gnu-gcc-12"),
            elf("/usr/bin/x86_64-linux-gnu-gcc-12", 62),
            link("/usr/bin/cc", "/etc/alternatives/cc"),
        ];
        assert_eq!(
            names(items, "/usr/bin:/bin:/usr/bin/../bin"),
            [
                "/usr/bin/gcc /usr/bin/x86_64-linux-gnu-gcc-12 elf",
                "/usr/bin/x86_64-linux-gnu-gcc-12 /usr/bin/x86_64-linux-gnu-gcc-12 elf"
            ]
        );
    }

    #[test]
    fn a_directory_of_commands_is_known_by_its_path_alone() {
        for directory in ["/bin", "/usr/local/bin", "/busybox", "/opt/go/bin", "/usr/lib/llvm-14/bin", "/usr/libexec/gcc/x/12"] {
            assert!(holds_commands(&directory.into()), "{directory}");
        }
        for directory in ["/", "/usr", "/usr/share/make", "/opt/bin", "/opt/go/bin/x", "/usr/lib/gccx", "/srv/bin"] {
            assert!(!holds_commands(&directory.into()), "{directory}");
        }
    }

    #[test]
    fn only_what_can_be_executed_is_listed() {
        let items = [
            file("/usr/bin/run", "#!/bin/sh\n"),
            file("/usr/bin/readme", "text"),
            file("/usr/bin/odd", "text").mode(0o755),
            dir("/usr/bin/make"),
            link("/usr/bin/loop", "loop"),
            elf("/usr/share/tool", 62),
        ];
        assert_eq!(names(items, "/usr/bin"), ["/usr/bin/odd /usr/bin/odd other", "/usr/bin/run /usr/bin/run other"]);
    }

    #[test]
    fn every_directory_of_commands_is_looked_at() {
        let paths = [
            "/busybox/sh",
            "/custom/a/x",
            "/opt/demo/bin/x",
            "/root/.cargo/bin/x",
            "/sbin/x",
            "/srv/own/x",
            "/usr/lib/gcc/aarch64-linux-gnu/12/cc1",
            "/usr/lib/llvm-14/bin/x",
            "/usr/libexec/gcc/deep/er/collect2",
            "/usr/local/go/bin/x",
            "/usr/local/sbin/x",
        ];
        let found =
            names(paths.iter().map(|path| elf(path, 183)).chain([elf("/opt/x", 183), elf("/custom/b/x", 183)]), "/custom/a:own");
        assert_eq!(found, paths.map(|path| format!("{path} {path} elf")));
    }
}
