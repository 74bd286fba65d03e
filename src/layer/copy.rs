//! Files' bytes out of a layer, on a second pass.

use std::collections::BTreeSet;

use super::LayerPath;
use super::meaning::{Meaning, meaning};
use super::tar::Event;
use crate::error::Result;
use crate::limits::Limits;

/// Holes are written in pieces of this.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// What is told of a file that is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// Its path is met: as a regular file, whose bytes follow, or as something else. Of several, the last counts.
    Met {
        /// Whether it is a regular file.
        is_file: bool,
    },
    /// Its next bytes.
    Bytes(&'a [u8]),
}

/// Hands the content of regular files on while the layer passes.
pub(super) struct Copier<'a> {
    paths: &'a BTreeSet<LayerPath>,
    limits: &'a Limits,
    out: &'a mut dyn FnMut(&LayerPath, Part<'_>) -> Result<()>,
    open: Option<LayerPath>,
}

impl<'a> Copier<'a> {
    pub(super) fn new(
        paths: &'a BTreeSet<LayerPath>,
        limits: &'a Limits,
        out: &'a mut dyn FnMut(&LayerPath, Part<'_>) -> Result<()>,
    ) -> Self {
        Self { paths, limits, out, open: None }
    }

    pub(super) fn take(&mut self, event: Event<'_>) -> Result<()> {
        match event {
            Event::Member(member) => {
                let (path, is_file) = match meaning(&member, self.limits)? {
                    Meaning::Entry(entry) if !entry.body.is_mark() => (entry.path, false),
                    Meaning::File(path, _) => (path, true),
                    Meaning::Entry(_) | Meaning::Nothing(..) => return Ok(()),
                };
                if self.paths.contains(&path) {
                    (self.out)(&path, Part::Met { is_file })?;
                    self.open = is_file.then_some(path);
                }
                Ok(())
            }
            Event::Data(bytes) => self.write(bytes),
            Event::Hole(mut zeros) => {
                while self.open.is_some() && zeros > 0 {
                    let length = usize::try_from(zeros).map_or(ZEROS.len(), |zeros| zeros.min(ZEROS.len()));
                    self.write(&ZEROS[..length])?;
                    zeros -= length as u64;
                }
                Ok(())
            }
            Event::Close => {
                self.open = None;
                Ok(())
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.open.as_ref().map_or(Ok(()), |path| (self.out)(path, Part::Bytes(bytes)))
    }
}
