//! Tools that build software, and tools that an intruder would be glad of.

pub(super) mod binutils;
pub(super) mod build_systems;
pub(super) mod compilers;
pub(super) mod deleted_but_shipped;
pub(super) mod headers;
pub(super) mod internal;
pub(super) mod names;
pub(super) mod net_tools;
pub(super) mod package_managers;
pub(super) mod packages;
pub(super) mod shells;
pub(super) mod wheels;

use std::collections::BTreeSet;

use super::{Context, Offence, words};
use crate::facts::tools::Executable;
use crate::finding::Judgement;
use crate::text::{escape, lossless};
use crate::vfs::{LayerPath, NodeId};

/// What a rule about tools says of them.
struct Kind {
    one: &'static str,
    many: &'static str,
    fix: &'static str,
}

/// Whether an executable is a shell, or lies where images for debugging have theirs.
fn is_shell(executable: &Executable, name: &str) -> bool {
    names::SHELLS.contains(&name) || executable.path.is_within(&LayerPath::new("/busybox"))
}

/// The shells of the image.
pub(super) fn shells(context: &Context<'_>) -> Vec<NodeId> {
    found(context, is_shell)
}

/// Judges the executables that `is_tool` knows.
fn tools(context: &Context<'_>, kind: &Kind, is_tool: impl Fn(&Executable, &str) -> bool) -> Judgement {
    judge(context, kind, context.facts.executables.len(), found(context, is_tool).into_iter())
}

/// Finds the executables that `is_tool` knows by their own name or by that of the file they lead to, without target
/// prefix and version. A name that many programs carry is the tool only as machine code, or as a script
/// that no distribution owns. What busybox and its like do by another name is theirs.
fn found(context: &Context<'_>, is_tool: impl Fn(&Executable, &str) -> bool) -> Vec<NodeId> {
    let (executables, owned) = (&context.facts.executables, context.owners);
    let tree = context.tree;
    let applets: BTreeSet<_> = executables
        .iter()
        .map(|executable| executable.target)
        .filter(|target| names::APPLETS.contains(&tree.name(*target)))
        .map(|target| tree.inode(target))
        .collect();
    let found = executables.iter().filter(|executable| {
        if applets.contains(&tree.inode(executable.target)) {
            return is_tool(executable, "busybox");
        }
        let own = || executable.is_elf || owned.owner(executable.node).is_none();
        [executable.path.name(), tree.name(executable.target)].into_iter().any(|name| {
            let name = names::plain(&lossless(name));
            is_tool(executable, &name) && (!names::SHORT.contains(&name.as_str()) || own())
        })
    });
    found.map(|found| found.node).collect()
}

/// Makes one finding a layer of the tools among what was looked at.
fn judge(context: &Context<'_>, kind: &Kind, looked: usize, tools: impl Iterator<Item = NodeId>) -> Judgement {
    let tree = context.tree;
    let offences = tools.map(|tool| Offence { path: tree.path(tool), layer: Some(tree.layer(tool)), what: () });
    let groups = context.group(offences);
    let findings = groups.iter().map(|group| {
        let names: Vec<String> = group.paths.iter().map(|path| shown(context, path, group.count() == 1)).collect();
        let what = words::count(group.count(), kind.one, kind.many);
        let bytes = words::bytes(context.bytes(&group.paths));
        group.finding(context.rule.level, format!("{what} in the image, {bytes}: {}", words::list(&names, 4)), kind.fix)
    });
    Judgement::looked(looked, findings.collect())
}

/// A path, or its name alone where it is one of many that are listed; and where it leads if it is a link.
fn shown(context: &Context<'_>, path: &LayerPath, alone: bool) -> String {
    let link = if alone { path.to_string() } else { escape(path.name()) };
    let real = context.tree.resolve(path).map(|node| context.tree.path(node));
    match real {
        Ok(real) if real.parent() == path.parent() && real != *path => format!("{link} → {}", escape(real.name())),
        Ok(real) if real != *path => format!("{link} → {real}"),
        _ => link,
    }
}
