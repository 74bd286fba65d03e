//! What a user of the image cannot reach or read.

use std::collections::BTreeSet;

use super::super::Context;
use super::super::last_line::no_module;
use crate::facts::accounts::Identity;
use crate::facts::command::{directories, program};
use crate::facts::python::Site;
use crate::finding::Level;
use crate::vfs::{FileKind, LayerPath, NodeId, Set};

/// What offenders of one finding share: the level, mode and owner, and what cannot be done.
pub(super) type Shared = (Level, String, &'static str);

/// What was looked at, as one user.
pub(super) struct Reach<'c, 'a> {
    context: &'c Context<'a>,
    identity: &'a Identity,
    seen: Set<NodeId>,
    pub offenders: Vec<(NodeId, Shared)>,
}

impl<'c, 'a> Reach<'c, 'a> {
    pub fn new(context: &'c Context<'a>, identity: &'a Identity) -> Self {
        Self { context, identity, seen: Set::default(), offenders: Vec::new() }
    }

    /// How many files and directories were looked at.
    pub fn examined(&self) -> usize {
        self.seen.len()
    }

    /// Looks at a path, the directories on the way to it, and everything below it. Links below it are not followed.
    pub fn look(&mut self, path: &LayerPath, level: Level) {
        let tree = self.context.tree;
        let mut passed = Vec::new();
        let found = tree.resolve_through(path, &mut |node| passed.push(node));
        passed.retain(|node| tree.is_directory(*node));
        for directory in passed {
            if !self.may_enter(directory, level) {
                return;
            }
        }
        let mut todo: Vec<NodeId> = found.into_iter().collect();
        while let Some(node) = todo.pop() {
            if tree.is_directory(node) {
                if self.may_enter(node, level) {
                    if !self.identity.may_read(&tree.stat(node)) {
                        self.offend(node, level, "list");
                    }
                    todo.extend(tree.children(node).map(|(_, child)| child).filter(|child| !self.seen.contains(*child)));
                }
            } else if tree.trace(node).is_some() && self.seen.insert(node) && !self.identity.may_read(&tree.stat(node)) {
                self.offend(node, level, "read");
            }
        }
    }

    /// Whether names can be looked up in a directory; it offends once if not.
    fn may_enter(&mut self, directory: NodeId, level: Level) -> bool {
        let may = self.identity.may_search(&self.context.tree.stat(directory));
        if self.seen.insert(directory) && !may {
            self.offend(directory, level, "search");
        }
        may
    }

    fn offend(&mut self, node: NodeId, level: Level, verb: &'static str) {
        let stat = self.context.tree.stat(node);
        self.offenders.push((node, (level, format!("{:04o} {}:{}", stat.mode, stat.uid, stat.gid), verb)));
    }
}

/// The scripts that the command leads through, and the one that Python is told to run.
pub(super) fn scripts(context: &Context<'_>) -> Vec<LayerPath> {
    let (tree, command) = (context.tree, &context.facts.command);
    let is_script = |node| tree.trace(node).is_some_and(|trace| matches!(trace.kind, FileKind::Script(_)));
    let chain = command.chain.iter().filter(|step| is_script(step.node)).map(|step| step.path.clone());
    let python = match program::program(&command.argv) {
        [first, rest @ ..] if program::is_python(first) => Some(program::python(rest).runs),
        _ => None,
    };
    let ran = python.and_then(|runs| match runs {
        program::Runs::Script(script) if script.starts_with('/') => Some(LayerPath::new(script)),
        program::Runs::Script(script) => Some(LayerPath::new(&context.facts.config.run.working_dir).join(script)),
        _ => None,
    });
    chain.chain(ran).collect()
}

/// The last line that a user would see of what cannot be read, listed or searched.
pub(super) fn predicted(context: &Context<'_>, path: &LayerPath, verb: &str) -> String {
    let is_at = |other: &LayerPath| other.is_within(path);
    if let Some(script) = scripts(context).into_iter().find(is_at) {
        let python = context.facts.command.chain.iter().find(|step| program::is_python(step.path.name()));
        let python = python.map(|step| step.path.to_string()).unwrap_or_default();
        return format!("{python}: can't open file '{script}': [Errno 13] Permission denied");
    }
    // What Python cannot list or search is empty to it.
    let package = sites(context).into_iter().find(is_at).and_then(|site| context.first_package(&site));
    match package.filter(|_| verb != "read") {
        Some(package) => no_module(&package),
        None => format!("PermissionError: [Errno 13] Permission denied: '{path}'"),
    }
}

/// The site directory of `[expect]`; else those with distributions that the command uses: their `bin` is on its way or in
/// `PATH`, or `PYTHONPATH` names them.
pub(super) fn sites(context: &Context<'_>) -> Vec<LayerPath> {
    if let Some(path) = &context.expect().site_packages {
        return vec![LayerPath::new(path)];
    }
    let (tree, facts) = (context.tree, context.facts);
    let python_path = facts.config.env("PYTHONPATH").unwrap_or_default();
    let named: BTreeSet<NodeId> = python_path.split(':').filter_map(|path| tree.resolve(&LayerPath::new(path)).ok()).collect();
    let on_the_way = facts.command.chain.iter().filter_map(|step| step.path.parent());
    let bins: BTreeSet<NodeId> =
        directories(tree, &facts.config).chain(on_the_way).filter_map(|path| tree.resolve(&path).ok()).collect();
    let is_used = |site: &&Site| {
        let bin = tree.resolve(&site.path.join("../../../bin"));
        named.contains(&site.node) || bin.is_ok_and(|bin| bins.contains(&bin))
    };
    let sites = facts.python.sites.iter().filter(|site| !site.distributions.is_empty());
    sites.filter(is_used).map(|site| site.path.clone()).collect()
}
