//! Python, as the facts document has it.

use lucid_verify::facts::Facts;
use lucid_verify::facts::python::record::Record;
use lucid_verify::facts::python::{Distribution as Installed, Runtime, Site as SiteDirectory};
use lucid_verify::vfs::Tree;
use schemars::JsonSchema;
use serde::Serialize;

/// Python.
#[derive(Serialize, JsonSchema)]
pub struct Python {
    /// The interpreter that the command starts, else those that are there.
    interpreters: Vec<Interpreter>,
    /// Directories that distributions are installed in.
    sites: Vec<Site>,
}

/// An interpreter.
#[derive(Serialize, JsonSchema)]
struct Interpreter {
    /// Its path.
    path: String,
    /// Its version, as far as something tells it.
    version: String,
    /// What tells it.
    told_by: &'static str,
    /// Its prefix.
    prefix: String,
    /// Its standard library.
    library: Option<String>,
    /// The virtual environment that it is called through.
    environment: Option<String>,
    /// Whether the command starts it.
    started: bool,
    /// The file that it runs.
    script: Option<String>,
    /// The module that it runs.
    module: Option<String>,
    /// `sys.path`, in order; not all of it need exist.
    sys_path: Vec<String>,
}

/// A site directory.
#[derive(Serialize, JsonSchema)]
struct Site {
    /// Its path.
    path: String,
    /// Its distributions, by name.
    distributions: Vec<Distribution>,
}

/// A distribution.
#[derive(Serialize, JsonSchema)]
struct Distribution {
    /// Its name, as it spells it.
    name: String,
    /// Its version.
    version: String,
    /// Its directory of metadata.
    path: String,
    /// The layer that wrote that, base first, from 0.
    layer: usize,
    /// `Tag` of its wheel.
    tags: Vec<String>,
    /// `Requires-Dist`, as they are written.
    requires: Vec<String>,
    /// The commands that it declares.
    commands: Vec<String>,
    /// Its RECORD; null where it has none that can be read.
    record: Option<Summary>,
}

/// What a RECORD comes to.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// Files that it lists.
    files: usize,
    /// Of these, those that are there.
    present: usize,
    /// Of those that are there and whose hash is listed, those that are not what is listed.
    altered: usize,
}

impl Python {
    /// That of an image.
    pub fn of(tree: &Tree, facts: &Facts) -> Self {
        Self {
            interpreters: facts.runtimes.iter().map(interpreter).collect(),
            sites: facts.python.sites.iter().map(|found| site(tree, found)).collect(),
        }
    }
}

fn interpreter(runtime: &Runtime) -> Interpreter {
    let (found, started) = (&runtime.interpreter, runtime.started.as_ref());
    Interpreter {
        path: found.path.to_string(),
        version: found.version.to_string(),
        told_by: found.version.told_by,
        prefix: found.prefix.to_string(),
        library: found.library.as_ref().map(ToString::to_string),
        environment: found.environment.as_ref().map(|environment| environment.prefix.to_string()),
        started: started.is_some(),
        script: started.and_then(|started| started.script.as_ref()).map(ToString::to_string),
        module: started.and_then(|started| started.module.clone()),
        sys_path: runtime.path.entries.iter().map(|entry| entry.path.to_string()).collect(),
    }
}

fn site(tree: &Tree, site: &SiteDirectory) -> Site {
    let distribution = |found: &Installed| Distribution {
        name: found.name.clone(),
        version: found.version.clone(),
        path: found.path.to_string(),
        layer: found.layer,
        tags: found.tags.clone(),
        requires: found.requires.clone(),
        commands: found.commands.clone().unwrap_or_default(),
        record: found.record.as_ref().ok().map(|record| summary(tree, record)),
    };
    Site { path: site.path.to_string(), distributions: site.distributions.iter().map(distribution).collect() }
}

fn summary(tree: &Tree, record: &Record) -> Summary {
    let present = || record.rows.iter().filter_map(|row| Some((row, tree.trace(row.node?)?)));
    let altered = present().filter(|(row, trace)| row.sha256.is_some_and(|listed| listed != trace.sha256)).count();
    Summary { files: record.rows.len(), present: present().count(), altered }
}
