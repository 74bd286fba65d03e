//! What an image is compared with: another image, or what a file says of one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::snapshot::{fingerprints, snapshot};
use super::{Asking, Loaded, Reading, Watch, again, choose, kept, load, summary};
use crate::error::{Error, Kind, Result};
use crate::facts::{Facts, Sources};
use crate::finding::Judgement;
use crate::profile::Profile;
use crate::reference::{Platform, Reference, Transport};
use crate::size::snapshot::Side;
use crate::size::{Breakdown, Delta, Snapshot};
use crate::{report, rules};

/// One side of a comparison, as someone named it. An image is read when it is first asked for, and once a run.
pub struct Baseline {
    name: String,
    place: Place,
}

enum Place {
    Missing,
    File(Result<Vec<Arc<Snapshot>>>),
    Image(Reference, Mutex<BTreeMap<Platform, Result<Option<Weighed>>>>),
}

/// An image that was read.
struct Weighed {
    loaded: Loaded,
    facts: Facts,
    sizes: Breakdown,
    /// What it weighs, and what each policy finds in it.
    judged: BTreeMap<String, Arc<Snapshot>>,
}

impl Baseline {
    /// A file that is not there.
    pub fn missing(name: &str) -> Self {
        Self { name: name.to_owned(), place: Place::Missing }
    }

    /// A file with these bytes: a JSON report, or what `--save-baseline` wrote.
    pub fn file(name: &str, bytes: &[u8]) -> Self {
        let read = report::read(bytes).map(|snapshots| snapshots.into_iter().map(Arc::new).collect());
        Self { name: name.to_owned(), place: Place::File(read.map_err(|error| error.doing(doing(name)))) }
    }

    /// A file that cannot be read, and why.
    pub fn unreadable(name: &str, why: &str) -> Self {
        Self {
            name: name.to_owned(),
            place: Place::File(Err(wrong(name, why).hint("name a file that --save-baseline wrote, a JSON report, or an image"))),
        }
    }

    /// An image.
    pub fn image(reference: Reference) -> Self {
        Self { name: reference.to_string(), place: Place::Image(reference, Mutex::default()) }
    }

    /// As someone named it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The image, if it is one.
    pub fn reference(&self) -> Option<&Reference> {
        match &self.place {
            Place::Image(reference, _) => Some(reference),
            Place::Missing | Place::File(_) => None,
        }
    }

    /// Whether what is known before any image is read lets it be compared with. `None`: it is not there.
    pub(super) fn is_there(&self) -> Result<Option<()>> {
        match &self.place {
            Place::Missing => Ok(None),
            Place::File(read) => read.as_ref().map(|_| Some(())).map_err(Clone::clone),
            Place::Image(..) => Ok(Some(())),
        }
    }

    /// Whether it may hold findings.
    pub(super) fn is_judged(&self) -> bool {
        match &self.place {
            Place::File(Ok(snapshots)) => snapshots.iter().any(|snapshot| snapshot.findings.is_some()),
            Place::Missing | Place::File(Err(_)) | Place::Image(..) => true,
        }
    }

    /// What is to be compared with an image; `None`: it is not there. An image is read for the platform of the other, and
    /// judged by its profile.
    pub(super) fn beside(&self, new: &Snapshot, other: &Other<'_>) -> Result<Option<Arc<Snapshot>>> {
        match &self.place {
            Place::Missing => Ok(None),
            Place::File(read) => chosen(&self.name, read.as_ref().map_err(Clone::clone)?, new).map(Some),
            Place::Image(reference, read) => {
                let platform = other.platform();
                let mut read = read.lock().unwrap_or_else(PoisonError::into_inner);
                let weighed = read.entry(platform.clone()).or_insert_with(|| {
                    let reading = Reading { platform: Some(platform), ..other.reading.clone() };
                    Weighed::read_if_there(reference, &reading, other.watch)
                });
                match weighed {
                    Ok(Some(weighed)) => weighed.judged(other.profile, other.reading, other.asking, other.watch).map(Some),
                    Ok(None) => Ok(None),
                    Err(error) => Err(error.clone()),
                }
            }
        }
    }
}

