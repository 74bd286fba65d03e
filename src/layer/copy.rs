//! One file's bytes out of a layer, on a second pass.

use std::io::Write;

use super::LayerPath;
use super::meaning::{Meaning, meaning};
use super::tar::Event;
use crate::error::{Error, Kind, Result};
use crate::limits::Limits;

/// Holes are written in pieces of this.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// Writes the content of one regular file while the layer passes.
pub(super) struct Copier<'a> {
    path: &'a LayerPath,
    limits: &'a Limits,
    out: &'a mut dyn Write,
    is_open: bool,
    /// Bytes written of the file, once it was met.
    pub(super) copied: Option<u64>,
}

impl<'a> Copier<'a> {
    pub(super) fn new(path: &'a LayerPath, limits: &'a Limits, out: &'a mut dyn Write) -> Self {
        Self { path, limits, out, is_open: false, copied: None }
    }

    pub(super) fn take(&mut self, event: Event<'_>) -> Result<()> {
        match event {
            Event::Member(member) => {
                let (path, is_file) = match meaning(&member, self.limits)? {
                    Meaning::Entry(entry) if !entry.body.is_mark() => (entry.path, false),
                    Meaning::File(path, _) => (path, true),
                    Meaning::Entry(_) | Meaning::Nothing(..) => return Ok(()),
                };
                if path != *self.path {
                    return Ok(());
                }
                if self.copied.is_some() {
                    // The last one counts, and the first is written.
                    let what = format!("the layer holds {path} more than once: which one counts shows only at its end");
                    return Err(Error::new(Kind::Unsupported, what));
                }
                self.is_open = is_file;
                self.copied = is_file.then_some(0);
                Ok(())
            }
            Event::Data(bytes) => self.write(bytes),
            Event::Hole(mut zeros) => {
                while self.is_open && zeros > 0 {
                    let length = usize::try_from(zeros).map_or(ZEROS.len(), |zeros| zeros.min(ZEROS.len()));
                    self.write(&ZEROS[..length])?;
                    zeros -= length as u64;
                }
                Ok(())
            }
            Event::Close => {
                self.is_open = false;
                Ok(())
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        if let (true, Some(copied)) = (self.is_open, &mut self.copied) {
            self.out.write_all(bytes).map_err(|error| Error::from(error).doing("write the content"))?;
            *copied += bytes.len() as u64;
        }
        Ok(())
    }
}
