//! Which modules are imported, from what is started: the walk that Python itself would do, over text.

mod search;

use std::collections::BTreeMap;

use super::Distribution;
use super::runtime::Runtime;
use super::source::{Edit, Sources, Strength};
use crate::image::Config;
use crate::layer::LayerPath;
use crate::vfs::{NodeId, Tree};

/// What starts a closure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// `ENTRYPOINT` and `CMD`.
    Command,
    /// `HEALTHCHECK`.
    HealthCheck,
}

/// What is imported from a start. The standard library is found, and not looked into.
#[derive(Debug, Clone)]
pub struct Closure {
    /// What starts it.
    pub by: By,
    /// The modules outside of the standard library, each before what it imports, those that are surely imported first.
    pub modules: Vec<Module>,
    /// Modules that are imported and not there, likewise.
    pub missing: Vec<Missing>,
    /// Modules whose imports are not known, because their text was not kept or there is none: extension modules not.
    pub unfollowed: Vec<NodeId>,
    /// Why modules may be found that are in no directory of `sys.path`.
    pub unknown: Vec<String>,
    /// The place of a file among the modules.
    at: BTreeMap<NodeId, usize>,
}

/// A module that is imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// Its name: `__main__` of what is started.
    pub name: String,
    /// Its file; `None` of code that stands in a command.
    pub file: Option<NodeId>,
    /// How sure it is that it is imported: the weakest link of the strongest chain of imports.
    pub strength: Strength,
    /// The import that brings it; `None` of what is started.
    pub importer: Option<Importer>,
    /// The first line on which it edits `sys.path` or installs an import hook.
    pub edit: Option<(u32, Edit)>,
}

/// An import statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Importer {
    /// The place of its module among the modules of the closure.
    pub module: usize,
    /// Its line.
    pub line: u32,
}

/// A module that is imported and not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Its name; of `a.b.c`, `a.b` where `a` is there.
    pub name: String,
    /// The directory of the package that should have it; of a module that is no package, its file.
    pub within: Option<NodeId>,
    /// How sure it is that it is imported.
    pub strength: Strength,
    /// Whether uvicorn is told to import it, by the program itself.
    pub is_served: bool,
    /// The statements that import it, in order.
    pub importers: Vec<Importer>,
}

/// The closures of the command and of the health check, as far as they lead to Python.
pub fn closures(
    tree: &Tree,
    config: &Config,
    runtimes: &[Runtime],
    probing: Option<&Runtime>,
    sources: &Sources,
) -> Vec<Closure> {
    let command = runtimes.iter().filter(|runtime| runtime.started.is_some()).map(|runtime| (By::Command, runtime));
    let probing = probing.map(|runtime| (By::HealthCheck, runtime));
    command.chain(probing).map(|(by, runtime)| search::closure(tree, config, runtime, by, sources)).collect()
}

impl Closure {
    /// How sure it is that a file is imported; `None` where it is not.
    pub fn strength(&self, file: NodeId) -> Option<Strength> {
        self.at.get(&file).and_then(|at| self.modules.get(*at)).map(|module| module.strength)
    }

    /// How sure it is that anything of a distribution is imported, as far as its RECORD tells what it owns.
    pub fn strength_of(&self, distribution: &Distribution) -> Option<Strength> {
        let rows = distribution.record.iter().flat_map(|record| &record.rows);
        rows.filter_map(|row| self.strength(row.node?)).max()
    }

    /// The files that are imported, and how surely.
    pub fn files(&self) -> impl Iterator<Item = (NodeId, Strength)> {
        self.at.iter().filter_map(|(file, at)| Some((*file, self.modules.get(*at)?.strength)))
    }

    /// The chain of imports that leads to a statement, from the start.
    pub fn chain(&self, importer: Importer) -> Vec<Importer> {
        let mut chain = vec![importer];
        while let Some(next) = chain.last().and_then(|last| self.modules.get(last.module)?.importer) {
            chain.push(next);
        }
        chain.reverse();
        chain
    }

    /// Where a statement is, fit to show: `/app/main.py:3`.
    pub fn place(&self, tree: &Tree, importer: Importer) -> String {
        match self.modules.get(importer.module).and_then(|module| module.file) {
            Some(file) => format!("{}:{}", tree.path(file), importer.line),
            None => match self.by {
                By::Command => "the command".into(),
                By::HealthCheck => "HEALTHCHECK".into(),
            },
        }
    }

    /// The module that changes where a missing one may come from: on the way to it, or one of the image's own, outside of
    /// site directories, wherever that is called.
    pub fn editor(&self, tree: &Tree, missing: &Missing) -> Option<&Module> {
        let chain = missing.importers.first().map(|importer| self.chain(*importer)).unwrap_or_default();
        let on_the_way = chain.iter().filter_map(|importer| self.modules.get(importer.module));
        let own = self.modules.iter().filter(|module| module.file.is_some_and(|file| !is_in_site(&tree.path(file))));
        on_the_way.chain(own).find(|module| module.edit.is_some())
    }
}

/// Whether a path lies in a site directory.
fn is_in_site(path: &LayerPath) -> bool {
    path.components().any(|part| super::SITES.contains(&part))
}

#[cfg(test)]
mod tests;
