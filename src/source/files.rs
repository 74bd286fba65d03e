//! Named files, whether they lie in a directory or in an archive.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::error::{Error, Kind, Result};
use crate::layer::Passed;
use crate::limits;
use crate::text::escape;

/// What one read of a blob takes from the disk.
pub(super) const BUFFER: usize = 256 << 10;

/// A set of files with names.
pub(super) trait Files: Send + Sync {
    /// The bytes of a file from the offset `from`.
    fn open(&self, name: &str, from: u64) -> Result<Box<dyn BufRead + Send>>;

    /// A name as errors show it.
    fn shown(&self, name: &str) -> String;

    /// What a file is as a layer, where its bytes passed once and that is all that is left of them.
    fn passed(&self, _: &str) -> Option<&Passed> {
        None
    }

    /// A whole file, of at most `limit` bytes.
    fn read(&self, name: &str, limit: u64) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let read = self.open(name, 0)?.take(limit.saturating_add(1)).read_to_end(&mut bytes);
        read.map_err(|error| refused(&self.shown(name), &error))?;
        if bytes.len() as u64 > limit {
            return Err(limits::manifest(format!("{} is larger than {limit} bytes", self.shown(name))));
        }
        Ok(bytes)
    }
}

/// The files below a directory.
pub(super) struct Directory(pub(super) PathBuf);

impl Files for Directory {
    fn open(&self, name: &str, from: u64) -> Result<Box<dyn BufRead + Send>> {
        let mut file = open(&self.0.join(name))?;
        file.seek(SeekFrom::Start(from)).map_err(|error| refused(&self.shown(name), &error))?;
        Ok(Box::new(BufReader::with_capacity(BUFFER, file)))
    }

    fn shown(&self, name: &str) -> String {
        shown(&self.0.join(name))
    }
}

/// Opens a regular file; a pipe or a device could block for ever.
pub(super) fn open(path: &Path) -> Result<File> {
    let metadata = fs::metadata(path).map_err(|error| refused(&shown(path), &error))?;
    if !metadata.is_file() {
        return Err(Error::new(Kind::Unsupported, format!("{} is no regular file", shown(path))));
    }
    File::open(path).map_err(|error| refused(&shown(path), &error))
}

/// A path as errors show it.
pub(super) fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_encoded_bytes())
}

/// What the operating system said of a file.
pub(super) fn refused(shown: &str, error: &io::Error) -> Error {
    let kind = match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Kind::NotFound,
        io::ErrorKind::PermissionDenied => Kind::Denied,
        _ => Kind::Unreachable,
    };
    Error::new(kind, format!("{shown}: {error}"))
}
