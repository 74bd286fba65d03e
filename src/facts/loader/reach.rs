//! What an image starts by itself, what it can import, and what can be called.

use super::{Image, Reach};
use crate::facts::elf::{Isa, Libc, Object};
use crate::facts::python::Runtime;
use crate::facts::python::extension::{is_data, is_imported, module};
use crate::facts::python::sys_path::Origin;
use crate::layer::{FileKind, LayerPath};
use crate::vfs::{NodeId, Tree};

/// An object that is not loaded for the sake of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Root {
    pub reach: Reach,
    pub node: NodeId,
    /// The interpreter that imports it, if it is a module.
    pub interpreter: Option<NodeId>,
}

/// All of them, the strongest first.
pub(super) fn roots(image: &Image<'_>, isa: Isa) -> Vec<Root> {
    let root = |reach| move |node| Root { reach, node, interpreter: None };
    let mut found: Vec<Root> = image.started.iter().copied().map(root(Reach::Command)).collect();
    let directories: Vec<_> = image.runtimes.iter().map(|runtime| (runtime, directories(image.tree, runtime))).collect();
    for object in image.objects.iter().filter(|object| Isa::of(&object.elf) == isa) {
        found.extend(directories.iter().find_map(|(runtime, directories)| imported(image.tree, object, runtime, directories)));
    }
    let called = image.executables.iter().map(|executable| executable.target);
    let interpreters = image.runtimes.iter().filter_map(|runtime| interpreter(image.tree, runtime));
    found.extend(called.chain(interpreters).map(root(Reach::Called)));
    found.extend(image.objects.iter().map(|object| object.node).map(root(Reach::Other)));
    found.sort_unstable();
    found
}

/// The directories of `sys.path`, by their real paths.
fn directories(tree: &Tree, runtime: &Runtime) -> Vec<(LayerPath, Origin)> {
    let nodes = runtime.path.entries.iter().filter_map(|entry| Some((tree.resolve(&entry.path).ok()?, entry.origin)));
    nodes.filter(|(node, _)| tree.is_directory(*node)).map(|(node, origin)| (tree.path(node), origin)).collect()
}

/// An object as what an interpreter imports it for, if it does.
fn imported(tree: &Tree, object: &Object, runtime: &Runtime, directories: &[(LayerPath, Origin)]) -> Option<Root> {
    let path = tree.path(object.node);
    if !is_imported(path.name(), runtime.interpreter.version) || is_data(&path) {
        return None;
    }
    let found = directories.iter().find(|(directory, _)| path.is_within(directory) && module(&path, directory).is_some());
    let (_, origin) = found?;
    let reach = match (&runtime.started, origin) {
        (None, _) => Reach::Called,
        (Some(_), Origin::Library) => Reach::Library,
        (Some(_), _) => Reach::Module,
    };
    Some(Root { reach, node: object.node, interpreter: interpreter(tree, runtime) })
}

fn interpreter(tree: &Tree, runtime: &Runtime) -> Option<NodeId> {
    tree.resolve(&runtime.interpreter.path).ok()
}

/// The C library of what is started, else of the interpreters, else of what can be called.
pub(super) fn libc(image: &Image<'_>, isa: Isa) -> Option<Libc> {
    let interpreters = image.runtimes.iter().filter_map(|runtime| interpreter(image.tree, runtime));
    let called = image.executables.iter().map(|executable| executable.target);
    let all = image.started.iter().copied().chain(interpreters).chain(called);
    all.filter_map(|node| image.tree.trace(node)).find_map(|trace| match &trace.kind {
        FileKind::Elf(elf) if Isa::of(elf) == isa => Libc::of_loader(elf.interpreter.as_deref()?),
        _ => None,
    })
}
