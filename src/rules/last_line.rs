//! The last line that a user sees of an image that does not start, as container runtimes, inits, the kernel, glibc and
//! Python word it.

use super::Context;
use crate::facts::command::{Broken, Command, follow, program};
use crate::facts::elf::Isa;
use crate::reference::Platform;
use crate::text::escape;
use crate::vfs::{FileKind, LayerPath, NodeId};

/// Why execve(2) failed, in the words of glibc; Go has the same ones in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Errno {
    /// `ENOENT`
    NoEntry,
    /// `EACCES`
    Access,
    /// `ENOEXEC`
    NoExec,
    /// `ELIBBAD`: the loader that an executable names is for another machine.
    BadLibrary,
}

impl Errno {
    fn words(self) -> &'static str {
        match self {
            Self::NoEntry => "No such file or directory",
            Self::Access => "Permission denied",
            Self::NoExec => "Exec format error",
            Self::BadLibrary => "Accessing a corrupted shared library",
        }
    }

    fn of(context: &Context<'_>, broken: &Broken) -> Self {
        match broken {
            Broken::NotAFile(_) | Broken::NotExecutable { .. } => Self::Access,
            Broken::Interpreter { why, .. } => Self::of(context, why),
            Broken::Format(_) => Self::NoExec,
            // The machine is looked at before the loader is.
            Broken::Loader { path, .. } if is_foreign(context, path) => Self::NoExec,
            Broken::Empty | Broken::NotOnPath { .. } | Broken::Missing { .. } | Broken::Loader { .. } => Self::NoEntry,
        }
    }
}

fn is_foreign(context: &Context<'_>, path: &LayerPath) -> bool {
    let trace = context.tree.resolve(path).ok().and_then(|node| context.tree.trace(node));
    let wanted = Isa::of_architecture(&context.platform().architecture);
    matches!(trace.map(|trace| &trace.kind), Some(FileKind::Elf(elf)) if wanted.is_some_and(|wanted| wanted != Isa::of(elf)))
}

/// Of a command that cannot be started, by an init or by the runtime itself.
pub(super) fn broken(context: &Context<'_>, command: &Command, broken: &Broken, init: Option<&str>) -> String {
    let name = escape(command.argv.first().map_or(&b""[..], |word| word.as_bytes()));
    let is_bare = !name.contains('/');
    match broken {
        Broken::Empty => "no command specified".into(),
        // env(1) started, and did not find what it should start.
        Broken::Interpreter { interpreter, why, .. } if matches!(**why, Broken::NotOnPath { .. }) => {
            let Broken::NotOnPath { name, .. } = &**why else { return String::new() };
            format!("{}: ‘{name}’: No such file or directory", interpreter.split(' ').next().unwrap_or_default())
        }
        _ if init.is_some() => failed(command, Errno::of(context, broken), init),
        Broken::NotOnPath { .. } => format!("exec: \"{name}\": executable file not found in $PATH"),
        Broken::Missing { .. } | Broken::NotAFile(_) | Broken::NotExecutable { .. } if is_bare => {
            format!("exec: \"{name}\": executable file not found in $PATH")
        }
        Broken::Missing { .. } => format!("exec: \"{name}\": stat {name}: no such file or directory"),
        Broken::NotAFile(_) => format!("exec: \"{name}\": is a directory"),
        Broken::NotExecutable { .. } => format!("exec: \"{name}\": permission denied"),
        Broken::Interpreter { .. } | Broken::Loader { .. } | Broken::Format(_) => {
            failed(command, Errno::of(context, broken), None)
        }
    }
}

/// Of a program that was found, and that execve(2) refused.
pub(super) fn failed(command: &Command, errno: Errno, init: Option<&str>) -> String {
    let (name, why) = (escape(command.argv.first().map_or(&b""[..], |word| word.as_bytes())), errno.words());
    match init.map(program::base) {
        None => format!("exec {}: {}", called(command), why.to_ascii_lowercase()),
        Some("dumb-init") => format!("[dumb-init] {name}: {why}"),
        Some("catatonit") => format!("ERROR (catatonit:2): failed to exec pid1: {why}"),
        Some(_) => format!("[FATAL tini (7)] exec {name} failed: {why}"),
    }
}

