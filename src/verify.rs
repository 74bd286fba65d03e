//! The one function that knows every stage: source → layers → tree → facts → judgements → report.

mod again;
mod baseline;
mod cached;
mod explore;
mod gate;
mod kept;
mod layers;
mod matrix;
mod measure;
mod proposal;
mod published;
mod shared;
pub mod snapshot;
mod stages;
mod summary;
mod verdict;

pub use explore::{explore, shipped};
pub use measure::{Detail, measure};
pub use shared::Shared;

use std::io::Write;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use globset::GlobMatcher;

use crate::cache::Cache;
use crate::error::{Error, Kind, Result};
use crate::facts::{Facts, Sources, Verified};
use crate::image::{Dockerfile, Resolved};
use crate::layer::{LayerDiff, LayerPath};
use crate::limits::Limits;
use crate::profile::{Policy, Profile, Subject};
use crate::reference::{Platform, Reference};
use crate::report;
use crate::rules::{self, Identity};
use crate::size::{self, Breakdown, Content, Map, Owners, Snapshot};
use crate::source::{self, Access, Source};
use crate::vfs::Tree;

use baseline::Other;
pub use baseline::{Baseline, compare};
pub use gate::Gate;
pub use proposal::{Proposal, Propose, propose};
pub use published::profile;
use shared::Slot;
use verdict::Place;

/// How to reach and read images.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The platform to take from an index.
    pub platform: Option<Platform>,
    /// How to reach the source.
    pub access: Access,
    /// The ceilings.
    pub limits: Limits,
    /// What the images of the run have in common, which is read once.
    pub shared: Arc<Shared>,
    /// What earlier runs learned, and where this one leaves what it learns.
    pub cache: Option<Arc<Cache>>,
    /// Whether no request may be made: the cache answers for registries, or nothing does.
    pub offline: bool,
}

/// What to ask of an image.
pub struct Asking<'a> {
    /// The profile, or the way to choose one.
    pub policy: &'a Policy,
    /// The service that `--service` names.
    pub service: Option<&'a str>,
    /// The Dockerfile that `--dockerfile` names.
    pub dockerfile: Option<&'a Dockerfile>,
    /// Whether the compliance matrix of the profile is asked for.
    pub matrix: bool,
    /// Whether a page will be drawn of it, with a map of the tree.
    pub picture: bool,
    /// Which rules.
    pub asked: &'a (dyn Fn(&Identity) -> bool + Sync),
    /// What images are compared with, if they are.
    pub gate: Option<&'a Gate<'a>>,
    /// Whether what the image weighs is wanted, to be saved as a baseline.
    pub weigh: bool,
    /// The day by which waivers are judged.
    pub today: chrono::NaiveDate,
    /// What modules of the images of this run say of imports.
    pub sources: Arc<Sources>,
    /// What tells this build of the program from every other, if verdicts are to be kept: another build may judge otherwise.
    pub build: Option<&'a str>,
}

impl<'a> Asking<'a> {
    /// All rules of a policy, and nothing else.
    pub fn all(policy: &'a Policy, today: chrono::NaiveDate) -> Self {
        Self {
            policy,
            service: None,
            dockerfile: None,
            matrix: false,
            picture: false,
            asked: &|_| true,
            gate: None,
            weigh: false,
            today,
            sources: Arc::default(),
            build: None,
        }
    }
}

/// What came of an image.
pub struct Told {
    /// Its report.
    pub image: report::Image,
    /// The profile that it was judged by, where one could be chosen.
    pub profile: Option<Profile>,
    /// What it weighs, where that was wanted and every byte was read.
    pub snapshot: Option<Snapshot>,
}

/// Someone who wants to see how far the reading is. Called from several threads.
pub trait Watch: Sync {
    /// The image is known: its layers will follow.
    fn resolved(&self, image: &Resolved);
    /// So many more bytes of a layer's blob came.
    fn advanced(&self, layer: usize, bytes: u64);
    /// A layer is read, or failed.
    fn finished(&self, layer: usize);
    /// A layer is read a second time, for the content of so many files.
    fn again(&self, _layer: usize, _files: usize) {}
    /// The image was judged before, at this time, and nothing that the verdict depends on has changed: it is not read.
    fn kept(&self, _: &Reference, _at: DateTime<Utc>) {}
    /// Nobody is asked what a tag is: it is taken to be what it was at this time.
    fn last_seen(&self, _: &Reference, _at: DateTime<Utc>) {}
}

