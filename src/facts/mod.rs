//! What is true of an image, gathered once. It knows nothing of what is wanted.

pub mod accounts;
pub mod base;
pub mod build;
pub mod command;
mod contents;
pub mod elf;
mod fields;
#[cfg(test)]
pub(crate) mod fixture;
pub mod history;
pub mod listed;
pub mod loader;
mod name;
mod names;
pub mod packages;
pub mod probe;
pub mod python;
pub mod secret_files;
pub mod tools;

use std::panic;
use std::sync::Arc;
use std::thread;

use crate::digest::Digest;
use crate::image::{Attestation, Config, Descriptor, Dockerfile, Resolved};
use crate::reference::Platform;
use crate::vfs::{LayerIndex, LayerPath, Mounted, Refusal, Tree};

pub use crate::layer::{Oddity, OddityKind};
pub use name::Name;
pub use python::source::Sources;

/// Everything that rules may ask about an image, beside its tree.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The name that users give the image.
    pub name: Name,
    /// The configuration.
    pub config: Config,
    /// What a mount of the layers shows, or why there can be none, where that is not the tree.
    pub mounted: Option<Arc<Result<Mounted, Refusal>>>,
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
    /// What the modules import that the command and the health check start.
    pub imports: Vec<python::Closure>,
    /// Every ELF executable and shared object.
    pub objects: Vec<elf::Object>,
    /// What the dynamic loader would find for those that are for the image's architecture.
    pub linkage: loader::Linkage,
    /// Every executable name in a directory where commands are looked for.
    pub executables: Vec<tools::Executable>,
    /// Packages of the operating system.
    pub packages: packages::Packages,
    /// What the image says that it was made from.
    pub base: base::Base,
    /// The history, read as instructions.
    pub history: history::History,
    /// The digest of the manifest, where the transport has one.
    pub digest: Option<Digest>,
    /// What the builder attached to the image.
    pub attestation: Attestation,
    /// What the Dockerfile says of how it was built.
    pub build: build::Build,
    /// Files that hold secrets, deleted ones included.
    pub secrets: secret_files::Secrets,
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

impl Verified {
    /// The file capabilities that a layer gives a file, as getcap(8) writes them; empty where that is not known.
    pub fn capabilities(&self, layer: LayerIndex, path: &LayerPath) -> &str {
        let of_it = |odd: &Oddity| odd.kind == OddityKind::Capabilities && odd.path.as_ref() == Some(path);
        let odd = self.oddities.iter().rev().find(|(at, odd)| *at == layer && of_it(odd));
        odd.map_or("", |(_, odd)| &odd.what)
    }
}

impl Facts {
    /// Gathers what `tree` and the documents show. `tree` may be of fewer layers than the manifest has: rules that need
    /// the whole tree are not asked then. `sources` holds what modules of other images say.
    pub fn gather(image: &Resolved, tree: &Tree, verified: Verified, sources: &Sources) -> Self {
        let config = image.config.clone();
        let instructions = crate::image::history::instructions(&config.history, image.manifest.layers.len());
        let user = accounts::user(tree, &config.run.user);
        let packages = packages::packages(tree);
        let command = command::command(tree, &config, &user);
        let healthcheck = config.probe().map(|argv| command::follow(tree, &config, &user, argv));
        let runtimes = python::runtimes(tree, &config, &user, &packages);
        let objects = elf::objects(tree);
        let executables = tools::executables(tree, &config);
        let started = [Some(&command), healthcheck.as_ref()].into_iter().flatten();
        let started = started.flat_map(|command| command::machine_code(tree, &config, &user, command)).collect();
        let linkage = loader::linkage(&loader::Image {
            tree,
            config: &config,
            objects: &objects,
            runtimes: &runtimes,
            executables: &executables,
            started,
        });
        let probing = python::probing(tree, &config, &user, &packages);
        let (imports, python, secrets) = thread::scope(|scope| {
            let imports = scope.spawn(|| python::closure::closures(tree, &config, &runtimes, probing.as_ref(), sources));
            let (python, secrets) = (python::python(tree), secret_files::secrets(tree));
            (imports.join().unwrap_or_else(|panic| panic::resume_unwind(panic)), python, secrets)
        });
        let base = base::base(tree, &packages);
        let layers = image.manifest.layers.len();
        let history = history::History::of(&config.history, layers, base.distroless.is_some());
        Self {
            command,
            probe: probe::Probe::of(tree, &config),
            healthcheck,
            name: Name::of(&image.reference),
            mounted: tree.mounted().map(Arc::new),
            layers: image.manifest.layers.clone(),
            accounts: listed::accounts(tree),
            python,
            imports,
            runtimes,
            objects,
            linkage,
            executables,
            index_platform: image.index_platform.clone(),
            build: build::Build::of(build::attested(&image.attestation), &history, layers),
            attestation: image.attestation.clone(),
            digest: image.digest.clone(),
            history,
            base,
            secrets,
            packages,
            layerless: crate::image::history::layerless(&config.history),
            verified,
            instructions,
            user,
            config,
        }
    }

    /// Takes a Dockerfile that was handed over for the one of the image.
    #[must_use]
    pub fn built_by(mut self, dockerfile: &Dockerfile) -> Self {
        self.build = build::Build::of(Some(dockerfile.clone()), &self.history, self.instructions.len());
        self
    }

    /// The instruction that made a layer, fit to show: secrets masked.
    pub fn instruction(&self, layer: usize) -> Option<String> {
        self.instructions.get(layer).and_then(Option::as_deref).map(crate::text::mask)
    }
}

#[cfg(test)]
mod hostile;
