//! Layers as bytes: tar, then a codec; kept in a folder by what is in them, so that a layer is packed once.

use std::fs;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Content, Entry, Layer};

/// Belongs to the key of what is kept: to be raised when the bytes that are written for a layer change.
const VERSION: u32 = 1;

/// How blobs are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    None,
    Gzip,
    Zstd,
}

/// A packed layer.
pub struct Blob {
    pub file: PathBuf,
    pub digest: String,
    pub size: u64,
    pub diff_id: String,
}

/// The folder that outlives a run: `LUCID_REAL_CACHE`, or `target/lucid-real`.
pub fn cache() -> PathBuf {
    let root = std::env::var_os("LUCID_REAL_CACHE")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/lucid-real"), PathBuf::from);
    fs::create_dir_all(&root).unwrap();
    root
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

impl Layer {
    /// The name of this layer's content, bytes included.
    fn key(&self) -> &str {
        self.key.get_or_init(|| {
            let mut hash = Sha256::new();
            hash.update(format!("{VERSION} {}", self.prefix));
            for entry in self.entries() {
                let (kind, bytes) = match &entry.content {
                    Content::Directory => ("dir".to_owned(), None),
                    Content::File(bytes) => (format!("file {}", bytes.len()), Some(bytes)),
                    Content::Zeros(length) => (format!("zeros {length}"), None),
                    Content::Symlink(target) => (format!("link {target:?}"), None),
                    Content::Hardlink(target) => (format!("hard {target:?}"), None),
                };
                hash.update(format!("{:?} {kind} {:o} {:?} {}\n", entry.path, entry.mode, entry.owner, entry.mtime));
                hash.update(bytes.map_or(&[][..], |bytes| bytes));
            }
            hex(&hash.finalize())
        })
    }

    /// The layer's blob, packed now or in an earlier run.
    pub fn blob(&self, compression: Compression) -> Blob {
        let folder = cache().join("blobs");
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join(format!("{}.{compression:?}", self.key()));
        let note = file.with_extension(format!("{compression:?}.json"));
        if !note.exists() {
            let partial = tempfile::NamedTempFile::new_in(&folder).unwrap();
            let facts = pack(self, compression, partial.as_file());
            partial.persist(&file).unwrap();
            let partial = tempfile::NamedTempFile::new_in(&folder).unwrap();
            fs::write(partial.path(), facts.to_string()).unwrap();
            partial.persist(&note).unwrap();
        }
        let facts: Value = serde_json::from_slice(&fs::read(&note).unwrap()).unwrap();
        let text = |name: &str| facts[name].as_str().unwrap().to_owned();
        Blob { file, digest: text("digest"), size: facts["size"].as_u64().unwrap(), diff_id: text("diff_id") }
    }
}

/// Hashes and counts what it passes on.
pub struct Hashing<W> {
    to: W,
    hash: Sha256,
    pub size: u64,
}

impl<W: Write> Hashing<W> {
    pub fn new(to: W) -> Self {
        Self { to, hash: Sha256::new(), size: 0 }
    }

    /// The digest of what passed, and where it went.
    pub fn finish(self) -> (String, W) {
        (format!("sha256:{}", hex(&self.hash.finalize())), self.to)
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.to.write_all(bytes)?;
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

fn pack(layer: &Layer, compression: Compression, file: &fs::File) -> Value {
    let blob = Hashing::new(BufWriter::new(file));
    let (diff_id, mut blob) = match compression {
        Compression::None => tar(layer, blob),
        Compression::Gzip => {
            let (diff_id, encoder) = tar(layer, flate2::write::GzEncoder::new(blob, flate2::Compression::new(3)));
            (diff_id, encoder.finish().unwrap())
        }
        Compression::Zstd => {
            let (diff_id, encoder) = tar(layer, zstd::Encoder::new(blob, 3).unwrap());
            (diff_id, encoder.finish().unwrap())
        }
    };
    blob.flush().unwrap();
    let size = blob.size;
    json!({"digest": blob.finish().0, "size": size, "diff_id": diff_id})
}

/// Writes the layer's tar; returns its digest and where it was written to.
fn tar<W: Write>(layer: &Layer, to: W) -> (String, W) {
    let mut builder = tar::Builder::new(Hashing::new(to));
    for entry in layer.entries() {
        append(&mut builder, layer.prefix, entry);
    }
    builder.into_inner().unwrap().finish()
}

/// Writes an entry, its path and the target of a hard link behind `prefix`.
pub fn append<W: Write>(builder: &mut tar::Builder<W>, prefix: &str, entry: &Entry) {
    let mut header = tar::Header::new_ustar();
    header.set_mode(entry.mode);
    header.set_uid(entry.owner.0);
    header.set_gid(entry.owner.1);
    header.set_mtime(entry.mtime);
    let (kind, size, link, slash) = match &entry.content {
        Content::Directory if entry.path.is_empty() => (tar::EntryType::Directory, 0, None, ""),
        Content::Directory => (tar::EntryType::Directory, 0, None, "/"),
        Content::File(bytes) => (tar::EntryType::Regular, bytes.len() as u64, None, ""),
        Content::Zeros(length) => (tar::EntryType::Regular, *length, None, ""),
        Content::Symlink(target) => (tar::EntryType::Symlink, 0, Some(target.clone()), ""),
        Content::Hardlink(target) => (tar::EntryType::Link, 0, Some(format!("{prefix}{target}")), ""),
    };
    header.set_entry_type(kind);
    header.set_size(size);
    let path = format!("{prefix}{}{slash}", entry.path);
    let mut extensions = Vec::new();
    if !split(&mut header, &path) {
        extensions.push(("path", path.as_bytes()));
    }
    if let Some(link) = &link
        && header.set_link_name_literal(link).is_err()
    {
        extensions.push(("linkpath", link.as_bytes()));
    }
    header.set_cksum();
    builder.append_pax_extensions(extensions).unwrap();
    match &entry.content {
        Content::File(bytes) => builder.append(&header, &bytes[..]).unwrap(),
        Content::Zeros(length) => builder.append(&header, io::repeat(0).take(*length)).unwrap(),
        _ => builder.append(&header, io::empty()).unwrap(),
    }
}

/// Puts a path into name and prefix of a ustar header, as Go's archive/tar does; false if it does not fit, and only its
/// beginning was put there. `tar::Header::set_path` would lose the leading `./`.
fn split(header: &mut tar::Header, path: &str) -> bool {
    let bytes = path.as_bytes();
    let ustar = header.as_ustar_mut().unwrap();
    if bytes.len() > ustar.name.len() {
        let cut = (1..bytes.len() - 1).find(|&at| bytes[at] == b'/' && bytes.len() - at - 1 <= ustar.name.len());
        if let Some(cut) = cut.filter(|&cut| cut <= ustar.prefix.len()) {
            ustar.prefix[..cut].copy_from_slice(&bytes[..cut]);
            ustar.name[..bytes.len() - cut - 1].copy_from_slice(&bytes[cut + 1..]);
            return true;
        }
    }
    let length = bytes.len().min(ustar.name.len());
    ustar.name[..length].copy_from_slice(&bytes[..length]);
    bytes.len() <= ustar.name.len()
}
