//! Response bodies: small ones read whole under a cap, blobs streamed to a thread that reads without copying.

use std::io::{self, BufRead, Read};
use std::time::{Duration, Instant};

use bytes::{Buf, Bytes};
use reqwest::Response;
use tokio::runtime::Handle;

use super::client::{authority, describe, silent};
use super::deadline::Waiting;
use crate::digest::read_buffered;
use crate::error::{Error, Kind, Result};

/// Bytes of a second under which a body is as good as silent: at this rate a million take three hours.
const LEAST: u64 = 100;

/// How long what a server says of a failure may take to come.
const EXPLANATION: Duration = Duration::from_secs(10);

/// A body as it comes, piece by piece.
struct Pieces {
    response: Response,
    /// How long it may be silent, or as good as that.
    waiting: Waiting,
    /// How long was waited since it was last looked at how much came, and how much that was.
    waited: Duration,
    came: u64,
}

impl Pieces {
    fn new(response: Response, waiting: Waiting) -> Self {
        Self { response, waiting, waited: Duration::ZERO, came: 0 }
    }

    /// The next piece. Only the time that is waited for it counts: a reader that takes its own blames nobody.
    async fn next(&mut self) -> Result<Option<Bytes>> {
        let asked = Instant::now();
        let Some(piece) = self.waiting.on(self.response.chunk()).await? else {
            return Err(silent(self.response.url()));
        };
        let piece = piece.map_err(|error| describe(&error.with_url(self.response.url().clone())).1)?;
        self.waited += asked.elapsed();
        self.came += piece.as_ref().map_or(0, Bytes::len) as u64;
        if piece.is_some() && self.waited >= self.waiting.silence {
            if u128::from(self.came) * 1000 < u128::from(LEAST) * self.waited.as_millis() {
                let what = format!("{} sends less than {LEAST} bytes a second", authority(self.response.url()));
                return Err(Error::new(Kind::Unreachable, what).hint("--timeout sets how long it may be so slow"));
            }
            (self.waited, self.came) = (Duration::ZERO, 0);
        }
        Ok(piece)
    }
}

/// Reads a body of at most `limit` bytes. `None`: it has more.
pub async fn read_within(response: Response, limit: u64, waiting: Waiting) -> Result<Option<Vec<u8>>> {
    let mut pieces = Pieces::new(response, waiting);
    let mut bytes = Vec::new();
    while let Some(chunk) = pieces.next().await? {
        if (bytes.len() + chunk.len()) as u64 > limit {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Some(bytes))
}

/// Reads the first `limit` bytes of a body, or what there is before it breaks or takes too long.
pub async fn read_up_to(mut response: Response, limit: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let end = tokio::time::Instant::now() + EXPLANATION;
    while let Ok(Ok(Some(chunk))) = tokio::time::timeout_at(end, response.chunk()).await {
        let room = usize::try_from(limit).unwrap_or(usize::MAX).saturating_sub(bytes.len());
        bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() >= room {
            break;
        }
    }
    bytes
}

/// A body as a reader. What the reader did not ask for yet waits in the connection.
pub fn stream(runtime: &Handle, response: Response, waiting: Waiting) -> Body {
    Body { runtime: runtime.clone(), pieces: Pieces::new(response, waiting), chunk: Bytes::new(), ended: false }
}

/// The bytes of a blob as they come. Who reads waits for the network itself: a task between the two would cost as many
/// wake-ups again, and memory for what it is ahead.
pub struct Body {
    runtime: Handle,
    pieces: Pieces,
    chunk: Bytes,
    ended: bool,
}

impl BufRead for Body {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.chunk.is_empty() && !self.ended {
            match self.runtime.block_on(self.pieces.next())? {
                Some(chunk) => self.chunk = chunk,
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
