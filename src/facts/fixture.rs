//! Trees and configurations for tests, built by code.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::digest::Digest;
use crate::image::Config;
use crate::layer::elf::Elf;
use crate::layer::{Body, Entry, FileKind, Kept, LayerPath, Seen, Stat, Trace};
use crate::vfs::Tree;

/// One path of a tree: by default `0:0`, directories, ELF objects and scripts `0755`, other files `0644`.
pub(crate) struct Item {
    path: LayerPath,
    stat: Stat,
    body: Body,
}

impl Item {
    fn new(path: &str, mode: u16, body: Body) -> Self {
        let stat = Stat { mode, ..Stat::default() };
        Self { path: path.into(), stat, body }
    }

    pub(crate) fn mode(mut self, mode: u16) -> Self {
        self.stat.mode = mode;
        self
    }

    pub(crate) fn owner(mut self, uid: u64, gid: u64) -> Self {
        (self.stat.uid, self.stat.gid) = (uid, gid);
        self
    }
}

fn regular(path: &str, content: &[u8], kind: FileKind, kept: Kept) -> Item {
    let mode = if kind == FileKind::Other { 0o644 } else { 0o755 };
    let trace = Trace::new(Sha256::digest(content).into(), content.trim_ascii().is_empty(), Seen { holes: 0, kind, kept });
    let mut item = Item::new(path, mode, Body::File(trace));
    item.stat.size = content.len() as u64;
    item
}

pub(crate) fn dir(path: &str) -> Item {
    Item::new(path, 0o755, Body::Directory)
}

pub(crate) fn link(path: &str, target: &str) -> Item {
    Item::new(path, 0o777, Body::Symlink(target.as_bytes().into()))
}

pub(crate) fn hardlink(path: &str, target: &str) -> Item {
    Item { path: path.into(), stat: Stat::default(), body: Body::Hardlink(target.into()) }
}

/// A file whose content is kept; a script where it begins with `#!`.
pub(crate) fn file(path: &str, content: impl AsRef<[u8]>) -> Item {
    let content = content.as_ref();
    let kind = match content.strip_prefix(b"#!") {
        Some(rest) => FileKind::Script(rest.split(|byte| *byte == b'\n').next().unwrap_or_default().into()),
        None => FileKind::Other,
    };
    regular(path, content, kind, Kept::Whole(content.into()))
}

/// A file outside the keep set.
pub(crate) fn unkept(path: &str) -> Item {
    regular(path, b"unkept", FileKind::Other, Kept::Unwanted)
}

/// A file over its ceiling.
pub(crate) fn over(path: &str) -> Item {
    regular(path, b"over", FileKind::Other, Kept::Over("metadata-file"))
}

/// A 64-bit little-endian shared object without a loader.
pub(crate) fn elf(path: &str, machine: u16) -> Item {
    object(path, Elf { bits: 64, little_endian: true, machine, kind: 3, ..Elf::default() })
}

pub(crate) fn object(path: &str, elf: Elf) -> Item {
    regular(path, path.as_bytes(), FileKind::Elf(Box::new(elf)), Kept::Unwanted)
}

/// A tree of one layer; directories that no item names are `0755 0:0`.
pub(crate) fn tree(items: impl IntoIterator<Item = Item>) -> Tree {
    let mut tree = Tree::new();
    let entries = items.into_iter().map(|Item { path, stat, body }| Entry { path, stat, body });
    tree.lay(0, &Arc::new(entries.collect())).unwrap();
    tree
}

/// A configuration with these execution parameters, as JSON.
pub(crate) fn config(run: &serde_json::Value) -> Config {
    let document = serde_json::json!({"config": run, "rootfs": {"type": "layers", "diff_ids": []}}).to_string();
    Config::parse(document.as_bytes(), &Digest::sha256(document.as_bytes()), 0).unwrap()
}
