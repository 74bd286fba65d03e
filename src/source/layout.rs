//! An OCI image layout: a directory (image-spec, image-layout.md).

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Fetched, Source};
use crate::error::{Error, Kind, Result};
use crate::image::Descriptor;
use crate::limits;
use crate::text::escape;

/// The annotation that names an entry of index.json.
const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// Bytes of the `oci-layout` file; it holds one short object.
const MARKER_LIMIT: u64 = 64 << 10;

/// What one read of a blob takes from the disk.
const BUFFER: usize = 256 << 10;

/// A layout directory, and the entry of it that is meant.
pub struct Layout {
    root: PathBuf,
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
        let root = PathBuf::from(directory);
        let opened = Self::find(&root, name, limit);
        let entry = opened.map_err(|error| error.doing(format!("open the image layout {}", escape(directory.as_bytes()))))?;
        Ok(Self { root, entry })
    }

    fn find(root: &Path, name: Option<&str>, limit: u64) -> Result<Entry> {
        let unsupported = |what: String| Error::new(Kind::Unsupported, what);
        let marker = read(&root.join("oci-layout"), MARKER_LIMIT)?;
        let marker: Marker = serde_json::from_slice(&marker).map_err(|error| unsupported(format!("oci-layout: {error}")))?;
        if !marker.image_layout_version.starts_with("1.") {
            let version = escape(marker.image_layout_version.as_bytes());
            return Err(unsupported(format!("it is an image layout of version {version}, wanted 1.x")));
        }
        let document = read(&root.join("index.json"), limit)?;
        let index: IndexJson = serde_json::from_slice(&document).map_err(|error| unsupported(format!("index.json: {error}")))?;
        let meant: Vec<&Value> = index.manifests.iter().filter(|entry| name.is_none() || ref_name(entry) == name).collect();
        let names: Vec<String> = index.manifests.iter().filter_map(ref_name).map(|name| escape(name.as_bytes())).collect();
        match (meant.as_slice(), name) {
            ([], Some(name)) => Err(absent(format!("it holds no image named {}", escape(name.as_bytes())), &names)),
            ([], None) => Err(Error::new(Kind::NotFound, "its index.json lists no image")),
            ([one], _) => {
                let descriptor = Descriptor::deserialize(*one).map_err(|error| unsupported(format!("index.json: {error}")))?;
                Ok(Entry::One(descriptor))
            }
            (_, None) if !names.is_empty() => Err(absent(format!("it holds {} images", meant.len()), &names)),
            (several, _) => {
                let chosen = || json!({"schemaVersion": 2, "manifests": several}).to_string().into_bytes();
                Ok(Entry::Several(if name.is_some() { chosen() } else { document }))
            }
        }
    }

    fn path(&self, descriptor: &Descriptor) -> PathBuf {
        self.root.join("blobs").join(descriptor.digest.to_string().replacen(':', "/", 1))
    }
}

fn ref_name(entry: &Value) -> Option<&str> {
    entry.get("annotations")?.get(REF_NAME)?.as_str()
}

fn absent(what: String, names: &[String]) -> Error {
    let error = Error::new(Kind::NotFound, what);
    if names.is_empty() { error } else { error.hint(format!("name one of its images as oci:DIR:REF: {}", names.join(", "))) }
}

fn refused(path: &Path, error: &io::Error) -> Error {
    let kind = match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Kind::NotFound,
        io::ErrorKind::PermissionDenied => Kind::Denied,
        _ => Kind::Unreachable,
    };
    Error::new(kind, format!("{}: {error}", escape(path.as_os_str().as_encoded_bytes())))
}

/// Opens a regular file; a pipe or a device in a layout could block for ever.
fn open(path: &Path) -> Result<File> {
    let metadata = fs::metadata(path).map_err(|error| refused(path, &error))?;
    if !metadata.is_file() {
        let path = escape(path.as_os_str().as_encoded_bytes());
        return Err(Error::new(Kind::Unsupported, format!("{path} is no regular file")));
    }
    File::open(path).map_err(|error| refused(path, &error))
}

fn read(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| refused(path, &error))?;
    if bytes.len() as u64 > limit {
        let path = escape(path.as_os_str().as_encoded_bytes());
        return Err(limits::manifest(format!("{path} is larger than {limit} bytes")));
    }
    Ok(bytes)
}

impl Source for Layout {
    fn manifest(&self, child: Option<&Descriptor>, limit: u64) -> Result<Fetched> {
        let (bytes, entry) = match (child, &self.entry) {
            (Some(child), _) => (read(&self.path(child), limit)?, None),
            (None, Entry::One(entry)) => (read(&self.path(entry), limit)?, Some(entry)),
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

    fn blob(&self, descriptor: &Descriptor, from: u64) -> Result<Box<dyn BufRead + Send>> {
        let path = self.path(descriptor);
        let mut file = open(&path)?;
        file.seek(SeekFrom::Start(from)).map_err(|error| refused(&path, &error))?;
        Ok(Box::new(BufReader::with_capacity(BUFFER, file)))
    }
}
