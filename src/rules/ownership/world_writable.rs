//! `ownership/world-writable`

use super::super::{Context, declare_rule, words};
use crate::facts::command::directories;
use crate::finding::{Judgement, Level};
use crate::vfs::{NodeId, Set};

declare_rule! {
    /// Nothing can be written by everyone
    ///
    /// # What it checks
    /// No file, and no directory without the sticky bit, can be written by users that are neither its owner nor in its group.
    /// It is an error where commands are looked up in `PATH`, or modules by Python; elsewhere a warning.
    ///
    /// # Why
    /// Whoever can write where programs are looked for decides which program runs.
    ///
    /// # Symptom
    /// None, until somebody uses it.
    ///
    /// # Fix
    /// `chmod o-w`; instead of `chmod -R 777`, `COPY --chown` for the user that must write.
    ///
    /// # Options
    /// None.
    RULE = "ownership/world-writable", Safe, Error, since "0.1.0", needs Tree,
    unit "entry cannot be written by everyone" | "entries cannot be written by everyone", check check
}

/// Endings of what Python imports.
const IMPORTED: [&[u8]; 4] = [b".py", b".so", b".pth", b".pyc"];

fn check(context: &Context<'_>) -> Judgement {
    let tree = context.tree;
    let on_path = directories(tree, &context.facts.config).filter_map(|path| tree.resolve(&path).ok());
    let commands: Set<NodeId> = on_path.filter(|node| tree.is_directory(*node)).collect();
    let runtimes = context.facts.runtimes.iter();
    let modules: Set<NodeId> = runtimes.flat_map(|runtime| runtime.path.directories(tree)).collect();
    let is_searched = |node: NodeId| {
        if tree.is_directory(node) {
            commands.contains(node) || modules.contains(node)
        } else {
            let is_module = IMPORTED.iter().any(|ending| tree.name(node).ends_with(ending));
            commands.contains(tree.parent(node)) || is_module && tree.around(node).skip(1).any(|above| modules.contains(above))
        }
    };
    let mut looked = 0;
    let entries = tree.iter().filter(|node| tree.is_directory(*node) || tree.trace(*node).is_some());
    let offenders = entries.filter_map(|node| {
        looked += 1;
        let mode = tree.stat(node).mode;
        let level = match mode & 0o1002 {
            0 | 0o1000 => return None,
            _ if is_searched(node) => Level::Error,
            0o1002 if tree.is_directory(node) => return None,
            _ => Level::Warn,
        };
        Some((node, (level, mode)))
    });
    let groups = context.crowd(offenders);
    let findings = groups.iter().map(|(group, _)| {
        let (level, mode) = group.what;
        let what = words::count(group.count(), "path is", "paths are");
        let where_ = if level == Level::Error { ", where programs are looked for" } else { "" };
        let message = format!("{what} {mode:04o}, writable by everyone{where_} (first: {})", group.first());
        group.finding(level, message, "COPY --chmod=o-w, or chmod o-w in the RUN that makes it")
    });
    Judgement::looked(looked, findings.collect())
}
