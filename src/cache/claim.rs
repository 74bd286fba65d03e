//! Who makes an entry, when several want it.

use std::fs::{File, TryLockError};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::bucket::Held;
use super::folder::Folder;
use super::{Kind, contents, now, private};
use crate::digest::Digest;
use crate::transient::Transient;

/// How long one who makes an entry may do nothing before the others make it themselves. The kernel releases what a dead
/// process held, so this is about one that hangs.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);
/// Time between two looks at a claim of another.
const LOOK: Duration = Duration::from_millis(10);

/// The right to make an entry, until it is dropped.
#[derive(Debug)]
pub struct Claim(Right);

#[derive(Debug)]
enum Right {
    Locked(Locked),
    Held(Held),
}

/// A claim as a file that is locked.
#[derive(Debug)]
struct Locked {
    /// Those who wait have the file open, and see that it is released; whoever comes later finds the entry.
    _sign: Transient,
    /// Its lock is released when it is closed.
    file: File,
    since: Instant,
    /// Whole seconds of `since` at the last sign of life.
    beat: AtomicU64,
}

impl Folder {
    /// Waits while another makes an entry, and claims to make it; whoever holds a claim looks once more whether it is there.
    pub(super) fn claim(&self, kind: Kind, key: &Digest, rest: &dyn Fn(Duration)) -> Option<Claim> {
        self.claim_within(kind, key, rest, PATIENCE)
    }

    pub(super) fn claim_within(&self, kind: Kind, key: &Digest, rest: &dyn Fn(Duration), patience: Duration) -> Option<Claim> {
        let folder = self.layout().join(contents::CLAIMS);
        private::create_folder(&folder).ok()?;
        let path = folder.join(claimed(kind, key));
        let file = private::open(&path).ok()?;
        let (mut seen, mut since) = (None, Instant::now());
        loop {
            match file.try_lock() {
                Ok(()) => {
                    let (_sign, beat) = (Transient::of(path), AtomicU64::new(0));
                    return Some(Claim(Right::Locked(Locked { _sign, file, since: Instant::now(), beat })));
                }
                Err(TryLockError::Error(_)) => return None,
                Err(TryLockError::WouldBlock) => {}
            }
            let beat = file.metadata().and_then(|metadata| metadata.modified()).ok();
            if beat != seen {
                (seen, since) = (beat, Instant::now());
            } else if since.elapsed() > patience {
                return None;
            }
            rest(LOOK);
        }
    }
}

/// What the claim of an entry is called.
pub(super) fn claimed(kind: Kind, key: &Digest) -> String {
    format!("{}-{}", kind.name(), key.hex())
}

impl Claim {
    /// Shows those who wait that the work goes on. May be called as often as one likes.
    pub fn beat(&self) {
        match &self.0 {
            Right::Held(held) => held.beat(),
            Right::Locked(Locked { file, since, beat, .. }) => {
                let seconds = since.elapsed().as_secs();
                if beat.swap(seconds, Ordering::Relaxed) != seconds {
                    let _ = file.set_modified(now());
                }
            }
        }
    }
}

impl From<Held> for Claim {
    fn from(held: Held) -> Self {
        Self(Right::Held(held))
    }
}
