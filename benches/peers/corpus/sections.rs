//! A tar cut where eStargz and zstd:chunked cut it: headers apart from contents, contents in chunks.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use serde_json::{Value, json};

use crate::image::CREATED;
use crate::image::pack::sha256;

/// Bytes of a tar that a codec treats as one.
pub struct Section {
    pub bytes: Vec<u8>,
    /// What tables of contents say of the entry that begins here: name, type, size and so on; of a later chunk its name alone.
    pub entry: Option<Value>,
}

/// A member of a tar: where its content is, and what a table of contents says of it.
struct Member {
    content: u64,
    size: u64,
    entry: Value,
}

fn members(tar: &Path) -> Vec<Member> {
    let mut archive = tar::Archive::new(File::open(tar).unwrap());
    let entries = archive.entries_with_seek().unwrap();
    let member = |entry: tar::Entry<'_, File>| {
        let (header, kind) = (entry.header(), entry.header().entry_type());
        let kind = match kind {
            tar::EntryType::Directory => "dir",
            tar::EntryType::Symlink => "symlink",
            tar::EntryType::Link => "hardlink",
            _ => "reg",
        };
        let mut told = json!({
            "name": String::from_utf8_lossy(&entry.path_bytes()), "type": kind, "modtime": CREATED,
            "mode": header.mode().unwrap(), "uid": header.uid().unwrap(), "gid": header.gid().unwrap(),
        });
        if kind == "reg" {
            told["size"] = entry.size().into();
        }
        if let Some(link) = entry.link_name_bytes() {
            told["linkName"] = String::from_utf8_lossy(&link).into();
        }
        Member { content: entry.raw_file_position(), size: entry.size(), entry: told }
    };
    entries.map(|entry| member(entry.unwrap())).collect()
}

/// Hands on all bytes of a tar but the zeros that end it: headers as they are, contents in chunks of at most `chunk` bytes,
/// each with its place and its digest in `entry`. Returns how many entries it has.
pub fn cut(tar: &Path, chunk: u64, mut section: impl FnMut(Section)) -> u64 {
    let mut reader = BufReader::with_capacity(1 << 20, File::open(tar).unwrap());
    let members = members(tar);
    let mut at = 0;
    for member in &members {
        section(Section { bytes: read(&mut reader, member.content - at), entry: None });
        at = member.content;
        let chunks = member.size.div_ceil(chunk);
        let mut entry = member.entry.clone();
        if member.size > 0 {
            let content = read(&mut reader, member.size);
            entry["digest"] = format!("sha256:{}", sha256(&content)).into();
            for (number, bytes) in content.chunks(usize::try_from(chunk).unwrap()).enumerate() {
                if number > 0 {
                    entry = json!({"name": member.entry["name"], "type": "chunk"});
                }
                if chunks > 1 {
                    entry["chunkOffset"] = (number as u64 * chunk).into();
                    entry["chunkSize"] = bytes.len().into();
                }
                entry["chunkDigest"] = format!("sha256:{}", sha256(bytes)).into();
                section(Section { bytes: bytes.to_vec(), entry: Some(entry.clone()) });
            }
            at += member.size;
        } else {
            section(Section { bytes: Vec::new(), entry: Some(entry) });
        }
    }
    // The padding of the last content; the two blocks of zeros that end a tar are whoever writes it last.
    let padding = at.next_multiple_of(512) - at;
    reader.seek(SeekFrom::Start(at)).unwrap();
    section(Section { bytes: read(&mut reader, padding), entry: None });
    members.len() as u64
}

fn read(from: &mut impl Read, length: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    from.take(length).read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, length, "the tar ends early");
    bytes
}
