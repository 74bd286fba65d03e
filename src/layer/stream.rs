//! One layer as a stream: blob → codec → tar, hashed at both ends, read to the last byte.

use std::io::{self, BufRead, Read};
use std::panic::resume_unwind;
use std::thread::{self, ScopedJoinHandle};

use super::OddityKind;
use super::blob::Blob;
use super::codec::Decoder;
use super::pipe::pipe;
use super::tar::{self, Event};
use crate::digest::{self, Algorithm, Digest, Dual, Verified};
use crate::error::{Error, Kind, Result};
use crate::image::Descriptor;
use crate::image::media_type::{Compression, MediaType};
use crate::limits::{self, Limits};

/// Bytes inflated at a time: small enough that the hashers find them in the second-level cache, large enough that
/// nothing is paid per call.
const CHUNK: usize = 128 << 10;

/// Buffers between two stages: enough that neither waits for the other's every step.
const BUFFERS: usize = 8;

/// Bytes of the buffers of a layer that is read in stages.
pub(super) const STAGED_BYTES: usize = 2 * BUFFERS * CHUNK;

/// A blob that was read to its last byte, whatever came of it.
pub(super) struct Walked {
    /// Its digest.
    pub(super) digest: Digest,
    /// Its bytes.
    pub(super) size: u64,
    /// Uncompressed bytes that it cost to read, holes counted as the zeros that they stand for.
    pub(super) spent: u64,
    /// What it is as a layer.
    pub(super) content: Result<Content>,
}

/// The tar in a blob, read to its last byte.
#[derive(Debug, Clone)]
pub(super) struct Content {
    /// Bytes of the uncompressed tar.
    pub(super) raw_size: u64,
    /// The digest of the tar.
    pub(super) diff_id: Digest,
    /// What the first bytes say.
    pub(super) compression: Compression,
    /// What is odd about the stream as a whole.
    pub(super) odd: Vec<(OddityKind, String)>,
}

impl Content {
    /// Holds the tar against what manifest and configuration say of it. Returns what is odd about the stream as a whole.
    pub(super) fn hold(&self, descriptor: &Descriptor, diff_id: &Digest) -> Result<Vec<(OddityKind, String)>> {
        let claimed = match MediaType::parse(&descriptor.media_type) {
            Some(MediaType::Layer(compression)) => Some(compression),
            _ => None,
        };
        let differing = claimed.filter(|claimed| *claimed != self.compression);
        if let (Some(claimed), 0) = (differing, descriptor.size) {
            return Err(Error::new(Kind::Corrupt, format!("the layer is empty, and its media type says {claimed}")));
        }
        digest::same(&self.diff_id, diff_id).map_err(|error| {
            let what = format!("the layer's tar is not the one of the config's diff_id: {}", error.what);
            Error { what, ..error }
        })?;
        let mut odd = self.odd.clone();
        if differing.is_some() {
            let what = format!("the media type is {:?}, the bytes are {}", descriptor.media_type, self.compression);
            odd.push((OddityKind::MediaType, what));
        }
        Ok(odd)
    }
}

/// Who sees the events of a tar. The digest has taken the bytes of each event, and is there to begin and to end that of a
/// file.
pub(super) type Visit<'a> = dyn FnMut(Event<'_>, &mut Dual) -> Result<()> + 'a;

/// Hands every event of the layer's tar to `visit`, and hashes the tar with `algorithm`. Fails where the blob cannot be
/// had, or is not the one that was declared, whatever it looked like.
pub(super) fn walk<R: BufRead>(
    blob: Verified<R>,
    algorithm: Algorithm,
    limits: &Limits,
    visit: &mut Visit<'_>,
) -> Result<Walked> {
    let mut blob = Blob::new(blob);
    let mut walker = Walker::new(algorithm, limits, visit);
    let mut buffer = vec![0; CHUNK];
    let coding = decode(&mut blob, limits, &mut |decoder| loop {
        match decoder.read(&mut buffer)? {
            0 => return Ok(()),
            length => walker.take(&buffer[..length])?,
        }
    });
    blob.drain()?;
    Ok(walker.finish(blob.inner(), coding))
}

