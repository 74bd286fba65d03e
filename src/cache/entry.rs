//! One entry as a file: a header that binds kind, key and content, and the content.

use std::fs::{self, File};
use std::io::{self, Read, Seek as _, Write};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::Kind;
use crate::digest::Digest;

/// Bytes of the longest entry: a layer of two million files with long names, and all that it may keep of them.
pub(super) const LONGEST: u64 = 512 << 20;

const MAGIC: [u8; 8] = *b"lucidv1\n";
/// Bytes of a header: magic, length of the content, SHA-256 over kind, key and content.
pub(super) const HEADER: usize = 8 + 8 + 32;

/// What an entry is called where it is bound to that: its kind with the format, and its key.
pub(super) fn name(kind: Kind, key: &Digest) -> String {
    format!("{} {key}\n", kind.folder())
}

/// What binds the content of an entry to its kind and key.
fn bond(kind: Kind, key: &Digest) -> Sha256 {
    Sha256::new_with_prefix(name(kind, key))
}

pub(super) fn header(length: u64, bond: Sha256) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    let fields = [&MAGIC[..], &length.to_le_bytes(), &bond.finalize()];
    for (byte, value) in header.iter_mut().zip(fields.into_iter().flatten()) {
        *byte = *value;
    }
    header
}

/// Writes an entry, whose header is known at its end.
pub(super) struct Writer {
    file: File,
    bond: Sha256,
    length: u64,
    most: u64,
}

impl Writer {
    /// An entry of at most so many bytes, in an empty file.
    pub(super) fn new(mut file: File, kind: Kind, key: &Digest, most: u64) -> io::Result<Self> {
        file.write_all(&[0; HEADER])?;
        Ok(Self { file, bond: bond(kind, key), length: 0, most: most.min(LONGEST) })
    }

    /// Without it, the file is no entry.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.file.rewind()?;
        self.file.write_all(&header(self.length, self.bond))
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.bond.update(bytes.get(..written).unwrap_or_default());
        self.length += written as u64;
        if self.length > self.most { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(written) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
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
        let is_right = found == header(length, bond(kind, key).chain_update(&payload)) && payload.len() as u64 == length;
        Ok(if is_right { Ok((payload, file)) } else { Err("it is damaged, or not the entry of this name") })
    };
    match read() {
        Ok(read) => read.map_err(|why| Some(why.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(None),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(Some("it is cut off".to_owned())),
        Err(error) => Err(Some(error.to_string())),
    }
}
