//! Which ELF objects of an image would be loaded, and whose they are.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Context;
use super::super::context::Owners;
use super::super::last_line::no_module;
use crate::facts::Facts;
use crate::facts::elf::{Isa, Object};
use crate::facts::python::extension::names_any;
pub(in crate::rules) use crate::facts::python::extension::{is_data, module};
use crate::facts::python::{Distribution, Site};
use crate::text::escape;
use crate::vfs::{FileKind, LayerPath, NodeId, Tree};

/// Directories whose objects are started or loaded by name.
const SYSTEM: [&str; 14] = [
    "/bin",
    "/sbin",
    "/usr/bin",
    "/usr/sbin",
    "/usr/local/bin",
    "/usr/local/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/local/lib",
];

/// Directories of Python packages that hold programs for other machines.
const BUNDLED: [&str; 2] = ["driver", "drivers"];

/// Architectures by Go's name, and the machines for which there are manylinux2014 wheels (PEP 599).
const WHEELS: [(&str, &str); 6] =
    [("386", "i686"), ("amd64", "x86_64"), ("arm", "armv7l"), ("arm64", "aarch64"), ("ppc64le", "ppc64le"), ("s390x", "s390x")];

/// Where the objects of an image belong.
pub(super) struct Map<'a> {
    sites: &'a [Site],
    owners: &'a Owners<'a>,
    roots: Vec<LayerPath>,
    /// What the command leads through, and what can be called by its name.
    called: BTreeSet<NodeId>,
    /// What those that are loaded need, by name.
    needed: BTreeSet<NodeId>,
    /// The machine that is wanted, as the platform tags of wheels name it.
    wheels: Option<&'static str>,
}

/// What an object is to the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Role {
    /// Python imports it, by this name.
    Extension(String),
    /// It can be called, another that is loaded needs it, or it is among the libraries or the service's own files.
    System,
    /// Nothing loads it by itself.
    Other,
}

impl<'a> Map<'a> {
    /// The map of an image that should be for an architecture, with the directories of `roots` as the service's own.
    pub fn of(context: &Context<'a>, architecture: &str) -> Self {
        let sites = &context.facts.python.sites;
        let owners = context.owners;
        let roots = context.texts("roots").iter().map(LayerPath::new).chain(SYSTEM.map(LayerPath::new)).collect();
        let (called, wheels) = (called(context.facts), wheels(architecture));
        let mut map = Self { sites, owners, roots, called, needed: BTreeSet::new(), wheels };
        map.needed =
            needed(context.facts, context.tree, |object| map.role(object.node, &context.tree.path(object.node)) != Role::Other);
        map
    }

    /// What an object is to the image.
    pub fn role(&self, node: NodeId, path: &LayerPath) -> Role {
        if self.called.contains(&node) || self.needed.contains(&node) {
            return Role::System;
        }
        if is_data(path) {
            return Role::Other;
        }
        if let Some(site) = self.sites.iter().find(|site| path.is_within(&site.path)) {
            if names_any(path, &BUNDLED) {
                return Role::Other;
            }
            return module(path, &site.path).map_or(Role::Other, Role::Extension);
        }
        if self.roots.iter().any(|root| path.is_within(root)) { Role::System } else { Role::Other }
    }

    /// Whose an object is: the distribution that owns it, else its directory.
    pub fn owner(&self, path: &LayerPath) -> String {
        let owner = self.owners.get(path).map(|owner| escape(owner.name.as_bytes()));
        owner.unwrap_or_else(|| path.parent().unwrap_or_default().to_string())
    }

    /// The distribution of that name, if an owner is one.
    pub fn distribution<'o>(&self, owner: &'o str) -> Option<&'o str> {
        Some(owner).filter(|owner| self.owners.all().any(|found| escape(found.name.as_bytes()) == *owner))
    }

    /// The last line that a user would see if an object is for another machine.
    pub fn predicts(&self, context: &Context<'_>, node: NodeId, path: &LayerPath) -> Option<String> {
        let FileKind::Elf(elf) = &context.tree.trace(node)?.kind else { return None };
        let name = escape(elf.soname().unwrap_or_else(|| path.name()));
        let is_executed = elf.interpreter.is_some() || self.called.contains(&node);
        Some(match self.role(node, path) {
            Role::Other => return None,
            Role::Extension(module) => import_error(&module, path, self.wheels),
            Role::System if is_executed => context.foreign(node),
            Role::System if self.sites.iter().any(|site| path.is_within(&site.path)) => unopened(name),
            Role::System => format!(
                "{}: error while loading shared libraries: {name}: cannot open shared object file: No such file or directory",
                context.called()
            ),
        })
    }

    /// What to change where objects of an owner are for another machine.
    pub fn fix(&self, owner: &str) -> String {
        fix(self.wheels.filter(|_| self.distribution(owner).is_some()))
    }

    /// How many objects are an owner's.
    pub fn total(&self, context: &Context<'_>, owner: &str) -> usize {
        let paths = context.facts.objects.iter().map(|object| context.tree.path(object.node));
        paths.filter(|path| self.owner(path) == owner).count()
    }
}

