//! What the images of one run have in common. A layer is read once, by whoever comes first, and is kept as long as an image that
//! has it is at hand; a manifest is fetched once from a repository, and a configuration once from a registry
//! (docs/decisions/0033).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::stages;
use crate::digest::Digest;
use crate::error::{Error, Kind, Result};
use crate::image::Resolved;
use crate::layer::LayerDiff;
use crate::reference::{Reference, Transport};
use crate::source::{Fetched, Pace};

/// Bytes of documents that are remembered; what is beyond is fetched anew.
const DOCUMENTS: usize = 64 << 20;

/// What the images of a run have in common, and how many layers are read at the same time.
pub struct Shared {
    slots: Mutex<BTreeMap<Key, Weak<Slot>>>,
    documents: Mutex<BTreeMap<Digest, Arc<Mutex<Option<Fetched>>>>>,
    /// Bytes of documents that may still be remembered.
    room: AtomicUsize,
    pub(super) pace: Pace,
    /// Shared that may still be begun on several threads.
    stages: AtomicUsize,
}

/// What tells layers apart: their digests, and what they are called, because they are held against that.
type Key = (Digest, u64, Digest, String);

/// One layer, in however many images.
#[derive(Default)]
pub(super) struct Slot(Mutex<State>);

#[derive(Default)]
struct State {
    /// What it is, and where it was read.
    read: Option<(Arc<LayerDiff>, String)>,
    /// Why it could not be read there.
    failed: BTreeMap<String, Error>,
}

/// Where a layer is looked for.
pub(super) struct Where<'a> {
    pub reference: &'a Reference,
    /// Whether the blob of this place is what the digest says; asked if another place had that.
    pub holds: &'a dyn Fn() -> bool,
}

impl Shared {
    /// At most so many layers are read at the same time; `is_remote`: over a network, which waits for more than processors.
    pub fn new(jobs: usize, is_remote: bool) -> Arc<Self> {
        let pace = if is_remote { Pace::adaptive(jobs) } else { Pace::steady(jobs.min(stages::processors())) };
        let (room, stages) = (AtomicUsize::new(DOCUMENTS), AtomicUsize::new(stages::ROOM));
        Arc::new(Self { slots: Mutex::default(), documents: Mutex::default(), room, pace, stages })
    }

    /// The layers of an image, base first. As long as one of them is held here, it is not read again.
    pub(super) fn of(&self, image: &Resolved) -> Vec<Arc<Slot>> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|_, slot| slot.strong_count() > 0);
        let layers = image.manifest.layers.iter().zip(&image.config.rootfs.diff_ids);
        let slot = |(layer, diff_id): (&crate::image::Descriptor, &Digest)| {
            let key = (layer.digest.clone(), layer.size, diff_id.clone(), layer.media_type.clone());
            let known = slots.entry(key).or_default();
            known.upgrade().unwrap_or_else(|| {
                let slot = Arc::default();
                *known = Arc::downgrade(&slot);
                slot
            })
        };
        layers.map(slot).collect()
    }

    /// A document that was fetched, or is now. Who asks for the same meanwhile waits.
    pub(super) fn document(&self, key: Digest, fetch: impl FnOnce() -> Result<Fetched>) -> Result<Fetched> {
        let place = Arc::clone(self.documents.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
        let mut known = place.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(fetched) = &*known {
            return Ok(fetched.clone());
        }
        let fetched = fetch()?;
        let left = |room: usize| room.checked_sub(fetched.bytes.len());
        if self.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).is_ok() {
            *known = Some(fetched.clone());
        }
        Ok(fetched)
    }

    /// Reads with several threads, if that was meant and there is room for their buffers.
    pub(super) fn staged<T>(&self, is_meant: bool, read: impl FnOnce(bool) -> T) -> T {
        let room = |left: usize| left.checked_sub(1);
        let is_staged = is_meant && self.stages.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room).is_ok();
        // Of a panic less room is left, and nothing else.
        let done = read(is_staged);
        self.stages.fetch_add(usize::from(is_staged), Ordering::Relaxed);
        done
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Slot {
    /// The layer, read unless it was. Who comes meanwhile waits. What failed is not tried again at the same place; another
    /// place may have it.
    pub(super) fn get(&self, at: &Where<'_>, read: impl FnOnce() -> Result<LayerDiff>) -> Result<Arc<LayerDiff>> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (host, repository) = places(at.reference);
        if let Some((diff, from)) = &state.read
            && (*from == host || (at.holds)())
        {
            return Ok(Arc::clone(diff));
        }
        if let Some(error) = state.failed.get(&host).or_else(|| state.failed.get(&repository)) {
            return Err(error.clone());
        }
        match read() {
            Ok(diff) => {
                let diff = Arc::new(diff);
                state.read = Some((Arc::clone(&diff), host));
                Ok(diff)
            }
            Err(error) => {
                // What a registry lacks or refuses in one repository it may give from another.
                let is_of_repository = matches!(error.kind, Kind::NotFound | Kind::Denied);
                state.failed.insert(if is_of_repository { repository } else { host }, error.clone());
                Err(error)
            }
        }
    }
}

