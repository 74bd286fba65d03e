//! An archive on disk: contents stay where they lie.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::files::{self, BUFFER};
use super::walk::{Tape, cut, walk};
use super::{Content, MAGIC, Members, refuse_compressed};
use crate::error::Result;
use crate::layer::tar::{Event, Reader};
use crate::limits::Limits;

/// Content is skipped in the file, and the reader of the tar, which looks at its length alone, is shown zeros.
const ZEROS: &[u8] = &[0; 64 << 10];

/// What one read takes from the disk while headers are looked for.
const HEADERS: usize = 16 << 10;

/// Reads the headers of a tar.
pub(super) fn members(path: PathBuf, limits: &Limits) -> Result<Members> {
    let mut file = files::open(&path)?;
    let refused = |error: std::io::Error| files::refused(&files::shown(&path), &error);
    let length = file.metadata().map_err(refused)?.len();
    let mut head = Vec::new();
    file.by_ref().take(MAGIC).read_to_end(&mut head).and_then(|_| file.rewind()).map_err(refused)?;
    refuse_compressed(&head)?;
    let path: Arc<Path> = path.into();
    let mut tape = Tape { inner: BufReader::with_capacity(HEADERS, file), position: 0 };
    walk(&mut tape, limits, |_, tape, reader, _| {
        let offset = tape.position;
        Ok(skip(tape, reader, length)?.then(|| Content::At(Arc::clone(&path), offset)))
    })
}

/// Goes to the end of a member's content. Says whether it lies there whole, without holes.
fn skip(tape: &mut Tape<BufReader<File>>, reader: &mut Reader, end: u64) -> Result<bool> {
    let mut is_whole = true;
    loop {
        match reader.next(&mut { ZEROS })? {
            Some(Event::Data(bytes)) => {
                let length = bytes.len();
                tape.position += length as u64;
                if tape.position > end {
                    return Err(cut(&format!("it goes on beyond the archive's end at byte {end}")));
                }
                tape.inner.seek_relative(i64::try_from(length).unwrap_or(i64::MAX))?;
            }
            Some(Event::Hole(_)) => is_whole = false,
            Some(Event::Close | Event::Member(_)) | None => return Ok(is_whole),
        }
    }
}

/// The bytes of a file of `size` bytes that lies at `offset`, from `from`.
pub(super) fn content(path: &Path, offset: u64, size: u64, from: u64) -> Result<Box<dyn BufRead + Send>> {
    let mut file = files::open(path)?;
    let from = from.min(size);
    file.seek(SeekFrom::Start(offset + from)).map_err(|error| files::refused(&files::shown(path), &error))?;
    Ok(Box::new(BufReader::with_capacity(BUFFER, file.take(size - from))))
}
