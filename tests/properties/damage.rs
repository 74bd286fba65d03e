//! An image whose bytes are damaged, one file after the other.

use std::path::Path;

use lucid_verify::finding::Level;
use lucid_verify::profile::Policy;
use lucid_verify::report::Report;
use lucid_verify::rules;
use lucid_verify::verify::{self, Asking};
use proptest::prelude::*;

use crate::layout::{Layout, tar};
use crate::load;
use crate::tarball::{Blob, gzip, zstd};

/// How a verification of a layout ends.
pub fn exit_code(directory: &Path) -> u8 {
    let policy = Policy::builtin("generic", &rules::known()).unwrap();
    let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
    let asking = Asking { asked: &|rule| rule.id.starts_with("integrity/"), ..Asking::all(&policy, today) };
    let reference = format!("oci:{}", directory.display()).parse().unwrap();
    let image = verify::verify(&reference, &load::reading(), &asking, &load::Unwatched).image;
    Report::new(vec![image], Some(Level::Error), today).exit_code
}

/// Damages manifest, configuration and layer of an image on disk, each in all the ways that are made of its bytes, and says
/// how each verification ends.
pub fn each(damaged: impl Fn(&[u8]) -> Vec<Vec<u8>>, mut ended: impl FnMut(&Path, usize, u8)) {
    let directory = tempfile::tempdir().unwrap();
    let paths = Layout::small().write(directory.path());
    assert!(exit_code(directory.path()) <= 1, "nothing is wrong with it yet");
    for path in paths {
        let whole = std::fs::read(&path).unwrap();
        for (number, bytes) in damaged(&whole).into_iter().enumerate() {
            std::fs::write(&path, bytes).unwrap();
            ended(&path, number, exit_code(directory.path()));
        }
        std::fs::write(&path, whole).unwrap();
    }
}

/// A small layer, packed in one of the ways that there are.
pub fn layers() -> impl Strategy<Value = Blob> {
    let name = "[a-z]{1,8}";
    let files = prop::collection::vec((name, prop::collection::vec(any::<u8>(), 0..40)), 0..3);
    (files, 0..5_usize).prop_map(|(files, packed)| {
        let files: Vec<(&str, &[u8])> = files.iter().map(|(name, content)| (&name[..], &content[..])).collect();
        let tar = tar(&files);
        let (head, tail) = tar.split_at(tar.len() / 3);
        match packed {
            0 => Blob::plain(&tar),
            1 => Blob::new(gzip(&tar), &tar, "+gzip"),
            2 => Blob::new([gzip(head), gzip(tail)].concat(), &tar, "+gzip"),
            3 => Blob::new(zstd(&tar), &tar, "+zstd"),
            _ => Blob::new([zstd(head), zstd(tail)].concat(), &tar, "+zstd"),
        }
    })
}
