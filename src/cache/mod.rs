//! What was learned of blobs and images, in a folder or a bucket, for the next run. It is never believed over a digest, and
//! nothing depends on it: an entry that is missing, damaged or not to be had is one that is made again.
//!
//! `PLACE/v1/KIND-FORMAT/ALGORITHM/AB/DIGEST` holds an entry; a format that no one reads any more ages and goes.

mod bucket;
mod claim;
mod contents;
mod entry;
mod folder;
mod private;
mod sealed;
mod stamped;

use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use crate::digest::Digest;
use crate::error::{Error, Kind as Fault, Result};
use crate::layer::stored;
use crate::text::escape;

use bucket::Bucket;
pub use bucket::Service;
pub use claim::Claim;
pub use contents::Share;
use folder::Folder;
pub use sealed::Secret;

/// Bytes that entries take up before the least recently used go: those of ten thousand layers, or of ten that hold a million
/// files each.
pub const CAP: u64 = 2_000_000_000;

/// The folder of this layout of entries, below the cache's own.
const LAYOUT: &str = "v1";

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// What a blob is as a layer, by the digest of the blob.
    Layer,
    /// A manifest, an index or a configuration, by its digest; or which of them a tag was.
    Document,
    /// What judging an image gave, by a digest of everything that it depends on.
    Verdict,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Layer, Self::Document, Self::Verdict];

    /// The kind as people and documents call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Layer => "layer",
            Self::Document => "document",
            Self::Verdict => "verdict",
        }
    }

    /// The folder of its entries: with the version of what they hold.
    fn folder(self) -> String {
        match self {
            Self::Layer => format!("layer-{}", stored::version()),
            Self::Document | Self::Verdict => format!("{}-1", self.name()),
        }
    }

    /// Where the entry of a key is, below the cache.
    fn place(self, key: &Digest) -> String {
        let (name, hex) = (key.to_string(), key.hex());
        let algorithm = name.split(':').next().unwrap_or_default();
        format!("{LAYOUT}/{}/{algorithm}/{}/{hex}", self.folder(), hex.get(..2).unwrap_or_default())
    }
}

/// Entries that processes share: those of one user in a folder, those of many machines in a bucket.
#[derive(Debug)]
pub struct Cache {
    place: Place,
    say: fn(&str),
    /// Whether it cannot be written: that is said once.
    is_shut: AtomicBool,
}

#[derive(Debug)]
enum Place {
    Folder(Folder),
    Bucket(Bucket),
}

impl Cache {
    /// The cache in `folder`, which need not exist yet, of at most `cap` bytes. `say` is told what is passed over, and why:
    /// nothing that is wrong with an entry stops a run.
    ///
    /// Fails with `Denied` where another user owns the folder or may write to it, and with `Usage` where it is none.
    pub fn open(folder: &Path, cap: u64, say: fn(&str)) -> Result<Self> {
        Ok(Self { place: Place::Folder(Folder::open(folder, cap)?), say, is_shut: AtomicBool::new(false) })
    }

    /// The cache in a bucket: `s3://BUCKET` or `s3://BUCKET/PREFIX`. Nothing is asked of it before the first entry is.
    ///
    /// Fails with `Usage` where the address or what the environment says of the service is of no use.
    pub fn in_bucket(address: &str, service: Service<'_>) -> Result<Self> {
        let say = service.say;
        Ok(Self { place: Place::Bucket(Bucket::open(address, service)?), say, is_shut: AtomicBool::new(false) })
    }

    /// Where it is, fit to be shown.
    pub fn name(&self) -> String {
        match &self.place {
            Place::Folder(folder) => folder.name(),
            Place::Bucket(bucket) => bucket.name().to_owned(),
        }
    }

    /// The bytes that its entries may take up; a bucket has rules of its own.
    pub fn cap(&self) -> Option<u64> {
        match &self.place {
            Place::Folder(folder) => Some(folder.cap()),
            Place::Bucket(_) => None,
        }
    }

    /// What was put under a key, as it was put, and marks it as used. `None`: it is to be made again.
    pub fn get(&self, kind: Kind, key: &Digest) -> Option<Vec<u8>> {
        match &self.place {
            Place::Bucket(bucket) => bucket.get(kind, key),
            Place::Folder(folder) => match folder.get(kind, key) {
                Ok(payload) => Some(payload),
                Err(why) => {
                    if let Some(why) = why {
                        self.pass_over(kind, key, &why);
                    }
                    None
                }
            },
        }
    }

    /// Keeps `payload` under a key, in place of what was there. Whoever reads at the same time sees the old entry or the new.
    pub fn put(&self, kind: Kind, key: &Digest, payload: &[u8]) {
        self.put_with(kind, key, |out| out.write_all(payload));
    }

    /// Keeps what `write` writes, as [`put`](Self::put) does. What is longer than an entry may be is not kept.
    pub fn put_with(&self, kind: Kind, key: &Digest, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        let folder = match &self.place {
            Place::Bucket(bucket) => return bucket.put(kind, key, write),
            Place::Folder(folder) => folder,
        };
        if self.is_shut.load(Ordering::Relaxed) {
            return;
        }
        match folder.put(kind, key, write) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {}
            Err(error) if self.is_shut.swap(true, Ordering::Relaxed) => drop(error),
            Err(error) => (self.say)(&format!("the cache {} cannot be written: {error}", self.name())),
        }
    }

    /// Says that an entry is of no use: it will be made again.
    pub fn pass_over(&self, kind: Kind, key: &Digest, why: &str) {
        (self.say)(&format!("the cache's {} {} is passed over: {why}", kind.name(), key.short()));
    }

    /// What `look` finds of an entry; else, once no other makes it, the right to make it. While another does, time passes in
    /// `rest`, and `look` looks again. `Err(None)`: the other hangs, or claims are not to be had here. Then it is made beside the
    /// other, and the worst that comes of it is work done twice.
    pub fn claim<T>(
        &self,
        kind: Kind,
        key: &Digest,
        look: &dyn Fn() -> Option<T>,
        rest: &dyn Fn(Duration),
    ) -> std::result::Result<T, Option<Claim>> {
        if let Some(found) = look() {
            return Ok(found);
        }
        match &self.place {
            Place::Folder(folder) => folder.claim(kind, key, rest).map_or(Err(None), |claim| look().ok_or(Some(claim))),
            Place::Bucket(bucket) => bucket.claim(kind, key, look, rest),
        }
    }

    /// What it holds of each kind; the last are entries of formats that this version does not read.
    pub fn contents(&self) -> Result<Vec<(Option<Kind>, Share)>> {
        match &self.place {
            Place::Folder(folder) => Ok(folder.contents()),
            Place::Bucket(bucket) => bucket.contents(),
        }
    }

    /// Removes every entry; tells how many there were, and their bytes.
    pub fn clear(&self) -> Result<Share> {
        match &self.place {
            Place::Folder(folder) => Ok(folder.clear()),
            Place::Bucket(bucket) => bucket.clear(),
        }
    }
}

/// A path as messages show it.
fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_encoded_bytes())
}

/// A refusal of the cache's folder.
fn refused(kind: Fault, what: impl Into<String>) -> Error {
    Error::new(kind, what).hint("name another folder with --cache, or go without one: --no-cache")
}

#[expect(clippy::disallowed_methods, reason = "when an entry was used decides how long it stays, and nothing else")]
fn now() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests;
