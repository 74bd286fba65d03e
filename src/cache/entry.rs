//! One entry as a file: a header that binds kind, key and content, and the content.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::Kind;
use crate::digest::Digest;

/// Bytes of the longest entry: a layer of two million files with long names, and all that it may keep of them.
pub(super) const LONGEST: u64 = 512 << 20;

const MAGIC: [u8; 8] = *b"lucidv1\n";
/// Bytes of a header: magic, length of the content, SHA-256 over kind, key and content.
const HEADER: usize = 8 + 8 + 32;

/// The header of an entry. A damaged one, or one that was made for another kind or key, has another.
pub(super) fn header(kind: Kind, key: &Digest, payload: &[u8]) -> [u8; HEADER] {
    let bound = Sha256::new().chain_update(format!("{} {key}\n", kind.folder())).chain_update(payload).finalize();
    let mut header = [0; HEADER];
    let fields = [&MAGIC[..], &(payload.len() as u64).to_le_bytes(), &bound];
    for (byte, value) in header.iter_mut().zip(fields.into_iter().flatten()) {
        *byte = *value;
    }
    header
}

/// The content of an entry and its open file, or what is wrong with it; nothing where there is none.
pub(super) fn read(path: &Path, kind: Kind, key: &Digest) -> Result<(Vec<u8>, File), Option<String>> {
    let read = || -> io::Result<Result<(Vec<u8>, File), &'static str>> {
        let metadata = fs::symlink_metadata(path)?;
        // A pipe or a device could block for ever.
        if !metadata.is_file() {
            return Ok(Err("it is no regular file"));
        }
        let mut file = File::open(path)?;
        let mut found = [0; HEADER];
        file.read_exact(&mut found)?;
        let length = metadata.len().saturating_sub(HEADER as u64);
        if length > LONGEST {
            return Ok(Err("it is longer than any entry"));
        }
        let mut payload = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
        (&mut file).take(length).read_to_end(&mut payload)?;
        let is_right = found == header(kind, key, &payload);
        Ok(if is_right { Ok((payload, file)) } else { Err("it is damaged, or not the entry of this name") })
    };
    match read() {
        Ok(read) => read.map_err(|why| Some(why.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(None),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(Some("it is cut off".to_owned())),
        Err(error) => Err(Some(error.to_string())),
    }
}
