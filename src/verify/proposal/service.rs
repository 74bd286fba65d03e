//! What is an image's own: its code, the packages that it calls for, its markers, its ports.

use std::collections::BTreeSet;

use super::super::Loaded;
use crate::facts::Facts;
use crate::facts::python::closure::By;
use crate::facts::python::{Distribution, Import, Requirement, Runtime, Site};
use crate::layer::LayerPath;
use crate::profile::template::{Statement, Table, Value};
use crate::profile::{Profile, SERVICE_LABEL};
use crate::vfs::{NodeId, Tree};

/// Entries of a list: what a person reads.
const MOST: usize = 64;

/// What installs packages, and comes with them.
const INSTALLERS: [&str; 3] = ["pip", "setuptools", "wheel"];

/// Endings of configuration files.
const CONFIGURATION: [&str; 8] = ["cfg", "conf", "env", "ini", "json", "toml", "yaml", "yml"];

/// What the service is called: as its label says, else as the last part of the repository. What stands before the name by
/// which variables hold its port is that of the whole fleet: of `x-auth` with `AUTH_PORT` the service is `auth`.
pub(super) fn name(facts: &Facts) -> Option<String> {
    let is_name = |text: &&str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    let run = &facts.config.run;
    let repository = facts.name.repository.as_deref().and_then(|repository| repository.rsplit('/').next());
    let full = run.labels.get(SERVICE_LABEL).map(String::as_str).filter(is_name).or(repository)?;
    let variables = facts.config.variables();
    let is_own = |name: &&str| {
        let slug = name.replace(['-', '.'], "_").to_ascii_uppercase();
        ["PORT", "SERVICE_PORT"].iter().any(|ending| variables.contains_key(&format!("{slug}_{ending}")[..]))
    };
    let parts = full.match_indices(['-', '_']).filter_map(|(at, _)| full.get(at + 1..));
    Some(parts.rev().chain([full]).find(is_own).unwrap_or(full).to_owned())
}

/// The site directory with most of the distributions that the interpreter finds and no package of the system brought.
pub(super) fn site<'a>(loaded: &Loaded, facts: &'a Facts) -> Option<&'a Site> {
    let sites = runtime(facts)?.sites(&loaded.tree, &facts.python);
    let own = |site: &Site| site.distributions.iter().filter(|found| !found.is_of_system()).count();
    sites.into_iter().rev().max_by_key(|site| own(site)).filter(|site| own(site) > 0)
}

/// The interpreter that the command leads to, else one that is there.
fn runtime(facts: &Facts) -> Option<&Runtime> {
    facts.runtimes.iter().find(|runtime| runtime.started.is_some()).or(facts.runtimes.first())
}

/// The lines of the service's table.
pub(super) fn statements(loaded: &Loaded, facts: &Facts, base: &Profile) -> Vec<Statement> {
    let own = Own::of(&loaded.tree, facts);
    let names = |paths: Vec<LayerPath>| Value::Texts(paths.iter().map(LayerPath::lossless).collect());
    let matches = facts.name.repository.iter().map(|repository| format!("{}[:@]*", globset::escape(repository)));
    let config = own.files(&|name| is_configuration(name));
    let globs = base.globs("marker/nonempty", "names");
    let markers = own.files(&|name| std::str::from_utf8(name).is_ok_and(|name| globs.is_match(name)));
    let ports = facts.config.run.exposed_ports.keys().filter_map(|port| port.split('/').next()?.parse().ok());
    let ports: BTreeSet<u16> = ports.filter(|port| *port > 0).collect();
    let called = name(facts).filter(|_| facts.name.repository.is_none());
    let rows = [
        ("name", Value::Text(called.unwrap_or_default()), "What it is called: variables such as NAME_PORT are its own."),
        ("match", Value::Texts(matches.collect()), "The images that are this service: its repository, under any tag."),
        (
            "packages",
            Value::Texts(own.packages()),
            "Python packages that it cannot do without: those that no other requires, and what its code imports.",
        ),
        ("modules", Value::Texts(own.modules()), "Its own modules that the command must find."),
        ("app", names(own.folders.clone()), "Directories of its code: none may be empty."),
        ("markers", names(markers), "Files that prove what was copied: they must be there and hold text."),
        (
            "config",
            Value::Keys(config.iter().map(LayerPath::lossless).collect()),
            "Its configuration files; a list of keys asks for lines that begin with them.",
        ),
        ("ports", Value::Numbers(ports.into_iter().take(MOST).collect()), "Ports that EXPOSE must name."),
    ];
    let is_said = |value: &Value| match value {
        Value::Text(text) => !text.is_empty(),
        Value::Texts(texts) | Value::Keys(texts) => !texts.is_empty(),
        Value::Numbers(numbers) => !numbers.is_empty(),
    };
    let said = rows.into_iter().filter(|(_, value, _)| is_said(value));
    said.map(|(key, value, why)| Statement { table: Table::Service, key, value, why, left_out: None }).collect()
}

fn is_configuration(name: &[u8]) -> bool {
    let ending = name.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    name.len() > ending.len() + 1 && CONFIGURATION.iter().any(|known| known.as_bytes() == ending)
}

/// Code that no distribution brought, and where it lies.
struct Own<'a> {
    tree: &'a Tree,
    facts: &'a Facts,
    runtime: Option<&'a Runtime>,
    /// The outermost directories that hold it.
    folders: Vec<LayerPath>,
}

