//! A root file system under construction, and what the tool says of it.

use std::path::Path;
use std::process::Command;

use lucid_verify::digest::Digest;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::tarball::{Header, Tarball};

/// An ELF header of a machine, without a loader, padded to its 64 bytes.
pub fn elf(machine: u16) -> Vec<u8> {
    let mut object = b"\x7fELF\x02\x01\x01".to_vec();
    object.resize(16, 0);
    object.extend_from_slice(&[2, 0]);
    object.extend_from_slice(&machine.to_le_bytes());
    object.extend_from_slice(&[1, 0, 0, 0]);
    object.resize(64, 0);
    object
}

/// The machines of arm64 and amd64.
pub const ARM64: u16 = 183;
pub const AMD64: u16 = 62;

/// A layer that `/run` starts in.
pub fn base() -> Tarball {
    executable(Tarball::default(), "run", &elf(ARM64))
}

pub fn executable(layer: Tarball, path: &str, bytes: &[u8]) -> Tarball {
    layer.header(&Header::new(path, b'0', bytes.len() as u64).put(100, b"0000755\0")).body(bytes)
}

pub fn link(layer: Tarball, path: &str, target: &str) -> Tarball {
    layer.header(&Header::new(path, b'2', 0).link(target))
}

/// An image for arm64 on disk.
pub struct Image(TempDir);

/// How a run ended, and its report.
pub struct Answer {
    pub code: i32,
    pub text: String,
}

impl Image {
    pub fn new(layers: Vec<Tarball>) -> Self {
        Self::run_as(layers, &json!({"User": "65532:65532", "Entrypoint": ["/run"]}))
    }

    pub fn run_as(layers: Vec<Tarball>, run: &Value) -> Self {
        let folder = TempDir::new().unwrap();
        let layers: Vec<Vec<u8>> = layers.into_iter().map(Tarball::end).collect();
        let diff_ids: Vec<String> = layers.iter().map(|tar| Digest::sha256(tar).to_string()).collect();
        let rootfs = json!({"type": "layers", "diff_ids": diff_ids});
        let config = json!({"architecture": "arm64", "os": "linux", "config": run, "rootfs": rootfs});
        let config = put(folder.path(), config.to_string().as_bytes(), "application/vnd.oci.image.config.v1+json");
        let layers: Vec<Value> =
            layers.iter().map(|tar| put(folder.path(), tar, "application/vnd.oci.image.layer.v1.tar")).collect();
        let manifest = json!({"schemaVersion": 2, "config": config, "layers": layers}).to_string();
        let manifest = put(folder.path(), manifest.as_bytes(), "application/vnd.oci.image.manifest.v1+json");
        let index = json!({"schemaVersion": 2, "manifests": [manifest]});
        std::fs::write(folder.path().join("index.json"), index.to_string()).unwrap();
        std::fs::write(folder.path().join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        Self(folder)
    }

    /// Judges it by the generic profile.
    pub fn verify(&self, options: &[&str]) -> Answer {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("lucid-verify"));
        command.args(["--no-cache", "--profile", "generic", "--format", "json"]).args(options);
        let output = command.arg(format!("oci:{}", self.0.path().display())).output().unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        Answer { code: output.status.code().unwrap(), text }
    }
}

fn put(folder: &Path, bytes: &[u8], media_type: &str) -> Value {
    let digest = Digest::sha256(bytes);
    let blobs = folder.join("blobs/sha256");
    std::fs::create_dir_all(&blobs).unwrap();
    std::fs::write(blobs.join(digest.hex()), bytes).unwrap();
    json!({"mediaType": media_type, "digest": digest.to_string(), "size": bytes.len()})
}
