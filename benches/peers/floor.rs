//! The work that cannot be avoided, done by the quickest programs for each part of it: decoding every layer once, SHA-256 twice
//! over the tars, for diff_id and for each file, and once over the blobs.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::process::Command;

use super::corpus::Image;
use super::corpus::draft::documents;
use super::measure::{Invocation, Runner};
use crate::image::layout::blob_file;

/// What a floor needs, and how to come by it.
pub const PROGRAMS: [(&str, &str); 3] = [
    ("libdeflate-gunzip", "apt-get install libdeflate-tools"),
    ("zstd", "apt-get install zstd"),
    ("openssl", "apt-get install openssl"),
];

/// The files of a floor, which are removed with it.
pub struct Floor {
    folder: tempfile::TempDir,
    decoder: &'static str,
}

impl Floor {
    /// Of the layers of an image, all in one file and so are their tars: no start of a process is counted for each layer.
    pub fn of(image: &Image, runner: &Runner) -> Self {
        let (manifest, _) = documents(&image.layout);
        let layers = manifest["layers"].as_array().unwrap();
        let is = |suffix: &str| layers[0]["mediaType"].as_str().unwrap().ends_with(suffix);
        let decoder = match () {
            () if is("gzip") => "libdeflate-gunzip -kc packed.gz",
            () if is("zstd") => "zstd -dqc packed.gz",
            () => ":",
        };
        let floor = Self { folder: runner.folder(), decoder };
        let mut packed = File::create(floor.file("packed.gz")).unwrap();
        for layer in layers {
            let blob = blob_file(&image.layout, layer["digest"].as_str().unwrap());
            io::copy(&mut File::open(blob).unwrap(), &mut packed).unwrap();
        }
        if decoder == ":" {
            fs::hard_link(floor.file("packed.gz"), floor.file("tar")).unwrap();
        } else {
            let mut command = Command::new("sh");
            command.args(["-c", &format!("{decoder} > tar")]).current_dir(floor.folder.path());
            assert!(command.status().unwrap().success(), "{decoder}");
        }
        floor
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// All of it, one program after the other.
    pub fn work(&self) -> Invocation {
        let line = format!("cd \"$1\" && {} > /dev/null && openssl sha256 tar tar packed.gz", self.decoder);
        Invocation::shell(&line, [self.folder.path()])
    }
}
