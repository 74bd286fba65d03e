//! Who makes an entry, when several want it.

use std::fs::{File, TryLockError};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::{Cache, Kind, contents, now, private};
use crate::digest::Digest;
use crate::transient::Transient;

/// How long one who makes an entry may do nothing before the others make it themselves. The kernel releases what a dead
/// process held, so this is about one that hangs.
const PATIENCE: Duration = Duration::from_secs(15);
/// Time between two looks at a claim of another.
const LOOK: Duration = Duration::from_millis(10);

/// The right to make an entry, until it is dropped.
#[derive(Debug)]
pub struct Claim {
    /// Those who wait have the file open, and see that it is released; whoever comes later finds the entry.
    _sign: Transient,
    /// Its lock is released when it is closed.
    file: File,
    since: Instant,
    /// Whole seconds of `since` at the last sign of life.
    beat: AtomicU64,
}

impl Cache {
    /// Waits while another makes an entry, and claims to make it; whoever holds a claim looks once more whether it is there.
    /// `None`: the other hangs, or claims are not to be had here. Then it is made beside the other, and the worst that comes
    /// of it is work done twice.
    pub fn claim(&self, kind: Kind, key: &Digest) -> Option<Claim> {
        self.claim_within(kind, key, PATIENCE)
    }

    pub(super) fn claim_within(&self, kind: Kind, key: &Digest, patience: Duration) -> Option<Claim> {
        let folder = self.layout().join(contents::CLAIMS);
        private::create_folder(&folder).ok()?;
        let path = folder.join(format!("{}-{}", kind.name(), key.hex()));
        let file = private::open(&path).ok()?;
        let (mut seen, mut since) = (None, Instant::now());
        loop {
            match file.try_lock() {
                Ok(()) => {
                    return Some(Claim { _sign: Transient::of(path), file, since: Instant::now(), beat: AtomicU64::new(0) });
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
            thread::sleep(LOOK);
        }
    }
}

impl Claim {
    /// Shows those who wait that the work goes on. May be called as often as one likes.
    pub fn beat(&self) {
        let seconds = self.since.elapsed().as_secs();
        if self.beat.swap(seconds, Ordering::Relaxed) != seconds {
            let _ = self.file.set_modified(now());
        }
    }
}
