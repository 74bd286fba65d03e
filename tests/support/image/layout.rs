//! Images as OCI image layouts (image-spec, image-layout.md), with either family of media types in the manifest.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::Image;
use super::pack::{Blob, Compression, sha256};

/// Whose media types the manifest has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    Oci,
    Docker,
}

impl Family {
    fn manifest(self) -> &'static str {
        match self {
            Self::Oci => "application/vnd.oci.image.manifest.v1+json",
            Self::Docker => "application/vnd.docker.distribution.manifest.v2+json",
        }
    }

    fn config(self) -> &'static str {
        match self {
            Self::Oci => "application/vnd.oci.image.config.v1+json",
            Self::Docker => "application/vnd.docker.container.image.v1+json",
        }
    }

    fn layer(self, compression: Compression) -> String {
        let (tar, joint) = match self {
            Self::Oci => ("application/vnd.oci.image.layer.v1.tar", "+"),
            Self::Docker => ("application/vnd.docker.image.rootfs.diff.tar", "."),
        };
        match compression {
            Compression::None => tar.to_owned(),
            Compression::Gzip => format!("{tar}{joint}gzip"),
            Compression::Zstd => format!("{tar}{joint}zstd"),
        }
    }
}

/// The name that images have in the layouts that are written here.
pub const TAG: &str = "latest-arm64";

impl Image {
    /// Writes the image, alone, into a folder; returns the digest of its manifest.
    pub fn write_layout(&self, folder: &Path, compression: Compression, family: Family) -> String {
        fs::create_dir_all(folder.join("blobs/sha256")).unwrap();
        let blobs: Vec<Blob> = self.layers().map(|layer| layer.blob(compression)).collect();
        for blob in &blobs {
            let to = blob_file(folder, &blob.digest);
            if !to.exists() && fs::hard_link(&blob.file, &to).is_err() {
                fs::copy(&blob.file, &to).unwrap();
            }
        }
        let diff_ids: Vec<String> = blobs.iter().map(|blob| blob.diff_id.clone()).collect();
        let config = put(folder, &self.document(&diff_ids), family.config());
        let layer = |blob: &Blob| json!({"mediaType": family.layer(compression), "digest": blob.digest, "size": blob.size});
        let layers: Vec<Value> = blobs.iter().map(layer).collect();
        let manifest = json!({"schemaVersion": 2, "mediaType": family.manifest(), "config": config, "layers": layers});
        let mut manifest = put(folder, &manifest, family.manifest());
        manifest["annotations"] = json!({"org.opencontainers.image.ref.name": TAG});
        let digest = manifest["digest"].as_str().unwrap().to_owned();
        fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        fs::write(folder.join("index.json"), json!({"schemaVersion": 2, "manifests": [manifest]}).to_string()).unwrap();
        digest
    }
}

/// The file of a blob in a layout.
pub fn blob_file(folder: &Path, digest: &str) -> std::path::PathBuf {
    folder.join("blobs").join(digest.replace(':', "/"))
}

/// Writes a document as a blob, and returns its descriptor.
fn put(folder: &Path, document: &Value, media_type: &str) -> Value {
    let text = document.to_string();
    let digest = format!("sha256:{}", sha256(text.as_bytes()));
    fs::write(blob_file(folder, &digest), &text).unwrap();
    json!({"mediaType": media_type, "digest": digest, "size": text.len()})
}
