//! Bodies that come encoded although they were not asked for so. A digest speaks of the bytes that were pushed, which are those
//! beneath a `Content-Encoding`, or those of the body where the header is a mistake of whoever stored them.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use reqwest::Response;
use reqwest::header::{CONTENT_ENCODING, CONTENT_LENGTH};

use super::refusal::excerpt;
use super::resume::CLOSED;
use crate::error::{Error, Kind, Result};

/// The first bytes of gzip (RFC 1952, 2.3.1).
const GZIP: &[u8] = &[0x1f, 0x8b];

/// What the header says of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// The bytes are those that were pushed.
    Identity,
    /// They are packed by gzip.
    Gzip,
}

impl Encoding {
    /// What the header of an answer says. It is not believed where the body has the length that is wanted, `size` bytes: a
    /// storage that was told that an object is packed says so, and sends it as it is.
    pub fn of(response: &Response, size: Option<u64>) -> Result<Self> {
        let header = |name| response.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
        let encoding = header(CONTENT_ENCODING).unwrap_or_default().trim().to_ascii_lowercase();
        let length = header(CONTENT_LENGTH).and_then(|length| length.parse().ok());
        if encoding.is_empty() || encoding == "identity" || size.is_some() && length == size {
            return Ok(Self::Identity);
        }
        if encoding == "gzip" || encoding == "x-gzip" {
            return Ok(Self::Gzip);
        }
        let what = format!("the answer is encoded as {}, though it was asked for as it is", excerpt(&encoding));
        Err(Error::new(Kind::Unsupported, what).hint("look for a proxy or a setting of the registry that encodes what it sends"))
    }

    /// The whole of a document, of which at most `limit` bytes are unpacked; `None` if it has more. What does not begin as gzip
    /// was never packed.
    pub fn unpacked(self, bytes: Vec<u8>, limit: u64) -> Result<Option<Vec<u8>>> {
        if self == Self::Identity || !bytes.starts_with(GZIP) {
            return Ok(Some(bytes));
        }
        let mut out = Vec::new();
        MultiGzDecoder::new(&bytes[..]).take(limit.saturating_add(1)).read_to_end(&mut out).map_err(|error| damaged(&error))?;
        Ok(Some(out).filter(|out| out.len() as u64 <= limit))
    }

    /// The bytes beneath, less the first `skip`.
    pub fn reader(self, mut body: impl BufRead + Send + 'static, skip: u64) -> io::Result<Box<dyn BufRead + Send>> {
        if self == Self::Identity || !body.fill_buf()?.starts_with(GZIP) {
            return skipped(Box::new(body), skip);
        }
        skipped(Box::new(BufReader::new(Unpacked(MultiGzDecoder::new(body)))), skip)
    }
}

fn skipped(mut reader: Box<dyn BufRead + Send>, skip: u64) -> io::Result<Box<dyn BufRead + Send>> {
    if io::copy(&mut reader.by_ref().take(skip), &mut io::sink())? < skip {
        return Err(Error::new(Kind::Unreachable, "the blob is shorter than it was").into());
    }
    Ok(reader)
}

/// Fails with what is wrong, so that damage is told from a connection that broke.
struct Unpacked<R>(MultiGzDecoder<R>);

impl<R: BufRead> Read for Unpacked<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out).map_err(|error| match error.get_ref() {
            Some(own) if own.is::<Error>() => error,
            _ if error.kind() == io::ErrorKind::UnexpectedEof => Error::new(Kind::Unreachable, CLOSED).into(),
            _ => damaged(&error).into(),
        })
    }
}

fn damaged(error: &io::Error) -> Error {
    let what = format!("the answer says that it is gzip, and cannot be unpacked: {error}");
    Error::new(Kind::Corrupt, what).hint("look for a proxy or a setting of the registry that encodes what it sends")
}
