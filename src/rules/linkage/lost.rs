//! Libraries that are needed and not found, and what a user would see.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::super::Context;
use super::objects::{Judged, Objects};
use crate::facts::elf::Libc;
use crate::facts::loader::{Need, Reach};
use crate::finding::Level;
use crate::text::escape;
use crate::vfs::{LayerPath, NodeId};

/// Libraries that the driver of the host brings, and no image has.
const OF_THE_HOST: &[&[u8]] = &[b"libcuda.so", b"libnvcuvid.so", b"libnvidia-", b"libnvoptix.so", b"libmlx5.so"];

/// A library that an object needs and that is not found.
pub(super) struct Lost<'o, 'a> {
    pub by: &'o Judged<'a>,
    pub name: &'o [u8],
    pub level: Level,
    /// Where it lies all the same.
    pub elsewhere: Option<LayerPath>,
}

/// Whether a library is an interpreter.
pub fn is_libpython(name: &[u8]) -> bool {
    name.starts_with(b"libpython3.") || name.starts_with(b"libpython2.")
}

/// The libraries that are not found. What is there for another machine is the business of platform/elf-arch, what a host
/// brings is nobody's.
pub(super) fn lost<'o, 'a>(context: &Context<'a>, objects: &'o Objects<'a>) -> Vec<Lost<'o, 'a>> {
    let mut found = Vec::new();
    for by in &objects.all {
        for (name, need) in by.object.elf.needed().iter().zip(&by.links.needs) {
            let elsewhere = match need {
                Need::Missing => None,
                Need::Elsewhere(node) => Some(context.tree.path(*node)),
                Need::Loader | Need::Found(_) | Need::Preloaded(_) | Need::Foreign => continue,
            };
            let is_of_other_libc = by.links.reach == Reach::Other && name.starts_with(b"libc.musl-");
            if is_of_other_libc || OF_THE_HOST.iter().any(|start| name.starts_with(start)) {
                continue;
            }
            // A launcher loads what its libraries need of each other; of those, nothing is known.
            if by.links.reach == Reach::Other && elsewhere.is_some() {
                continue;
            }
            found.push(Lost { by, name, level: by.level(context), elsewhere });
        }
    }
    soften(context, objects, &mut found);
    found
}

/// A package that has modules which can be loaded may do without the others: an error is what the service says that it
/// needs, what has no other module, and what lacks a library that its own wheel brought.
fn soften(context: &Context<'_>, objects: &Objects<'_>, found: &mut [Lost<'_, '_>]) {
    let mut modules: BTreeMap<&LayerPath, (usize, usize)> = BTreeMap::new();
    let broken_roots: BTreeSet<NodeId> = found.iter().map(|lost| lost.by.links.root).collect();
    for judged in objects.all.iter().filter(|judged| judged.links.reach == Reach::Module && judged.links.root == judged.node) {
        let Some(owner) = judged.owner else { continue };
        let (all, broken) = modules.entry(&owner.path).or_default();
        *all += 1;
        *broken += usize::from(broken_roots.contains(&judged.node));
    }
    for lost in found.iter_mut().filter(|lost| lost.by.links.reach == Reach::Module && lost.level == Level::Error) {
        let Some(owner) = lost.by.owner else { continue };
        let has_others = modules.get(&owner.path).is_some_and(|(all, broken)| broken < all);
        if has_others && !is_bundled(lost.name) && !lost.by.is_declared(context) {
            lost.level = Level::Warn;
        }
    }
}

/// Whether a library has the name that auditwheel gives to those that it puts into wheels: `libfoo-1a2b3c4d.so.1`.
fn is_bundled(name: &[u8]) -> bool {
    let stem = name.split(|byte| *byte == b'.').next().unwrap_or_default();
    let hash = stem.rsplit(|byte| *byte == b'-').next().unwrap_or_default();
    hash.len() == 8 && hash.len() < stem.len() && hash.iter().all(u8::is_ascii_hexdigit)
}

/// The last line that a user would see of what `root` leads to: loaders load what is needed breadth first, and end at the
/// first library that is not there.
pub(super) fn first_lost(context: &Context<'_>, objects: &Objects<'_>, root: NodeId) -> Option<String> {
    let of: BTreeMap<NodeId, &Judged<'_>> = objects.all.iter().map(|judged| (judged.node, judged)).collect();
    let (mut todo, mut seen) = (VecDeque::from([root]), BTreeSet::from([root]));
    while let Some(judged) = todo.pop_front().map(|node| of.get(&node)) {
        let Some(judged) = judged else { continue };
        for (name, need) in judged.object.elf.needed().iter().zip(&judged.links.needs) {
            match need {
                Need::Missing | Need::Elsewhere(_) => return Some(predicted(context, judged, name)),
                Need::Found(node) | Need::Preloaded(node) if seen.insert(*node) => todo.push_back(*node),
                _ => {}
            }
        }
    }
    None
}

/// The last line that a user would see of an object whose library `name` is not there.
pub(super) fn predicted(context: &Context<'_>, by: &Judged<'_>, name: &[u8]) -> String {
    let (name, root) = (escape(name), context.tree.path(by.links.root));
    let is_module = matches!(by.links.reach, Reach::Library | Reach::Module);
    match context.facts.linkage.libc {
        Some(Libc::Musl) => {
            let line = format!("Error loading shared library {name}: No such file or directory (needed by {})", by.path);
            if is_module { format!("ImportError: {line}") } else { line }
        }
        _ if is_module => format!("ImportError: {name}: cannot open shared object file: No such file or directory"),
        _ => start_line(&root, &name),
    }
}

/// What glibc's loader says of an executable whose library is not there.
pub fn start_line(executable: &LayerPath, library: &str) -> String {
    format!(
        "{executable}: error while loading shared libraries: {library}: cannot open shared object file: No such file or directory"
    )
}

#[cfg(test)]
#[test]
fn a_bundled_library_has_a_hash_in_its_name() {
    assert!(is_bundled(b"libgfortran-040039e1.so.5.0.0") && is_bundled(b"libpq-e8a033dd.so.5"));
    assert!(!is_bundled(b"libGL.so.1") && !is_bundled(b"libglib-2.0.so.0") && !is_bundled(b"deadbeef.so"));
    assert!(is_libpython(b"libpython3.12.so.1.0") && !is_libpython(b"libpython.so"));
}
