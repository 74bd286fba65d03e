//! What a rule sees, and the questions that many rules ask of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use globset::GlobSet;

use super::Identity;
use super::linkage::objects::Objects;
use crate::facts::Facts;
use crate::facts::python::{Closure, Distribution};
use crate::finding::{Judgement, Place};
use crate::profile::{Expect, Pattern, Profile};
use crate::size::{Breakdown, Growth};
use crate::vfs::{Cause, Change, Kept, LayerPath, NodeId, Set, Table, Tree, Unresolved};

/// What a rule sees.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The merged file system.
    pub tree: &'a Tree,
    /// What is true of the image.
    pub facts: &'a Facts,
    /// Where its bytes are.
    pub sizes: &'a Breakdown,
    /// What is wanted of it.
    pub profile: &'a Profile,
    /// What it is compared with, or what is to be said where it is compared with nothing.
    pub growth: Result<Growth<'a>, &'a Judgement>,
    /// The rule that is asked.
    pub rule: &'a Identity,
    /// The files that Python distributions own, and the first distribution that owns each.
    pub(super) owners: &'a Owners<'a>,
    /// What the rules of `linkage` judge, once one of them asks.
    pub(super) objects: &'a OnceLock<Result<Objects<'a>, Judgement>>,
}

/// Paths, and the first distribution whose RECORD names each.
#[derive(Debug)]
pub(super) struct Owners<'a> {
    tree: &'a Tree,
    there: Table<NodeId, &'a Distribution>,
    gone: BTreeMap<&'a LayerPath, &'a Distribution>,
}

impl<'a> Owners<'a> {
    /// What RECORD files say.
    pub fn of(tree: &'a Tree, facts: &'a Facts) -> Self {
        let mut owners = Self { tree, there: Table::default(), gone: BTreeMap::new() };
        for found in facts.python.sites.iter().flat_map(|site| &site.distributions) {
            for row in found.record.iter().flat_map(|record| &record.rows) {
                match row.own {
                    Some(node) => owners.there.claim(node, found),
                    None => drop(owners.gone.entry(&row.path).or_insert(found)),
                }
            }
        }
        owners
    }

    /// The owner of a node's path.
    pub fn owner(&self, node: NodeId) -> Option<&'a Distribution> {
        self.there.get(node)
    }

    /// The owner of a path, whether something is there or not.
    pub fn get(&self, path: &LayerPath) -> Option<&'a Distribution> {
        self.tree.get(path).map_or_else(|| self.gone.get(path).copied(), |node| self.owner(node))
    }

    /// The owners, as often as they own something.
    pub fn all(&self) -> impl Iterator<Item = &'a Distribution> {
        self.there.values().chain(self.gone.values().copied())
    }
}

/// A path that leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence {
    /// The path, and the layer to blame, if there is one.
    pub place: Place,
    /// The nearest directory above it that is there.
    pub nearest: LayerPath,
    /// What happened to it, where that is known: `removed by a whiteout of /app`.
    pub why: Option<String>,
    /// Whether it was there, and a layer took it away.
    pub removed: bool,
}

impl Absence {
    /// What to change: whatever takes the path away, else what is `usual`.
    pub fn fix(&self, usual: impl Into<String>) -> String {
        if self.removed { "take out the RUN or COPY that removes it".into() } else { usual.into() }
    }
}