/// The path by which a command's first word is executed.
fn called(command: &Command) -> String {
    let name = || escape(command.argv.first().map_or(&b""[..], |word| word.as_bytes()));
    command.chain.first().map_or_else(name, |step| step.path.to_string())
}

/// The init that starts a program of a vector, if one does: `env` before it does not count.
pub(super) fn init(argv: &[String]) -> Option<&str> {
    let inits = argv.get(..argv.len() - program::program(argv).len())?;
    inits.iter().rev().map(String::as_str).find(|word| program::is_init(word))
}

/// The module that an interpreter cannot import which runs and finds too little.
pub(super) fn no_module(name: &str) -> String {
    format!("ModuleNotFoundError: No module named '{}'", escape(name.as_bytes()))
}

/// The platform of a machine as Docker names it: 64-bit ARM with its one variant.
pub(super) fn host(platform: &Platform) -> String {
    let is_plain = platform.architecture == "arm64" && platform.variant.is_none();
    format!("{platform}{}", if is_plain { "/v8" } else { "" })
}

/// Of an import that fails where PYTHONPATH lacks directories: of a package, if one of them is that of the packages.
pub(super) fn missing(context: &Context<'_>, lacking: &[&String]) -> Option<String> {
    let site = context.expect().site_packages.as_ref().filter(|site| lacking.contains(site));
    let package = site.and_then(|site| context.first_package(&LayerPath::new(site)));
    package.as_deref().or_else(|| context.first_module()).map(no_module)
}

impl Context<'_> {
    /// Of the command, if its machine code is refused.
    pub(super) fn refused(&self, errno: Errno) -> String {
        failed(&self.facts.command, errno, None)
    }

    /// Of machine code, or a loader, for another machine that the command leads to.
    pub(super) fn foreign(&self, node: NodeId) -> String {
        let facts = self.facts;
        let inner = program::program(&facts.command.argv);
        let behind = follow(self.tree, &facts.config, &facts.user, inner.to_vec());
        for (command, init) in [(&facts.command, None), (&behind, init(&facts.command.argv))] {
            let last = command.chain.last().map(|step| step.node);
            let loader = last.and_then(|last| self.tree.resolve(&LayerPath::new(self.loader(last)?)).ok());
            if last == Some(node) {
                return failed(command, Errno::NoExec, init);
            } else if loader == Some(node) {
                return failed(command, Errno::BadLibrary, init);
            }
        }
        format!("exec {}: exec format error", self.tree.path(node))
    }

    /// The path by which the command's program is executed.
    pub(super) fn called(&self) -> String {
        called(&self.facts.command)
    }

    /// The first of the service's own modules that the command imports, as far as the image tells: that of `-m`, of a server,
    /// or of the profile.
    fn first_module(&self) -> Option<&str> {
        let started = self.facts.runtimes.iter().find_map(|runtime| runtime.started.as_ref());
        let module = started.and_then(|started| started.module.as_deref().or(Some(&started.server.as_ref()?.module)));
        let declared = || self.profile.service.as_ref()?.modules.first().map(String::as_str);
        module.or_else(declared)?.split('.').next()
    }

    /// The first package of a site directory that can be imported.
    pub(super) fn first_package(&self, site: &LayerPath) -> Option<String> {
        if let Some(first) = self.first_import(site).or_else(|| self.first_missing().map(ToOwned::to_owned)) {
            return Some(first);
        }
        let site = self.tree.resolve(site).ok()?;
        let site = self.facts.python.sites.iter().find(|found| found.node == site)?;
        site.distributions.iter().find_map(|found| found.imports().into_iter().next())
    }
}
