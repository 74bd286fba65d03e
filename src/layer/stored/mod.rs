//! A layer that was read, as bytes for the next run: what the blob is, before anyone holds it against a manifest.

mod code;
mod elf;
mod entries;

use std::io::{self, Read, Write};
use std::sync::Arc;

use super::oddities::Oddities;
use super::stream::Content;
use super::{Entries, LayerPath, Oddity, OddityKind, Passed, keep};
use crate::digest::Algorithm;
use crate::image::Descriptor;
use crate::image::media_type::Compression;
use crate::limits::Limits;
use code::{In, Out};
use entries::{Decoder, Encoder};

/// Version of the form in which a layer is stored.
const FORM: u32 = 1;

/// The version of what is kept of a layer, and of the form in which it is stored. Each has its own meaning of the same bytes.
pub fn version() -> String {
    format!("{}.{FORM}", keep::VERSION)
}

/// How hard zstd tries. More would take longer than reading saves: half of the bytes are digests.
const LEVEL: i32 = 1;
/// Bytes of a block: a megabyte, and the longest file that is kept whole.
const BLOCK: u32 = 64 << 20;
/// Bytes of all blocks: ten million entries have as many.
const ALL: u64 = 1 << 30;

const COMPRESSIONS: [Compression; 3] = [Compression::None, Compression::Gzip, Compression::Zstd];
const KINDS: [OddityKind; 6] = [
    OddityKind::Entry,
    OddityKind::Ignored,
    OddityKind::Trailing,
    OddityKind::MediaType,
    OddityKind::More,
    OddityKind::Capabilities,
];

impl Passed {
    /// Writes what was read under `limits`, if it was read to its end without an error.
    pub fn store(&self, limits: &Limits, out: &mut dyn Write) -> io::Result<()> {
        let mut packer = zstd::stream::write::Encoder::new(out, LEVEL)?;
        self.write(limits, &mut packer)?;
        packer.finish().map(drop)
    }

    fn write(&self, limits: &Limits, out: &mut dyn Write) -> io::Result<()> {
        let Ok((content, entries, oddities)) = &self.layer else { return Err(io::Error::other("the layer is damaged")) };
        let mut head = Out::default();
        for bound in bounds(self.spent, limits) {
            head.number(bound);
        }
        head.number(self.size);
        head.bytes(content.diff_id.to_string().as_bytes());
        head.number(content.raw_size);
        head.byte(place(&COMPRESSIONS, &content.compression));
        head.list(&content.odd, |out, (kind, what)| {
            out.byte(place(&KINDS, kind));
            out.bytes(what.as_bytes());
        });
        head.list(&oddities.list, |out, Oddity { path, kind, what }| {
            out.optional(path.as_ref().map(LayerPath::as_bytes));
            out.byte(place(&KINDS, kind));
            out.bytes(what.as_bytes());
        });
        head.number(oddities.more);
        head.number(entries.len() as u64);
        block(&head.0, out)?;
        let mut encoder = Encoder::default();
        for entry in entries.iter() {
            if let Some(full) = encoder.push(entry.path().as_bytes(), entry.stat(), entry.body()) {
                block(&full, out)?;
            }
        }
        block(&encoder.block(), out)
    }

    /// What [`store`](Self::store) wrote of the blob of a descriptor, as a reading under `limits` that hashes the tar with
    /// `algorithm` would find it. `None`: such a reading could find something else. Fails where the bytes are damaged; how
    /// much of them is read has a ceiling.
    pub fn restore(
        stored: &[u8],
        descriptor: &Descriptor,
        algorithm: Algorithm,
        limits: &Limits,
    ) -> Result<Option<Self>, &'static str> {
        let unpacker = zstd::stream::read::Decoder::with_buffer(stored).map_err(|_| DAMAGED)?;
        Self::read(unpacker.take(ALL), descriptor, algorithm, limits).ok_or(DAMAGED)
    }

    #[expect(clippy::option_option, reason = "the bytes may be damaged, and what they say may be no answer")]
    fn read(mut stored: impl Read, descriptor: &Descriptor, algorithm: Algorithm, limits: &Limits) -> Option<Option<Self>> {
        let mut buffer = Vec::new();
        next(&mut stored, &mut buffer)?;
        let mut head = In(&buffer);
        let mut bound = || head.number();
        let found = [bound()?, bound()?, bound()?, bound()?, bound()?];
        let [spent, ..] = found;
        let size = head.number()?;
        let odd = |input: &mut In<'_>| Some((*KINDS.get(usize::from(input.byte()?))?, input.text()?.to_owned()));
        let content = Content {
            diff_id: head.text()?.parse().ok()?,
            raw_size: head.number()?,
            compression: *COMPRESSIONS.get(usize::from(head.byte()?))?,
            odd: head.list(odd)?,
        };
        let oddity = |input: &mut In<'_>| {
            let path = input.optional(|input| LayerPath::normal(input.bytes()?))?;
            odd(input).map(|(kind, what)| Oddity { path, kind, what })
        };
        let oddities = Oddities { list: head.list(oddity)?, more: head.number()? };
        let mut left = head.number()?;
        let is_read = head.0.is_empty();
        let fits = found.into_iter().zip(bounds(limits.layer_bytes, limits)).all(|(found, most)| found <= most);
        if !fits || left > limits.entries || size != descriptor.size || content.diff_id.algorithm() != algorithm {
            return is_read.then_some(None);
        }
        let (mut entries, mut decoder) = (Entries::default(), Decoder::default());
        while left > 0 {
            next(&mut stored, &mut buffer)?;
            left -= decoder.block(&buffer, left, &mut |entry| entries.push(entry))?;
        }
        entries.shrink();
        let layer = Ok((content, Arc::new(entries), oddities));
        is_read.then(|| Some(Self { digest: descriptor.digest.clone(), spent, size, layer }))
    }
}

const DAMAGED: &str = "it is no layer as this version stores them";

/// What a reading depends on beside the blob: the bytes that it spent, and the ceilings that it kept to, though not how near
/// it came. Under lower ones it is made again.
fn bounds(bytes: u64, limits: &Limits) -> [u64; 5] {
    [bytes, limits.entries, limits.path, limits.special_header, limits.zstd_window]
}

fn place<T: PartialEq>(all: &[T], one: &T) -> u8 {
    all.iter().position(|other| other == one).and_then(|place| u8::try_from(place).ok()).unwrap_or(u8::MAX)
}

fn block(bytes: &[u8], out: &mut dyn Write) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).ok().filter(|length| *length <= BLOCK).ok_or(io::ErrorKind::FileTooLarge)?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(bytes)
}

/// Reads the next block.
fn next(stored: &mut impl Read, buffer: &mut Vec<u8>) -> Option<()> {
    let mut length = [0; 4];
    stored.read_exact(&mut length).ok()?;
    let length = Some(u32::from_le_bytes(length)).filter(|length| *length <= BLOCK)?;
    buffer.clear();
    let read = stored.take(length.into()).read_to_end(buffer).ok()?;
    (read as u64 == u64::from(length)).then_some(())
}

#[cfg(test)]
mod tests;
