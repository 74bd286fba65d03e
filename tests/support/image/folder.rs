//! Folders of the host, as entries of a layer.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::debian::run;
use super::{BUILT, Content, Entry, pack};

/// Everything below a folder, in path order, as a builder's root would own it, below `to` (`app/x`, or nothing for the root).
pub fn read(folder: &Path, to: &str) -> Vec<Entry> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|item| item.unwrap().path()).collect();
    found.sort();
    let mut entries = Vec::new();
    for path in found {
        let name = path.file_name().unwrap().to_str().unwrap();
        let to = if to.is_empty() { name.to_owned() } else { format!("{to}/{name}") };
        let metadata = fs::symlink_metadata(&path).unwrap();
        if metadata.is_symlink() {
            entries.push(Entry::symlink(&to, fs::read_link(&path).unwrap().to_str().unwrap()));
        } else if metadata.is_dir() {
            entries.push(Entry::directory(&to));
            entries.extend(read(&path, &to));
        } else {
            let mode = if metadata.permissions().mode() & 0o111 == 0 { 0o644 } else { 0o755 };
            entries.push(Entry::file(&to, fs::read(&path).unwrap()).mode(mode).mtime(BUILT - 60));
        }
    }
    entries
}

/// A path and the directories above it, root's.
pub fn below(entry: Entry) -> Vec<Entry> {
    let above = entry.path.match_indices('/').map(|(end, _)| Entry::directory(&entry.path[..end]));
    above.collect::<Vec<_>>().into_iter().chain([entry]).collect()
}

/// A folder of the cache that `make` fills, once for each `recipe`: what it is called, and all that decides what is in it.
pub fn kept(name: &str, recipe: &str, make: impl FnOnce(&Path)) -> PathBuf {
    let folder = pack::cache().join(name);
    fs::create_dir_all(&folder).unwrap();
    let target = folder.join(pack::sha256(recipe.as_bytes()));
    if !target.exists() {
        // Under a short path: installers write another first line into scripts where their interpreter's path is long.
        let short = tempfile::tempdir().unwrap();
        let filled = short.path().join("made");
        fs::create_dir(&filled).unwrap();
        make(&filled);
        let partial = tempfile::tempdir_in(&folder).unwrap();
        run(Command::new("cp").arg("-a").arg(&filled).arg(partial.path()));
        let kept = fs::rename(partial.path().join("made"), &target);
        assert!(kept.is_ok() || target.exists(), "{}: {kept:?}", target.display());
    }
    target
}

/// The bytes of a file.
pub fn bytes(entry: &Entry) -> &[u8] {
    let Content::File(bytes) = &entry.content else { panic!("{} is no file", entry.path) };
    bytes
}
