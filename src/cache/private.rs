//! Folders and files that are their owner's alone. Whoever can write an entry decides what is said of an image.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

use super::refused;
use crate::error::{Kind, Result};

/// Holds a folder against that; one that does not exist yet will be made so.
pub(super) fn check(folder: &Path) -> Result<()> {
    let metadata = match fs::metadata(folder) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(refused(Kind::Denied, error.to_string())),
    };
    if !metadata.is_dir() {
        return Err(refused(Kind::Usage, "it is no folder"));
    }
    owned(&metadata)
}

#[cfg(unix)]
fn owned(metadata: &fs::Metadata) -> Result<()> {
    use std::os::unix::fs::MetadataExt as _;

    let mode = metadata.mode() & 0o7777;
    if mode & 0o022 != 0 {
        let what = format!("others than its owner can write to it (its mode is {mode:04o}), and so forge what it holds");
        return Err(refused(Kind::Denied, what).hint("make it private with chmod go-w, or go without a cache: --no-cache"));
    }
    // What a process is there belongs to the user that it runs as (proc(5)); where there is no such folder, this is not asked.
    match fs::metadata("/proc/self").map(|process| process.uid()) {
        Ok(own) if own != metadata.uid() => {
            Err(refused(Kind::Denied, format!("it belongs to user {}, and this is user {own}", metadata.uid())))
        }
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
fn owned(_: &fs::Metadata) -> Result<()> {
    Ok(())
}

/// Makes a folder, and those above it that are missing.
pub(super) fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Makes a file that does not exist yet.
pub(super) fn create(path: &Path) -> io::Result<File> {
    options().create_new(true).open(path)
}

/// Opens a file, and makes it where there is none.
pub(super) fn open(path: &Path) -> io::Result<File> {
    options().create(true).truncate(false).open(path)
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
