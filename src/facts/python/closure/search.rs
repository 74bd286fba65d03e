//! The walk: what is surely imported first, in Python's own order, then what may be, then what functions import.

use std::collections::{BTreeMap, HashSet};
use std::mem;
use std::sync::Arc;

use super::super::import::{self, Finder, Import};
use super::super::runtime::{Runtime, Started};
use super::super::source::{self, Edit, Imported, Setting, Source, Sources, Strength};
use super::{By, Closure, Importer, Missing, Module, is_in_site};
use crate::facts::command::code::{Code, Token};
use crate::facts::command::server::{NAMES, application};
use crate::facts::contents::Contents;
use crate::image::Config;
use crate::layer::skeleton::skeleton;
use crate::vfs::{NodeId, Tree};

/// Modules that are followed. Images with every large framework in them import some ten thousand.
const MAX_MODULES: usize = 50_000;
/// Importers of a missing module that are noted.
const MAX_IMPORTERS: usize = 16;
/// Names and dots of one import that are looked at.
const MAX_PARTS: usize = 64;

/// An import that is still to be done.
struct Edge {
    name: String,
    by: Option<Importer>,
    strength: Strength,
    /// Whether uvicorn is told to import it.
    is_served: bool,
    /// Whether it may be no module at all: `b` of `from a import b`.
    is_perhaps_a_name: bool,
}

struct Search<'a> {
    tree: &'a Tree,
    contents: Contents<'a>,
    runtime: &'a Runtime,
    setting: Setting<'a>,
    finder: Finder<'a>,
    loaded: HashSet<String>,
    /// By strength, the strongest last; of each the next import last.
    todo: [Vec<Edge>; 3],
    closure: Closure,
    sources: &'a Sources,
}

/// The closure of what a runtime is started with.
pub(super) fn closure(tree: &Tree, config: &Config, runtime: &Runtime, by: By, sources: &Sources) -> Closure {
    let started = runtime.started.clone().unwrap_or_default();
    let server = started.server.as_ref();
    let first = server.iter().flat_map(|server| &server.directories).filter_map(|path| tree.resolve(path).ok());
    let first = first.filter(|node| tree.is_directory(*node));
    let mut unknown = runtime.path.unknown.clone();
    let option = server.and_then(|server| server.configured_by);
    unknown.extend(option.map(|option| format!("{option} may name other directories")));
    let library = runtime.interpreter.library.as_ref().filter(|library| tree.resolve(&library.join("encodings")).is_err());
    unknown.extend(library.map(|library| format!("{library} is no whole standard library, it has no encodings")));
    let machine = match config.architecture.as_str() {
        "arm64" => Some("aarch64"),
        "amd64" => Some("x86_64"),
        _ => None,
    };
    let mut search = Search {
        tree,
        contents: Contents::new(tree),
        runtime,
        setting: Setting { version: runtime.interpreter.version, machine, is_main: false },
        finder: Finder::new(tree, runtime.interpreter.version, first.chain(runtime.path.directories(tree))),
        loaded: HashSet::new(),
        todo: [const { Vec::new() }; 3],
        closure: Closure { by, modules: vec![], missing: vec![], unfollowed: vec![], unknown, at: BTreeMap::new() },
        sources,
    };
    search.start(&started);
    while let Some(edge) = search.todo.iter_mut().rev().find_map(Vec::pop) {
        search.import(edge);
    }
    search.closure
}

