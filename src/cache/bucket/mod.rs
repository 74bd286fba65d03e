//! A cache as objects of a bucket, for the workers of a sweep. Whoever has the key makes entries and believes those alone that
//! another made who has it; whoever has not reads, and says what that trusts.

mod claim;
mod service;
mod wire;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, PutMode};
use tokio::runtime::{self, Handle, Runtime};

use super::contents::{self, CLAIMS, Share};
use super::sealed::{self, Secret};
use super::{Kind, LAYOUT, entry};
use crate::digest::Digest;
use crate::error::{Error, Kind as Fault, Result};
use crate::text::escape;
use wire::{Found, Wire};

pub(super) use claim::Held;
pub use service::Service;

/// Failures in a row after which a bucket is let be.
const FAILURES: u32 = 3;
/// Entries that are refused with a line for each; the rest are counted.
const LINES: u64 = 3;

/// A bucket, and what this process knows of it.
#[derive(Debug)]
pub(super) struct Bucket {
    name: String,
    prefix: Path,
    wire: Arc<Wire>,
    runtime: Runtime,
    secret: Option<Secret>,
    say: fn(&str),
    warn: fn(&str),
    /// What was found under a name, and how it is replaced.
    seen: Mutex<BTreeMap<Path, PutMode>>,
    refused: AtomicU64,
    /// Failures since the last answer.
    failures: AtomicU32,
    /// Failures in all.
    failed: AtomicU32,
}

impl Bucket {
    /// The bucket of an address.
    pub(super) fn open(address: &str, service: Service<'_>) -> Result<Self> {
        let doing = |error: Error| error.doing(format!("use the cache {}", escape(address.as_bytes())));
        let address = service::Address::parse(address).map_err(doing)?;
        let store = service::open(&address.bucket, service.client).map_err(doing)?;
        let slash = if address.prefix.is_root() { "" } else { "/" };
        let name = escape(format!("s3://{}{slash}{}", address.bucket, address.prefix).as_bytes());
        Self::over(store, name, address.prefix, &service)
    }

