//! An OCI layout under construction: layers are written into it as they are made, or shared with another layout.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::codec::{Codec, Encoder};
use crate::image::layout::{TAG, blob_file};
use crate::image::pack::{self, Hashing, sha256};
use crate::image::{CREATED, Entry};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// Large enough that a call for each entry of a million costs nothing.
const BUFFER: usize = 1 << 20;

/// The tar of a layer, while it is written.
pub struct Tar<'a> {
    builder: tar::Builder<&'a mut dyn Write>,
    entries: u64,
}

impl Tar<'_> {
    /// Appends an entry.
    pub fn push(&mut self, entry: &Entry) {
        pack::append(&mut self.builder, "", entry);
        self.entries += 1;
    }

    /// Appends blocks as they are, of one entry.
    pub fn raw(&mut self, blocks: &[u8]) {
        self.builder.get_mut().write_all(blocks).unwrap();
        self.entries += 1;
    }
}

/// What a layer is, beside its blob.
pub struct Told {
    pub diff_id: String,
    /// Bytes of its tar.
    pub unpacked: u64,
    pub entries: u64,
    /// Of its descriptor.
    pub annotations: Value,
}

/// A layout that is being written.
pub struct Draft {
    folder: PathBuf,
    layers: Vec<Value>,
    diff_ids: Vec<String>,
    unpacked: u64,
    entries: u64,
}

impl Draft {
    /// A layout in an empty folder.
    pub fn new(folder: &Path) -> Self {
        fs::create_dir_all(folder.join("blobs/sha256")).unwrap();
        Self { folder: folder.to_owned(), layers: Vec::new(), diff_ids: Vec::new(), unpacked: 0, entries: 0 }
    }

    /// Adds a layer of what `fill` writes.
    pub fn layer(&mut self, codec: Codec, fill: impl FnOnce(&mut Tar<'_>)) {
        self.blob(codec.suffix(), |blob| {
            let mut to = Hashing::new(Encoder::new(codec, blob));
            let entries = {
                let mut tar = Tar { builder: tar::Builder::new(&mut to), entries: 0 };
                fill(&mut tar);
                tar.builder.finish().unwrap();
                tar.entries
            };
            let unpacked = to.size;
            let (diff_id, encoder) = to.finish();
            encoder.finish();
            Told { diff_id, unpacked, entries, annotations: Value::Null }
        });
    }

    /// Adds a layer whose blob `write` writes, of the media type of a tar with this suffix.
    pub fn blob(&mut self, suffix: &str, write: impl FnOnce(&mut dyn Write) -> Told) {
        let partial = tempfile::NamedTempFile::new_in(&self.folder).unwrap();
        let mut blob = Hashing::new(BufWriter::with_capacity(BUFFER, partial.as_file()));
        let told = write(&mut blob);
        blob.flush().unwrap();
        let size = blob.size;
        let (digest, _) = blob.finish();
        partial.persist(blob_file(&self.folder, &digest)).unwrap();
        let mut layer = json!({"mediaType": format!("{LAYER}{suffix}"), "digest": digest, "size": size});
        if !told.annotations.is_null() {
            layer["annotations"] = told.annotations;
        }
        self.layers.push(layer);
        self.diff_ids.push(told.diff_id);
        self.unpacked += told.unpacked;
        self.entries += told.entries;
    }

    /// Adds the first layers of another layout, their blobs linked.
    pub fn share(&mut self, other: &Path, count: usize) {
        let (manifest, config) = documents(other);
        let layers = manifest["layers"].as_array().unwrap().iter();
        for (layer, diff_id) in layers.zip(config["rootfs"]["diff_ids"].as_array().unwrap()).take(count) {
            let digest = layer["digest"].as_str().unwrap();
            let to = blob_file(&self.folder, digest);
            if !to.exists() {
                fs::hard_link(blob_file(other, digest), to).unwrap();
            }
            self.layers.push(layer.clone());
            self.diff_ids.push(diff_id.as_str().unwrap().to_owned());
        }
        let weight = weight(other);
        self.unpacked += weight.0;
        self.entries += weight.1;
    }

    /// What the manifest will say of the newest layer, to be made wrong.
    pub fn newest(&mut self) -> &mut Value {
        self.layers.last_mut().unwrap()
    }

    /// Writes the documents: an image that runs `command`.
    pub fn finish(self, command: &[&str]) {
        let folder = &self.folder;
        let history: Vec<Value> =
            (0..self.layers.len()).map(|at| json!({"created": CREATED, "created_by": format!("COPY part{at} /")})).collect();
        let config = json!({
            "architecture": "arm64", "os": "linux", "variant": "v8", "created": CREATED,
            "config": {"User": "65532:65532", "Cmd": command, "Env": ["PATH=/usr/local/bin:/usr/bin:/bin"]},
            "history": history,
            "rootfs": {"type": "layers", "diff_ids": self.diff_ids},
        });
        let config = put(folder, &config, CONFIG);
        let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": self.layers});
        let mut manifest = put(folder, &manifest, MANIFEST);
        manifest["annotations"] = json!({"org.opencontainers.image.ref.name": TAG});
        fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        fs::write(folder.join("index.json"), json!({"schemaVersion": 2, "manifests": [manifest]}).to_string()).unwrap();
        fs::write(folder.join(WEIGHT), json!([self.unpacked, self.entries]).to_string()).unwrap();
    }
}

/// What is written down beside a layout, because no document says it: bytes and entries of its tars.
const WEIGHT: &str = "weight.json";

/// Bytes and entries of the tars of a layout.
pub fn weight(folder: &Path) -> (u64, u64) {
    serde_json::from_slice(&fs::read(folder.join(WEIGHT)).unwrap()).unwrap()
}

/// Manifest and configuration of a layout.
pub fn documents(folder: &Path) -> (Value, Value) {
    let read = |file: PathBuf| -> Value { serde_json::from_slice(&fs::read(file).unwrap()).unwrap() };
    let named = |descriptor: &Value| read(blob_file(folder, descriptor["digest"].as_str().unwrap()));
    let manifest = named(&read(folder.join("index.json"))["manifests"][0]);
    let config = named(&manifest["config"]);
    (manifest, config)
}

/// Writes a document as a blob, and returns its descriptor.
fn put(folder: &Path, document: &Value, media_type: &str) -> Value {
    let text = document.to_string();
    let digest = format!("sha256:{}", sha256(text.as_bytes()));
    fs::write(blob_file(folder, &digest), &text).unwrap();
    json!({"mediaType": media_type, "digest": digest, "size": text.len()})
}
