//! Path files in directories where nothing reads them (Python documentation, `site`).

use std::collections::BTreeSet;

use super::super::Context;
use crate::facts::python::distribution::normalized;
use crate::facts::python::sys_path::{Origin, is_harmless};
use crate::facts::python::{Distribution, Import, Runtime};
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

/// Files and directories beside a package that are not for its users.
const ASIDE: [&[u8]; 6] = [b"setup.py", b"conftest.py", b"test", b"tests", b"docs", b"examples"];

/// Names of one directory, and lines of one file, that are looked at.
const MAX: usize = 1024;

/// How many directories are reached through PYTHONPATH alone, the path files in them that would change something, and why
/// some are not known.
pub(super) fn inert(context: &Context<'_>) -> (usize, Vec<Inert>, Vec<String>) {
    let (tree, owners) = (context.tree, context.owners);
    let (mut directories, mut found, mut unknown) = (0, Vec::new(), Vec::new());
    for runtime in &context.facts.runtimes {
        let of = |origin: Origin| {
            let entries = runtime.path.entries.iter().filter(move |entry| entry.origin == origin);
            entries.filter_map(|entry| tree.resolve(&entry.path).ok()).filter(|node| tree.is_directory(*node))
        };
        let sites: BTreeSet<NodeId> = of(Origin::Site).collect();
        for directory in of(Origin::Environment).collect::<BTreeSet<_>>().difference(&sites) {
            directories += 1;
            for (name, node) in tree.children(*directory).filter(|(name, _)| is_path_file(name)).take(MAX) {
                let owner = owners.owner(node).or_else(|| by_name(context, node, name));
                match read(context, runtime, node, owner) {
                    Ok(inert) => found.extend(inert),
                    Err(why) => unknown.push(why),
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
fn by_name<'a>(context: &Context<'a>, link: NodeId, name: &[u8]) -> Option<&'a Distribution> {
    let name = normalized(std::str::from_utf8(name.strip_suffix(b".egg-link")?).ok()?);
    let site = context.tree.path(context.tree.parent(link));
    context.distributions().find(|found| found.normalized == name && found.path.parent().as_ref() == Some(&site))
}

/// `None` of a file that would change nothing.
fn read(context: &Context<'_>, runtime: &Runtime, node: NodeId, owner: Option<&Distribution>) -> Result<Option<Inert>, String> {
    let (tree, path) = (context.tree, context.tree.path(node));
    let text = tree.trace(node).and_then(|trace| trace.bytes()).ok_or_else(|| format!("the content of {path} was not kept"))?;
    let is_lost = |name: &str| matches!(runtime.import(tree, name), Import::Missing(_) | Import::Namespace(_));
    let lines =
        text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty() && !line.starts_with(b"#"));
    let (code, directories): (Vec<&[u8]>, Vec<&[u8]>) =
        lines.take(MAX).partition(|line| line.starts_with(b"import ") || line.starts_with(b"import\t"));
    // Nothing but the file leads to what its distribution is. Where nothing tells what that is called, it may be found.
    let brings_nothing = |owner: &&Distribution| owner.imports().iter().all(|name| name.starts_with("__editable__"));
    let mut own = owner.filter(brings_nothing).into_iter().flat_map(|owner| &owner.top_level);
    let own = own.find(|name| is_lost(name)).map(|name| escape(name.as_bytes()));
    let site = path.parent().unwrap_or_default();
    let added = directories.iter().filter_map(|line| {
        let line = if line.starts_with(b"/") { LayerPath::new(line) } else { site.join(line) };
        tree.resolve(&line).ok().filter(|node| tree.is_directory(*node) && !runtime.path.holds(tree, *node))
    });
    let added: Vec<NodeId> = added.collect();
    let lost = added.iter().filter(|node| holds_distribution(context, **node)).find_map(|node| {
        let names = tree.children(*node).take(MAX).filter_map(|(name, _)| std::str::from_utf8(name).ok());
        let mut own = names.filter(|name| !ASIDE.contains(&name.as_bytes())).map(|name| name.strip_suffix(".py").unwrap_or(name));
        let is_module = |name: &&str| matches!(runtime.import_with(tree, name, &[tree.path(*node)]), Import::Found(_));
        own.find(|name| is_lost(name) && is_module(name)).map(|name| escape(name.as_bytes()))
    });
    let changes = own.is_some() || !code.is_empty() || !added.is_empty();
    let owner = owner.map(|owner| escape(owner.name.as_bytes()));
    Ok(changes.then(|| Inert { layer: tree.layer(node), path, owner, lost: own.or(lost) }))
}

/// Whether a directory is the root of a distribution's own source, or an egg.
fn holds_distribution(context: &Context<'_>, directory: NodeId) -> bool {
    let is_of_one = |name: &[u8]| {
        [&b"EGG-INFO"[..], b"pyproject.toml", b"setup.py", b"setup.cfg"].contains(&name) || name.ends_with(b".egg-info")
    };
    context.tree.children(directory).any(|(name, _)| is_of_one(name))
}
