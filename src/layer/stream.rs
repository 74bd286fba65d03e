//! One layer as a stream: blob → codec → tar, verified at both ends, read to the last byte.

use std::io::BufRead;

use super::blob::Blob;
use super::codec::Decoder;
use super::tar::{self, Event};
use crate::digest::{Digest, Hasher, Verified};
use crate::error::{Error, Kind, Result};
use crate::image::Descriptor;
use crate::image::media_type::MediaType;
use crate::limits::{self, Limits};

/// Bytes inflated at a time: small enough that the hashers find them in the second-level cache, large enough that
/// nothing is paid per call.
const CHUNK: usize = 128 << 10;

/// What a layer is held against.
pub(super) struct Wanted<'a> {
    pub(super) descriptor: &'a Descriptor,
    pub(super) diff_id: &'a Digest,
    pub(super) limits: &'a Limits,
}

/// A layer that was read to its last byte, and is what it was declared to be.
pub(super) struct Walked {
    /// Bytes of the uncompressed tar.
    pub(super) raw_size: u64,
    /// What is odd about the stream as a whole.
    pub(super) odd: Vec<String>,
}

/// Hands every event of the layer's tar to `visit`. What `visit` was given is verified only when this returns without
/// an error.
pub(super) fn walk<R: BufRead>(blob: R, wanted: &Wanted<'_>, visit: &mut dyn FnMut(Event<'_>) -> Result<()>) -> Result<Walked> {
    let mut blob = Blob::new(Verified::new(blob, &wanted.descriptor.digest, wanted.descriptor.size));
    let walked = decode(&mut blob, wanted, visit);
    // Bytes that are not the declared ones, or that cannot be had, outrank whatever they looked like.
    blob.drain()?;
    walked
}

fn decode<R: BufRead>(blob: &mut Blob<R>, wanted: &Wanted<'_>, visit: &mut dyn FnMut(Event<'_>) -> Result<()>) -> Result<Walked> {
    let Wanted { descriptor, diff_id, limits } = wanted;
    let claimed = match MediaType::parse(&descriptor.media_type) {
        Some(MediaType::Layer(compression)) => Some(compression),
        _ => None,
    };
    let mut decoder = Decoder::new(blob, claimed, limits)?;
    let mut hasher = Hasher::new(diff_id.algorithm());
    let mut reader = tar::Reader::new(limits.special_header);
    let mut budget = Budget { left: limits.layer_bytes, limit: limits.layer_bytes };
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
    let found = hasher.finish();
    if found != **diff_id {
        return Err(Error::new(Kind::Corrupt, format!("the layer's tar has digest {found}, the config's diff_id is {diff_id}")));
    }
    if claimed.is_some_and(|claimed| claimed != decoder.compression()) {
        odd.push(format!("the media type is {:?}, the bytes are {}", descriptor.media_type, decoder.compression()));
    }
    if decoder.trailing() > 0 {
        odd.push(format!("{} bytes follow the gzip data; container runtimes differ on them", decoder.trailing()));
    }
    Ok(Walked { raw_size, odd })
}

/// The uncompressed bytes that a layer may still have, holes counted as the zeros that they stand for.
struct Budget {
    left: u64,
    limit: u64,
}

impl Budget {
    fn spend(&mut self, bytes: u64) -> Result<()> {
        self.left = self
            .left
            .checked_sub(bytes)
            .ok_or_else(|| limits::layer_bytes(format!("the layer has more than {} uncompressed bytes", self.limit)))?;
        Ok(())
    }
}