/// The host and the repository of an image, or the one place on this machine where it is.
fn places(reference: &Reference) -> (String, String) {
    match &reference.transport {
        Transport::Registry { host, repository } => (host.clone(), format!("{host}/{repository}")),
        Transport::Layout { directory: place }
        | Transport::OciArchive { file: place }
        | Transport::DockerArchive { file: place }
        | Transport::DockerDaemon { image: place } => (format!(":{place}"), format!(":{place}")),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::image::Descriptor;
    use crate::layer::read;
    use crate::limits::Limits;

    fn layer() -> LayerDiff {
        let bytes = [0; 1024];
        let digest = Digest::sha256(&bytes);
        let (media_type, size) = (String::new(), bytes.len() as u64);
        let descriptor = Descriptor { media_type, digest: digest.clone(), size, platform: None, annotations: None, data: None };
        read(&bytes[..], &descriptor, &digest, &Limits::default()).unwrap()
    }

    /// Asks for a layer from these places, one after the other; returns which of them read, and what came of it.
    fn asked(places: &[&str], outcome: impl Fn(usize) -> Result<LayerDiff>, holds: bool) -> (Vec<usize>, Vec<bool>) {
        let (slot, read) = (Slot::default(), Cell::new(Vec::new()));
        let ask = |(number, place): (usize, &&str)| {
            let at = Where { reference: &place.parse().unwrap(), holds: &|| holds };
            let reading = || {
                let mut all = read.take();
                all.push(number);
                read.set(all);
                outcome(number)
            };
            slot.get(&at, reading).is_ok()
        };
        let outcomes = places.iter().enumerate().map(ask).collect();
        (read.take(), outcomes)
    }

    #[test]
    fn what_was_read_is_not_read_again_from_wherever() {
        assert_eq!(asked(&["one.test/a", "one.test/b", "two.test/a"], |_| Ok(layer()), true), (vec![0], vec![true; 3]));
        let missing = |kind| move |number| if number == 0 { Err(Error::new(kind, "no")) } else { Ok(layer()) };
        assert_eq!(
            asked(&["one.test/a", "one.test/b", "one.test/a"], missing(Kind::NotFound), true),
            (vec![0, 1], vec![false, true, true])
        );
        let broken = |kind| asked(&["one.test/a", "one.test/b", "two.test/a", "one.test/b"], missing(kind), true);
        assert_eq!(broken(Kind::Unreachable), (vec![0, 2], vec![false, false, true, true]));
        assert_eq!(broken(Kind::Corrupt), (vec![0, 2], vec![false, false, true, true]));
    }

    #[test]
    fn a_place_that_holds_something_else_under_the_digest_is_read_itself() {
        let second = |number| if number == 1 { Err(Error::new(Kind::Corrupt, "no")) } else { Ok(layer()) };
        assert_eq!(asked(&["oci:a", "oci:b", "oci:a"], second, false), (vec![0, 1], vec![true, false, true]));
    }

    #[test]
    fn a_panic_leaves_the_layer_to_the_next_who_comes() {
        let slot = Slot::default();
        let at = Where { reference: &"one.test/a".parse().unwrap(), holds: &|| true };
        let fall = || slot.get(&at, || panic!("x")).is_ok();
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(fall)).is_err());
        assert!(slot.get(&at, || Ok(layer())).is_ok());
    }

    #[test]
    fn a_document_is_fetched_once_unless_it_failed_or_is_too_large_to_remember() {
        let (shared, key) = (Shared::new(1, true), Digest::sha256(b""));
        let fetched = |bytes| Ok(Fetched { bytes, content_type: None, claimed_digest: None });
        assert!(shared.document(key.clone(), || Err(Error::new(Kind::Unreachable, "no"))).is_err());
        for _ in 0..2 {
            assert_eq!(shared.document(key.clone(), || fetched(vec![0; DOCUMENTS + 1])).unwrap().bytes.len(), DOCUMENTS + 1);
        }
        assert_eq!(shared.document(key.clone(), || fetched(vec![1])).unwrap().bytes, [1]);
        assert_eq!(shared.document(key, || fetched(vec![2])).unwrap().bytes, [1]);
    }

    #[test]
    fn there_is_room_for_so_many_stages() {
        fn nested(shared: &Shared, left: usize) -> usize {
            if left == 0 { 0 } else { shared.staged(true, |is| usize::from(is) + nested(shared, left - 1)) }
        }
        let shared = Shared::new(1, false);
        assert_eq!(nested(&shared, 100), stages::ROOM);
        assert!(shared.staged(true, |is| is) && !shared.staged(false, |is| is));
    }
}
