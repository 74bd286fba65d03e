//! What the dynamic loader would find for the objects of an image, and what leads to them.

mod cache;
mod reach;
mod system;
mod walk;

use std::collections::BTreeMap;

use super::elf::{Isa, Libc, Object};
use super::python::Runtime;
use super::tools::Executable;
use crate::image::Config;
use crate::layer::LayerPath;
use crate::vfs::{NodeId, Tree};

pub use cache::Cache;

/// How the objects of an image are linked that are for the architecture of its configuration.
#[derive(Debug, Clone, Default)]
pub struct Linkage {
    /// Whose loader it is; `None` where nothing is started that needs one.
    pub libc: Option<Libc>,
    /// The objects.
    pub links: BTreeMap<NodeId, Links>,
    /// `/etc/ld.so.cache`, where the loader reads it.
    pub cache: Option<Cache>,
    /// The directories that ldconfig would look through: those of the cache, and the loader's own.
    pub directories: Vec<NodeId>,
    /// The loader's own alone.
    pub defaults: Vec<NodeId>,
    /// Whether there was so much to look up that the search was given up, and needs may be met that are said to be not.
    pub is_cut: bool,
}

/// One object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Links {
    /// What leads to it.
    pub reach: Reach,
    /// The executable or the module by which it is loaded; itself, where nothing else leads to it.
    pub root: NodeId,
    /// What comes of each `DT_NEEDED`, in their order.
    pub needs: Vec<Need>,
    /// The entries of its own `DT_RUNPATH`, else of its `DT_RPATH`, filled in; they need not exist.
    pub paths: Vec<LayerPath>,
}

/// What leads to an object; the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// The command or the health check.
    Command,
    /// It is an extension module of the standard library of the interpreter that is started.
    Library,
    /// The interpreter that is started can import it.
    Module,
    /// Its name can be called, or an interpreter can import it that is there and not started.
    Called,
    /// Nothing, as far as is known.
    Other,
}

/// What the loader makes of a `DT_NEEDED`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// It is the loader itself.
    Loader,
    /// It finds this file.
    Found(NodeId),
    /// It does not find this file, which lies among the packages that the object is of, and which they may have loaded
    /// before: the name of what is loaded is enough.
    Preloaded(NodeId),
    /// It finds nothing, and this file of that name lies elsewhere.
    Elsewhere(NodeId),
    /// It finds nothing, and what has that name is for another machine.
    Foreign,
    /// It finds nothing.
    Missing,
}

impl Need {
    /// The file that is loaded.
    pub fn loaded(self) -> Option<NodeId> {
        match self {
            Self::Found(node) | Self::Preloaded(node) => Some(node),
            Self::Loader | Self::Elsewhere(_) | Self::Foreign | Self::Missing => None,
        }
    }
}

/// What else is known of the image.
pub(super) struct Image<'a> {
    pub tree: &'a Tree,
    pub config: &'a Config,
    pub objects: &'a [Object],
    pub runtimes: &'a [Runtime],
    pub executables: &'a [Executable],
    /// The machine code that the command and the health check lead to, inits before what they start.
    pub started: Vec<NodeId>,
}

/// Looks up what every object needs.
pub(super) fn linkage(image: &Image<'_>) -> Linkage {
    let Some(isa) = Isa::of_architecture(&image.config.architecture) else { return Linkage::default() };
    let roots = reach::roots(image, isa);
    let libc = reach::libc(image, isa);
    let system = system::System::of(image.tree, image.config, isa, libc.unwrap_or(Libc::Glibc));
    let mut walk = walk::Walk::new(image, &system, isa);
    walk.all(&roots);
    let cached = system.cache.iter().flat_map(Cache::directories).filter_map(|path| image.tree.resolve(&path).ok());
    let mut directories: Vec<NodeId> = cached.chain(system.defaults.iter().copied()).collect();
    directories.sort_unstable();
    directories.dedup();
    let (links, is_cut) = walk.end();
    Linkage { libc, links, is_cut, directories, defaults: system.defaults, cache: system.cache }
}

#[cfg(test)]
mod tests;
