//! What is true of an image, gathered once. It knows nothing of what is wanted.

pub mod accounts;
pub mod base;
pub mod command;
mod contents;
pub mod elf;
mod fields;
#[cfg(test)]
pub(crate) mod fixture;
pub mod listed;
mod name;
pub mod packages;
pub mod probe;
pub mod python;
pub mod tools;

use crate::image::{Config, Descriptor, Resolved};
use crate::reference::Platform;
use crate::vfs::{LayerIndex, Tree};

pub use crate::layer::{Oddity, OddityKind};
pub use name::Name;

/// Everything that rules may ask about an image, beside its tree.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The name that users give the image.
    pub name: Name,
    /// The configuration.
    pub config: Config,
    /// What the manifest says of each layer.
    pub layers: Vec<Descriptor>,
    /// The platform that the index claims for the image, if it came from one.
    pub index_platform: Option<Platform>,
    /// What was verified against a digest on the way here.
    pub verified: Verified,
    /// The instruction that made each layer, as the image's history claims; `None` where it cannot be told.
    pub instructions: Vec<Option<String>>,
    /// Instructions that were given no layer, as far as that tells something of them.
    pub layerless: Vec<String>,
    /// The user that the command runs as.
    pub user: accounts::User,
    /// The accounts that the image lists.
    pub accounts: listed::Accounts,
    /// What `ENTRYPOINT` and `CMD` start.
    pub command: command::Command,
    /// What `HEALTHCHECK` starts, if there is one.
    pub healthcheck: Option<command::Command>,
    /// What `HEALTHCHECK` does, if there is one.
    pub probe: Option<probe::Probe>,
    /// Python: site directories and their distributions.
    pub python: python::Python,
    /// The Python that the command leads to, or those that are there, and where they look for modules.
    pub runtimes: Vec<python::Runtime>,
    /// Every ELF executable and shared object.
    pub objects: Vec<elf::Object>,
    /// Every executable name in a directory where commands are looked for.
    pub executables: Vec<tools::Executable>,
    /// Packages of the operating system.
    pub packages: packages::Packages,
    /// What the image says that it was made from.
    pub base: base::Base,
}

/// What was held against a digest, and agreed. A mismatch ends the run; these are the counts of what did not end it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// Index, manifest and configuration documents.
    pub documents: usize,
    /// Layer blobs, each against its digest and size.
    pub blobs: usize,
    /// Uncompressed layers, each against its `diff_id`.
    pub diff_ids: usize,
    /// What is odd about the layers that were read and no reason to stop, each with its layer.
    pub oddities: Vec<(LayerIndex, Oddity)>,
}

impl Facts {
    /// Gathers what `tree` and the documents show. `tree` may be of fewer layers than the manifest has: rules that need
    /// the whole tree are not asked then.
    pub fn gather(image: &Resolved, tree: &Tree, verified: Verified) -> Self {
        let config = image.config.clone();
        let instructions = crate::image::history::instructions(&config.history, image.manifest.layers.len());
        let user = accounts::user(tree, &config.run.user);
        let packages = packages::packages(tree);
        Self {
            name: Name::of(&image.reference),
            layers: image.manifest.layers.clone(),
            accounts: listed::accounts(tree),
            command: command::command(tree, &config, &user),
            probe: probe::Probe::of(&config),
            healthcheck: config.probe().map(|argv| command::follow(tree, &config, &user, argv)),
            python: python::python(tree),
            runtimes: python::runtimes(tree, &config, &user, &packages),
            objects: elf::objects(tree),
            executables: tools::executables(tree, &config),
            index_platform: image.index_platform.clone(),
            base: base::base(tree, &packages),
            packages,
            layerless: crate::image::history::layerless(&config.history),
            verified,
            instructions,
            user,
            config,
        }
    }

    /// The instruction that made a layer, fit to show: secrets masked.
    pub fn instruction(&self, layer: usize) -> Option<String> {
        self.instructions.get(layer).and_then(Option::as_deref).map(crate::text::mask)
    }
}

#[cfg(test)]
mod hostile;
