//! Who owns which file.

use std::collections::BTreeSet;
use std::iter;
use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::snapshot::PackageKind;
use crate::facts::Facts;
use crate::facts::packages::{Package, Packages};
use crate::facts::python::{Bytecode, Distribution, Python};
use crate::vfs::node::InodeId;
use crate::vfs::{NodeId, Table, Tree};

/// A package that may own files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Owner {
    /// `python`, `deb` or `apk`.
    #[serde(deserialize_with = "super::snapshot::read_kind")]
    pub kind: PackageKind,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The packages of an image, and which of them owns which regular file of the final tree: each file, whatever its names, has
/// one owner or none.
///
/// 1. A Python distribution owns what its RECORD names; of several the first, by site directory and name.
/// 2. Then, in that order, what lies in its `.dist-info` or `.egg-info`, and without a RECORD the modules of its
///    `top_level.txt`.
/// 3. Then modules that Python compiled (`__pycache__`): they are their source's owner's.
/// 4. Then a package of the system owns what its list names; of several the first by name.
/// 5. A distribution that such a package brought, because it lists a file of the `.dist-info` or `.egg-info`, owns nothing:
///    what 1 to 3 say of it holds of the package, but after 4.
///
/// A path is whose list names it, whoever wrote the file last. A link at the end of a path is no file.
#[derive(Debug)]
pub struct Owners<'a> {
    tree: &'a Tree,
    list: Vec<Owner>,
    of: Places,
}

/// The places of owners in their list, counted from 1.
type Places = Table<InodeId, NonZeroU32>;

/// A distribution, and the place in the list of the package that owns its files.
type Claim<'a> = (&'a Distribution, usize);

impl<'a> Owners<'a> {
    /// Works out who owns what.
    pub fn of(tree: &'a Tree, facts: &Facts) -> Self {
        Self::claimed(tree, &facts.python, &facts.packages)
    }

    pub(super) fn claimed(tree: &'a Tree, python: &Python, packages: &Packages) -> Self {
        let distributions: Vec<&Distribution> = python.sites.iter().flat_map(|site| &site.distributions).collect();
        let is_known = |package: &&Package| package.payload.is_some() || !package.files.is_empty();
        let system: Vec<&Package> = packages.installed.iter().filter(is_known).collect();
        let mut listed = Places::default();
        list(tree, &system, distributions.len(), &mut listed);
        let (brought, own): (Vec<Claim<'_>>, Vec<Claim<'_>>) = distributions
            .iter()
            .enumerate()
            .map(|(index, distribution)| (*distribution, bringer(tree, distribution, &listed).unwrap_or(index)))
            .partition(|(_, owner)| *owner >= distributions.len());
        let all = distributions.iter().map(|found| owner("python", &found.name, &found.version));
        let all = all.chain(system.iter().map(|package| owner(package.format.word(), &package.name, &package.version)));
        let mut owners = Self { tree, list: all.collect(), of: Places::default() };
        owners.install(&own, &python.compiled);
        list(tree, &system, distributions.len(), &mut owners.of);
        owners.install(&brought, &python.compiled);
        owners
    }

    /// Every package that could own something: Python distributions by site directory and name, then packages of the system
    /// by name, without those of whose files nothing is known.
    pub fn list(&self) -> &[Owner] {
        &self.list
    }

    /// The place in [`Owners::list`] of the package that owns a file; `None` where none does, or where it is no regular file.
    pub fn owner(&self, node: NodeId) -> Option<usize> {
        owner_at(&self.of, self.tree.inode(node))
    }

    /// Hands out what distributions own and nobody does yet.
    fn install(&mut self, claims: &[Claim<'_>], compiled: &[Bytecode]) {
        for (distribution, owner) in claims {
            let rows = distribution.record.iter().flat_map(|record| &record.rows).filter(|row| row.node.is_some());
            for node in rows.filter_map(|row| row.own.or_else(|| self.tree.resolve_parent(&row.path).ok())) {
                self.claim(node, *owner);
            }
        }
        let mut walked = BTreeSet::new();
        for (distribution, owner) in claims {
            for node in beside(self.tree, distribution) {
                self.claim_below(node, *owner, &mut walked);
            }
        }
        for module in compiled {
            if let Some(owner) = module.source.and_then(|source| self.owner(source)) {
                self.claim(module.node, owner);
            }
        }
    }

    fn claim(&mut self, node: NodeId, owner: usize) {
        if self.tree.trace(node).is_some() {
            claim(&mut self.of, self.tree.inode(node), owner);
        }
    }

    /// Claims a node and everything below it. Where someone walked before, everything has its owner: directories that lie in
    /// one another are not walked again for each.
    fn claim_below(&mut self, node: NodeId, owner: usize, walked: &mut BTreeSet<NodeId>) {
        if self.tree.around(node).any(|at| walked.contains(&at)) {
            return;
        }
        walked.insert(node);
        for below in self.tree.walk(node) {
            self.claim(below, owner);
        }
    }
}

fn owner(kind: &'static str, name: &str, version: &str) -> Owner {
    Owner { kind, name: name.to_owned(), version: version.to_owned() }
}

fn owner_at(places: &Places, inode: InodeId) -> Option<usize> {
    places.get(inode).and_then(|place| usize::try_from(place.get() - 1).ok())
}

fn claim(places: &mut Places, inode: InodeId, owner: usize) {
    if let Some(place) = u32::try_from(owner).ok().and_then(|owner| NonZeroU32::MIN.checked_add(owner)) {
        places.claim(inode, place);
    }
}

/// What packages of the system list, each file with the first of them; their places in the list of owners begin at `first`.
fn list(tree: &Tree, system: &[&Package], first: usize, places: &mut Places) {
    let mut seen = BTreeSet::new();
    for (owner, package) in (first..).zip(system) {
        // A million packages may share one long list; all behind the first of them get nothing of it.
        if seen.insert(package.files.as_ptr()) {
            for node in &*package.files {
                claim(places, tree.inode(*node), owner);
            }
        }
    }
}

/// The package of the system that brought a distribution: the one that lists a file of its `.dist-info` or `.egg-info`.
fn bringer(tree: &Tree, distribution: &Distribution, listed: &Places) -> Option<usize> {
    let node = tree.get(&distribution.path)?;
    let mut files = iter::once(node).chain(tree.children(node).map(|(_, child)| child));
    files.find_map(|file| owner_at(listed, tree.inode(file)))
}

/// What is a distribution's beside the rows of its RECORD: its `.dist-info` or `.egg-info`; where it has no RECORD, the
/// packages and modules of its `top_level.txt`, too.
fn beside(tree: &Tree, distribution: &Distribution) -> Vec<NodeId> {
    let Some(node) = tree.get(&distribution.path) else { return Vec::new() };
    let names = if distribution.record.is_err() { &distribution.top_level[..] } else { &[] };
    let modules = names.iter().flat_map(|name| [name.clone(), format!("{name}.py")]);
    let modules = modules.filter_map(|name| tree.child(tree.parent(node), name.as_bytes()));
    iter::once(node).chain(modules).collect()
}

#[cfg(test)]
mod tests;
