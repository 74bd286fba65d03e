//! The codecs that compress a tar as it is written.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

/// How the tar of a layer becomes a blob.
#[derive(Clone, Copy, Debug)]
pub enum Codec {
    Plain,
    /// One member, at this level.
    Gzip(u32),
    /// One member with an empty stored block behind every 128 KiB, as pigz and other compressors of many threads write it.
    Flushed,
    /// A member for each MiB.
    Members,
    /// One frame, at level 3.
    Zstd,
}

/// Bytes between the flushes of pigz: its default block.
const FLUSHED: usize = 128 << 10;
const MEMBER: usize = 1 << 20;
const ZSTD_LEVEL: i32 = 3;

impl Codec {
    /// What it adds to the media type of a tar.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Gzip(_) | Self::Flushed | Self::Members => "+gzip",
            Self::Zstd => "+zstd",
        }
    }
}

/// A codec at work.
pub enum Encoder<'a> {
    Plain(&'a mut dyn Write),
    Gzip(GzEncoder<&'a mut dyn Write>),
    Flushed {
        encoder: GzEncoder<&'a mut dyn Write>,
        since: usize,
    },
    /// What the open member holds, uncompressed.
    Members {
        to: &'a mut dyn Write,
        held: Vec<u8>,
    },
    Zstd(Box<zstd::Encoder<'static, &'a mut dyn Write>>),
}

impl<'a> Encoder<'a> {
    pub fn new(codec: Codec, to: &'a mut dyn Write) -> Self {
        match codec {
            Codec::Plain => Self::Plain(to),
            Codec::Gzip(level) => Self::Gzip(GzEncoder::new(to, Compression::new(level))),
            Codec::Flushed => Self::Flushed { encoder: GzEncoder::new(to, Compression::default()), since: 0 },
            Codec::Members => Self::Members { to, held: Vec::with_capacity(MEMBER) },
            Codec::Zstd => Self::Zstd(Box::new(zstd::Encoder::new(to, ZSTD_LEVEL).unwrap())),
        }
    }

    /// Ends the data.
    pub fn finish(self) {
        match self {
            Self::Plain(_) => {}
            Self::Gzip(encoder) | Self::Flushed { encoder, .. } => drop(encoder.finish().unwrap()),
            Self::Members { to, held } => member(to, &held, Compression::default()),
            Self::Zstd(encoder) => drop(encoder.finish().unwrap()),
        }
    }
}

impl Write for Encoder<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(to) => to.write(bytes),
            Self::Gzip(encoder) => encoder.write(bytes),
            Self::Flushed { encoder, since } => {
                let length = encoder.write(&bytes[..bytes.len().min(FLUSHED - *since)])?;
                *since += length;
                if *since == FLUSHED {
                    encoder.flush()?;
                    *since = 0;
                }
                Ok(length)
            }
            Self::Members { to, held } => {
                let length = bytes.len().min(MEMBER - held.len());
                held.extend_from_slice(&bytes[..length]);
                if held.len() == MEMBER {
                    member(to, held, Compression::default());
                    held.clear();
                }
                Ok(length)
            }
            Self::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes one gzip member.
pub fn member(to: &mut dyn Write, bytes: &[u8], level: Compression) {
    let mut encoder = GzEncoder::new(to, level);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap();
}
