//! An unpacked root file system as the lines of a tree.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use lucid_verify::vfs::dump;

/// The lines that [`dump::dump`] gives for the same tree: the root, and everything below it in path order.
///
/// They can differ where the host is in the way: Linux gives every symbolic link the mode 0777, an unpacker without
/// privileges can make no device and change no owner, and the runtime's own mount points are not the image's.
pub fn of_directory(root: &Path) -> Vec<String> {
    let mut first: BTreeMap<(u64, u64), String> = BTreeMap::new();
    let mut lines = Vec::new();
    let mut todo = vec![PathBuf::new()];
    while let Some(relative) = todo.pop() {
        let path = format!("/{}", dump::word(relative.as_os_str().as_bytes()));
        let full = root.join(&relative);
        let meta = fs::symlink_metadata(&full).unwrap();
        if meta.is_dir() {
            let mut names: Vec<_> = fs::read_dir(&full).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            todo.extend(names.iter().rev().map(|name| relative.join(name)));
        } else if let Some(of) = first.get(&(meta.dev(), meta.ino())) {
            lines.push(format!("h {path} => {of}"));
            continue;
        }
        lines.push(line(&full, &meta, &path));
        first.insert((meta.dev(), meta.ino()), path);
    }
    lines
}

fn line(full: &Path, meta: &fs::Metadata, path: &str) -> String {
    let kind = meta.file_type();
    let stat = format!("{:04o} {}:{}", meta.mode() & 0o7777, meta.uid(), meta.gid());
    // makedev(3): twelve bits of the major number and eight of the minor one stand low, the rest above them.
    let number = meta.rdev();
    let (major, minor) = ((number >> 8 & 0xfff) | (number >> 32 & !0xfff), (number & 0xff) | (number >> 12 & 0xffff_ff00));
    if kind.is_dir() {
        format!("d {stat} {path}")
    } else if kind.is_file() {
        format!("f {stat} {} {path}", meta.size())
    } else if kind.is_symlink() {
        format!("l {stat} {path} -> {}", dump::word(fs::read_link(full).unwrap().as_os_str().as_bytes()))
    } else if kind.is_char_device() {
        format!("c {stat} {major},{minor} {path}")
    } else if kind.is_block_device() {
        format!("b {stat} {major},{minor} {path}")
    } else if kind.is_fifo() {
        format!("p {stat} {path}")
    } else {
        panic!("{path} is a socket, which no layer holds")
    }
}
