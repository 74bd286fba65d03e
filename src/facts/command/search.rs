//! Names and paths looked up as a user of the image would.

use super::{Broken, Step};
use crate::facts::accounts::Identity;
use crate::image::Config;
use crate::layer::{LayerPath, Stat};
use crate::text::escape;
use crate::vfs::{Kind, NodeId, Tree};

/// `PATH` where an image has none (runtimes' own default).
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Directories of `PATH` that are looked at; real images have fewer than twenty.
const MAX_DIRECTORIES: usize = 256;

/// Bytes of a path that Linux opens (limits.h, `PATH_MAX`).
const MAX_PATH: usize = 4096;

/// The value of `PATH` that a command is looked up in.
fn path(config: &Config) -> &str {
    config.env("PATH").unwrap_or(DEFAULT_PATH)
}

/// The directories of `PATH`, in order; one that is not absolute is below the working directory, and an empty `PATH` has
/// none.
pub fn directories(tree: &Tree, config: &Config) -> impl Iterator<Item = LayerPath> {
    let parts = Some(path(config)).filter(|path| !path.is_empty()).into_iter().flat_map(|path| path.split(':'));
    parts.take(MAX_DIRECTORIES).map(|part| absolute(tree, config, part.as_bytes()))
}

/// Whether a directory is one of those that are looked in where an image has no `PATH`.
pub fn is_default(directory: &str) -> bool {
    DEFAULT_PATH.split(':').any(|default| default == directory)
}

/// A path from the root; one that is not absolute is below the working directory. `..` behind a link leads above the link's target, and not to where the link stands.
pub(in crate::facts) fn absolute(tree: &Tree, config: &Config, path: &[u8]) -> LayerPath {
    let from = LayerPath::new(if path.starts_with(b"/") { "" } else { &config.run.working_dir });
    // Each `..` is looked up; Linux opens no path that has more of them.
    if path.len() > MAX_PATH {
        return from.join(path);
    }
    path.split(|byte| *byte == b'/').fold(from, |at, part| match part {
        b".." => tree.resolve(&at).map_or(at, |node| tree.path(node)).parent().unwrap_or_default(),
        part => at.join(part),
    })
}

/// Who looks, and where.
pub(super) struct Search<'a> {
    pub(super) tree: &'a Tree,
    pub(super) config: &'a Config,
    /// `None`: nobody known, to whom everything is allowed.
    pub(super) identity: Option<&'a Identity>,
}

impl Search<'_> {
    /// A program by its name: with a `/` it is a path, without it is looked up in `PATH`. What leads to it joins the chain.
    pub(super) fn program(&self, name: &[u8], chain: &mut Vec<Step>) -> Result<NodeId, Broken> {
        if name.contains(&b'/') {
            return self.file(name, chain);
        }
        let mut obstacle = None;
        for directory in directories(self.tree, self.config).filter(|_| !name.is_empty()) {
            let candidate = directory.join(name);
            if self.tree.resolve_parent(&candidate).is_err() {
                continue;
            }
            match self.at(&candidate, name, chain) {
                Ok(node) => return Ok(node),
                // execvp(3) goes on; where nothing better comes, this says more than that nothing was found.
                Err(broken) => drop(obstacle.get_or_insert(broken)),
            }
        }
        Err(obstacle.unwrap_or_else(|| Broken::NotOnPath { name: excerpt(name), path: excerpt(path(self.config).as_bytes()) }))
    }

    /// An executable file by its path.
    pub(super) fn file(&self, name: &[u8], chain: &mut Vec<Step>) -> Result<NodeId, Broken> {
        self.at(&absolute(self.tree, self.config, name), name, chain)
    }

    fn at(&self, path: &LayerPath, written: &[u8], chain: &mut Vec<Step>) -> Result<NodeId, Broken> {
        let mut passed = Vec::new();
        let found = self.tree.resolve_through(path, &mut |node| passed.push(node));
        let barred = passed.iter().find(|node| self.tree.is_directory(**node) && !self.may_search(&self.tree.stat(**node)));
        if let Some(directory) = barred {
            return Err(self.not_executable(*directory));
        }
        let node = found.map_err(|why| Broken::Missing { path: shown(path, written), why: why.to_string() })?;
        if !matches!(self.tree.kind(node), Kind::File(_)) {
            return Err(Broken::NotAFile(self.tree.path(node)));
        }
        if !self.may_execute(&self.tree.stat(node)) {
            return Err(self.not_executable(node));
        }
        chain.extend(self.steps(path, &passed, node));
        Ok(node)
    }

    /// The path as it was looked up, then every link that stands for the file, and the file, each by its real path.
    fn steps(&self, path: &LayerPath, passed: &[NodeId], node: NodeId) -> Vec<Step> {
        let leads_here = |link: &NodeId| self.tree.resolve(&self.tree.path(*link)) == Ok(node);
        let links = passed.iter().copied().filter(|link| !self.tree.is_directory(*link)).filter(leads_here);
        let mut steps: Vec<Step> = Vec::new();
        for node in links.chain([node]) {
            if steps.is_empty() {
                steps.push(Step { path: path.clone(), node });
            }
            steps.push(Step { path: self.tree.path(node), node });
        }
        steps.dedup();
        steps
    }

    fn may_search(&self, directory: &Stat) -> bool {
        self.identity.is_none_or(|identity| identity.may_search(directory))
    }

    fn may_execute(&self, file: &Stat) -> bool {
        self.identity.map_or(file.mode & 0o111 != 0, |identity| identity.may_execute(file))
    }

    fn not_executable(&self, node: NodeId) -> Broken {
        let stat = self.tree.stat(node);
        Broken::NotExecutable { path: self.tree.path(node), mode: format!("{:04o} {}:{}", stat.mode, stat.uid, stat.gid) }
    }
}

/// Bytes of a name and of `PATH` that a message shows: a configuration may hold megabytes of them.
const SHOWN: usize = 4096;

fn excerpt(text: &[u8]) -> String {
    match text.split_at_checked(SHOWN) {
        Some((shown, rest)) if !rest.is_empty() => format!("{}…", escape(shown)),
        _ => escape(text),
    }
}

/// A path as it is written where that says more: it may be relative, or end in what normalising hides.
fn shown(path: &LayerPath, written: &[u8]) -> String {
    if written.contains(&b'/') { excerpt(written) } else { path.to_string() }
}