/// An image that was read.
pub struct Loaded {
    /// Its documents.
    pub image: Resolved,
    /// Its source, for a second look at a layer.
    pub source: Arc<dyn Source>,
    /// The layers; `None` for one that could not be read.
    pub layers: Vec<Option<Arc<LayerDiff>>>,
    /// The merged tree; of the layers before the first that could not be read.
    pub tree: Tree,
    /// Why it is incomplete: what stopped the first layer that could not be read.
    pub gap: Option<Error>,
    /// Held so that what this image is compared with need not read them.
    _slots: Vec<Arc<Slot>>,
}

/// Reads an image: documents, layers, tree. Fails where not even its documents can be had.
pub fn load(reference: &Reference, reading: &Reading, watch: &dyn Watch) -> Result<Loaded> {
    Ok(read(find(reference, reading, watch)?, reading, watch))
}

/// An image whose documents were read, and where the rest of it is.
struct Found {
    source: Arc<dyn Source>,
    image: Resolved,
    /// Its layers in the run: while they are held here, whoever has them in common reads them once.
    slots: Vec<Arc<Slot>>,
}

impl Found {
    fn of(source: Arc<dyn Source>, image: Resolved, reading: &Reading) -> Self {
        Self { slots: reading.shared.of(&image), source, image }
    }
}

/// Reads the documents of an image.
fn find(reference: &Reference, reading: &Reading, watch: &dyn Watch) -> Result<Found> {
    let source = kept::open(reference, reading, watch)?;
    let image = source::resolve(&*source, reference, reading.platform.as_ref(), &reading.limits, reading.access.retries)?;
    Ok(Found::of(source, image, reading))
}

/// Reads the layers of an image.
fn read(found: Found, reading: &Reading, watch: &dyn Watch) -> Loaded {
    watch.resolved(&found.image);
    let diffs = layers::read(&found, reading, watch);
    let Found { source, image, slots } = found;
    let mut loaded = Loaded { image, source, layers: Vec::new(), tree: Tree::new(), gap: None, _slots: slots };
    for (index, diff) in diffs.into_iter().enumerate() {
        let layer = diff.and_then(|diff| {
            if loaded.gap.is_none() {
                loaded.tree.apply(index, &diff).map_err(|error| error.doing(layers::name(&loaded.image, index)))?;
            }
            Ok(diff)
        });
        let layer = layer.map_err(|error| loaded.note(error)).ok();
        loaded.layers.push(layer);
    }
    loaded
}

impl Loaded {
    /// Remembers why the image is incomplete. Wrong content outranks every other reason; else the lowest layer counts.
    fn note(&mut self, error: Error) {
        if self.gap.as_ref().is_none_or(|gap| gap.kind != Kind::Corrupt && error.kind == Kind::Corrupt) {
            self.gap = Some(error);
        }
    }

    /// What each layer ships; none of one that is not part of the tree.
    pub fn contents(&self) -> Vec<Option<Content>> {
        let shipped = size::contents(&self.tree);
        let laid = self.layers.iter().take_while(|layer| layer.is_some()).count();
        let of = |layer: usize| (layer < laid).then(|| shipped.get(&layer).copied().unwrap_or_default());
        (0..self.layers.len()).map(of).collect()
    }

    /// What was held against a digest on the way here.
    fn verified(&self) -> Verified {
        let layers = self.layers.iter().flatten().count();
        let held = [&self.image.digest, &self.image.index_digest];
        let documents = 1 + held.into_iter().flatten().count();
        let read = self.layers.iter().enumerate().filter_map(|(index, layer)| Some((index, layer.as_ref()?)));
        let oddities = read.flat_map(|(index, layer)| layer.oddities.iter().map(move |oddity| (index, oddity.clone())));
        Verified { documents, blobs: layers, diff_ids: layers, oddities: oddities.collect() }
    }
}

