//! What `ENTRYPOINT` and `CMD` start: argv, found through `PATH`, links and shebangs, as execve(2) and runtimes do.

pub mod code;
pub mod program;
mod search;
pub mod server;
mod shebang;

use std::fmt::{self, Write as _};

use super::accounts::User;
use super::elf::Isa;
use crate::image::Config;
use crate::layer::{FileKind, LayerPath};
use crate::text::escape;
use crate::vfs::{NodeId, Tree};
use search::Search;
pub(super) use search::absolute;
pub use search::{directories, is_default};
pub use shebang::trampoline;

/// The command of an image.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Command {
    /// `ENTRYPOINT` followed by `CMD`.
    pub argv: Vec<String>,
    /// How `argv[0]` leads to machine code, one step a file: found through `PATH`, through links, through shebangs. Where
    /// the chain is not broken, the last step is the ELF executable.
    pub chain: Vec<Step>,
    /// Why the chain ends before machine code that can run, if it does.
    pub broken: Option<Broken>,
}

/// One file on the way from a name to machine code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The path as it was looked up.
    pub path: LayerPath,
    /// What stands there: a link, whose target is the next step; a script, whose interpreter follows; or the executable.
    pub node: NodeId,
}

/// Why a command cannot be started. Text is fit to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// There is no first word.
    Empty,
    /// A bare name that is in no directory of `PATH`.
    NotOnPath {
        /// The name.
        name: String,
        /// `PATH` as the image has it.
        path: String,
    },
    /// A path that leads nowhere, and why.
    Missing {
        /// The path.
        path: String,
        /// Why it leads nowhere.
        why: String,
    },
    /// It is no regular file.
    NotAFile(LayerPath),
    /// The user may not execute it, or not reach it.
    NotExecutable {
        /// The file; or the directory on the way to it that the user may not search.
        path: LayerPath,
        /// Mode and owner, as `0644 0:0`.
        mode: String,
    },
    /// A script's interpreter cannot be started.
    Interpreter {
        /// The script.
        script: LayerPath,
        /// What its first line names.
        interpreter: String,
        /// Why that cannot be started.
        why: Box<Broken>,
    },
    /// The ELF loader that an executable names is not in the image, or cannot be executed.
    Loader {
        /// The executable.
        path: LayerPath,
        /// `PT_INTERP`.
        loader: String,
    },
    /// Neither ELF nor a script.
    Format(LayerPath),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("no program is named"),
            Self::NotOnPath { name, path } => write!(f, "{name} is in no directory of PATH={path}"),
            Self::Missing { path, why } => write!(f, "{path} leads nowhere: {why}"),
            Self::NotAFile(path) => write!(f, "{path} is no regular file"),
            Self::NotExecutable { path, mode } => write!(f, "{path} is {mode}, which the user may not execute or search"),
            Self::Interpreter { script, interpreter, why } => {
                write!(f, "{script} is a script for {interpreter}, which cannot be started: {why}")
            }
            Self::Loader { path, loader } => write!(f, "{path} needs the loader {loader}, which cannot be executed"),
            Self::Format(path) => write!(f, "{path} is neither an ELF executable nor a script"),
        }
    }
}

/// Follows the command of a configuration through the tree.
pub fn command(tree: &Tree, config: &Config, user: &User) -> Command {
    follow(tree, config, user, config.run.entrypoint.iter().chain(&config.run.cmd).cloned().collect())
}

/// Follows any argument vector, as that configuration and user would run it. A user without an identity is taken for
/// one who may do all that root may.
pub fn follow(tree: &Tree, config: &Config, user: &User, argv: Vec<String>) -> Command {
    let mut chain = Vec::new();
    let search = Search { tree, config, identity: user.identity.as_ref().ok() };
    let broken = match argv.first() {
        None => Some(Broken::Empty),
        Some(name) => search.program(name.as_bytes(), &mut chain).and_then(|node| start(&search, node, &mut chain, 0)).err(),
    };
    Command { argv, chain, broken }
}

