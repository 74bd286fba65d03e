//! Response bodies: small ones read whole under a cap, blobs streamed to a thread that reads without copying.

use std::io::{self, BufRead, Read};

use bytes::{Buf, Bytes};
use reqwest::Response;
use tokio::runtime::Handle;

use super::client::describe;
use crate::digest::read_buffered;
use crate::error::{Error, Kind, Result};

/// Reads a body of at most `limit` bytes. `None`: it has more.
pub async fn read_within(mut response: Response, limit: u64) -> Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| describe(&error).1)? {
        if (bytes.len() + chunk.len()) as u64 > limit {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Some(bytes))
}

/// Reads the first `limit` bytes of a body, or what there is before it breaks.
pub async fn read_up_to(mut response: Response, limit: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = usize::try_from(limit).unwrap_or(usize::MAX).saturating_sub(bytes.len());
        bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() >= room {
            break;
        }
    }
    bytes
}

/// A body as a reader, less its first `skip` bytes. What the reader did not ask for yet waits in the connection.
pub fn stream(runtime: &Handle, response: Response, skip: u64) -> Body {
    Body { runtime: runtime.clone(), response, skip, chunk: Bytes::new(), ended: false }
}

/// The bytes of a blob as they come. Who reads waits for the network itself: a task between the two would cost as many
/// wake-ups again, and memory for what it is ahead.
pub struct Body {
    runtime: Handle,
    response: Response,
    /// Bytes that still come before those that are wanted.
    skip: u64,
    chunk: Bytes,
    ended: bool,
}

impl BufRead for Body {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.chunk.is_empty() && !self.ended {
            match self.runtime.block_on(self.response.chunk()).map_err(|error| describe(&error).1)? {
                Some(chunk) => {
                    let skipped = chunk.len().min(usize::try_from(self.skip).unwrap_or(usize::MAX));
                    self.chunk = chunk.slice(skipped..);
                    self.skip -= skipped as u64;
                }
                None if self.skip > 0 => return Err(Error::new(Kind::Unreachable, "the blob is shorter than it was").into()),
                None => self.ended = true,
            }
        }
        Ok(&self.chunk)
    }

    fn consume(&mut self, amount: usize) {
        self.chunk.advance(amount);
    }
}

impl Read for Body {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        read_buffered(self, out)
    }
}
