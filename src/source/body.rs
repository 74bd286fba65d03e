//! Response bodies: small ones read whole under a cap, blobs streamed to a thread that reads without copying.

use std::io::{self, BufRead, Read};
use std::sync::Arc;

use bytes::{Buf, Bytes};
use reqwest::Response;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::client::describe;
use crate::error::{Error, Kind, Result};

/// Bytes of a blob that wait for their reader.
const IN_FLIGHT: u32 = 1 << 20;

/// Chunks that wait for their reader: bounds those that are nearly empty.
const CHUNKS: usize = 256;

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

/// What comes from the network: bytes and the room that they take, the end, or what broke.
type Message = Result<Option<(Bytes, OwnedSemaphorePermit)>>;

/// A body as a reader, less its first `skip` bytes. The network side runs on `runtime`, at most [`IN_FLIGHT`] ahead.
pub fn stream(runtime: &Handle, response: Response, skip: u64) -> Body {
    let (sender, receiver) = mpsc::channel(CHUNKS);
    runtime.spawn(pump(response, skip, sender));
    Body { receiver, chunk: Bytes::new(), room: None, ended: false }
}

async fn pump(mut response: Response, mut skip: u64, sender: mpsc::Sender<Message>) {
    let room = Arc::new(Semaphore::new(IN_FLIGHT as usize));
    loop {
        let mut chunk = match response.chunk().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => break,
            Err(error) => return drop(sender.send(Err(describe(&error).1)).await),
        };
        let skipped = chunk.len().min(usize::try_from(skip).unwrap_or(usize::MAX));
        chunk.advance(skipped);
        skip -= skipped as u64;
        if chunk.is_empty() {
            continue;
        }
        let size = u32::try_from(chunk.len()).unwrap_or(IN_FLIGHT).min(IN_FLIGHT);
        let Ok(permit) = Arc::clone(&room).acquire_many_owned(size).await else { return };
        // The reader is gone: nobody wants the rest.
        if sender.send(Ok(Some((chunk, permit)))).await.is_err() {
            return;
        }
    }
    let end = if skip == 0 { Ok(None) } else { Err(Error::new(Kind::Unreachable, "the blob is shorter than it was")) };
    let _ = sender.send(end).await;
}

/// The bytes of a blob as they come.
pub struct Body {
    receiver: mpsc::Receiver<Message>,
    chunk: Bytes,
    /// Given back when the chunk is read.
    room: Option<OwnedSemaphorePermit>,
    ended: bool,
}

impl BufRead for Body {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.chunk.is_empty() && !self.ended {
            self.room = None;
            match self.receiver.blocking_recv() {
                Some(Ok(Some((chunk, permit)))) => (self.chunk, self.room) = (chunk, Some(permit)),
                Some(Ok(None)) => self.ended = true,
                Some(Err(error)) => return Err(error.into()),
                // A channel that closes without saying that this is the end is no end.
                None => return Err(Error::new(Kind::Unreachable, "the connection is gone").into()),
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
        let length = self.fill_buf()?.len().min(out.len());
        self.chunk.copy_to_slice(&mut out[..length]);
        Ok(length)
    }
}
