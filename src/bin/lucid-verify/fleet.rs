//! Several images in one run, side by side.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use lucid_verify::error::{Error, Result};
use lucid_verify::reference::Reference;
use lucid_verify::report;
use lucid_verify::verify::{Asking, Reading, Sought, Told, seek, verify_platforms};

use crate::args::Common;
use crate::images::Target;
use crate::progress::Bars;
use crate::{exit, reading};

/// Images that are judged at the same time, at most: each takes the memory of its tree.
const JUDGED: usize = 8;

/// Images whose documents are asked for at the same time, at most: they are small, and registries count requests.
const SOUGHT: usize = 8;

/// Verifies images. All documents are read before the first layer is, so that of the layers it is known who has them in
/// common. A fault of the tool costs the report of one image, not of the others. What came of an image is `finish`ed, and of
/// profiles that say the same one is left.
pub fn verify(
    targets: &[Target],
    all_platforms: bool,
    reading: &Reading,
    asking: &Asking<'_>,
    common: &Common,
    finish: &(dyn Fn(&mut Told) + Sync),
) -> Vec<Told> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    // While one waits for its own layers, another takes the processor.
    let judged = (2 * processors).min(JUDGED).min(targets.len());
    let bars = Bars::over(common, targets.len(), judged);
    // Platforms of an index are found one after the other, while they are read.
    let sought: Vec<_> = if all_platforms {
        targets.iter().map(|_| Mutex::new(None)).collect()
    } else {
        let jobs = common.jobs.map_or_else(reading::jobs, usize::from).min(SOUGHT);
        side_by_side(targets, jobs, |target| {
            let seek = || target.listed().map(|image| seek(image, &target.reading(reading), asking, &bars.of(target)));
            Mutex::new(Some(exit::caught(seek)))
        })
    };
    let work: Vec<_> = targets.iter().zip(sought).collect();
    let profiles = Mutex::new(BTreeSet::new());
    let told = side_by_side(&work, judged, |(target, sought)| {
        let (watch, reading) = (bars.of(target), target.reading(reading));
        let sought: Option<Result<Sought>> = sought.lock().unwrap_or_else(PoisonError::into_inner).take();
        let told = exit::caught(|| match sought {
            Some(sought) => Ok(vec![sought?.verify(&reading, asking, &watch)]),
            None => Ok(verify_platforms(target.listed()?, &reading, asking, &watch)),
        });
        drop(watch);
        bars.done();
        let mut told = told.unwrap_or_else(|error| vec![failed(target, error)]);
        for told in &mut told {
            told.image.services.clone_from(&target.services);
            finish(told);
            let policy = &told.image.policy;
            let said = (policy.profile.clone(), policy.digest.clone(), policy.service.clone());
            if !profiles.lock().unwrap_or_else(PoisonError::into_inner).insert(said) {
                told.profile = None;
            }
        }
        told
    });
    told.into_iter().flatten().collect()
}

/// An image whose verification failed with a fault of the tool, or images that are not known.
fn failed(target: &Target, error: Error) -> Told {
    let error = if target.unlisted.is_some() { error } else { error.doing(format!("verify {}", target.reference)) };
    Told { image: report::Image::unread(target.reference.to_string(), (&error).into()), profile: None, snapshot: None }
}

impl Target {
    /// The image, if one is known.
    fn listed(&self) -> Result<&Reference> {
        self.unlisted.clone().map_or(Ok(&self.reference), Err)
    }

    fn reading(&self, common: &Reading) -> Reading {
        let platform = self.platform.clone().or_else(|| common.platform.clone());
        Reading { platform, ..common.clone() }
    }
}

/// What comes of each item, in their order; so many are worked on at the same time.
pub fn side_by_side<T: Sync, R: Send>(items: &[T], width: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(items.len())));
    let worker = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { break };
            let result = work(item);
            done.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..width.min(items.len()) {
            scope.spawn(worker);
        }
        worker();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_of_each_stands_in_their_order() {
        let items: Vec<u64> = (0..100).collect();
        let doubled = |item: &u64| {
            if item.is_multiple_of(7) {
                std::thread::yield_now();
            }
            item * 2
        };
        for width in [1, 3, 200] {
            assert_eq!(side_by_side(&items, width, doubled), (0..100).map(|item| item * 2).collect::<Vec<u64>>());
        }
        assert!(side_by_side(&items[..0], 4, doubled).is_empty());
    }
}
