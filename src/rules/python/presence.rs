//! Whether a package that a service names is there.

use super::super::Context;
use crate::facts::python::distribution::{Distribution, normalized};
use crate::facts::python::{Import, Runtime, Site, aliases};
use crate::text::escape;
use crate::vfs::{LayerPath, NodeId, Tree};

/// What became of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    Present,
    /// It is not there: the path that would be, and what to say.
    Absent(LayerPath, String),
    /// What is imported belongs to another distribution than the one meant.
    Mistaken(NodeId, String),
    Unknown(String),
}

/// Where packages are looked for.
pub(super) struct Packages<'a> {
    pub tree: &'a Tree,
    pub runtimes: &'a [Runtime],
    /// The directories whose distributions count.
    pub sites: Vec<&'a Site>,
    /// The directory that they should be in.
    pub home: LayerPath,
    /// Looked in whether it is on `sys.path` or not: that is the question of another rule.
    pub first: Vec<LayerPath>,
}

impl<'a> Packages<'a> {
    pub fn of(context: &Context<'a>, runtimes: &'a [Runtime]) -> Self {
        let tree = context.tree;
        let wanted = context.expect().site_packages.as_ref().map(LayerPath::new);
        let node = wanted.as_ref().and_then(|path| tree.resolve(path).ok());
        let is_idle = runtimes.iter().all(|runtime| runtime.started.is_none());
        let is_read = |site: &Site| Some(site.node) == node || runtimes.iter().any(|runtime| runtime.path.holds(tree, site.node));
        let sites: Vec<&Site> = context.facts.python.sites.iter().filter(|site| is_idle || is_read(site)).collect();
        let usual = runtimes.first().and_then(|runtime| runtime.interpreter.site_directories().into_iter().next());
        let first = wanted.iter().cloned().chain(sites.iter().filter(|_| is_idle).map(|site| site.path.clone())).collect();
        Self { tree, runtimes, sites, home: wanted.or(usual).unwrap_or_default(), first }
    }

    /// What became of a package, by the name of its distribution or of what is imported.
    pub fn state(&self, name: &str) -> State {
        let installed = self.distribution(name);
        let (imports, needs_all) = match installed {
            Some(found) => imports(found),
            None => (std::iter::once(name.to_owned()).chain(aliases::imports(&normalized(name))).collect(), false),
        };
        let found: Vec<(String, Import)> = imports.into_iter().map(|name| (name.clone(), self.import(&name))).collect();
        let is_there = |(_, import): &&(String, Import)| self.is_there(import);
        if let Some(present) = found.iter().find(is_there).filter(|_| !needs_all || found.iter().all(|one| is_there(&one))) {
            return self.owner(name, present).unwrap_or(State::Present);
        }
        if found.is_empty() {
            return State::Present;
        }
        let unknown = found.iter().find_map(|(_, import)| if let Import::Unknown(why) = import { Some(why) } else { None });
        if let (Some(why), None) = (unknown, installed) {
            return State::Unknown(format!("{}: {why}", escape(name.as_bytes())));
        }
        // Of a name that nothing has, the name by which it would be imported says more.
        let known = found.get(1).filter(|_| installed.is_none() && !name.contains('.'));
        let absent = known.or_else(|| found.iter().find(|one| !is_there(one)));
        absent.map_or(State::Present, |(module, import)| self.absent(name, installed, module, import))
    }

    /// The name by which what should be at a path is imported.
    pub fn module_at(&self, path: &LayerPath) -> String {
        let site = self.sites.iter().map(|site| &site.path).find(|site| path.is_within(site)).unwrap_or(&self.home);
        let first = path.components().nth(site.components().count()).unwrap_or_default();
        escape(first.split(|byte| *byte == b'.').next().unwrap_or_default())
    }