impl Search<'_> {
    fn start(&mut self, started: &Started) {
        let server = started.server.as_ref().map(|server| root(&server.module));
        if let Some(code) = &started.code {
            let source = source::read(&skeleton(code.as_bytes()), &Setting { is_main: true, ..self.setting });
            self.enter(Module::main(None), &source, "");
        } else if let Some(name) = &started.module {
            self.module(name);
        } else if let Some(file) = started.script.as_ref().and_then(|script| self.tree.resolve(script).ok()) {
            let file = if self.tree.is_directory(file) { self.tree.child(file, b"__main__.py") } else { Some(file) };
            if let Some(file) = file {
                self.main(file, "");
                self.served(file);
            }
        }
        // The server looks for its application when it runs.
        if let Some(edge) = server {
            self.todo[Strength::Always as usize].insert(0, edge);
        }
    }

    /// Starts a module by its name: `python -m`.
    fn module(&mut self, name: &str) {
        let Some((parent, _)) = name.rsplit_once('.').or(Some(("", name))) else { return };
        let found = self.finder.look(name);
        let is_package = |tree: &Tree, node: NodeId| tree.name(node).starts_with(b"__init__.");
        let (main, package) = match found {
            Import::Found(node) if !is_package(self.tree, node) => (Some(node), parent),
            Import::Found(_) | Import::Namespace(_) => match self.finder.look(&format!("{name}.__main__")) {
                Import::Found(node) => (Some(node), name),
                _ => (None, name),
            },
            _ => (None, name),
        };
        if let Some(main) = main {
            self.main(main, package);
        }
        for parent in prefixes(package).into_iter().rev() {
            let edge = root(parent);
            self.todo[Strength::Always as usize].push(edge);
        }
    }

    fn main(&mut self, file: NodeId, package: &str) {
        let source = self.read(file, true);
        self.enter(Module::main(Some(file)), &source, package);
    }

    /// The application that a script hands to a server by its name: `uvicorn.run("main:app")`.
    fn served(&mut self, file: NodeId) {
        let bytes = self.tree.trace(file).and_then(|trace| trace.bytes()).unwrap_or_default();
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        let Some(code) = Code::parse(text) else { return };
        for call in code.calls().filter(|call| call.name == "run" && call.owner.is_some_and(|owner| NAMES.contains(&owner))) {
            let Some([Token::Text { content, formatted: false }]) = call.arguments.first() else { continue };
            let Some(name) = application(content) else { continue };
            let line = text.find(*content).map_or(0, |at| text[..at].matches('\n').count() + 1);
            let by = Importer { module: 0, line: u32::try_from(line).unwrap_or_default() };
            let edge = Edge { by: Some(by), is_served: call.owner == Some("uvicorn"), is_perhaps_a_name: false, ..root(name) };
            self.todo[Strength::Always as usize].insert(0, edge);
        }
    }

    fn import(&mut self, edge: Edge) {
        if self.loaded.contains(&edge.name) || self.closure.modules.len() >= MAX_MODULES {
            return;
        }
        match self.finder.look(&edge.name) {
            Import::Found(file) => {
                self.loaded.insert(edge.name.clone());
                if !self.is_library(file) {
                    self.load(&edge, file);
                }
            }
            Import::BuiltIn | Import::Namespace(_) => drop(self.loaded.insert(edge.name)),
            Import::Missing(missing) if !edge.is_perhaps_a_name => self.miss(missing, &edge),
            Import::Missing(_) | Import::Unknown(_) => {}
        }
    }

    /// Whether a file is of the standard library.
    fn is_library(&self, file: NodeId) -> bool {
        let path = self.tree.path(file);
        self.runtime.interpreter.library.as_ref().is_some_and(|library| path.is_within(library)) && !is_in_site(&path)
    }

    fn load(&mut self, edge: &Edge, file: NodeId) {
        let name = self.tree.name(file);
        let is_package = name.starts_with(b"__init__.");
        let source = if name.ends_with(b".so") { Arc::default() } else { self.read(file, false) };
        let package = if is_package { &edge.name[..] } else { edge.name.rsplit_once('.').map_or("", |(parent, _)| parent) };
        let module = Module { name: edge.name.clone(), file: Some(file), strength: edge.strength, importer: edge.by, edit: None };
        self.enter(module, &source, package);
    }

    /// What a file says; nothing where its text is not known.
    fn read(&mut self, file: NodeId, is_main: bool) -> Arc<Source> {
        let trace = self.tree.trace(file);
        let text = trace.and_then(|trace| Some((trace, source::text(trace)?)));
        let text = text.filter(|(_, text)| self.contents.charge(text.len()).is_ok());
        // Scripts have names of any kind; compiled modules have none of a source.
        if let Some((trace, text)) = text.filter(|_| !self.tree.name(file).ends_with(b".pyc")) {
            let setting = Setting { is_main, ..self.setting };
            return self.sources.of(trace.sha256, &setting, || source::read(&text, &setting));
        }
        self.closure.unfollowed.push(file);
        Arc::default()
    }

    /// Takes a module in, and notes what it imports.
    fn enter(&mut self, module: Module, source: &Source, package: &str) {
        let at = self.closure.modules.len();
        let edit = source.edits.iter().find(|(_, edit)| matches!(edit, Edit::Path | Edit::Hook)).copied();
        let strength = module.strength;
        if let Some(file) = module.file {
            self.closure.at.entry(file).or_insert(at);
        }
        self.closure.modules.push(Module { edit, ..module });
        for imported in source.imports.iter().rev() {
            let by = Some(Importer { module: at, line: imported.line });
            let strength = strength.min(imported.strength);
            let Some(base) = base(imported, package) else { continue };
            let mut push = |name: &str, is_perhaps_a_name| {
                // Most modules are imported by many.
                if !self.loaded.contains(name) {
                    let edge = Edge { name: name.to_owned(), by, strength, is_served: false, is_perhaps_a_name };
                    self.todo[strength as usize].push(edge);
                }
            };
            let mut whole = base.clone();
            for name in imported.names.iter().rev().filter(|name| *name != "*") {
                whole.truncate(base.len());
                if !base.is_empty() {
                    whole.push('.');
                }
                whole.push_str(name);
                push(&whole, true);
            }
            for prefix in prefixes(&base).into_iter().rev() {
                push(prefix, false);
            }
        }
    }

    fn miss(&mut self, missing: import::Missing, edge: &Edge) {
        let Some(by) = edge.by else { return };
        if let Some(known) = self.closure.missing.iter_mut().find(|known| known.name == missing.name) {
            if known.importers.len() < MAX_IMPORTERS && known.strength == edge.strength && !known.importers.contains(&by) {
                known.importers.push(by);
            }
        } else if missing.within.is_none() || self.is_plain(&missing.name) {
            let import::Missing { name, within } = missing;
            let (strength, is_served) = (edge.strength, edge.is_served);
            self.closure.missing.push(Missing { name, within, strength, is_served, importers: vec![by] });
        }
    }

    /// Whether the parent of a name is a package or module that shows all that is in it: its text is known, and neither looks
    /// its modules up by hand nor says where they are.
    fn is_plain(&mut self, name: &str) -> bool {
        let Some((parent, _)) = name.rsplit_once('.') else { return true };
        match self.finder.look(parent) {
            Import::Found(file) => {
                let unfollowed = mem::take(&mut self.closure.unfollowed);
                let source = self.read(file, false);
                let is_known = self.closure.unfollowed.is_empty();
                self.closure.unfollowed = unfollowed;
                let hides = |(_, edit): &(u32, Edit)| *edit != Edit::Path;
                is_known && !self.is_library(file) && !source.edits.iter().any(hides)
            }
            Import::Namespace(_) => true,
            _ => false,
        }
    }
}

