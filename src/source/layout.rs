//! An OCI image layout: a directory, or a tar of one (image-spec, image-layout.md).

use std::io::BufRead;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Value, json};

use super::archive::{self, Archive};
use super::files::{Directory, Files};
use super::{Fetched, Listing, Source};
use crate::digest::Digest;
use crate::error::{Error, Kind, Result};
use crate::image::Descriptor;
use crate::image::manifest::Document;
use crate::layer::LayerDiff;
use crate::limits::Limits;
use crate::text::escape;

/// The annotation that names an entry of index.json.
const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// Bytes of the `oci-layout` file; it holds one short object.
const MARKER_LIMIT: u64 = 64 << 10;

/// A layout, and the entry of it that is meant.
pub struct Layout {
    pub(super) files: Box<dyn Files>,
    entry: Entry,
}

/// What the reference names.
enum Entry {
    /// One entry of index.json.
    One(Descriptor),
    /// Several: an index of just these.
    Several(Vec<u8>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Marker {
    image_layout_version: String,
}

#[derive(Deserialize)]
struct IndexJson {
    manifests: Vec<Value>,
}

impl Layout {
    /// Opens a layout directory and finds `name` in its index.json, of which at most `limit` bytes are read. Without a
    /// name its sole entry is meant, and of several that bear no names all: they differ by platform.
    pub fn open(directory: &str, name: Option<&str>, limit: u64) -> Result<Self> {
        let folder = PathBuf::from(directory);
        let is_other = folder.is_dir() && !folder.join("oci-layout").exists();
        let opened = if is_other {
            let error = Error::new(Kind::NotFound, "it holds no file oci-layout, as an image layout does");
            Err(error.hint("skopeo, umoci and buildx write layouts; a tar is named as oci-archive:FILE or docker-archive:FILE"))
        } else {
            Self::of(Box::new(Directory(folder)), name, limit, "oci:DIR:REF")
        };
        opened.map_err(|error| error.doing(format!("open the image layout oci:{}", escape(directory.as_bytes()))))
    }

    /// Opens a tar of a layout directory, `-` being the one on stdin; the name is found as in [`open`](Self::open).
    pub fn archive(file: &str, name: Option<&str>, limits: &Limits) -> Result<Self> {
        let archive = Archive::open(file, limits)?;
        let opened = if !archive.holds("oci-layout") && archive.holds("manifest.json") {
            let error = Error::new(Kind::Unsupported, "it holds no oci-layout, as an OCI archive does");
            Err(error.hint("it looks like one of docker save: name it as docker-archive:FILE"))
        } else {
            Self::of(Box::new(archive), name, limits.manifest, "oci-archive:FILE:REF")
        };
        opened.map_err(|error| error.doing(archive::opening(file)))
    }

    /// Finds `name`; `form` is how users write one.
    fn of(files: Box<dyn Files>, name: Option<&str>, limit: u64, form: &str) -> Result<Self> {
        let entry = Self::find(&*files, name, limit, form)?;
        Ok(Self { files, entry })
    }

    fn find(files: &dyn Files, name: Option<&str>, limit: u64, form: &str) -> Result<Entry> {
        let unsupported = |what: String| Error::new(Kind::Unsupported, what);
        let marker = files.read("oci-layout", MARKER_LIMIT)?;
        let marker: Marker = serde_json::from_slice(&marker).map_err(|error| unsupported(format!("oci-layout: {error}")))?;
        if !marker.image_layout_version.starts_with("1.") {
            let version = escape(marker.image_layout_version.as_bytes());
            return Err(unsupported(format!("it is an image layout of version {version}, wanted 1.x")));
        }
        let document = files.read("index.json", limit)?;
        let index: IndexJson = Document::read(&document).map_err(|error| error.doing("read index.json"))?;
        let meant: Vec<&Value> = index.manifests.iter().filter(|entry| name.is_none() || ref_name(entry) == name).collect();
        let names: Vec<String> = index.manifests.iter().filter_map(ref_name).map(|name| escape(name.as_bytes())).collect();
        match (meant.as_slice(), name) {
            ([], Some(name)) => Err(absent(format!("it holds no image named {}", escape(name.as_bytes())), &names, form)),
            ([], None) => Err(Error::new(Kind::NotFound, "its index.json lists no image")),
            ([one], _) => {
                let descriptor = Descriptor::deserialize(*one).map_err(|error| unsupported(format!("index.json: {error}")))?;
                Ok(Entry::One(descriptor))
            }
            (_, None) if !names.is_empty() => Err(absent(format!("it holds {} images", meant.len()), &names, form)),
            (several, _) => {
                let chosen = || json!({"schemaVersion": 2, "manifests": several}).to_string().into_bytes();
                Ok(Entry::Several(if name.is_some() { chosen() } else { document }))
            }
        }
    }
}

/// The file of a blob.
pub(super) fn file(descriptor: &Descriptor) -> String {
    format!("blobs/{}", descriptor.digest.to_string().replacen(':', "/", 1))
}

pub(super) fn ref_name(entry: &Value) -> Option<&str> {
    entry.get("annotations")?.get(REF_NAME)?.as_str()
}

/// That no one image is meant, and how to name one.
pub(super) fn absent(what: String, names: &[String], form: &str) -> Error {
    let error = Error::new(Kind::NotFound, what);
    if names.is_empty() { error } else { error.hint(format!("name one of its images as {form}: {}", names.join(", "))) }
}

impl Source for Layout {
    fn manifest(&self, child: Option<&Descriptor>, limit: u64) -> Result<Fetched> {
        let (bytes, entry) = match (child, &self.entry) {
            (Some(child), _) => (self.files.read(&file(child), limit)?, None),
            (None, Entry::One(entry)) => (self.files.read(&file(entry), limit)?, Some(entry)),
            (None, Entry::Several(document)) => (document.clone(), None),
        };
        if let Some(entry) = entry.filter(|entry| entry.size != bytes.len() as u64) {
            let what = format!("{} has {} bytes, index.json says {}", entry.digest, bytes.len(), entry.size);
            return Err(Error::new(Kind::Corrupt, what));
        }
        // A layout says of its entry what a registry says of a tag: what it is, and which one.
        Ok(Fetched {
            bytes,
            content_type: entry.map(|entry| entry.media_type.clone()),
            claimed_digest: entry.map(|entry| entry.digest.to_string()),
        })
    }

    fn listing(&self) -> Option<&dyn Listing> {
        Some(self)
    }

    fn blob(&self, descriptor: &Descriptor, from: u64) -> Result<Box<dyn BufRead + Send>> {
        self.files.open(&file(descriptor), from)
    }

    fn layer(&self, descriptor: &Descriptor, diff_id: &Digest) -> Option<Result<LayerDiff>> {
        Some(self.files.passed(&file(descriptor))?.clone().hold(descriptor, diff_id))
    }
}
