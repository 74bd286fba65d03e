//! Which images a run is about, of those that are named and those that registries list.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

use lucid_verify::error::{Error, Kind, Result};
use lucid_verify::limits;
use lucid_verify::report::Shard;
use lucid_verify::source::Catalog;
use lucid_verify::source::catalog::Names;
use lucid_verify::verify::Reading;

use crate::args::{Part, Sweep};
use crate::fleet::side_by_side;
use crate::images::{Target, once};

/// Images of one run. Whoever has more has shards.
const IMAGES: usize = 10_000;

/// Repositories whose tags are asked for at the same time.
const LISTED: usize = 8;

/// The images of a run, and the part that they are of all images, if there are parts.
pub struct Chosen {
    pub targets: Vec<Target>,
    pub shard: Option<Shard>,
}

/// Of what is named and what registries list, each image once, those that are meant. A registry that lists nothing is all that
/// the run is about then: of the rest nobody could say that it is whole.
pub fn choose(named: Vec<Target>, sweep: &Sweep, reading: &Reading, note: &dyn Fn(&str)) -> Result<Chosen> {
    let mut all: Vec<Target> = named.into_iter().filter(|target| sweep.means(target)).collect();
    for catalog in &sweep.catalog {
        match listed(catalog, sweep, reading, note) {
            Ok(targets) => all.extend(targets),
            Err(error) => {
                let targets = vec![Target::unlisted(catalog.place(), error)];
                let shard = sweep.shard.map(|part| shard_of(&targets, part));
                return Ok(Chosen { targets, shard });
            }
        }
    }
    let mut targets = once(all);
    if targets.is_empty() {
        return Err(Error::new(Kind::NotFound, "of the images that are named --match means none").hint(GLOB));
    }
    let all = targets.len();
    let shard = sweep.shard.map(|part| part_of(&mut targets, part));
    if let Some(Part { index, count }) = sweep.shard.filter(|_| targets.is_empty()) {
        note(&format!("of {all} images none is of shard {index}/{count}: there is nothing to look at"));
    }
    if targets.len() > IMAGES {
        let what = format!("there are {} images, and one run takes at most {IMAGES}", targets.len());
        return Err(Error::new(Kind::Usage, what).hint("verify them in several runs: --shard I/N"));
    }
    Ok(Chosen { targets, shard })
}

/// What to look at where nothing fits a glob.
const GLOB: &str =
    "a glob is held against REPOSITORY:TAG, or with no : against REPOSITORY, without the host; * means any characters";

/// Leaves the images of one part.
fn part_of(targets: &mut Vec<Target>, part: Part) -> Shard {
    let shard = shard_of(targets, part);
    targets.retain(|target| shard.holds(&target.reference.to_string()));
    shard
}

/// A part of all these images.
fn shard_of(targets: &[Target], part: Part) -> Shard {
    let references: BTreeSet<String> = targets.iter().map(|target| target.reference.to_string()).collect();
    Shard::of(part.index, part.count, &references)
}

/// The images that a registry lists. A repository whose tags cannot be had stands among them, with the reason.
fn listed(catalog: &Catalog, sweep: &Sweep, reading: &Reading, note: &dyn Fn(&str)) -> Result<Vec<Target>> {
    if reading.offline {
        let what = format!("what {} holds is asked of it, and --offline makes no request", catalog.host);
        return Err(Error::new(Kind::Unreachable, what).hint("leave out --offline, or name the images in a file: --images FILE"));
    }
    let (access, limits) = (&reading.access, &reading.limits);
    let Names { names: repositories, strange, .. } = catalog.repositories(access, limits)?;
    let meant: Vec<&String> = repositories.iter().filter(|repository| sweep.may_mean(repository)).collect();
    let entries = AtomicU64::new(repositories.len() as u64);
    let tags = side_by_side(&meant, LISTED, |repository| {
        let tags = catalog.tags(repository, access, limits)?;
        let count = tags.names.len() as u64;
        if entries.fetch_add(count, Ordering::Relaxed).saturating_add(count) > limits.list_entries {
            return Err(limits::list_entries(format!("{catalog} has more than {} names", limits.list_entries)));
        }
        Ok(tags)
    });
    let (mut targets, mut attached, mut strange, mut empty) = (Vec::new(), 0, strange, 0);
    for (repository, tags) in meant.iter().zip(tags) {
        match tags {
            Ok(tags) => {
                (attached, strange) = (attached + tags.attached, strange + tags.strange);
                let images = tags.names.into_iter().map(|tag| Target::of(catalog.at((*repository).clone(), Some(tag))));
                targets.extend(images.filter(|target| sweep.means(target)));
            }
            // Registries list what was removed.
            Err(error) if error.kind == Kind::NotFound => empty += 1,
            Err(error) if error.kind == Kind::Limit => return Err(error),
            Err(error) => targets.push(Target::unlisted(catalog.at((*repository).clone(), None), error)),
        }
    }
    for (count, what) in [
        (attached, "tags are left out: they stand for signatures and the like, not for images"),
        (strange, "names are left out: they are no names of repositories or tags"),
        (empty, "repositories are listed that are not there"),
    ] {
        if count > 0 {
            note(&format!("{catalog}: {count} {what}"));
        }
    }
    if targets.is_empty() {
        let what = format!("of the {} repositories that {catalog} lists none has a tag that is meant", repositories.len());
        return Err(Error::new(Kind::NotFound, what).hint(if sweep.patterns.is_empty() {
            "push an image, or name another registry"
        } else {
            GLOB
        }));
    }
    note(&format!("{catalog}: {} images in {} of {} repositories", targets.len(), meant.len(), repositories.len()));
    Ok(targets)
}

impl Sweep {
    fn may_mean(&self, repository: &str) -> bool {
        self.patterns.is_empty() || self.patterns.iter().any(|pattern| pattern.may_hold(repository))
    }

    fn means(&self, target: &Target) -> bool {
        self.patterns.is_empty() || self.patterns.iter().any(|pattern| pattern.holds(&target.reference))
    }
}
