//! Images that tests push, and what answers for them: the library's own registry.

#![allow(dead_code, unused_imports, reason = "each test crate that includes this module uses a part of it")]

use std::path::Path;

use lucid_verify::digest::Digest;
pub use lucid_verify::serve::{Image, Reply, Request, Server};
use serde_json::{Value, json};

/// The media type of OCI manifests.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// The media type of OCI indexes.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A server that answers so.
pub fn scripted(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Server {
    Server::start(answer).expect("a free port")
}

/// What only tests make of images.
pub trait Fixture {
    /// An image of a platform with these layer blobs, whose configuration lists a digest for each.
    fn new(architecture: &str, layers: &[&[u8]]) -> Self;
    /// An index of this image alone, whose entry has `extra` fields.
    fn indexed(self, extra: &str) -> Self;
    /// An entry of an index.json that points at the image, with `extra` fields.
    fn entry(&self, extra: &str) -> String;
    /// Writes the image into a layout directory whose index.json has these entries.
    fn write_layout(&self, directory: &Path, entries: &[&str]);
}

impl Fixture for Image {
    fn new(architecture: &str, layers: &[&[u8]]) -> Self {
        let diff_ids: Vec<String> = layers.iter().map(|layer| Digest::sha256(layer).to_string()).collect();
        let rootfs = json!({"type": "layers", "diff_ids": diff_ids});
        let config = json!({"os": "linux", "architecture": architecture, "rootfs": rootfs});
        let mut image = Self::default();
        let config = image.add("application/vnd.oci.image.config.v1+json", config.to_string().into());
        let layers: Vec<Value> =
            layers.iter().map(|layer| image.add("application/vnd.oci.image.layer.v1.tar", layer.to_vec())).collect();
        image.manifest =
            json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers}).to_string().into();
        image
    }

    fn indexed(mut self, extra: &str) -> Self {
        let entry = self.entry(extra);
        self.add(self.media_type(), self.manifest.clone());
        self.manifest = format!(r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{entry}]}}"#).into();
        self
    }

    fn entry(&self, extra: &str) -> String {
        format!(r#"{{"mediaType":"{}","digest":"{}","size":{}{extra}}}"#, self.media_type(), self.digest(), self.manifest.len())
    }

    fn write_layout(&self, directory: &Path, entries: &[&str]) {
        let blobs = directory.join("blobs/sha256");
        std::fs::create_dir_all(&blobs).expect("a directory");
        let manifest = (self.digest(), self.manifest.clone());
        let content = self.content.iter().map(|(digest, _, bytes)| (digest.clone(), bytes.clone()));
        for (digest, bytes) in content.chain([manifest]) {
            std::fs::write(blobs.join(digest.hex()), bytes).expect("a blob");
        }
        std::fs::write(directory.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).expect("the marker");
        let index = format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, entries.join(","));
        std::fs::write(directory.join("index.json"), index).expect("index.json");
    }
}