impl<'a> Context<'a> {
    /// The `[expect]` table.
    pub fn expect(&self) -> &'a Expect {
        &self.profile.expect
    }

    /// A text option of this rule, `{site-packages}` and the like filled in from `[expect]`; `None` where nobody set it.
    pub fn text(&self, option: &str) -> Option<String> {
        self.profile.text(&self.rule.id, option)
    }

    /// A list option of this rule, filled in likewise; empty where nobody set it.
    pub fn texts(&self, option: &str) -> Vec<String> {
        self.profile.texts(&self.rule.id, option)
    }

    /// A list of globs of this rule, filled in likewise.
    pub fn globs(&self, option: &str) -> GlobSet {
        self.profile.globs(&self.rule.id, option)
    }

    /// A list of names and lines of this rule.
    pub fn patterns(&self, option: &str) -> Vec<Pattern> {
        self.profile.patterns(&self.rule.id, option)
    }

    /// A number option of this rule.
    pub fn count(&self, option: &str) -> Option<u64> {
        self.profile.count(&self.rule.id, option)
    }

    /// The directories that a list option of this rule names, as far as they exist, links followed, each once.
    pub fn directories(&self, option: &str) -> Vec<NodeId> {
        let mut seen = BTreeSet::new();
        let nodes = self.texts(option).into_iter().filter_map(|path| self.tree.resolve(&LayerPath::new(path)).ok());
        nodes.filter(|node| self.tree.is_directory(*node) && seen.insert(*node)).collect()
    }

    /// The regular file that a path leads to, or why there is none.
    pub fn file(&self, path: &LayerPath) -> Result<NodeId, Absence> {
        match self.tree.resolve(path) {
            Ok(node) if self.tree.trace(node).is_some() => Ok(node),
            Ok(node) => {
                let real = self.tree.path(node);
                let what = if self.tree.is_directory(node) { "a directory" } else { "no regular file" };
                let why = if real == *path { format!("it is {what}") } else { format!("it leads to {real}, {what}") };
                let layer = self.tree.resolve_parent(path).map_or_else(|_| self.tree.layer(node), |name| self.tree.layer(name));
                Err(Absence { place: Place::path(path, layer), nearest: real, why: Some(why), removed: false })
            }
            Err(unresolved) => Err(self.absence(path, &unresolved)),
        }
    }

    /// The bytes of a regular file, or why they are not at hand.
    pub fn content(&self, node: NodeId) -> Result<&'a [u8], String> {
        match self.tree.trace(node).map(|trace| &trace.kept) {
            Some(Kept::Whole(bytes)) => Ok(bytes),
            Some(Kept::Over(ceiling)) => Err(format!("its content is over the ceiling {ceiling}")),
            Some(Kept::Imports(_) | Kept::Unwanted) => Err("its content was not kept".into()),
            None => Err("it is no regular file".into()),
        }
    }

    /// What there is to say of a path that leads nowhere.
    pub fn absence(&self, path: &LayerPath, unresolved: &Unresolved) -> Absence {
        let end = match unresolved {
            Unresolved::Missing(end) => end,
            Unresolved::NotDirectory(_) | Unresolved::TooManyLinks => path,
        };
        let mut nearest = end.parent().unwrap_or_default();
        while self.tree.get(&nearest).is_none() {
            nearest = nearest.parent().unwrap_or_default();
        }
        let removal = self.tree.trail().removal(end);
        let removed = removal.and_then(|event| match &event.change {
            Change::Removed(Cause::Whiteout(at)) if at == path => Some("removed by a whiteout".into()),
            Change::Removed(Cause::Whiteout(at)) => Some(format!("removed by a whiteout of {at}")),
            Change::Removed(Cause::Opaque(at)) => Some(format!("hidden by an opaque mark on {at}")),
            Change::Removed(Cause::Replaced(at)) => Some(format!("removed when {at} was replaced")),
            Change::Added | Change::Rewritten { .. } => None,
        });
        // What is there and in the way: something that is no directory, or a link at the end of the path.
        let obstacle = match unresolved {
            Unresolved::NotDirectory(at) => self.tree.get(at),
            Unresolved::Missing(_) | Unresolved::TooManyLinks => self.tree.resolve_parent(path).ok(),
        };
        let wrote = || obstacle.map(|node| self.tree.layer(node));
        let layer = removal.map(|event| event.layer).or_else(wrote).or_else(|| self.blame(end)).or_else(|| self.blame(path));
        let is_removed = removed.is_some();
        let why = removed.or_else(|| match unresolved {
            Unresolved::NotDirectory(_) => Some(unresolved.to_string()),
            Unresolved::TooManyLinks if obstacle.is_none() => Some(format!("its path leads through {unresolved}")),
            _ => obstacle.map(|_| format!("a link that leads nowhere: {unresolved}")),
        });
        Absence { place: Place::path(path, layer), nearest, why, removed: is_removed }
    }

    /// Whether the service says that it has no Python packages.
    pub fn is_without_packages(&self) -> bool {
        let packages = self.profile.service.as_ref().and_then(|service| service.packages.as_ref());
        packages.is_some_and(Vec::is_empty)
    }

    /// Every Python distribution.
    pub fn distributions(&self) -> impl Iterator<Item = &'a Distribution> + use<'a> {
        self.facts.python.sites.iter().flat_map(|site| &site.distributions)
    }

    /// Whether what is started imports a file, or anything of the distribution that owns it; `None` where its imports are not
    /// known.
    pub fn is_imported(&self, file: NodeId, owner: Option<&Distribution>) -> Option<bool> {
        let mut closures = self.facts.imports.iter().peekable();
        closures.peek()?;
        let of = |closure: &Closure| {
            closure.strength(file).is_some() || owner.is_some_and(|owner| closure.strength_of(owner).is_some())
        };
        closures.try_fold(false, |is, closure| (of(closure) || closure.unknown.is_empty()).then(|| is || of(closure)))
    }

    /// The first module, by the order of Python, that what is started imports from below a directory, without the dots behind
    /// its name.
    pub fn first_import(&self, directory: &LayerPath) -> Option<String> {
        let modules = self.facts.imports.iter().flat_map(|closure| &closure.modules);
        let mut within = modules.filter(|module| module.file.is_some_and(|file| self.tree.path(file).is_within(directory)));
        within.find_map(|module| module.name.split('.').next().filter(|name| *name != "__main__").map(ToOwned::to_owned))
    }

    /// The first module, by the order of Python, that what is started imports and that is not there.
    pub fn first_missing(&self) -> Option<&'a str> {
        let mut missing = self.facts.imports.iter().flat_map(|closure| &closure.missing);
        missing.next().map(|missing| missing.name.as_str())
    }

    /// Bytes of regular files, each once.
    pub fn weight(&self, nodes: &[NodeId]) -> u64 {
        let mut seen = Set::default();
        let once = nodes.iter().filter(|node| self.tree.names(**node) == 1 || seen.insert(self.tree.inode(**node)));
        once.fold(0, |sum, node| sum.saturating_add(self.tree.stat(*node).size))
    }

    /// Bytes of the files that paths lead to, each file once.
    pub fn bytes<'p>(&self, paths: impl IntoIterator<Item = &'p LayerPath>) -> u64 {
        let nodes = paths.into_iter().filter_map(|path| self.tree.resolve(path).ok());
        let files: BTreeMap<_, _> = nodes.map(|node| (self.tree.inode(node), self.tree.stat(node).size)).collect();
        files.values().fold(0, |sum, size| sum.saturating_add(*size))
    }
}
