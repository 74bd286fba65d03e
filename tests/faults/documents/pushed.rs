//! Images as someone pushed them: right in all that a case does not change.

use lucid_verify::digest::Digest;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::layout::tar;
use crate::registry::{Fixture, Image, MANIFEST, Server, scripted};

pub const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
pub const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// An image that is not packed yet.
pub struct Draft {
    /// The configuration; its `rootfs` is made from the layers unless it has one.
    pub config: Value,
    /// Media type, blob and content of the layers, base first.
    pub layers: Vec<(&'static str, Vec<u8>, Vec<u8>)>,
}

impl Draft {
    /// An image of one layer with one file.
    pub fn small() -> Self {
        Self::of(&[tar(&[("etc/hostname", b"small\n")])])
    }

    /// An image of these layers.
    pub fn of(tars: &[Vec<u8>]) -> Self {
        let config = json!({"architecture": "arm64", "os": "linux", "config": {"User": "65532:65532", "Cmd": ["/run"]}});
        Self { config, layers: tars.iter().map(|tar| (LAYER, gzip(tar), tar.clone())).collect() }
    }

    /// An image of one layer that is packed so.
    pub fn packed(media_type: &'static str, blob: Vec<u8>, tar: &[u8]) -> Self {
        Self { layers: vec![(media_type, blob, tar.to_vec())], ..Self::small() }
    }

    /// Changes the configuration.
    pub fn with(mut self, edit: impl FnOnce(&mut Value)) -> Self {
        edit(&mut self.config);
        self
    }

    /// The image.
    pub fn image(&self) -> Image {
        let mut config = self.config.clone();
        if config["rootfs"].is_null() {
            let diff_ids: Vec<_> = self.layers.iter().map(|(_, _, tar)| Digest::sha256(tar).to_string()).collect();
            config["rootfs"] = json!({"type": "layers", "diff_ids": diff_ids});
        }
        self.configured(config.to_string().into())
    }

    /// The image with these bytes as its configuration.
    pub fn configured(&self, config: Vec<u8>) -> Image {
        let mut image = Image::default();
        let config = image.add(CONFIG, config);
        let layers: Vec<Value> = self.layers.iter().map(|(kind, blob, _)| image.add(kind, blob.clone())).collect();
        let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers});
        Image { manifest: manifest.to_string().into(), ..image }
    }
}

/// One gzip member that compresses nothing: what a compressor makes, and so the digest of it, depends on the machine.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    std::io::Write::write_all(&mut encoder, bytes).unwrap();
    encoder.finish().unwrap()
}

/// The image with another manifest, or outermost index.
pub fn edited(mut image: Image, edit: impl FnOnce(&mut Value)) -> Image {
    let mut manifest = serde_json::from_slice(&image.manifest).unwrap();
    edit(&mut manifest);
    image.manifest = manifest.to_string().into();
    image
}

/// The image with these bytes as its manifest.
pub fn raw(mut image: Image, manifest: impl Into<Vec<u8>>) -> Image {
    image.manifest = manifest.into();
    image
}

/// An image on disk.
pub struct OnDisk {
    pub folder: TempDir,
    pub reference: String,
}

impl OnDisk {
    pub fn new(image: &Image) -> Self {
        let folder = tempfile::tempdir().unwrap();
        image.write_layout(folder.path(), &[&image.entry("")]);
        let reference = format!("oci:{}", folder.path().display());
        Self { folder, reference }
    }

    /// The file of a blob.
    pub fn blob(&self, digest: &Digest) -> std::path::PathBuf {
        self.folder.path().join("blobs/sha256").join(digest.hex())
    }
}

/// A registry that holds this image, and the image's name.
pub fn served(image: Image) -> (Server, String) {
    let server = scripted(move |request| image.reply(request));
    let reference = format!("{}/a/b:1", server.host());
    (server, reference)
}
