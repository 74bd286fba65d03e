//! The two formats that clients read parts of: eStargz, a gzip member for each chunk, and zstd:chunked, a frame for each.
//!
//! After containerd/stargz-snapshotter, docs/estargz.md, and containers/storage, pkg/chunked/internal/minimal/compression.go.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use serde_json::{Value, json};

use super::codec::member;
use super::draft::Told;
use super::sections::{Section, cut};
use crate::image::pack::{self, Hashing, sha256};

/// Chunks of stargz-snapshotter, by default.
const STARGZ_CHUNK: u64 = 4 << 20;
/// What chunks of containers/storage come to on average.
const ZSTD_CHUNK: u64 = 64 << 10;
const ZSTD_LEVEL: i32 = 3;

/// Writes a tar as eStargz; the table of contents is the last entry of its tar.
pub fn stargz(tar: &Path, to: &mut dyn Write) -> Told {
    let (mut blob, mut inner) = (Hashing::new(to), Hashing::new(std::io::sink()));
    let (mut toc, mut headers) = (Vec::new(), Vec::new());
    let entries = cut(tar, STARGZ_CHUNK, |Section { bytes, entry }| {
        inner.write_all(&bytes).unwrap();
        match entry {
            Some(mut entry) if !bytes.is_empty() => {
                flush(&mut blob, &mut headers);
                entry["offset"] = blob.size.into();
                member(&mut blob, &bytes, Compression::default());
                toc.push(entry);
            }
            Some(entry) => toc.push(entry),
            None => headers.extend(bytes),
        }
    });
    flush(&mut blob, &mut headers);
    let document = json!({"version": 1, "entries": toc}).to_string();
    let mut last = Vec::new();
    let mut builder = tar::Builder::new(&mut last);
    pack::append(&mut builder, "", &crate::image::Entry::file("stargz.index.json", &document));
    builder.into_inner().unwrap();
    inner.write_all(&last).unwrap();
    let offset = blob.size;
    member(&mut blob, &last, Compression::default());
    blob.write_all(&footer(offset)).unwrap();
    let digest = format!("sha256:{}", sha256(document.as_bytes()));
    let annotations = json!({"containerd.io/snapshot/stargz/toc.digest": digest});
    Told { unpacked: inner.size, diff_id: inner.finish().0, entries: entries + 1, annotations }
}

/// Headers, and the padding before them, have a member of their own.
fn flush(blob: &mut impl Write, headers: &mut Vec<u8>) {
    if !headers.is_empty() {
        member(blob, headers, Compression::default());
        headers.clear();
    }
}

/// An empty gzip member of 51 bytes that says where the table of contents begins.
fn footer(offset: u64) -> Vec<u8> {
    let mut bytes = vec![0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 26, 0, b'S', b'G', 22, 0];
    bytes.extend(format!("{offset:016x}STARGZ").bytes());
    bytes.extend([1, 0, 0, 0xff, 0xff]);
    bytes.extend([0; 8]);
    assert_eq!(bytes.len(), 51);
    bytes
}

/// Writes a tar as zstd:chunked; the table of contents is a skippable frame behind the data.
pub fn chunked(tar: &Path, to: &mut dyn Write) -> Told {
    let (mut blob, mut inner) = (Hashing::new(to), Hashing::new(std::io::sink()));
    let mut compressor = zstd::bulk::Compressor::new(ZSTD_LEVEL).unwrap();
    let (mut toc, mut headers): (Vec<Value>, Vec<u8>) = (Vec::new(), Vec::new());
    let entries = cut(tar, ZSTD_CHUNK, |Section { bytes, entry }| {
        inner.write_all(&bytes).unwrap();
        match entry {
            Some(mut entry) if !bytes.is_empty() => {
                frame(&mut compressor, &mut blob, &headers);
                headers.clear();
                entry["offset"] = blob.size.into();
                frame(&mut compressor, &mut blob, &bytes);
                entry["endOffset"] = blob.size.into();
                toc.push(entry);
            }
            Some(entry) => toc.push(entry),
            None => headers.extend(bytes),
        }
    });
    // The blocks that end a tar.
    headers.extend([0; 1024]);
    inner.write_all(&[0; 1024]).unwrap();
    frame(&mut compressor, &mut blob, &headers);
    let document = json!({"version": 1, "entries": toc}).to_string();
    let packed = compressor.compress(document.as_bytes()).unwrap();
    let (packed_size, size) = (packed.len() as u64, document.len() as u64);
    skippable(&mut blob, &packed);
    let offset = blob.size - packed_size;
    let footer: Vec<u8> = [offset, packed_size, size, 1, 0, 0, 0].iter().flat_map(|number| number.to_le_bytes()).collect();
    skippable(&mut blob, &[&footer[..], b"GNUlInUx"].concat());
    let annotations = json!({
        "io.github.containers.zstd-chunked.manifest-checksum": format!("sha256:{}", sha256(&packed)),
        "io.github.containers.zstd-chunked.manifest-position": format!("{offset}:{packed_size}:{size}:1"),
    });
    Told { unpacked: inner.size, diff_id: inner.finish().0, entries, annotations }
}

fn frame(compressor: &mut zstd::bulk::Compressor<'_>, blob: &mut impl Write, bytes: &[u8]) {
    if !bytes.is_empty() {
        blob.write_all(&compressor.compress(bytes).unwrap()).unwrap();
    }
}

/// A frame that decoders pass over (RFC 8878, section 3.1.2).
fn skippable(blob: &mut impl Write, bytes: &[u8]) {
    blob.write_all(&0x184d_2a50_u32.to_le_bytes()).unwrap();
    blob.write_all(&u32::try_from(bytes.len()).unwrap().to_le_bytes()).unwrap();
    blob.write_all(bytes).unwrap();
}
