//! `python/shadowing`

use std::collections::BTreeSet;

use super::super::{Context, Offence, declare_rule, words};
use crate::facts::python::runtime::Runtime;
use crate::facts::python::sys_path::Origin;
use crate::facts::python::top::modules;
use crate::finding::{Judgement, Level};
use crate::text::escape;
use crate::vfs::{LayerPath, NodeId};

declare_rule! {
    /// No module hides another of its name
    ///
    /// # What it checks
    /// The modules and packages in the directory of the script, or the working directory, and in those of PYTHONPATH: none
    /// has the name of a module of the standard library, or of one that a distribution brought, which is really there, and
    /// further behind on `sys.path`. The same content in both places hides nothing, and `-P` or `-I` takes the first
    /// directory off.
    ///
    /// # Why
    /// `secrets.py` beside the script is what `import secrets` finds, in every package of the process.
    ///
    /// # Symptom
    /// `AttributeError: module 'secrets' has no attribute 'token_hex'`, `ImportError: cannot import name …`
    ///
    /// # Fix
    /// Rename the module, or put it into a package of the service's own.
    ///
    /// # Options
    /// None.
    RULE = "python/shadowing", Starts, Warn, since "0.1.0", needs Tree,
    unit "directory of sys.path hides nothing" | "directories of sys.path hide nothing", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let Some((runtime, _)) = context.started() else { return Judgement::skip("the command does not lead to Python") };
    let (tree, entries) = (context.tree, entries(context, runtime));
    let first: Vec<usize> =
        (0..entries.len()).filter(|at| matches!(entries[*at].1, Origin::Program | Origin::Environment)).collect();
    let owners = context.owners;
    let tops: Vec<_> = entries.iter().map(|(directory, _)| modules(tree, *directory)).collect();
    let (mut offences, mut said, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for at in &first {
        let is_site = context.facts.python.site(&tree.path(entries[*at].0)).is_some();
        for (name, file) in &tops[*at] {
            let mut behind = entries.iter().zip(&tops).skip(at + 1);
            let Some((origin, hidden)) = behind.find_map(|((_, origin), top)| Some((*origin, *top.get(name)?))) else {
                continue;
            };
            let is_theirs = origin == Origin::Library || !is_site && owners.owner(hidden).is_some();
            let is_same = tree.trace(*file).map(|trace| trace.sha256) == tree.trace(hidden).map(|trace| trace.sha256);
            if is_theirs && !is_same && seen.insert(*name) {
                let (path, hidden) = (tree.path(*file), tree.path(hidden));
                said.push(format!("{path} hides {} ({hidden})", escape(name)));
                offences.push(Offence { path, layer: Some(tree.layer(*file)), what: () });
            }
        }
    }
    let findings = context.group(offences).into_iter().map(|group| {
        let of = |path: &&LayerPath| said.iter().find(|text| text.starts_with(&format!("{path} ")));
        let texts: Vec<&String> = group.paths.iter().filter_map(|path| of(&path)).collect();
        group.finding(Level::Warn, words::list(&texts, 5), "rename it, or put it into a package of the service's own")
    });
    Judgement::looked(first.len(), findings.collect())
}

/// The directories of `sys.path` that exist, each once.
fn entries(context: &Context<'_>, runtime: &Runtime) -> Vec<(NodeId, Origin)> {
    let mut seen = BTreeSet::new();
    let real = runtime.path.entries.iter().filter_map(|entry| Some((context.tree.resolve(&entry.path).ok()?, entry.origin)));
    real.filter(|(node, _)| context.tree.is_directory(*node) && seen.insert(*node)).collect()
}
