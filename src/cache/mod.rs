//! What was learned of blobs and images, on disk, for the next run. It is never believed over a digest, and nothing depends
//! on it: an entry that is missing, damaged or not to be had is one that is made again.
//!
//! `DIR/v1/KIND-FORMAT/ALGORITHM/AB/DIGEST` holds an entry; a format that no one reads any more ages and goes.

mod claim;
mod contents;
mod entry;
mod private;
mod stamped;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::SystemTime;

use crate::digest::Digest;
use crate::error::{Error, Kind as Fault, Result};
use crate::layer::stored;
use crate::text::escape;
use crate::transient::Transient;

pub use claim::Claim;
pub use contents::Share;

/// Bytes that entries take up before the least recently used go: those of ten thousand layers, or of ten that hold a million
/// files each.
pub const CAP: u64 = 2_000_000_000;

/// The folder of this layout of files, below the cache's own.
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
}

/// A folder of entries, shared by all processes of one user.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
    cap: u64,
    say: fn(&str),
    /// Whether something was put: what is too much goes when this run ends.
    is_grown: AtomicBool,
    /// Whether it cannot be written: that is said once.
    is_shut: AtomicBool,
    /// Counts the temporary files of this process.
    written: AtomicU64,
}

impl Cache {
    /// The cache in `folder`, which need not exist yet, of at most `cap` bytes. `say` is told what is passed over, and why:
    /// nothing that is wrong with an entry stops a run.
    ///
    /// Fails with `Denied` where another user owns the folder or may write to it, and with `Usage` where it is none.
    pub fn open(folder: &Path, cap: u64, say: fn(&str)) -> Result<Self> {
        private::check(folder).map_err(|error| error.doing(format!("use the cache {}", shown(folder))))?;
        let (is_grown, is_shut, written) = (AtomicBool::new(false), AtomicBool::new(false), AtomicU64::new(0));
        Ok(Self { folder: folder.to_owned(), cap, say, is_grown, is_shut, written })
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The bytes that its entries may take up.
    pub fn cap(&self) -> u64 {
        self.cap
    }

    /// What was put under a key, as it was put, and marks it as used. `None`: it is to be made again.
    pub fn get(&self, kind: Kind, key: &Digest) -> Option<Vec<u8>> {
        match entry::read(&self.path(kind, key), kind, key) {
            Ok((payload, file)) => {
                // One that cannot be marked goes earlier than it should.
                let _ = file.set_modified(now());
                Some(payload)
            }
            Err(why) => {
                if let Some(why) = why {
                    self.pass_over(kind, key, &why);
                }
                None
            }
        }
    }

    /// Keeps `payload` under a key, in place of what was there. Whoever reads at the same time sees the old entry or the new.
    pub fn put(&self, kind: Kind, key: &Digest, payload: &[u8]) {
        self.put_with(kind, key, |out| out.write_all(payload));
    }

    /// Keeps what `write` writes, as [`put`](Self::put) does. What is longer than an entry may be is not kept.
    pub fn put_with(&self, kind: Kind, key: &Digest, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        if self.is_shut.load(Ordering::Relaxed) {
            return;
        }
        match self.write(kind, key, write) {
            Ok(()) => self.is_grown.store(true, Ordering::Relaxed),
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {}
            Err(error) if self.is_shut.swap(true, Ordering::Relaxed) => drop(error),
            Err(error) => (self.say)(&format!("the cache {} cannot be written: {error}", shown(&self.folder))),
        }
    }

    /// Says that an entry is of no use: it will be made again.
    pub fn pass_over(&self, kind: Kind, key: &Digest, why: &str) {
        (self.say)(&format!("the cache's {} {} is passed over: {why}", kind.name(), key.short()));
    }

    fn write(&self, kind: Kind, key: &Digest, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        let path = self.path(kind, key);
        let folder = path.parent().unwrap_or(&self.folder);
        private::create_folder(folder)?;
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let temporary = folder.join(format!("{}{}-{number}", contents::TEMPORARY, std::process::id()));
        let (draft, file) = Transient::make(temporary, private::create)?;
        let mut writer = entry::Writer::new(file, kind, key, self.cap)?;
        write(&mut writer)?;
        writer.finish()?;
        draft.stay(&path)
    }

    fn path(&self, kind: Kind, key: &Digest) -> PathBuf {
        let (name, hex) = (key.to_string(), key.hex());
        let algorithm = name.split(':').next().unwrap_or_default();
        self.layout().join(kind.folder()).join(algorithm).join(hex.get(..2).unwrap_or_default()).join(hex)
    }

    fn layout(&self) -> PathBuf {
        self.folder.join(LAYOUT)
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        if self.is_grown.load(Ordering::Relaxed) {
            contents::tidy(&self.layout(), self.cap, now());
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