/// The image that something is compared with, and how it was read and judged.
pub(super) struct Other<'a> {
    pub loaded: &'a Loaded,
    pub profile: &'a Profile,
    pub reading: &'a Reading,
    pub asking: &'a Asking<'a>,
    pub watch: &'a dyn Watch,
}

impl Other<'_> {
    fn platform(&self) -> Platform {
        self.reading.platform.clone().unwrap_or_else(|| self.loaded.image.config.platform())
    }
}

impl Weighed {
    fn read(reference: &Reference, reading: &Reading, watch: &dyn Watch) -> Result<Self> {
        let loaded = load(reference, reading, watch)?;
        if let Some(gap) = &loaded.gap {
            return Err(gap.clone());
        }
        let facts = Facts::gather(&loaded.image, &loaded.tree, loaded.verified(), &Sources::default());
        let sizes = Breakdown::of(&loaded.tree, &facts);
        Ok(Self { loaded, facts, sizes, judged: BTreeMap::new() })
    }

    /// Reads it without waiting for it; `None` if it is not there at all. One that is there and lacks the platform, or a part,
    /// is an error.
    fn read_if_there(reference: &Reference, reading: &Reading, watch: &dyn Watch) -> Result<Option<Self>> {
        let mut reading = reading.clone();
        reading.access.wait = None;
        match Self::read(reference, &reading, watch) {
            Err(error) if error.kind == Kind::NotFound && !exists(reference, &reading, watch) => Ok(None),
            read => read.map(Some),
        }
    }

    /// What it weighs, with what a profile finds in it.
    fn judged(&mut self, profile: &Profile, reading: &Reading, asking: &Asking<'_>, watch: &dyn Watch) -> Result<Arc<Snapshot>> {
        let service = profile.service.as_ref().map(|service| service.name.as_str()).unwrap_or_default();
        let key = format!("{} {service}", profile.digest);
        if let Some(known) = self.judged.get(&key) {
            return Ok(Arc::clone(known));
        }
        let Self { loaded, facts, sizes, judged } = self;
        again::read(loaded, profile, reading, asking, watch);
        if let Some(gap) = &loaded.gap {
            return Err(gap.clone());
        }
        let alone = Judgement::skip("it is the baseline");
        let found = rules::judge(&loaded.tree, facts, sizes, profile, Err(&alone), None, asking.asked);
        let mut snapshot = snapshot(loaded, facts, sizes);
        snapshot.findings = Some(fingerprints(&summary::image(loaded, facts, sizes, profile, &found).rules));
        Ok(Arc::clone(judged.entry(key).or_insert(Arc::new(snapshot))))
    }
}

/// Whether a place has anything under a name.
fn exists(reference: &Reference, reading: &Reading, watch: &dyn Watch) -> bool {
    kept::open(reference, reading, watch).and_then(|source| source.manifest(None, reading.limits.manifest)).is_ok()
}

fn wrong(name: &str, what: impl Into<String>) -> Error {
    Error::new(Kind::Usage, what).doing(doing(name))
}

/// What errors say is being done.
pub(super) fn doing(name: &str) -> String {
    format!("read the baseline {name}")
}

/// The snapshot of a file that an image is compared with: the only one, or the only one of its platform, or of these the one
/// of its repository, or of these the one of its name.
fn chosen(name: &str, snapshots: &[Arc<Snapshot>], image: &Snapshot) -> Result<Arc<Snapshot>> {
    if let [only] = snapshots {
        return Ok(Arc::clone(only));
    }
    let mut left: Vec<&Arc<Snapshot>> = snapshots.iter().filter(|old| Delta::comparable(old, image).is_ok()).collect();
    let is_of_repository = |old: &&Arc<Snapshot>| repository(&old.side.reference) == repository(&image.side.reference);
    let is_of_name = |old: &&Arc<Snapshot>| old.side.reference == image.side.reference;
    for fits in [&is_of_repository as &dyn Fn(&&Arc<Snapshot>) -> bool, &is_of_name] {
        if left.len() > 1 && left.iter().any(fits) {
            left.retain(fits);
        }
    }
    if let [one] = left[..] {
        return Ok(Arc::clone(one));
    }
    let Side { reference, platform, .. } = &image.side;
    let what = if left.is_empty() {
        format!("none of its images is of {platform}, as {reference} is: {}", listed(snapshots))
    } else {
        format!("which of its images is meant by {reference} {platform} is not clear: {}", listed(snapshots))
    };
    Err(wrong(name, what).hint("name an image, or the report of one"))
}