/// Writes a file's bytes, links followed: a second read of the layer that holds it, held against the digests again.
/// Returns how many bytes.
pub fn cat(loaded: &Loaded, path: &LayerPath, reading: &Reading, out: &mut dyn Write) -> Result<u64> {
    if let Some(gap) = &loaded.gap {
        return Err(Error::new(gap.kind, format!("the tree is incomplete: {gap}")));
    }
    let missing = |why: String| Error::new(Kind::NotFound, why).doing(format!("show {path}"));
    let node = loaded.tree.resolve(path).map_err(|why| missing(why.to_string()))?;
    let trace = loaded.tree.trace(node).ok_or_else(|| missing(format!("{} is no regular file", loaded.tree.path(node))))?;
    if let Some(bytes) = trace.bytes() {
        out.write_all(bytes)?;
        return Ok(bytes.len() as u64);
    }
    layers::copy(loaded, loaded.tree.content_layer(node), trace, reading, out)
}

/// An image that was looked for: its documents are known, or why not.
pub struct Sought {
    reference: Reference,
    found: Result<Found>,
}

/// Reads the documents of an image. Shared that it has in common with others that were sought are read once, if all are
/// sought before the first is verified.
pub fn seek(reference: &Reference, reading: &Reading, asking: &Asking<'_>, watch: &dyn Watch) -> Sought {
    let found = asking.ready().and_then(|()| find(reference, reading, watch));
    Sought { reference: reference.clone(), found }
}

impl Sought {
    /// Reads the rest of it, and judges. Whatever happens, there is something to report.
    pub fn verify(self, reading: &Reading, asking: &Asking<'_>, watch: &dyn Watch) -> Told {
        told(&self.reference, self.found, reading, asking, watch)
    }
}

/// Reads and judges one image. Whatever happens, there is something to report.
pub fn verify(reference: &Reference, reading: &Reading, asking: &Asking<'_>, watch: &dyn Watch) -> Told {
    seek(reference, reading, asking, watch).verify(reading, asking, watch)
}

/// Reads and judges the images of all platforms that a reference leads to. `reading.platform` does not count.
pub fn verify_platforms(reference: &Reference, reading: &Reading, asking: &Asking<'_>, watch: &dyn Watch) -> Vec<Told> {
    let mut images = Vec::new();
    let read = asking.ready().and_then(|()| kept::open(reference, reading, watch)).and_then(|source| {
        source::platforms(&*source, reference, &reading.limits, reading.access.retries, &mut |platform, image| {
            let resolved = image.map(|image| Found::of(Arc::clone(&source), image, reading));
            let mut told = told(reference, resolved, reading, asking, watch);
            told.image.platform = told.image.platform.or_else(|| platform.map(|platform| platform.to_string()));
            images.push(told);
        })
    });
    images.extend(read.err().map(|error| told(reference, Err(error), reading, asking, watch)));
    images
}

/// The report of an image that was found, or was not: that of an earlier run, if it would be the same.
fn told(reference: &Reference, found: Result<Found>, reading: &Reading, asking: &Asking<'_>, watch: &dyn Watch) -> Told {
    let place = found.as_ref().ok().and_then(|found| Place::of(&found.image, reading, asking));
    let before = found.as_ref().ok().zip(place.as_ref()).and_then(|(found, place)| place.look(&found.image, asking, watch));
    let mut told = before.unwrap_or_else(|| {
        let loaded = found.map(|found| read(found, reading, watch));
        let told = judged(reference, loaded, reading, asking, watch);
        if let Some(place) = &place {
            place.keep(&told);
        }
        told
    });
    let rows = told.profile.as_ref().map(|profile| profile.matrix.as_slice()).unwrap_or_default();
    told.image.matrix = asking.matrix.then(|| matrix::of(rows, &told.image.rules));
    told
}

