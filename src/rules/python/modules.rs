//! Modules that are started, and where they should be.

use std::collections::BTreeSet;

use super::super::{Context, words};
use crate::facts::command::server::{self, Server};
use crate::facts::python::import::Missing;
use crate::facts::python::sys_path::Origin;
use crate::facts::python::{Import, Runtime};
use crate::text::escape;
use crate::vfs::{LayerIndex, LayerPath, NodeId, Tree};

/// A module, and who asks for it.
pub(super) struct Wanted<'a> {
    name: &'a str,
    by: By<'a>,
}

#[derive(Clone, Copy)]
enum By<'a> {
    /// `python -m`.
    Command,
    Server(&'a Server),
    Service,
}

/// A module that is not found.
pub(super) struct Absent {
    /// The path that should be, and the layer to blame, if there is one.
    pub path: LayerPath,
    pub layer: Option<LayerIndex>,
    pub text: String,
    pub fix: String,
    /// The last line that a user would see.
    pub predicts: String,
}

impl<'a> Wanted<'a> {
    /// Every module that is asked for, each once: what the command says comes first.
    pub fn all(context: &Context<'a>) -> Vec<Self> {
        let started = context.started().map(|(_, started)| started);
        let run = started.and_then(|started| started.module.as_deref()).map(|name| Self { name, by: By::Command });
        let server = started.and_then(|started| started.server.as_ref());
        let application = server.map(|server| Self { name: &server.module, by: By::Server(server) });
        let declared = context.profile.service.iter().flat_map(|service| &service.modules);
        let mut all: Vec<Self> = run.into_iter().chain(application).collect();
        for name in declared {
            if all.iter().all(|wanted| wanted.name != name) {
                all.push(Self { name, by: By::Service });
            }
        }
        all
    }

    fn directories(&self) -> &'a [LayerPath] {
        if let By::Server(server) = self.by { &server.directories } else { &[] }
    }
}

/// The file that a module is started by: of a package, its `__main__`.
pub(super) fn main(tree: &Tree, runtime: &Runtime, name: &str) -> Import {
    match runtime.import(tree, name) {
        Import::Found(node) if tree.name(node).starts_with(b"__init__.") => runtime.import(tree, &format!("{name}.__main__")),
        Import::Namespace(_) => runtime.import(tree, &format!("{name}.__main__")),
        found => found,
    }
}

/// Looks for a module: `None` where it is found, else what there is to say; an error where that cannot be told.
pub(super) fn look(context: &Context<'_>, runtimes: &[Runtime], wanted: &Wanted<'_>) -> Result<Option<Absent>, String> {
    let (tree, name) = (context.tree, escape(wanted.name.as_bytes()));
    let import = |runtime: &Runtime| match wanted.by {
        By::Command => main(tree, runtime, wanted.name),
        By::Server(_) | By::Service => runtime.import_with(tree, wanted.name, wanted.directories()),
    };
    let found: Vec<Import> = runtimes.iter().map(import).collect();
    if found.iter().any(|import| is_there(tree, import)) {
        return Ok(None);
    }
    let Some((runtime, import)) = runtimes.iter().zip(&found).find(|(runtime, _)| runtime.started.is_some()) else {
        return Err(format!("{name}: the command does not lead to Python, and so where that looks is not known"));
    };
    let configured = if let By::Server(server) = wanted.by { server.configured_by } else { None };
    match (import, configured) {
        (Import::Unknown(why), _) => Err(format!("{name}: {why}")),
        (_, Some(by)) => Err(format!("{name}: {by} may name other directories")),
        (import, None) => Ok(Some(absent(context, runtime, wanted, import))),
    }
}

/// Whether it can be imported and is something; of a directory without `__init__`, whether it holds a module.
fn is_there(tree: &Tree, import: &Import) -> bool {
    let is_module = |node: NodeId| [&b".py"[..], b".so", b".pyc"].iter().any(|ending| tree.name(node).ends_with(ending));
    match import {
        Import::Namespace(portions) => portions.iter().any(|portion| tree.walk(*portion).any(is_module)),
        import => import.is_found(),
    }
}

fn absent(context: &Context<'_>, runtime: &Runtime, wanted: &Wanted<'_>, import: &Import) -> Absent {
    let tree = context.tree;
    let name = escape(wanted.name.as_bytes());
    let (path, why, fix) = match import {
        Import::Missing(missing) => gone(context, runtime, wanted, missing),
        Import::Namespace(portions) => {
            let path = portions.first().map(|node| tree.path(*node)).unwrap_or_default();
            (path.clone(), format!("{path} holds no module"), format!("COPY the source into {path}"))
        }
        _ => (LayerPath::root(), "it cannot be imported".into(), String::new()),
    };
    let predicts = predicted(context, runtime, wanted, import);
    let layer = tree.resolve(&path).map_or_else(|_| context.blame(&path), |node| Some(tree.layer(node)));
    Absent { path, layer, text: format!("{name} is not found: {why}"), fix, predicts }
}