fn listed(snapshots: &[Arc<Snapshot>]) -> String {
    let all = snapshots.iter().map(|old| format!("{} {}", old.side.reference, old.side.platform));
    all.collect::<Vec<_>>().join(", ")
}

/// The repository of a reference, or the place on disk.
fn repository(reference: &str) -> String {
    match reference.parse::<Reference>().map(|reference| reference.transport) {
        Ok(Transport::Registry { host, repository }) => format!("{host}/{repository}"),
        Ok(
            Transport::Layout { directory: place }
            | Transport::OciArchive { file: place }
            | Transport::DockerArchive { file: place },
        ) => place,
        Ok(Transport::DockerDaemon { image }) => repository(&image),
        Err(_) => reference.to_owned(),
    }
}

/// Compares two images, or what files say of them. Images are judged by the policy of the newer one, so that findings are
/// compared, too; what a file says is taken as it is. Where a file holds several, that of the other side's platform and
/// repository is taken.
pub fn compare(old: &Baseline, new: &Baseline, reading: &Reading, asking: &Asking<'_>, watch: &dyn Watch) -> Result<Delta> {
    let (old, new) = match (old.reference(), new.reference()) {
        (_, Some(reference)) => both(reference, old, reading, asking, watch).map(|(image, old)| (old, image))?,
        (Some(reference), None) => both(reference, new, reading, asking, watch)?,
        (None, None) => match (old.snapshots()?, new.snapshots()?) {
            ([old], all) => (Arc::clone(old), chosen(&new.name, all, old)?),
            (all, [new]) => (chosen(&old.name, all, new)?, Arc::clone(new)),
            _ => return Err(wrong(&new.name, "both files are of several images").hint("name an image, or the report of one")),
        },
    };
    let mut delta = Delta::of(&old, &new);
    delta.notes.extend(Delta::comparable(&old, &new).err());
    Ok(delta)
}

/// Reads and judges an image, and what it is compared with.
fn both(
    reference: &Reference,
    beside: &Baseline,
    reading: &Reading,
    asking: &Asking<'_>,
    watch: &dyn Watch,
) -> Result<(Arc<Snapshot>, Arc<Snapshot>)> {
    beside.is_there()?.ok_or_else(|| beside.absence())?;
    let mut weighed = Weighed::read(reference, reading, watch)?;
    let profile = choose(asking, reference, Some(&weighed.loaded))?;
    let image = weighed.judged(&profile, reading, asking, watch)?;
    let other = Other { loaded: &weighed.loaded, profile: &profile, reading, asking, watch };
    let found = beside.beside(&image, &other)?.ok_or_else(|| beside.absence())?;
    Ok((image, found))
}

impl Baseline {
    fn snapshots(&self) -> Result<&[Arc<Snapshot>]> {
        match &self.place {
            Place::File(read) => read.as_deref().map_err(Clone::clone),
            Place::Missing | Place::Image(..) => Err(self.absence()),
        }
    }

    /// What is said where it is not there.
    pub(super) fn absence(&self) -> Error {
        let name = &self.name;
        match &self.place {
            Place::Image(..) => Error::new(Kind::NotFound, format!("there is no image {name}")),
            Place::Missing | Place::File(_) => Error::new(Kind::Usage, format!("there is no file {name}"))
                .hint(format!("docker://{name} is the image of that name")),
        }
    }
}
