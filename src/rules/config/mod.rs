//! What the configuration says.

mod arguments;
pub(super) mod argv0;
mod array;
pub(super) mod builder_env;
mod carriers;
pub(super) mod certs;
pub(super) mod cmd;
pub(super) mod double_interpreter;
pub(super) mod entrypoint;
pub(super) mod env_default_password;
pub(super) mod env_required;
pub(super) mod env_secret;
pub(super) mod env_undefined;
pub(super) mod explicit_python;
pub(super) mod expose;
pub(super) mod onbuild;
mod path;
pub(super) mod path_dirs;
pub(super) mod placeholder;
pub(super) mod pythonpath;
pub(super) mod service_entrypoint;
pub(super) mod service_env;
pub(super) mod shell_form;
pub(super) mod stop_signal;
pub(super) mod user;
pub(super) mod volumes;
pub(super) mod workdir;

use regex::Regex;

use super::Context;
use crate::facts::command::{Command, directories, follow, program};
use crate::vfs::{LayerPath, NodeId};

/// A Python that an instruction starts, and that can be started.
struct Interpreter {
    /// `ENTRYPOINT`, `CMD` or `HEALTHCHECK`.
    instruction: &'static str,
    /// Its name as the instruction has it.
    word: String,
    /// What the name leads to.
    node: NodeId,
    /// The path of that.
    path: LayerPath,
    /// What else a bare name leads to, further along PATH.
    others: Vec<LayerPath>,
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap_or_else(|error| unreachable!("{error}"))
}

impl Context<'_> {
    /// The instruction that names a word of the command.
    fn instruction_of(&self, word: usize) -> &'static str {
        if word < self.facts.config.run.entrypoint.len() { "ENTRYPOINT" } else { "CMD" }
    }

    /// The interpreters that the command and the health check start, behind inits.
    fn interpreters(&self) -> Vec<Interpreter> {
        let commands = std::iter::once((&self.facts.command, None));
        let probe = self.facts.healthcheck.iter().map(|probe| (probe, Some("HEALTHCHECK")));
        commands.chain(probe).filter_map(|(command, instruction)| self.interpreter(command, instruction)).collect()
    }

    fn interpreter(&self, command: &Command, instruction: Option<&'static str>) -> Option<Interpreter> {
        let config = &self.facts.config;
        let program = program::program(&command.argv);
        let word = program.first().filter(|word| program::is_python(word))?.clone();
        let node = follow(self.tree, config, &self.facts.user, vec![word.clone()]).started()?;
        let inode = self.tree.inode(node);
        let bare = directories(self.tree, config).filter(|_| !word.contains('/'));
        let named = bare.filter_map(|directory| self.tree.resolve(&directory.join(&word)).ok());
        let others = named.filter(|other| self.tree.inode(*other) != inode && self.tree.stat(*other).mode & 0o111 != 0);
        let mut others: Vec<LayerPath> =
            others.filter(|other| self.tree.trace(*other).is_some()).map(|other| self.tree.path(other)).collect();
        others.dedup();
        Some(Interpreter {
            instruction: instruction.unwrap_or_else(|| self.instruction_of(command.argv.len() - program.len())),
            word,
            node,
            path: self.tree.path(node),
            others,
        })
    }
}
