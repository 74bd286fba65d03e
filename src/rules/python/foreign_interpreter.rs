//! `python/foreign-interpreter`

use std::collections::BTreeMap;

use super::super::linkage::{is_libpython, start_line};
use super::super::{Context, declare_rule};
use crate::facts::command::program::is_python;
use crate::facts::loader::Need;
use crate::finding::{Finding, Judgement, Level, Place};
use crate::text::escape;
use crate::vfs::{LayerPath, NodeId};

declare_rule! {
    /// Every interpreter that can be called has its own library
    ///
    /// # What it checks
    /// Every Python in a directory of commands finds the `libpython3.N.so` that it is linked with, if it is.
    ///
    /// # Why
    /// The interpreters of official Python images keep nearly all of themselves in that library, which lies in another
    /// directory than their command: who copies the builder's commands copies a Python that cannot start, and that is found
    /// before the base's own where `PATH` names its directory first.
    ///
    /// # Symptom
    /// `…: error while loading shared libraries: libpython….so.1.0: cannot open shared object file: No such file or directory`
    ///
    /// # Fix
    /// Copy what packages brought, and not the builder's own commands: `COPY --from=builder /root/.local/bin /usr/local/bin`.
    ///
    /// # Options
    /// None.
    RULE = "python/foreign-interpreter", Starts, Error, since "0.1.0", needs Tree,
    unit "interpreter has its library" | "interpreters have their library", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let mut pythons: BTreeMap<NodeId, &LayerPath> = BTreeMap::new();
    for executable in context.facts.executables.iter().filter(|executable| executable.is_elf && is_python(executable.path.name()))
    {
        pythons.entry(executable.target).or_insert(&executable.path);
    }
    let findings = pythons.keys().filter_map(|node| Some(finding(context, *node, &lacking(context, *node)?, &pythons)));
    Judgement::looked(pythons.len(), findings.collect())
}

/// The library of its own that an interpreter does not find.
fn lacking(context: &Context<'_>, python: NodeId) -> Option<String> {
    let inode = context.tree.inode(python);
    let object = context.facts.objects.iter().find(|object| context.tree.inode(object.node) == inode)?;
    let links = context.facts.linkage.links.get(&object.node)?;
    let mut needs = object.elf.needed().iter().zip(&links.needs);
    needs
        .find_map(|(name, need)| (is_libpython(name) && matches!(need, Need::Missing | Need::Elsewhere(_))).then(|| escape(name)))
}

fn finding(context: &Context<'_>, python: NodeId, library: &str, all: &BTreeMap<NodeId, &LayerPath>) -> Finding {
    let (path, layer) = (context.tree.path(python), context.tree.content_layer(python));
    let other =
        all.keys().filter(|other| **other != python && lacking(context, **other).is_none()).map(|node| context.tree.path(*node));
    let other = other.map(|other| format!("; the image's own is {other}")).next().unwrap_or_default();
    let message = format!("{path} cannot start: {library} was not copied with it{other}");
    let fix = "copy what packages brought and not the builder's own commands: COPY --from=builder /root/.local/bin";
    let commands = [Some(&context.facts.command), context.facts.healthcheck.as_ref()].into_iter().flatten();
    let is_started = commands.flat_map(|command| &command.chain).any(|step| step.node == python);
    let level = if is_started { Level::Error } else { Level::Warn };
    let mut finding = Finding::new(level, message, fix).at(Place::path(&path, layer));
    finding.found = Some(library.to_owned());
    finding.predicts(start_line(&path, library))
}
