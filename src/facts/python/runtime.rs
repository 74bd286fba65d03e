//! The Pythons that an image would start, and what each would find.

use std::collections::BTreeSet;

use super::import::{Finder, Import};
use super::interpreter::{self, Interpreter};
use super::sys_path::{self, SysPath};
use crate::facts::accounts::User;
use crate::facts::command::program::{self, Python, Runs};
use crate::facts::command::server::{self, Server};
use crate::facts::command::{self, Step, absolute};
use crate::facts::contents::Contents;
use crate::facts::packages::Packages;
use crate::image::Config;
use crate::layer::{FileKind, LayerPath};
use crate::vfs::{NodeId, Tree};

/// An interpreter, and where it looks for modules.
#[derive(Debug, Clone)]
pub struct Runtime {
    /// The interpreter.
    pub interpreter: Interpreter,
    /// Where it looks for modules.
    pub path: SysPath,
    /// What the command tells it; `None` where the command does not lead to it, and it is only there.
    pub started: Option<Started>,
}

/// What a command tells Python.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Started {
    /// The file that it runs.
    pub script: Option<LayerPath>,
    /// The module that it runs: `-m`.
    pub module: Option<String>,
    /// The code that it runs: `-c`.
    pub code: Option<String>,
    /// The application that a server is told to serve.
    pub server: Option<Server>,
    /// `-E` or `-I`: no variable of the environment counts.
    pub ignores_environment: bool,
}

/// What is looked at.
pub(super) struct Image<'a> {
    pub(super) tree: &'a Tree,
    pub(super) contents: Contents<'a>,
    pub(super) config: &'a Config,
    pub(super) user: &'a User,
    pub(super) packages: &'a Packages,
}

/// Interpreters that are looked at where the command leads to none; real images have one or two.
const MAX_INTERPRETERS: usize = 16;

/// The interpreter that the command leads to, seen through inits; where it leads to none, those that are there.
pub fn runtimes(tree: &Tree, config: &Config, user: &User, packages: &Packages) -> Vec<Runtime> {
    let image = Image { tree, contents: Contents::new(tree), config, user, packages };
    let argv: Vec<String> = config.run.entrypoint.iter().chain(&config.run.cmd).cloned().collect();
    if let Some(runtime) = started(&image, &argv) {
        return vec![runtime];
    }
    let options = program::python::<&str>(&[]);
    let idle = |interpreter: Interpreter| {
        let path = sys_path::sys_path(&image, &interpreter, &options, None);
        Runtime { interpreter, path, started: None }
    };
    interpreters(&image).iter().filter_map(|path| interpreter::read(&image, path)).map(idle).collect()
}

/// The interpreter that the health check leads to, if it leads to one.
pub fn probing(tree: &Tree, config: &Config, user: &User, packages: &Packages) -> Option<Runtime> {
    let image = Image { tree, contents: Contents::new(tree), config, user, packages };
    started(&image, &config.probe()?)
}

fn started(image: &Image<'_>, argv: &[String]) -> Option<Runtime> {
    let tree = image.tree;
    let words = program::program(argv);
    let chain = command::follow(tree, image.config, image.user, words.to_vec()).chain;
    let line = |step: &Step| match tree.trace(step.node).map(|trace| &trace.kind) {
        Some(FileKind::Script(line)) => Some(String::from_utf8_lossy(line).into_owned()),
        _ => None,
    };
    let at = chain.iter().position(|step| program::is_python(step.path.name()) && line(step).is_none())?;
    let (before, rest) = chain.split_at(at);
    let (called, _) = rest.split_first().filter(|(_, rest)| rest.iter().all(|step| line(step).is_none()))?;
    let interpreter = interpreter::read(image, &called.path)?;
    let script = before.iter().rev().find_map(|step| Some((step.path.clone(), line(step)?)));
    let (script, line) = script.unzip();
    // The interpreter's own words: those of the first line of the script that leads to it, else those of the command.
    let own: Vec<&str> = match &line {
        Some(line) => line.split_ascii_whitespace().skip_while(|word| !program::is_python(word)).skip(1).collect(),
        None => words.iter().skip(1).map(String::as_str).collect(),
    };
    let options = program::python(&own);
    let script = script.or_else(|| match options.runs {
        Runs::Script(path) => Some(absolute(tree, image.config, path.as_bytes())),
        _ => None,
    });
    let path = sys_path::sys_path(image, &interpreter, &options, script.as_ref());
    let started = Started {
        script,
        module: direct(&options, line.is_none(), |runs| if let Runs::Module(name) = runs { Some(name) } else { None }),
        code: direct(&options, line.is_none(), |runs| if let Runs::Code(text) = runs { Some(text) } else { None }),
        server: server::server(tree, image.config, words),
        ignores_environment: options.ignores_environment,
    };
    Some(Runtime { interpreter, path, started: Some(started) })
}

/// What is run, where the words are those of the command and not of a script's first line.
fn direct<'a>(options: &Python<'a>, is_direct: bool, what: impl Fn(Runs<'a>) -> Option<&'a str>) -> Option<String> {
    what(options.runs).filter(|_| is_direct).map(str::to_owned)
}

/// The interpreters of an image: in the directories of commands, and those of virtual environments.
fn interpreters(image: &Image<'_>) -> Vec<LayerPath> {
    let tree = image.tree;
    let folders = command::directories(tree, image.config).chain(["/usr/local/bin", "/usr/bin"].map(LayerPath::from));
    let named = folders.filter_map(|folder| tree.resolve(&folder).ok()).flat_map(|folder| tree.children(folder));
    let called = named.map(|(_, node)| tree.path(node)).filter(|path| program::is_python(path.name()));
    let mut seen = BTreeSet::<NodeId>::new();
    let real = called.filter_map(|path| tree.resolve(&path).ok()).filter(|node| is_machine_code(tree, *node));
    let mut found: Vec<LayerPath> = real.filter(|node| seen.insert(*node)).map(|node| tree.path(node)).collect();
    let environments = tree.iter().filter(|node| tree.name(*node) == b"pyvenv.cfg").map(|node| tree.path(tree.parent(node)));
    found.extend(environments.map(|prefix| prefix.join("bin/python")));
    found.truncate(MAX_INTERPRETERS);
    found
}

fn is_machine_code(tree: &Tree, node: NodeId) -> bool {
    matches!(tree.trace(node).map(|trace| &trace.kind), Some(FileKind::Elf(_)))
}

impl Runtime {
    /// What `import NAME` would find.
    pub fn import(&self, tree: &Tree, name: &str) -> Import {
        self.import_with(tree, name, &[])
    }

    /// What it would find if some directories were looked in first.
    pub fn import_with(&self, tree: &Tree, name: &str, first: &[LayerPath]) -> Import {
        let first = first.iter().filter_map(|path| tree.resolve(path).ok()).filter(|node| tree.is_directory(*node));
        let directories = first.chain(self.path.directories(tree));
        match Finder::new(tree, self.interpreter.version, directories).look(name) {
            Import::Missing(missing) if missing.within.is_none() => match self.path.unknown.first() {
                Some(why) => Import::Unknown(why.clone()),
                None => Import::Missing(missing),
            },
            found => found,
        }
    }
}

#[cfg(test)]
mod tests;
