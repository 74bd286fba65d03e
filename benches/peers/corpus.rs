//! The images of the workloads, made by code once and kept in a folder.

pub mod codec;
pub mod draft;
pub mod hostile;
mod lazy;
mod noise;
mod python;
mod sections;
mod synthetic;

use std::fs;
use std::path::{Path, PathBuf};

use draft::{Draft, documents};

/// Belongs to the folder's name: to be raised when other images are made.
const VERSION: u32 = 1;

/// Where the images are, and how large they are made.
pub struct Corpus {
    root: PathBuf,
    scale: f64,
}

/// An image, as a layout on disk.
pub struct Image {
    /// The repository that it is pushed to.
    pub name: String,
    pub layout: PathBuf,
    pub layers: usize,
    /// Digests and sizes of its configuration and layers, each blob once.
    pub blobs: Vec<(String, u64)>,
    /// Bytes of its tars.
    pub unpacked: u64,
    /// Entries of its tars.
    pub entries: u64,
}

impl Image {
    /// Compressed bytes, each blob once.
    pub fn packed(&self) -> u64 {
        self.blobs.iter().map(|(_, size)| size).sum()
    }

    fn open(name: &str, layout: PathBuf) -> Self {
        let (manifest, _) = documents(&layout);
        let (unpacked, entries) = draft::weight(&layout);
        let layers = manifest["layers"].as_array().unwrap();
        let descriptors = layers.iter().chain([&manifest["config"]]);
        let mut blobs: Vec<(String, u64)> =
            descriptors.map(|blob| (blob["digest"].as_str().unwrap().to_owned(), blob["size"].as_u64().unwrap())).collect();
        blobs.sort();
        blobs.dedup();
        Self { name: name.to_owned(), layers: layers.len(), blobs, unpacked, entries, layout }
    }
}

impl Corpus {
    pub fn new(root: &Path, scale: f64) -> Self {
        let root = root.join(format!("images-{VERSION}-{scale}"));
        fs::create_dir_all(&root).unwrap();
        Self { root, scale }
    }

    /// The share of a number that the scale leaves, at least one.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "counts of a corpus"
    )]
    fn scaled(&self, full: u64) -> u64 {
        ((full as f64 * self.scale).round() as u64).max(1)
    }

    /// An image, from the folder or else written by `write`.
    fn image(&self, name: &str, write: impl FnOnce(&mut Draft)) -> Image {
        let target = self.root.join(name);
        if !target.exists() {
            crate::say(&format!("making {name}"));
            let partial = tempfile::tempdir_in(&self.root).unwrap();
            let mut draft = Draft::new(partial.path());
            write(&mut draft);
            draft.finish(&["/usr/bin/python3.11", "/app/main.py"]);
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::rename(partial.keep(), &target).unwrap();
        }
        Image::open(name, target)
    }
}
