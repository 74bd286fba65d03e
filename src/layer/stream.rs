//! One layer as a stream: blob → codec → tar, hashed at both ends, read to the last byte.

use std::io::BufRead;

use super::OddityKind;
use super::blob::Blob;
use super::codec::Decoder;
use super::tar::{self, Event};
use crate::digest::{self, Algorithm, Digest, Hasher, Verified};
use crate::error::{Error, Kind, Result};
use crate::image::Descriptor;
use crate::image::media_type::{Compression, MediaType};
use crate::limits::{self, Limits};

/// Bytes inflated at a time: small enough that the hashers find them in the second-level cache, large enough that
/// nothing is paid per call.
const CHUNK: usize = 128 << 10;

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

/// Hands every event of the layer's tar to `visit`, and hashes the tar with `algorithm`. Fails where the blob cannot be
/// had, or is not the one that was declared, whatever it looked like.
pub(super) fn walk<R: BufRead>(
    blob: Verified<R>,
    algorithm: Algorithm,
    limits: &Limits,
    visit: &mut dyn FnMut(Event<'_>) -> Result<()>,
) -> Result<Walked> {
    let mut blob = Blob::new(blob);
    let mut budget = Budget { left: limits.layer_bytes, limit: limits.layer_bytes };
    let content = decode(&mut blob, algorithm, limits, &mut budget, visit);
    blob.drain()?;
    Ok(Walked { digest: blob.digest(), size: blob.position(), spent: budget.limit - budget.left, content })
}

fn decode<R: BufRead>(
    blob: &mut Blob<R>,
    algorithm: Algorithm,
    limits: &Limits,
    budget: &mut Budget,
    visit: &mut dyn FnMut(Event<'_>) -> Result<()>,
) -> Result<Content> {
    let mut decoder = Decoder::new(blob, limits)?;
    let mut hasher = Hasher::new(algorithm);
    let mut reader = tar::Reader::new(limits.special_header);
    let mut buffer = vec![0; CHUNK];
    let mut raw_size = 0;
    loop {
        let length = decoder.read(&mut buffer)?;
        if length == 0 {
            break;
        }
        let mut chunk = &buffer[..length];
        raw_size += length as u64;
        budget.spend(length as u64)?;
        hasher.update(chunk);
        while let Some(event) = reader.next(&mut chunk)? {
            if let Event::Hole(zeros) = event {
                budget.spend(zeros)?;
            }
            visit(event)?;
        }
    }
    let mut odd = reader.finish()?;
    if decoder.trailing() > 0 {
        let what = format!("{} bytes follow the gzip data; container runtimes differ on them", decoder.trailing());
        odd.push((OddityKind::Trailing, what));
    }
    Ok(Content { raw_size, diff_id: hasher.finish(), compression: decoder.compression(), odd })
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
