//! What a cache holds, and what goes when it is too much.

use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::Kind;
use super::folder::Folder;

/// How the names of files begin that are being written.
pub(super) const TEMPORARY: &str = ".new-";
/// The folder of claims, beside those of the kinds.
pub(super) const CLAIMS: &str = "claims";

/// What was not finished, or not released, in so long a time is left of a process that was killed.
const STALE: Duration = Duration::from_hours(1);

/// Entries of a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    /// How many.
    pub entries: u64,
    /// Their bytes on disk.
    pub bytes: u64,
    /// When the one was used that was not used for the longest time.
    pub oldest: Option<SystemTime>,
}

impl Share {
    /// Counts an entry of so many bytes.
    pub(super) fn count(&mut self, bytes: u64) {
        self.entries += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }

    fn add(&mut self, file: &Stored) {
        self.count(file.bytes);
        self.oldest = Some(self.oldest.map_or(file.used, |oldest| oldest.min(file.used)));
    }
}

/// A file of a cache.
struct Stored {
    used: SystemTime,
    path: PathBuf,
    bytes: u64,
    is_entry: bool,
}

impl Folder {
    /// What it holds of each kind; the last are entries of formats that this version does not read.
    pub(super) fn contents(&self) -> Vec<(Option<Kind>, Share)> {
        let layout = self.layout();
        let mut shares = none();
        for file in stored(&layout).iter().filter(|file| file.is_entry) {
            let kind = Kind::ALL.into_iter().find(|kind| file.path.starts_with(layout.join(kind.folder())));
            shares.iter_mut().filter(|(other, _)| *other == kind).for_each(|(_, share)| share.add(file));
        }
        shares
    }

    /// Removes every entry; tells how many there were, and their bytes.
    pub(super) fn clear(&self) -> Share {
        let mut removed = Share::default();
        for file in stored(&self.layout()) {
            if fs::remove_file(&file.path).is_ok() && file.is_entry {
                removed.add(&file);
            }
        }
        removed
    }
}

/// No entry of any kind; the last are those of formats that this version does not read.
pub(super) fn none() -> Vec<(Option<Kind>, Share)> {
    Kind::ALL.into_iter().map(Some).chain([None]).map(|kind| (kind, Share::default())).collect()
}

/// Whether a folder is one of entries, of whatever format.
pub(super) fn is_of_kind(folder: &str) -> bool {
    Kind::ALL.iter().any(|kind| folder.strip_prefix(kind.name()).is_some_and(|rest| rest.starts_with('-')))
}

/// Whether this is the name of an entry.
pub(super) fn is_entry(name: &str) -> bool {
    name.len() >= 64 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Removes what killed processes left, and the least recently used entries if all of them have more than `cap` bytes: some
/// more than needed, so that it is not done again at once.
pub(super) fn tidy(layout: &Path, cap: u64, now: SystemTime) {
    let mut files = stored(layout);
    let is_stale = |file: &Stored| now.duration_since(file.used).is_ok_and(|age| age > STALE);
    for file in files.iter().filter(|file| !file.is_entry && is_stale(file)) {
        let _ = fs::remove_file(&file.path);
    }
    files.retain(|file| file.is_entry);
    let mut bytes = files.iter().fold(0, |sum: u64, file| sum.saturating_add(file.bytes));
    if bytes <= cap {
        return;
    }
    files.sort_by(|one, other| (one.used, &one.path).cmp(&(other.used, &other.path)));
    for file in files {
        if bytes <= cap - cap / 10 {
            break;
        }
        // Whoever reads it now has it open; whoever comes later makes it again.
        let _ = fs::remove_file(&file.path);
        bytes = bytes.saturating_sub(file.bytes);
    }
}

/// The files of a cache, and no other that lies in its folder.
fn stored(layout: &Path) -> Vec<Stored> {
    let mut files = Vec::new();
    for kind in listed(layout).filter(is_folder) {
        if kind.file_name() == CLAIMS {
            files.extend(listed(&kind.path()).filter_map(|claim| file(&claim, false)));
            continue;
        }
        if !kind.file_name().to_str().is_some_and(is_of_kind) {
            continue;
        }
        let algorithms = listed(&kind.path()).filter(is_folder);
        let leaves = algorithms.flat_map(|algorithm| listed(&algorithm.path()).filter(is_folder).collect::<Vec<_>>());
        for entry in leaves.flat_map(|leaf| listed(&leaf.path()).collect::<Vec<_>>()) {
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_entry = is_entry(&name);
            if is_entry || name.starts_with(TEMPORARY) {
                files.extend(file(&entry, is_entry));
            }
        }
    }
    files
}

fn listed(folder: &Path) -> impl Iterator<Item = DirEntry> + use<> {
    fs::read_dir(folder).into_iter().flatten().flatten()
}

fn is_folder(entry: &DirEntry) -> bool {
    entry.file_type().is_ok_and(|kind| kind.is_dir())
}

fn file(entry: &DirEntry, is_entry: bool) -> Option<Stored> {
    let metadata = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
    Some(Stored { used: metadata.modified().ok()?, path: entry.path(), bytes: metadata.len(), is_entry })
}
