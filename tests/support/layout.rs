//! A small image as an OCI layout on disk, built by code.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::path::Path;

use lucid_verify::digest::Digest;
use serde_json::{Value, json};

/// The documents and blobs of an image of one platform.
pub struct Layout {
    /// Uncompressed layer tars, base first.
    pub layers: Vec<Vec<u8>>,
    /// The configuration without `rootfs`, which is made from the layers.
    pub config: Value,
}

/// A tar of regular files.
pub fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, path, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

/// One gzip member.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, bytes).unwrap();
    encoder.finish().unwrap()
}

impl Layout {
    /// An image of one layer with one file.
    pub fn small() -> Self {
        let config = json!({"architecture": "arm64", "os": "linux", "config": {"User": "65532:65532", "Cmd": ["/run"]}});
        Self { layers: vec![tar(&[("etc/hostname", b"small\n")])], config }
    }

    /// Writes the layout, the image tagged `tag`; returns the files of manifest, configuration and layers, in this order.
    pub fn write(&self, directory: &Path) -> Vec<std::path::PathBuf> {
        let blobs = directory.join("blobs/sha256");
        std::fs::create_dir_all(&blobs).unwrap();
        let put = |bytes: &[u8]| {
            let digest = Digest::sha256(bytes);
            let path = blobs.join(digest.hex());
            std::fs::write(&path, bytes).unwrap();
            (json!({"digest": digest.to_string(), "size": bytes.len()}), path)
        };
        let typed = |mut descriptor: Value, media_type: &str| {
            descriptor["mediaType"] = media_type.into();
            descriptor
        };
        let mut config = self.config.clone();
        let diff_ids: Vec<String> = self.layers.iter().map(|tar| Digest::sha256(tar).to_string()).collect();
        config["rootfs"] = json!({"type": "layers", "diff_ids": diff_ids});
        let (config, config_path) = put(config.to_string().as_bytes());
        let (layers, layer_paths): (Vec<Value>, Vec<_>) = self.layers.iter().map(|tar| put(&gzip(tar))).unzip();
        let layers: Vec<Value> =
            layers.into_iter().map(|layer| typed(layer, "application/vnd.oci.image.layer.v1.tar+gzip")).collect();
        let media_type = "application/vnd.oci.image.manifest.v1+json";
        let config = typed(config, "application/vnd.oci.image.config.v1+json");
        let manifest = json!({"schemaVersion": 2, "mediaType": media_type, "config": config, "layers": layers});
        let (manifest, manifest_path) = put(manifest.to_string().as_bytes());
        let mut entry = typed(manifest, media_type);
        entry["annotations"] = json!({"org.opencontainers.image.ref.name": "tag"});
        let index = json!({"schemaVersion": 2, "manifests": [entry]});
        std::fs::write(directory.join("index.json"), index.to_string()).unwrap();
        std::fs::write(directory.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        [vec![manifest_path, config_path], layer_paths].concat()
    }
}
