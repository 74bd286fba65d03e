//! The bytes below a decoder, with a look ahead, and with a memory of what went wrong.

use std::io::{self, BufRead, Read};

use crate::digest::read_buffered;
use crate::error::{Error, Result};

/// A blob. Decoders see it as bytes; what stops it is kept here and outranks what a decoder made of it.
pub(super) struct Blob<R> {
    inner: R,
    /// Bytes taken from below.
    taken: u64,
    /// Bytes looked at and not yet consumed.
    ahead: Vec<u8>,
    failure: Option<Error>,
}

impl<R: BufRead> Blob<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, taken: 0, ahead: Vec::new(), failure: None }
    }

    /// What is below.
    pub(super) fn inner(&self) -> &R {
        &self.inner
    }

    /// Bytes consumed so far.
    pub(super) fn position(&self) -> u64 {
        self.taken - self.ahead.len() as u64
    }

    /// The next `length` bytes, fewer at the end, without consuming them. A look that begins while an earlier one is
    /// not consumed extends it.
    pub(super) fn peek(&mut self, length: usize) -> io::Result<&[u8]> {
        while self.ahead.len() < length {
            self.ready()?;
            let next = self.inner.fill_buf()?;
            if next.is_empty() {
                break;
            }
            let taken = next.len().min(length - self.ahead.len());
            self.ahead.extend_from_slice(&next[..taken]);
            self.inner.consume(taken);
            self.taken += taken as u64;
        }
        Ok(&self.ahead)
    }

    /// Reads what is left, so that a digest below speaks of every byte, and tells what stopped the blob, if anything did.
    /// Returns the bytes drained.
    pub(super) fn drain(&mut self) -> Result<u64> {
        let mut drained = 0;
        while self.failure.is_none() {
            let length = self.fill_buf().map_or(0, <[u8]>::len);
            if length == 0 {
                break;
            }
            self.consume(length);
            drained += length as u64;
        }
        self.failure.take().map_or(Ok(drained), Err)
    }

    /// Makes bytes available below, or remembers why there are none.
    fn ready(&mut self) -> io::Result<()> {
        while self.failure.is_none() {
            match self.inner.fill_buf() {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.failure = Some(error.into()),
            }
        }
        Err(io::Error::other("the blob cannot be read further"))
    }
}

impl<R: BufRead> BufRead for Blob<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if !self.ahead.is_empty() {
            return Ok(&self.ahead);
        }
        self.ready()?;
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        if self.ahead.is_empty() {
            self.inner.consume(amount);
            self.taken += amount as u64;
        } else {
            self.ahead.drain(..amount);
        }
    }
}

impl<R: BufRead> Read for Blob<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        read_buffered(self, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::{Digest, Verified};
    use crate::error::Kind;

    fn blob(content: &[u8], size: u64) -> Blob<Verified<&[u8]>> {
        Blob::new(Verified::new(content, &Digest::sha256(b"layer"), size))
    }

    #[test]
    fn a_look_ahead_consumes_nothing() {
        let mut blob = blob(b"layer", 5);
        assert_eq!(blob.peek(2).unwrap(), b"la");
        assert_eq!(blob.peek(9).unwrap(), b"layer");
        assert_eq!(blob.position(), 0);
        let mut out = Vec::new();
        blob.read_to_end(&mut out).unwrap();
        assert_eq!((out.as_slice(), blob.position()), (&b"layer"[..], 5));
    }

    #[test]
    fn what_stopped_the_blob_is_remembered_until_it_is_asked_for() {
        let mut blob = blob(b"lever", 5);
        assert!(io::copy(&mut blob, &mut io::sink()).is_err());
        assert!(blob.fill_buf().is_err(), "an end after a failure is no end");
        let error = blob.drain().unwrap_err();
        assert!(error.kind == Kind::Corrupt && error.what.contains("digest"), "{error}");
    }
}
