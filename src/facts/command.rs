//! What `ENTRYPOINT` and `CMD` start: argv, found through `PATH`, links and shebangs (rules.md A4).

use super::accounts::User;
use crate::image::Config;
use crate::layer::LayerPath;
use crate::vfs::{NodeId, Tree};

/// The command of an image.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Command {
    /// `ENTRYPOINT` followed by `CMD`.
    pub argv: Vec<String>,
    /// How `argv[0]` leads to machine code, one step a file: found through `PATH`, through links, through shebangs.
    pub chain: Vec<Step>,
    /// Why the chain ends before machine code that can run, if it does.
    pub broken: Option<Broken>,
}

/// One file on the way from a name to machine code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The path as it was looked up.
    pub path: LayerPath,
    /// The file that it led to.
    pub node: NodeId,
}

/// Why a command cannot be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// Neither `ENTRYPOINT` nor `CMD`.
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
        /// The file.
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
        why: String,
    },
    /// The ELF loader that an executable names is not in the image.
    Loader {
        /// The executable.
        path: LayerPath,
        /// `PT_INTERP`.
        loader: String,
    },
    /// Neither ELF nor a script.
    Format(LayerPath),
}

/// Follows the command of a configuration through the tree.
pub fn command(tree: &Tree, config: &Config, user: &User) -> Command {
    let _ = (tree, config, user);
    Command::default()
}
