//! Path files in directories where nothing reads them (Python documentation, `site`).

use std::collections::BTreeSet;

use super::super::Context;
use crate::facts::python::sys_path::{Origin, is_harmless};
use crate::facts::python::{Distribution, Runtime};
use crate::text::escape;
use crate::vfs::{LayerIndex, LayerPath, NodeId};

/// A path file that is not read.
pub(super) struct Inert {
    pub path: LayerPath,
    pub layer: LayerIndex,
    /// The distribution that brought it, fit to show.
    pub owner: Option<String>,
    /// A module that cannot be imported without it, fit to show.
    pub lost: Option<String>,
}

/// Names of one directory, and lines of one file, that are looked at.
const MAX: usize = 1024;

/// How many directories are reached through PYTHONPATH alone, the path files in them that would change something, and why
/// some are not known.
pub(super) fn inert(context: &Context<'_>) -> (usize, Vec<Inert>, Vec<String>) {
    let (tree, owners) = (context.tree, context.owners());
    let (mut directories, mut found, mut unknown) = (0, Vec::new(), Vec::new());
    for runtime in &context.facts.runtimes {
        let of = |origin: Origin| {
            let entries = runtime.path.entries.iter().filter(move |entry| entry.origin == origin);
            entries.filter_map(|entry| tree.resolve(&entry.path).ok()).filter(|node| tree.is_directory(*node))
        };
        let read: BTreeSet<NodeId> = of(Origin::Site).collect();
        for directory in of(Origin::Environment).collect::<BTreeSet<_>>().difference(&read) {
            directories += 1;
            for (name, node) in tree.children(*directory).filter(|(name, _)| is_path_file(name)).take(MAX) {
                let path = tree.path(node);
                let Some(text) = tree.trace(node).and_then(|trace| trace.bytes()) else {
                    unknown.push(format!("the content of {path} was not kept"));
                    continue;
                };
                let owner = owners.get(&path).copied().or_else(|| by_name(context, &path, name));
                if let Some(lost) = effect(context, runtime, &path, text, owner) {
                    let owner = owner.map(|owner| escape(owner.name.as_bytes()));
                    found.push(Inert { layer: tree.layer(node), path, owner, lost });
                }
            }
        }
    }
    (directories, found, unknown)
}

fn is_path_file(name: &[u8]) -> bool {
    (name.ends_with(b".pth") && !is_harmless(name)) || name.ends_with(b".egg-link")
}

/// The distribution that `setup.py develop` made a link for: nothing records it.
fn by_name<'a>(context: &Context<'a>, path: &LayerPath, name: &[u8]) -> Option<&'a Distribution> {
    let name = crate::facts::python::distribution::normalized(std::str::from_utf8(name.strip_suffix(b".egg-link")?).ok()?);
    let site = path.parent()?;
    context.distributions().find(|found| found.normalized == name && found.path.parent().as_ref() == Some(&site))
}

/// `None` where the file would change nothing; else the module that is lost without it, if one is.
fn effect(
    context: &Context<'_>,
    runtime: &Runtime,
    path: &LayerPath,
    text: &[u8],
    owner: Option<&Distribution>,
) -> Option<Option<String>> {
    let tree = context.tree;
    let is_lost = |name: &str| !runtime.import(tree, name).is_found();
    let lines =
        text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty() && !line.starts_with(b"#"));
    let (code, directories): (Vec<&[u8]>, Vec<&[u8]>) =
        lines.take(MAX).partition(|line| line.starts_with(b"import ") || line.starts_with(b"import\t"));
    // Nothing but the file leads to what its distribution is. Where nothing tells what that is called, it may be found.
    let brings_nothing = |owner: &&Distribution| owner.imports().iter().all(|name| name.starts_with("__editable__"));
    let mut own = owner.filter(brings_nothing).into_iter().flat_map(|owner| &owner.top_level);
    if let Some(lost) = own.find(|name| is_lost(name)) {
        return Some(Some(escape(lost.as_bytes())));
    }
    let site = path.parent().unwrap_or_default();
    let added = directories.iter().filter_map(|line| {
        let line = if line.starts_with(b"/") { LayerPath::new(line) } else { site.join(line) };
        tree.resolve(&line).ok().filter(|node| tree.is_directory(*node) && !runtime.path.holds(tree, *node))
    });
    let added: Vec<NodeId> = added.collect();
    let lost = added.iter().filter(|node| holds_distribution(context, **node)).find_map(|node| {
        let names = tree.children(*node).take(MAX).filter_map(|(name, _)| std::str::from_utf8(name).ok());
        let modules = names.filter_map(|name| Some(name.strip_suffix(".py").unwrap_or(name)).filter(|name| !name.contains('.')));
        let is_module = |name: &&str| runtime.import_with(tree, name, &[tree.path(*node)]).is_found();
        modules.filter(|name| *name != "setup").find(|name| is_lost(name) && is_module(name)).map(|name| escape(name.as_bytes()))
    });
    (!code.is_empty() || !added.is_empty()).then_some(lost)
}

/// Whether a directory is the root of a distribution's own source, or an egg.
fn holds_distribution(context: &Context<'_>, directory: NodeId) -> bool {
    let is_of_one = |name: &[u8]| {
        [&b"EGG-INFO"[..], b"pyproject.toml", b"setup.py", b"setup.cfg"].contains(&name) || name.ends_with(b".egg-info")
    };
    context.tree.children(directory).any(|(name, _)| is_of_one(name))
}
