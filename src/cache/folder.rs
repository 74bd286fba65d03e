//! A cache as a folder of files, for all processes of one user.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::{Kind, LAYOUT, contents, entry, now, private, shown};
use crate::digest::Digest;
use crate::error::Result;
use crate::transient::Transient;

/// The folder, and what this process did to it.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    cap: u64,
    /// Whether something was put: what is too much goes when this run ends.
    is_grown: AtomicBool,
    /// Counts the temporary files of this process.
    written: AtomicU64,
}

impl Folder {
    /// A folder that need not exist yet, of at most `cap` bytes.
    pub(super) fn open(path: &Path, cap: u64) -> Result<Self> {
        private::check(path).map_err(|error| error.doing(format!("use the cache {}", shown(path))))?;
        let (is_grown, written) = (AtomicBool::new(false), AtomicU64::new(0));
        Ok(Self { path: path.to_owned(), cap, is_grown, written })
    }

    pub(super) fn name(&self) -> String {
        shown(&self.path)
    }

    pub(super) fn cap(&self) -> u64 {
        self.cap
    }

    /// The content of an entry, or what is wrong with it; nothing where there is none.
    pub(super) fn get(&self, kind: Kind, key: &Digest) -> std::result::Result<Vec<u8>, Option<String>> {
        let (payload, file) = entry::read(&self.entry(kind, key), kind, key)?;
        // One that cannot be marked goes earlier than it should.
        let _ = file.set_modified(now());
        Ok(payload)
    }

    pub(super) fn put(&self, kind: Kind, key: &Digest, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        let path = self.entry(kind, key);
        let folder = path.parent().unwrap_or(&self.path);
        private::create_folder(folder)?;
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let temporary = folder.join(format!("{}{}-{number}", contents::TEMPORARY, std::process::id()));
        let (draft, file) = Transient::make(temporary, private::create)?;
        let mut writer = entry::Writer::new(file, kind, key, self.cap)?;
        write(&mut writer)?;
        writer.finish()?;
        draft.stay(&path)?;
        self.is_grown.store(true, Ordering::Relaxed);
        Ok(())
    }

    pub(super) fn entry(&self, kind: Kind, key: &Digest) -> PathBuf {
        self.path.join(kind.place(key))
    }

    pub(super) fn layout(&self) -> PathBuf {
        self.path.join(LAYOUT)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.is_grown.load(Ordering::Relaxed) {
            contents::tidy(&self.layout(), self.cap, now());
        }
    }
}
