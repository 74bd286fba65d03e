//! Files that are gone when this process is: drafts of files to come, and signs for other processes. Whatever ends it, a signal
//! included, none is left behind.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Those that are there.
static THERE: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn there() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    THERE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file that is removed when this is dropped.
#[derive(Debug)]
pub struct Transient {
    path: PathBuf,
}

impl Transient {
    /// Makes a file by `make`, which gets its path.
    pub fn make(path: PathBuf, make: impl FnOnce(&Path) -> io::Result<File>) -> io::Result<(Self, File)> {
        // Nobody removes all of them between the file and what is known of it.
        let mut there = there();
        let file = make(&path)?;
        there.insert(path.clone());
        Ok((Self { path }, file))
    }

    /// Takes on a file that is there.
    pub fn of(path: PathBuf) -> Self {
        there().insert(path.clone());
        Self { path }
    }

    /// Moves it to a path at which it stays, in place of what was there.
    pub fn stay(self, path: &Path) -> io::Result<()> {
        let mut there = there();
        fs::rename(&self.path, path)?;
        there.remove(&self.path);
        Ok(())
    }
}

impl Drop for Transient {
    fn drop(&mut self) {
        let mut there = there();
        if there.remove(&self.path) {
            // One that cannot be removed is found, and removed, by who looks after its folder.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes all of them. None is made or moved while the result lives.
pub fn remove_all() -> impl Sized {
    let mut there = there();
    for path in std::mem::take(&mut *there) {
        let _ = fs::remove_file(path);
    }
    there
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_stay_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let (draft, _) = Transient::make(path("draft"), |path| File::create_new(path)).unwrap();
        draft.stay(&path("place")).unwrap();
        assert!(path("place").exists() && !path("draft").exists());
        drop(Transient::make(path("draft"), |path| File::create_new(path)).unwrap());
        assert!(!path("draft").exists());
        let (lost, _) = Transient::make(path("draft"), |path| File::create_new(path)).unwrap();
        assert!(lost.stay(&path("no/such/place")).is_err() && !path("draft").exists());
        assert!(Transient::make(path("place"), |path| File::create_new(path)).is_err() && path("place").exists());
    }
}