    fn distribution(&self, name: &str) -> Option<&'a Distribution> {
        let all = || self.sites.iter().flat_map(|site| &site.distributions);
        let normalized = normalized(name);
        all().find(|found| found.normalized == normalized).or_else(|| all().find(|found| found.imports().contains(name)))
    }

    fn import(&self, name: &str) -> Import {
        let mut looked = self.runtimes.iter().map(|runtime| runtime.import_with(self.tree, name, &self.first));
        let first = looked.next();
        let found = first.iter().cloned().chain(looked).find(|import| self.is_there(import));
        found.or(first).unwrap_or(Import::Unknown("there is no interpreter".into()))
    }

    /// Whether it is a package. A directory without `__init__` is one where a distribution put files, and no `__init__`.
    fn is_there(&self, import: &Import) -> bool {
        let Import::Namespace(portions) = import else { return import.is_found() };
        let rows =
            || self.sites.iter().flat_map(|site| &site.distributions).flat_map(|found| &found.record).flat_map(|r| &r.rows);
        portions.iter().map(|portion| self.tree.path(*portion)).any(|portion| {
            let is_init = |path: &LayerPath| path.parent().as_ref() == Some(&portion) && path.name().starts_with(b"__init__.");
            let mut within = rows().filter(|row| row.path.is_within(&portion)).peekable();
            within.peek().is_some() && !within.any(|row| is_init(&row.path))
        })
    }

    /// What there is to say where the module belongs to another distribution than the one that is meant by its name.
    fn owner(&self, name: &str, (module, import): &(String, Import)) -> Option<State> {
        let (Import::Found(node), meant) = (import, aliases::meant(module)?) else { return None };
        let mut all = self.sites.iter().flat_map(|site| &site.distributions);
        let owns = |found: &&Distribution| found.record.iter().flat_map(|r| &r.rows).any(|row| row.node == Some(*node));
        let owner = all.find(owns).filter(|owner| owner.normalized != meant)?;
        let named = if normalized(name) == meant { String::new() } else { format!("{}: ", escape(name.as_bytes())) };
        let text = format!("{named}the module {module} is of the distribution {}, not of {meant}", shown(owner));
        Some(State::Mistaken(*node, text))
    }

    fn absent(&self, name: &str, installed: Option<&Distribution>, module: &str, import: &Import) -> State {
        let (name, module) = (escape(name.as_bytes()), escape(module.as_bytes()));
        let site = installed.and_then(|found| found.path.parent()).unwrap_or_else(|| self.home.clone());
        let at = site.join(module.replace('.', "/"));
        let of_it = |path: &LayerPath| path.is_within(&at) || path.name().starts_with(format!("{module}.").as_bytes());
        let rows = installed.into_iter().flat_map(|found| &found.record).flat_map(|record| &record.rows);
        let gone = rows.filter(|row| row.node.is_none() && of_it(&row.path)).map(|row| row.path.clone()).next();
        match (import, installed) {
            (Import::Namespace(portions), _) => {
                let path = portions.first().map(|node| self.tree.path(*node)).unwrap_or_default();
                State::Absent(path.clone(), format!("{name}: {path} is a directory without __init__"))
            }
            (_, Some(found)) => {
                let text = format!("{name}: the distribution {} is there, but its module {module} is not", shown(found));
                State::Absent(gone.unwrap_or(at), text)
            }
            (_, None) => State::Absent(at, format!("{name} is not installed")),
        }
    }
}

/// What is imported of a distribution, and whether all of it must be there: those that go by its name, or by the name
/// that it is known for; else anything of it.
fn imports(found: &Distribution) -> (Vec<String>, bool) {
    let (own, known) = (found.imports(), aliases::imports(&found.normalized));
    let is_own = |name: &&String| own.contains(name.split('.').next().unwrap_or_default());
    let certain: Vec<String> = known.iter().filter(is_own).cloned().collect();
    match (certain.is_empty(), own.is_empty()) {
        (false, _) => (certain, true),
        (true, false) => (own.into_iter().collect(), false),
        // A RECORD of nothing that can be imported: it only brings other distributions.
        (true, true) if found.record.is_ok() => (Vec::new(), false),
        (true, true) => (known, false),
    }
}

fn shown(found: &Distribution) -> String {
    escape(format!("{} {}", found.name, found.version).trim().as_bytes())
}
