//! Tools that build software, and tools that an intruder would be glad of.

pub(super) mod compilers;
mod names;
pub(super) mod packages;
pub(super) mod shells;

use std::collections::BTreeSet;

use super::{Context, Offence, words};
use crate::facts::tools::Executable;
use crate::finding::{Judgement, Level};
use crate::text::{escape, lossless};
use crate::vfs::LayerPath;

/// What a rule about tools says of them.
struct Kind {
    one: &'static str,
    many: &'static str,
    fix: &'static str,
}

/// Judges the executables whose name `is_tool` knows: one finding a layer.
fn tools(context: &Context<'_>, kind: &Kind, is_tool: impl Fn(&Executable, &str) -> bool) -> Judgement {
    let executables = &context.facts.executables;
    let tree = context.tree;
    let found = executables.iter().filter(|executable| {
        let name = lossless(executable.path.name());
        is_tool(executable, &name)
    });
    let offences = found.map(|found| Offence { path: found.path.clone(), layer: Some(tree.layer(found.node)), what: () });
    let groups = context.group(offences);
    let findings = groups.iter().map(|group| {
        let names: Vec<String> = group.paths.iter().map(|path| shown(context, path, group.count() == 1)).collect();
        let what = words::count(group.count(), kind.one, kind.many);
        let bytes = words::bytes(context.bytes(&group.paths));
        group.finding(Level::Error, format!("{what} in the image, {bytes}: {}", words::list(&names, 4)), kind.fix)
    });
    Judgement::looked(executables.len(), findings.collect())
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

/// Whether a name that many programs carry is the tool here: machine code, or a script that no distribution owns.
fn is_itself(executable: &Executable, name: &str, owned: &BTreeSet<&LayerPath>) -> bool {
    !names::SHORT.contains(&name) || executable.is_elf || !owned.contains(&executable.path)
}