/// Does what [`walk`] does in three stages, each on a thread: what receives the blob and holds it against its digest, what
/// decodes it, and what walks and hashes its tar.
pub(super) fn walk_staged<R: BufRead + Send>(
    blob: Verified<R>,
    algorithm: Algorithm,
    limits: &Limits,
    visit: &mut Visit<'_>,
) -> Result<Walked> {
    let mut walker = Walker::new(algorithm, limits, visit);
    thread::scope(|scope| {
        let ((blob_in, blob_out), (tar_in, mut tar_out)) = (pipe(BUFFERS, CHUNK), pipe(BUFFERS, CHUNK));
        let receiving = scope.spawn(move || {
            let mut blob = Blob::new(blob);
            // What stops the blob is told when it is drained, which it is even if nobody decodes it any more.
            let _ = blob_in.fill(|buffer| read_full(&mut blob, buffer));
            blob.drain().map(|_| blob)
        });
        let decoding = scope
            .spawn(move || decode(&mut Blob::new(blob_out), limits, &mut |decoder| tar_in.fill(|buffer| decoder.read(buffer))));
        let end = walker.take_all(&mut tar_out);
        drop(tar_out);
        let coding = join(decoding);
        let blob = join(receiving)?;
        Ok(walker.finish(blob.inner(), end.and(coding)))
    })
}

/// What a thread returned. Its panic goes on in this one.
fn join<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}

/// Fills a buffer as far as there is something to fill it with.
fn read_full(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(length) => filled += length,
            // It comes again, behind what was read.
            Err(_) if filled > 0 => break,
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// What the blob turned out to be when it was decoded.
struct Coding {
    compression: Compression,
    trailing: u64,
}

/// Starts the decoder that the blob calls for. `read` reads it to its end, or until nobody wants more.
fn decode<R: BufRead>(
    blob: &mut Blob<R>,
    limits: &Limits,
    read: &mut dyn FnMut(&mut Decoder<'_, R>) -> Result<()>,
) -> Result<Coding> {
    let mut decoder = Decoder::new(blob, limits)?;
    read(&mut decoder)?;
    Ok(Coding { compression: decoder.compression(), trailing: decoder.trailing() })
}

/// What becomes of the uncompressed bytes.
struct Walker<'a> {
    tar: tar::Reader,
    dual: Dual,
    budget: Budget,
    raw_size: u64,
    visit: &'a mut Visit<'a>,
}

impl<'a> Walker<'a> {
    fn new(algorithm: Algorithm, limits: &Limits, visit: &'a mut Visit<'a>) -> Self {
        let budget = Budget { left: limits.layer_bytes, limit: limits.layer_bytes };
        Self { tar: tar::Reader::new(limits.special_header), dual: Dual::new(algorithm), budget, raw_size: 0, visit }
    }

    /// Takes the next bytes of the tar.
    fn take(&mut self, mut bytes: &[u8]) -> Result<()> {
        self.raw_size += bytes.len() as u64;
        loop {
            let before = bytes;
            let event = self.tar.next(&mut bytes);
            let taken = &before[..before.len() - bytes.len()];
            // What was spent before an error does not depend on the pieces that came.
            self.budget.spend(taken.len() as u64)?;
            self.dual.update(taken);
            let Some(event) = event? else { return Ok(()) };
            if let Event::Hole(zeros) = event {
                self.budget.spend(zeros)?;
            }
            (self.visit)(event, &mut self.dual)?;
        }
    }

    /// Takes what comes, to the end or to where it stops.
    fn take_all(&mut self, tar: &mut impl BufRead) -> Result<()> {
        loop {
            let bytes = tar.fill_buf()?;
            if bytes.is_empty() {
                return Ok(());
            }
            let length = bytes.len();
            self.take(bytes)?;
            tar.consume(length);
        }
    }

    /// Ends the tar, of a blob that is drained.
    fn finish<R: BufRead>(self, blob: &Verified<R>, coding: Result<Coding>) -> Walked {
        let spent = self.budget.limit - self.budget.left;
        let content = coding.and_then(|coding| {
            let mut odd = self.tar.finish()?;
            if coding.trailing > 0 {
                let what = format!("{} bytes follow the gzip data; container runtimes differ on them", coding.trailing);
                odd.push((OddityKind::Trailing, what));
            }
            Ok(Content { raw_size: self.raw_size, diff_id: self.dual.finish(), compression: coding.compression, odd })
        });
        Walked { digest: blob.digest(), size: blob.position(), spent, content }
    }
}

/// The uncompressed bytes that a layer may still have, holes counted as the zeros that they stand for.
struct Budget {
    left: u64,
    limit: u64,
}

impl Budget {
    fn spend(&mut self, bytes: u64) -> Result<()> {
        let left = self.left.checked_sub(bytes);
        self.left = left.unwrap_or_default();
        let over = || limits::layer_bytes(format!("the layer has more than {} uncompressed bytes", self.limit));
        left.map(|_| ()).ok_or_else(over)
    }
}

#[cfg(test)]
mod tests;
