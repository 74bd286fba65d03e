//! The library's own way from a layout on disk to a tree.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::path::Path;
use std::time::Duration;

use lucid_verify::image::Resolved;
use lucid_verify::limits::Limits;
use lucid_verify::source::Access;
use lucid_verify::verify::{self, Reading, Shared, Watch};
use lucid_verify::vfs::Tree;

/// Nobody watches.
pub struct Unwatched;

impl Watch for Unwatched {
    fn resolved(&self, _: &Resolved) {}
    fn advanced(&self, _: usize, _: u64) {}
    fn finished(&self, _: usize) {}
}

/// Defaults for an image on disk.
pub fn reading() -> Reading {
    let access = Access { retries: 0, timeout: Duration::from_mins(1), ..Access::default() };
    Reading { platform: None, access, limits: Limits::default(), shared: Shared::new(2, true), cache: None, offline: false }
}

/// The tree of the one image of a layout, every layer read.
pub fn tree(layout: &Path) -> Tree {
    let reference = format!("oci:{}", layout.display()).parse().unwrap();
    let loaded = verify::load(&reference, &reading(), &Unwatched).unwrap();
    assert!(loaded.gap.is_none(), "{:?}", loaded.gap);
    loaded.tree
}
