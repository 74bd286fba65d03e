//! An archive that is a stream: its bytes come once, and which of them are layers is said at its end, perhaps. So what is
//! small or looks like a document is kept, and everything else is read as a layer while it passes
//! (docs/decisions/0010).

use std::io::{self, BufRead, Cursor, Read};

use super::walk::{Tape, cut, keep, walk};
use super::{Content, MAGIC, Members};
use crate::digest::{Algorithm, Verified, read_buffered};
use crate::error::{Error, Kind, Result};
use crate::layer::tar::{Event, Member, Reader};
use crate::layer::{self, Passed};
use crate::limits::{self, Limits};

/// Bytes of a member that is kept whatever it is.
const SMALL: u64 = 64 << 10;

/// Bytes behind a tar's end that are still taken: who writes it fills its last record, and should not find a closed pipe.
const REST: u64 = 1 << 20;

/// Reads a tar to its end.
pub(super) fn members(input: impl BufRead, limits: &Limits) -> Result<Members> {
    let mut tape = Tape { inner: input, position: 0 };
    let members = walk(&mut tape, limits, |member, tape, reader, left| {
        let mut body = Body { tape, reader, ready: 0, is_over: false, has_holes: false };
        let content = take(&mut body, member, limits, left);
        if body.has_holes {
            body.skip()?;
            return Ok(None);
        }
        content.map(Some)
    })?;
    // Nothing of the archive can be missing there.
    let _ = io::copy(&mut tape.inner.take(REST), &mut io::sink());
    Ok(members)
}

/// Takes the content of a member.
fn take<R: BufRead>(body: &mut Body<'_, R>, member: &Member, limits: &Limits, left: &mut Limits) -> Result<Content> {
    let mut head = Vec::new();
    body.take(MAGIC).read_to_end(&mut head)?;
    let is_document = head.first().is_some_and(|first| matches!(first, b'{' | b'[') || first.is_ascii_whitespace());
    if member.size <= SMALL || is_document && member.size <= limits.manifest.max(limits.config) {
        keep(left, member.size)?;
        body.read_to_end(&mut head)?;
        return Ok(Content::Kept(head.into()));
    }
    let passed = pass(Cursor::new(&head).chain(body), member, left)?;
    Ok(Content::Passed(head, Box::new(passed)))
}

/// Reads the content of a member as a layer, within what is left of the ceilings.
fn pass(body: impl BufRead, member: &Member, left: &mut Limits) -> Result<Passed> {
    let within = Limits { layer_bytes: left.layer_bytes.min(left.image_bytes), ..left.clone() };
    let passed = layer::pass(Verified::unnamed(body, algorithm(&member.name), member.size), Algorithm::Sha256, &within)?;
    let (entries, kept) = passed.held();
    let over = || limits::image_bytes("the archive's members hold more uncompressed bytes together than they may");
    left.image_bytes = left.image_bytes.checked_sub(passed.spent).filter(|left| *left > 0).ok_or_else(over)?;
    left.entries -= entries.min(left.entries);
    keep(left, kept)?;
    Ok(passed)
}

/// The algorithm of the digest that the member of a layout is named by (image-spec, image-layout.md "Blobs").
fn algorithm(name: &[u8]) -> Algorithm {
    if name.split(|byte| *byte == b'/').any(|part| part == b"sha512") { Algorithm::Sha512 } else { Algorithm::Sha256 }
}

/// The content of a member, straight from the input.
struct Body<'a, R> {
    tape: &'a mut Tape<R>,
    reader: &'a mut Reader,
    /// Bytes at the front of the input that the reader of the tar has seen, and that are not consumed.
    ready: usize,
    is_over: bool,
    has_holes: bool,
}

impl<R: BufRead> Body<'_, R> {
    fn advance(&mut self) -> Result<()> {
        let mut rest = self.tape.fill()?;
        let is_end = rest.is_empty();
        match self.reader.next(&mut rest)? {
            Some(Event::Data(bytes)) => self.ready = bytes.len(),
            Some(Event::Hole(_)) => {
                self.has_holes = true;
                return Err(Error::new(Kind::Unsupported, "it is a file with holes"));
            }
            Some(Event::Close | Event::Member(_)) => self.is_over = true,
            None if is_end => return Err(cut(&format!("it goes on beyond the archive's end at byte {}", self.tape.position))),
            None => {}
        }
        Ok(())
    }

    /// Goes to the end of content that has holes.
    fn skip(&mut self) -> Result<()> {
        while !self.is_over {
            let ready = self.ready;
            self.consume(ready);
            match self.advance() {
                Err(error) if error.kind != Kind::Unsupported => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

impl<R: BufRead> BufRead for Body<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.ready == 0 && !self.is_over {
            self.advance()?;
        }
        if self.is_over {
            return Ok(&[]);
        }
        let bytes = self.tape.fill()?;
        Ok(bytes.get(..self.ready).unwrap_or(bytes))
    }

    fn consume(&mut self, amount: usize) {
        self.ready -= amount;
        self.tape.consume(amount);
    }
}

impl<R: BufRead> Read for Body<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        read_buffered(self, out)
    }
}
