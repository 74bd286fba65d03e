//! The parts of an ELF object that stay while it passes: its head, and what the head announces.

use std::ops::Range;

use object::elf::ELFMAG;
use object::read::ReadRef;

use super::{Elf, parse};

/// Bytes of the head. Program headers, interpreter and dynamic strings of nearly all objects lie in it.
const HEAD: usize = 1 << 20;
/// The longest part that is captured behind the head: the dynamic strings of the largest libraries seen are shorter.
const PART: u64 = 1 << 20;
/// Bytes of the longest string: Linux's `PATH_MAX`.
const STRING: usize = 4096;

/// A part of a file behind its head.
struct Part {
    range: Range<u64>,
    bytes: Vec<u8>,
}

/// Watches files go by, and captures those that are ELF objects. Its buffers serve one file after the other.
#[derive(Default)]
pub(in crate::layer) struct Capture {
    head: Vec<u8>,
    parts: Vec<Part>,
    position: u64,
    is_elf: bool,
}

impl Capture {
    /// Begins a file.
    pub(in crate::layer) fn open(&mut self) {
        self.head.clear();
        self.parts.clear();
        self.position = 0;
        self.is_elf = true;
    }

    /// Takes the next bytes of the file.
    pub(in crate::layer) fn feed(&mut self, mut bytes: &[u8]) {
        while self.is_elf && !bytes.is_empty() {
            let length = bytes.len().min(usize::try_from(self.until_next_turn()).unwrap_or(usize::MAX));
            let (now, later) = bytes.split_at(length);
            self.take(now);
            bytes = later;
        }
    }

    /// What the captured parts say. Names are charged to `budget`, the bytes that they may still have in this layer.
    pub(in crate::layer) fn close(&mut self, budget: &mut usize) -> Option<Elf> {
        if !self.is_elf || self.head.len() < ELFMAG.len() {
            return None;
        }
        parse::elf(self, budget)
    }

    /// Bytes until something new is known: that it is ELF, its head, the end of an announced part.
    fn until_next_turn(&self) -> u64 {
        let known = [ELFMAG.len() as u64, HEAD as u64];
        let ends = self.parts.iter().map(|part| part.range.end);
        known
            .into_iter()
            .chain(ends)
            .filter_map(|end| end.checked_sub(self.position))
            .filter(|left| *left > 0)
            .min()
            .unwrap_or(u64::MAX)
    }

    fn take(&mut self, bytes: &[u8]) {
        let begin = self.position;
        self.position += bytes.len() as u64;
        if self.head.len() < HEAD {
            self.head.extend_from_slice(bytes);
        }
        for part in &mut self.parts {
            if (part.range.start..part.range.end).contains(&self.position.saturating_sub(1)) {
                let skip = usize::try_from(part.range.start.saturating_sub(begin)).unwrap_or(usize::MAX);
                part.bytes.extend_from_slice(bytes.get(skip..).unwrap_or_default());
            }
        }
        if self.head.len() <= ELFMAG.len() {
            self.is_elf = ELFMAG.starts_with(&self.head);
        } else if self.position == HEAD as u64 || self.parts.iter().any(|part| part.range.end == self.position) {
            self.announce();
        }
    }

    /// Looks up in what is captured where the rest lies, as far as it is still to come.
    fn announce(&mut self) {
        for (offset, size) in parse::announced(self) {
            let (Some(end), true) = (offset.checked_add(size.min(PART)), self.read_bytes_at(offset, size).is_err()) else {
                continue;
            };
            if end <= self.position || self.parts.iter().any(|part| part.range.start == offset) {
                continue;
            }
            let begun = usize::try_from(offset).ok().and_then(|offset| self.head.get(offset..)).unwrap_or_default();
            if offset + begun.len() as u64 >= self.position || offset >= self.position {
                self.parts.push(Part { range: offset..end, bytes: begun.to_vec() });
            }
        }
    }

    /// Bytes of the file so far.
    pub(super) fn length(&self) -> u64 {
        self.position
    }

    /// What is captured of a range, from its first byte on, as long as it goes.
    pub(super) fn some(&self, range: Range<u64>) -> Option<&[u8]> {
        let most = usize::try_from(range.end.checked_sub(range.start)?).ok()?;
        let in_parts = self.parts.iter().find_map(|part| {
            let at = usize::try_from(range.start.checked_sub(part.range.start)?).ok()?;
            part.bytes.get(at..).filter(|bytes| !bytes.is_empty())
        });
        let bytes = [in_parts, self.from(range.start)].into_iter().flatten().max_by_key(|bytes| bytes.len())?;
        bytes.get(..most.min(bytes.len()))
    }

    /// What is captured from an offset on.
    fn from(&self, offset: u64) -> Option<&[u8]> {
        let within =
            |start: u64, bytes: &'_ [u8]| usize::try_from(offset.checked_sub(start)?).ok().filter(|at| *at < bytes.len());
        if let Some(at) = within(0, &self.head) {
            return self.head.get(at..);
        }
        self.parts.iter().find_map(|part| part.bytes.get(within(part.range.start, &part.bytes)?..))
    }
}

/// A capture is read like the file that it is a part of; what was not captured cannot be read.
impl<'a> ReadRef<'a> for &'a Capture {
    fn len(self) -> Result<u64, ()> {
        Ok(self.position)
    }

    fn read_bytes_at(self, offset: u64, size: u64) -> Result<&'a [u8], ()> {
        let size = usize::try_from(size).map_err(|_| ())?;
        if size == 0 {
            return Ok(&[]);
        }
        // A part may begin in the head and end behind it.
        let in_parts = self.parts.iter().find_map(|part| {
            let at = usize::try_from(offset.checked_sub(part.range.start)?).ok()?;
            part.bytes.get(at..at.checked_add(size)?)
        });
        self.from(offset).and_then(|bytes| bytes.get(..size)).or(in_parts).ok_or(())
    }

    fn read_bytes_at_until(self, range: Range<u64>, delimiter: u8) -> Result<&'a [u8], ()> {
        let most = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(STRING).min(STRING);
        let bytes = self.from(range.start).ok_or(())?;
        let length = bytes.iter().take(most).position(|byte| *byte == delimiter).ok_or(())?;
        bytes.get(..length).ok_or(())
    }
}