/// The report of an image that was read, or was not.
fn judged(reference: &Reference, loaded: Result<Loaded>, reading: &Reading, asking: &Asking<'_>, watch: &dyn Watch) -> Told {
    let unread = |error: &Error, profile| summary::unread(reference, error, profile, asking.asked);
    match loaded.and_then(|loaded| Ok((choose(asking, reference, Some(&loaded))?, loaded))) {
        Ok((profile, mut loaded)) => {
            let facts = gather(&loaded, &loaded.tree, asking);
            let (image, snapshot) = judge(&mut loaded, &facts, &profile, reading, asking, watch);
            Told { image, profile: Some(profile), snapshot }
        }
        Err(error) => match choose(asking, reference, None) {
            Ok(profile) => Told { image: unread(&error, Some(&profile)), profile: Some(profile), snapshot: None },
            Err(other) => {
                let error = if error.kind == Kind::Usage { &error } else { &other };
                Told { image: unread(error, None), profile: None, snapshot: None }
            }
        },
    }
}

/// The profile of an image; by its name alone where it could not be read.
fn choose(asking: &Asking<'_>, reference: &Reference, loaded: Option<&Loaded>) -> Result<Profile> {
    let name = reference.familiar();
    let labels = loaded.map(|loaded| loaded.image.config.run.labels.clone()).unwrap_or_default();
    let has_file = |glob: &GlobMatcher| {
        loaded.is_some_and(|loaded| {
            let (tree, start) = (&loaded.tree, rules::start_of_glob(glob.glob().glob()));
            let named = tree.iter().map(|id| tree.name(id)).filter(|name| name.starts_with(start.as_bytes()));
            named.filter_map(|name| std::str::from_utf8(name).ok()).any(|name| glob.is_match(name))
        })
    };
    asking.policy.choose(&Subject { name: &name, labels: &labels, has_file: &has_file }, asking.service, asking.today)
}

/// What is true of the image, if this is its tree.
fn gather(loaded: &Loaded, tree: &Tree, asking: &Asking<'_>) -> Facts {
    let facts = Facts::gather(&loaded.image, tree, loaded.verified(), &asking.sources);
    match asking.dockerfile {
        Some(dockerfile) => facts.built_by(dockerfile),
        None => facts,
    }
}

/// Judges an image of which this is true. The facts are what the first reading shows, whatever the profile is; what its checks
/// look into beyond that is read after them.
fn judge(
    loaded: &mut Loaded,
    facts: &Facts,
    profile: &Profile,
    reading: &Reading,
    asking: &Asking<'_>,
    watch: &dyn Watch,
) -> (report::Image, Option<Snapshot>) {
    let owners = Owners::of(&loaded.tree, facts);
    let sizes = Breakdown::by(&loaded.tree, &owners, &|layer| facts.instruction(layer));
    let map = asking.picture.then(|| Map::of(&loaded.tree, owners.list(), &|id| owners.owner(id)));
    again::read(loaded, profile, reading, asking, watch);
    let gap = loaded.gap.as_ref().map(ToString::to_string);
    let is_weighed = gap.is_none() && (asking.weigh || asking.gate.is_some());
    let mut snapshot = is_weighed.then(|| snapshot::snapshot(loaded, facts, &sizes));
    let compared = gate::compare(snapshot.as_ref(), &Other { loaded, profile, reading, asking, watch });
    let growth = compared.growth(snapshot.as_ref(), asking, profile);
    let mut judged = rules::judge(&loaded.tree, facts, &sizes, profile, growth, gap.as_deref(), asking.asked);
    if let (None, Some(Ok(mounted))) = (&gap, facts.mounted.as_deref()) {
        let tree = mounted.tree.keeping(&loaded.tree);
        let facts = gather(loaded, &tree, asking);
        let sizes = Breakdown::by(&tree, &Owners::of(&tree, &facts), &|layer| facts.instruction(layer));
        rules::doubt(&mut judged, &rules::judge(&tree, &facts, &sizes, profile, growth, None, asking.asked), mounted);
    }
    let mut image = summary::image(loaded, facts, &sizes, profile, &judged);
    image.map = map;
    compared.settle(&mut image, snapshot.as_mut(), &judged, asking);
    (image, snapshot.filter(|_| asking.weigh))
}