impl<'a> Own<'a> {
    fn of(tree: &'a Tree, facts: &'a Facts) -> Self {
        let mut own = Self { tree, facts, runtime: runtime(facts), folders: Vec::new() };
        let modules = facts.imports.iter().flat_map(|closure| &closure.modules).filter_map(|module| module.file);
        let mut folders: BTreeSet<LayerPath> =
            modules.filter(|file| own.is_own(*file)).filter_map(|file| own.folder(file)).collect();
        if folders.is_empty() {
            let workdir = LayerPath::new(&facts.config.run.working_dir);
            let node = tree.resolve(&workdir).ok().filter(|node| tree.is_directory(*node) && !workdir.is_root());
            folders.extend(node.filter(|node| tree.walk(*node).any(|node| tree.trace(node).is_some())).map(|_| workdir));
        }
        let is_outermost = |folder: &&LayerPath| !folders.iter().any(|other| other != *folder && folder.is_within(other));
        own.folders = folders.iter().filter(is_outermost).take(MOST).cloned().collect();
        own
    }

    /// Whether a file lies in no site directory.
    fn is_own(&self, file: NodeId) -> bool {
        let path = self.tree.path(file);
        !self.facts.python.sites.iter().any(|site| path.is_within(&site.path))
    }

    /// The package's directory directly below the place that it is imported from; of a module there, that place.
    fn folder(&self, file: NodeId) -> Option<LayerPath> {
        let path = self.tree.path(file);
        let places = self.runtime.iter().flat_map(|runtime| runtime.path.directories(self.tree)).map(|node| self.tree.path(node));
        let place =
            places.filter(|place| path.is_within(place) && !place.is_root()).max_by_key(|place| place.components().count());
        let Some(place) = place else { return path.parent().filter(|parent| !parent.is_root()) };
        let mut rest = path.components().skip(place.components().count());
        match (rest.next(), rest.next()) {
            (Some(first), Some(_)) => Some(place.join(first)),
            _ => Some(place),
        }
    }

    /// Files below its directories of such names that hold something.
    fn files(&self, is_meant: &dyn Fn(&[u8]) -> bool) -> Vec<LayerPath> {
        let nodes = self.folders.iter().filter_map(|folder| self.tree.resolve(folder).ok());
        let files = nodes.flat_map(|folder| self.tree.walk(folder)).filter(|node| is_meant(self.tree.name(*node)));
        let files = files.filter(|node| self.tree.trace(*node).is_some_and(|trace| !trace.blank));
        let files: BTreeSet<LayerPath> = files.filter(|file| self.is_own(*file)).map(|file| self.tree.path(file)).collect();
        files.into_iter().take(MOST).collect()
    }

    /// The modules of its own that the command names, and those that these import.
    fn modules(&self) -> Vec<String> {
        let Some((runtime, started)) = self.runtime.and_then(|runtime| Some((runtime, runtime.started.as_ref()?))) else {
            return Vec::new();
        };
        let script = started.script.as_ref().and_then(|script| std::str::from_utf8(script.name()).ok()?.strip_suffix(".py"));
        let named = [started.module.as_deref(), started.server.as_ref().map(|server| &server.module[..]), script];
        let mut modules: BTreeSet<&str> = named.into_iter().flatten().collect();
        for closure in self.facts.imports.iter().filter(|closure| closure.by == By::Command) {
            let is_start = |at: usize| closure.modules.get(at).is_some_and(|module| module.importer.is_none());
            let imported = closure.modules.iter().filter(|module| module.importer.is_some_and(|by| is_start(by.module)));
            modules.extend(imported.map(|module| &module.name[..]));
        }
        let is_own = |name: &&str| matches!(runtime.import(self.tree, name), Import::Found(file) if self.is_own(file));
        modules.into_iter().filter(is_own).take(MOST).map(ToOwned::to_owned).collect()
    }

    /// The distributions that no other requires, and those that its own code imports.
    fn packages(&self) -> Vec<String> {
        let Some(runtime) = self.runtime else { return Vec::new() };
        let installed = runtime.installed(self.tree, &self.facts.python);
        let own = || installed.values().filter(|found| !found.is_of_system() && !INSTALLERS.contains(&&found.normalized[..]));
        let lines = own().flat_map(|found| &found.requires).filter(|line| !line.contains("extra"));
        let required: BTreeSet<String> = lines.filter_map(|line| Requirement::parse(line)).map(|one| one.normalized).collect();
        let imported = self.imported();
        let is_needed = |found: &&&Distribution| {
            let rows = || found.record.iter().flat_map(|record| &record.rows).filter_map(|row| row.node);
            !required.contains(&found.normalized) || rows().any(|node| imported.contains(&node))
        };
        let is_name = |name: &&String| name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        own().filter(is_needed).map(|found| &found.name).filter(is_name).take(MOST).cloned().collect()
    }

    /// The files that its own code imports.
    fn imported(&self) -> BTreeSet<NodeId> {
        let mut files = BTreeSet::new();
        for closure in &self.facts.imports {
            for module in &closure.modules {
                let by = module.importer.and_then(|importer| closure.modules.get(importer.module)?.file);
                if by.is_some_and(|by| self.is_own(by)) {
                    files.extend(module.file);
                }
            }
        }
        files
    }
}