/// The last line that a user would see if the extension module at `path` is for another machine than the one that wheels call
/// `machine`.
pub(super) fn import_error(module: &str, path: &LayerPath, machine: Option<&str>) -> String {
    // Interpreters look for their own tag, `.abi3.so` and `.so`; a file of another tag does not exist for them.
    let tag = path.name().split(|byte| *byte == b'.').find(|part| part.starts_with(b"cpython-"));
    let machine = machine.map(|machine| if machine == "i686" { "i386" } else { machine.trim_end_matches("v7l") });
    let is_own = |tag: &[u8]| machine.is_none_or(|machine| escape(tag).contains(&format!("-{machine}-linux-gnu")));
    if tag.is_none_or(is_own) { unopened(path) } else { no_module(module) }
}

/// The same of a distribution whose wheel is for another machine or C library: of its first extension module, else of itself.
pub(super) fn failing(found: &Distribution, machine: &str) -> Option<String> {
    let site = found.path.parent().unwrap_or_default();
    let mut rows = found.record.iter().flat_map(|record| &record.rows).filter(|row| row.path.is_within(&site));
    let extension = rows.find_map(|row| Some((module(&row.path, &site)?, &row.path)));
    let line = extension.map(|(module, path)| import_error(&module, path, Some(machine)));
    line.or_else(|| found.imports().first().map(|name| no_module(name)))
}

fn unopened(library: impl std::fmt::Display) -> String {
    format!("ImportError: {library}: cannot open shared object file: No such file or directory")
}

/// What to change where something is for another machine; what comes in wheels, with the name of the machine that they
/// should be for.
pub(super) fn fix(wheels: Option<&str>) -> String {
    let build = "build the stage that it comes from for the target: FROM --platform=$TARGETPLATFORM";
    match wheels {
        Some(machine) => format!("{build}; or pip download --platform manylinux2014_{machine} --only-binary=:all:"),
        None => build.into(),
    }
}

/// The machine of an architecture by Go's name, as the platform tags of wheels name it.
pub(super) fn wheels(architecture: &str) -> Option<&'static str> {
    WHEELS.iter().find(|(name, _)| *name == architecture).map(|(_, machine)| *machine)
}

/// The files on the way of the command, and those with a name in a directory of commands.
fn called(facts: &Facts) -> BTreeSet<NodeId> {
    let command = facts.command.chain.iter().map(|step| step.node);
    command.chain(facts.executables.iter().map(|executable| executable.target)).collect()
}

/// What the objects that are loaded need, and what those need, found by file name or `DT_SONAME` alone: of one name those
/// for the needing object's own machine, and where there is none, all.
fn needed(facts: &Facts, tree: &Tree, is_loaded: impl Fn(&Object) -> bool) -> BTreeSet<NodeId> {
    let mut by_name: BTreeMap<&[u8], Vec<&Object>> = BTreeMap::new();
    for object in &facts.objects {
        let names: BTreeSet<&[u8]> = object.elf.soname().into_iter().chain([tree.name(object.node)]).collect();
        for name in names {
            by_name.entry(name).or_default().push(object);
        }
    }
    let mut todo: Vec<&Object> = facts.objects.iter().filter(|object| is_loaded(object)).collect();
    let (mut found, mut asked) = (BTreeSet::new(), BTreeSet::new());
    while let Some(object) = todo.pop() {
        let isa = Isa::of(&object.elf);
        for name in object.elf.needed().iter().filter(|name| asked.insert((&name[..], isa))) {
            let named = by_name.get(&name[..]).map_or(&[][..], Vec::as_slice);
            let is_there = named.iter().any(|library| Isa::of(&library.elf) == isa);
            let loads = named.iter().filter(|library| !is_there || Isa::of(&library.elf) == isa);
            todo.extend(loads.filter(|library| found.insert(library.node)));
        }
    }
    found
}