/// Why a script cannot be started, whoever may execute the script itself; `None` where it can, and of any other file.
pub fn script(tree: &Tree, config: &Config, user: &User, node: NodeId) -> Option<Broken> {
    let search = Search { tree, config, identity: user.identity.as_ref().ok() };
    start(&search, node, &mut Vec::new(), 0).err().filter(|broken| matches!(broken, Broken::Interpreter { .. }))
}

/// The machine code that a command leads to: where it ends, where the interpreter of a script ends, and where the program
/// ends that an init starts.
pub fn machine_code(tree: &Tree, config: &Config, user: &User, command: &Command) -> Vec<NodeId> {
    let inner = program::program(&command.argv);
    let behind = (inner.len() < command.argv.len()).then(|| follow(tree, config, user, inner.to_vec()));
    let steps = command.chain.iter().chain(behind.iter().flat_map(|behind| &behind.chain)).map(|step| step.node);
    let is_elf = |node: &NodeId| matches!(tree.trace(*node).map(|trace| &trace.kind), Some(FileKind::Elf(_)));
    steps.filter(is_elf).collect()
}

impl Command {
    /// The executable that is started, unless the chain is broken.
    pub fn started(&self) -> Option<NodeId> {
        self.chain.last().filter(|_| self.broken.is_none()).map(|step| step.node)
    }

    /// The chain in one line, fit to show: `python3 → /usr/bin/python3 → /usr/bin/python3.12 (ELF AArch64)`.
    pub fn shown(&self, tree: &Tree) -> String {
        let mut names: Vec<String> = self.argv.first().map(|name| escape(name.as_bytes())).into_iter().collect();
        names.extend(self.chain.iter().map(|step| step.path.to_string()));
        names.dedup();
        let mut line = names.join(" → ");
        let last = self.chain.last().and_then(|step| tree.trace(step.node));
        if let Some(FileKind::Elf(elf)) = last.map(|trace| &trace.kind) {
            let _ = write!(line, " (ELF {})", Isa::of(elf));
        }
        line
    }
}

/// Scripts in a row before execve(2) gives up (`BINPRM_MAX_RECURSION`; of late, kernels allow one more).
const MAX_SCRIPTS: u32 = 4;

/// What happens when a file is executed: machine code finds its loader, a script its interpreter.
fn start(search: &Search<'_>, node: NodeId, chain: &mut Vec<Step>, scripts: u32) -> Result<(), Broken> {
    let path = search.tree.path(node);
    match search.tree.trace(node).map(|trace| &trace.kind) {
        Some(FileKind::Elf(elf)) if super::elf::is_loadable(elf) => match &elf.interpreter {
            Some(loader) if search.file(loader, &mut Vec::new()).is_err() => Err(Broken::Loader { path, loader: escape(loader) }),
            _ => Ok(()),
        },
        Some(FileKind::Script(line)) => {
            let Some((interpreter, argument)) = shebang::parse(line) else { return Err(Broken::Format(path)) };
            let started = interpret(search, interpreter, argument, chain, scripts).and_then(|()| {
                let behind = search.tree.trace(node).and_then(|trace| trace.bytes()).and_then(trampoline);
                behind.map_or(Ok(()), |interpreter| interpret(search, interpreter, None, chain, scripts))
            });
            started.map_err(|broken| match broken {
                Broken::Interpreter { .. } => broken,
                _ => Broken::Interpreter { script: path, interpreter: escape(line.trim_ascii_start()), why: broken.into() },
            })
        }
        _ => Err(Broken::Format(path)),
    }
}

/// Starts the interpreter of a script; where that is env(1), then the program that env looks for.
fn interpret(
    search: &Search<'_>,
    interpreter: &[u8],
    argument: Option<&[u8]>,
    chain: &mut Vec<Step>,
    scripts: u32,
) -> Result<(), Broken> {
    if scripts == MAX_SCRIPTS {
        let why = format!("more than {MAX_SCRIPTS} scripts in a row");
        return Err(Broken::Missing { path: escape(interpreter), why });
    }
    let node = search.file(interpreter, chain)?;
    start(search, node, chain, scripts + 1)?;
    if let Some(name) = shebang::through_env(interpreter, argument) {
        let node = search.program(name, chain)?;
        start(search, node, chain, scripts + 1)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