/// An import that no statement asks for. That its module is there is the business of who names it.
fn root(name: &str) -> Edge {
    Edge { name: name.to_owned(), by: None, strength: Strength::Always, is_served: false, is_perhaps_a_name: true }
}

impl Module {
    fn main(file: Option<NodeId>) -> Self {
        Self { name: "__main__".into(), file, strength: Strength::Always, importer: None, edit: None }
    }
}

/// The module that a statement names, from the package of its own module; `None` where that has none, or too few above it.
fn base(imported: &Imported, package: &str) -> Option<String> {
    let Imported { level, module, .. } = imported;
    let Some(above) = level.checked_sub(1) else { return Some(module.clone()) };
    let mut package = package;
    for _ in 0..above {
        package = package.rsplit_once('.')?.0;
    }
    match (package, module.as_str()) {
        ("", _) => None,
        (package, "") => Some(package.to_owned()),
        (package, module) => Some(format!("{package}.{module}")),
    }
}

/// A dotted name and the packages above it, the outermost first.
fn prefixes(name: &str) -> Vec<&str> {
    let ends = name.match_indices('.').map(|(at, _)| at).chain([name.len()]);
    ends.take(MAX_PARTS).filter_map(|end| name.get(..end)).filter(|prefix| !prefix.is_empty()).collect()
}