    fn over(store: Arc<dyn ObjectStore>, name: String, prefix: Path, service: &Service<'_>) -> Result<Self> {
        let runtime = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(|error| Error::new(Fault::Bug, error.to_string()).doing("start a thread of the cache"))?;
        let wire = Arc::new(Wire::new(store, service.timeout, Instant::now().checked_add(service.deadline)));
        Ok(Self {
            name,
            prefix,
            wire,
            runtime,
            secret: service.secret.clone(),
            say: service.say,
            warn: service.warn,
            seen: Mutex::default(),
            refused: AtomicU64::new(0),
            failures: AtomicU32::new(0),
            failed: AtomicU32::new(0),
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The content of an entry that counts.
    pub(super) fn get(&self, kind: Kind, key: &Digest) -> Option<Vec<u8>> {
        let at = self.path(&kind.place(key));
        let Found { bytes, version } = self.attempt(self.wire.get(&at))??;
        let before = self.seen().insert(at, version.clone());
        let opened = bytes.ok_or("it is longer than any entry").and_then(|bytes| {
            let name = entry::name(kind, key);
            sealed::open(&name, self.secret.as_ref(), bytes)
        });
        match opened {
            Ok(content) => Some(content),
            // Whoever makes it looks twice.
            Err(_) if before == Some(version) => None,
            Err(why) => {
                self.refuse(kind, key, why);
                None
            }
        }
    }

    /// Puts an entry in the place of what was last found there, and of nothing else.
    pub(super) fn put(&self, kind: Kind, key: &Digest, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        let Some(secret) = self.secret.as_ref().filter(|_| !self.is_shut()) else { return };
        // What is too long is not kept.
        let Ok(object) = sealed::seal(&entry::name(kind, key), secret, write) else { return };
        let at = self.path(&kind.place(key));
        let mode = self.seen().get(&at).cloned().unwrap_or(PutMode::Create);
        if let Some(Some(version)) = self.attempt(self.wire.put(&at, object, mode)) {
            self.seen().insert(at, version);
        }
    }

    /// What it holds of each kind; the last are entries of formats that this version does not read.
    pub(super) fn contents(&self) -> Result<Vec<(Option<Kind>, Share)>> {
        let mut shares = contents::none();
        for (object, folder) in self.list()?.iter().filter(|(_, folder)| folder != CLAIMS) {
            let kind = Kind::ALL.into_iter().find(|kind| kind.folder() == *folder);
            shares.iter_mut().filter(|(other, _)| *other == kind).for_each(|(_, share)| share.count(object.size));
        }
        Ok(shares)
    }

    /// Removes what is of this cache, and nothing else that lies below its prefix.
    pub(super) fn clear(&self) -> Result<Share> {
        let (claims, entries): (Vec<_>, Vec<_>) = self.list()?.into_iter().partition(|(_, folder)| folder == CLAIMS);
        let of = |objects: Vec<(ObjectMeta, String)>| {
            let objects = objects.into_iter().map(|(object, _)| object).collect();
            self.runtime.block_on(self.wire.delete_all(objects)).map_err(|why| self.error("clear", why))
        };
        of(claims)?;
        let mut removed = Share::default();
        of(entries)?.iter().for_each(|object| removed.count(object.size));
        Ok(removed)
    }

    /// The objects of this cache, each with the folder that it is in.
    fn list(&self) -> Result<Vec<(ObjectMeta, String)>> {
        let layout = self.path(LAYOUT);
        let objects = self.runtime.block_on(self.wire.list(&layout)).map_err(|why| self.error("list", why))?;
        let folder = |object: &ObjectMeta| {
            let parts: Vec<String> = object.location.prefix_match(&layout)?.map(|part| part.as_ref().to_owned()).collect();
            match parts.iter().map(|part| &**part).collect::<Vec<_>>()[..] {
                [folder @ CLAIMS, _] => Some(folder.to_owned()),
                [folder, _, _, name] if contents::is_of_kind(folder) && contents::is_entry(name) => Some(folder.to_owned()),
                _ => None,
            }
        };
        Ok(objects.into_iter().filter_map(|object| folder(&object).map(|folder| (object, folder))).collect())
    }

    fn error(&self, verb: &str, why: String) -> Error {
        Error::new(Fault::Unreachable, why)
            .doing(format!("{verb} the cache {}", self.name))
            .hint("AWS_ENDPOINT_URL, AWS_REGION and the credentials say where it is, and who asks")
    }

    /// Asks, as long as that is of use. What fails is said once: nothing that a bucket does stops a run.
    fn attempt<T>(&self, request: impl Future<Output = std::result::Result<T, String>>) -> Option<T> {
        if self.is_shut() {
            return None;
        }
        match self.runtime.block_on(request) {
            Ok(answer) => {
                self.failures.store(0, Ordering::Relaxed);
                Some(answer)
            }
            Err(why) => {
                self.failures.fetch_add(1, Ordering::Relaxed);
                let tell = if self.failed.fetch_add(1, Ordering::Relaxed) == 0 { self.warn } else { self.say };
                tell(&format!("the cache {} fails: {why}; what does not come from it is made again", self.name));
                None
            }
        }
    }

    fn is_shut(&self) -> bool {
        self.failures.load(Ordering::Relaxed) >= FAILURES
    }

    fn refuse(&self, kind: Kind, key: &Digest, why: &str) {
        if self.refused.fetch_add(1, Ordering::Relaxed) < LINES {
            (self.warn)(&format!(
                "the {} {} in the cache {} is refused: {why}; it is made again",
                kind.name(),
                key.short(),
                self.name
            ));
        }
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, BTreeMap<Path, PutMode>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, place: &str) -> Path {
        let parts = self.prefix.parts().map(|part| part.as_ref().to_owned());
        parts.chain(place.split('/').map(str::to_owned)).collect()
    }

    fn secret(&self) -> Option<&Secret> {
        self.secret.as_ref()
    }

    fn wire(&self) -> &Arc<Wire> {
        &self.wire
    }

    fn handle(&self) -> Handle {
        self.runtime.handle().clone()
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        self.runtime.block_on(self.wire.finish());
        let more = self.refused.load(Ordering::Relaxed).saturating_sub(LINES);
        if more > 0 {
            (self.warn)(&format!("{more} more entries of the cache {} were refused, and made again", self.name));
        }
    }
}

#[cfg(test)]
mod tests;