/// The last line that a user would see (`CPython`'s `runpy.py` and `_bootstrap.py`; uvicorn's `importer.py`).
fn predicted(context: &Context<'_>, runtime: &Runtime, wanted: &Wanted<'_>, import: &Import) -> String {
    let (python, name) = (&runtime.interpreter.path, escape(wanted.name.as_bytes()));
    let Import::Missing(Missing { name: missing, within }) = import else { return format!("{python}: No module named {name}") };
    let is_module = within.is_some_and(|node| !context.tree.is_directory(node));
    let missing = escape(missing.as_bytes());
    let above = missing.rsplit_once('.').map_or("", |(above, _)| above);
    let error = if is_module {
        format!("ModuleNotFoundError: No module named '{missing}'; '{above}' is not a package")
    } else {
        format!("ModuleNotFoundError: No module named '{missing}'")
    };
    let mut served = context.facts.imports.iter().flat_map(|closure| &closure.missing).filter(|missing| missing.is_served);
    let is_served = match wanted.by {
        By::Server(told) => told.name == "uvicorn" && missing == name,
        By::Command | By::Service => served.any(|served| served.name == wanted.name),
    };
    match wanted.by {
        _ if is_served => {
            format!("ERROR:    Error loading ASGI app. Could not import module \"{name}\".")
        }
        By::Command if missing == format!("{name}.__main__") => {
            format!("{python}: No module named {missing}; '{name}' is a package and cannot be directly executed")
        }
        By::Command if missing != name => format!("{python}: Error while finding module specification for '{name}' ({error})"),
        By::Command if is_module => {
            let why = format!("__path__ attribute not found on '{above}' while trying to find '{name}'");
            format!("{python}: Error while finding module specification for '{name}' (ModuleNotFoundError: {why})")
        }
        By::Command => format!("{python}: No module named {name}"),
        By::Server(_) | By::Service => error,
    }
}

/// Where a module should be, why it is not found, and what to do.
fn gone(context: &Context<'_>, runtime: &Runtime, wanted: &Wanted<'_>, missing: &Missing) -> (LayerPath, String, String) {
    let tree = context.tree;
    let last = escape(missing.name.rsplit('.').next().unwrap_or_default().as_bytes());
    let forms = |directory: &LayerPath| [directory.join(format!("{last}.py")), directory.join(&last)];
    let removed = |directory: &LayerPath| forms(directory).into_iter().find(|path| tree.trail().removal(path).is_some());
    if let Some(within) = missing.within {
        let package = tree.path(within);
        if !tree.is_directory(within) {
            let fix = format!("name the module that {package} is");
            return (package.clone(), format!("{package} is a module, not a package"), fix);
        }
        let [path, _] = forms(&package);
        let why = format!("{package} exists, {last}.py does not");
        return (
            removed(&package).unwrap_or(path),
            why,
            format!("COPY {last}.py into {package}, or name a module that is there"),
        );
    }
    let workdir = LayerPath::new(&context.facts.config.run.working_dir);
    let others = context.facts.python.sites.iter().map(|site| site.path.clone()).chain([workdir.clone()]);
    let mut off = others.filter(|path| tree.resolve(path).is_ok_and(|node| !runtime.path.holds(tree, node)));
    if let Some(place) = off.find(|path| is_there(tree, &runtime.import_with(tree, &missing.name, std::slice::from_ref(path)))) {
        let why = format!("it lies in {place}, which is not on sys.path of {}", runtime.interpreter.path);
        return (place.join(&last), why, format!("let PYTHONPATH hold {place}, and the command not ignore it"));
    }
    let own = runtime.path.entries.iter().filter(|entry| entry.origin != Origin::Library).map(|entry| &entry.path);
    let mut places: Vec<&LayerPath> = wanted.directories().iter().chain(own).collect();
    let mut seen = BTreeSet::new();
    places.retain(|place| seen.insert(*place));
    // A server is a package, and not one of the service's own.
    let is_server = server::NAMES.contains(&last.as_str());
    let home = context.site_wanted().ok().filter(|_| is_server).unwrap_or(workdir);
    let is_file = missing.name == wanted.name && !is_server;
    let path = home.join(if is_file { format!("{last}.py") } else { last.clone() });
    let shown: Vec<String> = places.iter().map(ToString::to_string).collect();
    let why = format!("neither {last}.py nor a directory {last} is in {}", words::list(&shown, 3));
    let fix = format!("COPY the source so that {path} is there, or let PYTHONPATH hold the directory that has it");
    (places.into_iter().find_map(removed).unwrap_or(path), why, fix)
}
