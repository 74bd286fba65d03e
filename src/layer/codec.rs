//! What a blob is compressed with, told by its bytes; every member and frame of it is read.

use std::io::{self, BufRead, Read};

use super::blob::Blob;
use super::inflate::Gunzip;
use crate::error::{Error, Kind, Result};
use crate::image::media_type::Compression;
use crate::limits::{self, Limits};

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
/// The last three bytes of the magic of a skippable frame (RFC 8878, section 3.1.2); its first is 0x50 to 0x5f.
const SKIPPABLE: &[u8] = &[0x2a, 0x4d, 0x18];
/// Formats that Docker knows and the image specification does not.
const REFUSED: [(&[u8], &str); 2] = [(&[0xfd, b'7', b'z', b'X', b'Z', 0], "xz"), (b"BZh", "bzip2")];
/// The longest magic number above.
const LONGEST: usize = 6;

/// Reads the content of a blob, whatever it is compressed with.
pub(super) struct Decoder<'a, R: BufRead> {
    compression: Compression,
    inner: Inner<'a, R>,
}

enum Inner<'a, R: BufRead> {
    Plain(&'a mut Blob<R>),
    Gzip(Gunzip<&'a mut Blob<R>>),
    Zstd { decoder: zstd::stream::read::Decoder<'static, &'a mut Blob<R>>, window: u64 },
}

/// What the first bytes of a blob say.
fn detect(head: &[u8]) -> Result<Compression> {
    if let Some((_, name)) = REFUSED.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Err(Error::new(
            Kind::Unsupported,
            format!("the layer is compressed with {name}; layers are gzip, zstd or plain tar"),
        ));
    }
    let is_skippable = matches!(head, [0x50..=0x5f, rest @ ..] if rest.starts_with(SKIPPABLE));
    Ok(match head {
        head if head.starts_with(GZIP) => Compression::Gzip,
        head if head.starts_with(ZSTD) || is_skippable => Compression::Zstd,
        _ => Compression::None,
    })
}

impl<'a, R: BufRead> Decoder<'a, R> {
    /// Looks at the first bytes and starts the decoder that they call for.
    pub(super) fn new(blob: &'a mut Blob<R>, limits: &Limits) -> Result<Self> {
        let compression = detect(blob.peek(LONGEST)?)?;
        let inner = match compression {
            Compression::None => Inner::Plain(blob),
            Compression::Gzip => Inner::Gzip(Gunzip::new(blob)),
            Compression::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(blob)?;
                decoder.window_log_max(limits.zstd_window.max(1).ilog2().clamp(10, 31))?;
                Inner::Zstd { decoder, window: limits.zstd_window }
            }
        };
        Ok(Self { compression, inner })
    }

    /// What the blob is compressed with.
    pub(super) fn compression(&self) -> Compression {
        self.compression
    }

    /// Bytes of the blob behind the last gzip member.
    pub(super) fn trailing(&self) -> u64 {
        match &self.inner {
            Inner::Gzip(gunzip) => gunzip.trailing(),
            Inner::Plain(_) | Inner::Zstd { .. } => 0,
        }
    }

    /// The next bytes of the content; 0 at its end, when the blob has been read to its last byte.
    pub(super) fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        match &mut self.inner {
            Inner::Plain(blob) => Ok(blob.read(out)?),
            Inner::Zstd { decoder, window } => match decoder.read(out) {
                Ok(length) => Ok(length),
                Err(error) => Err(zstd_error(&error, decoder.get_ref().position(), *window)),
            },
            Inner::Gzip(gunzip) => gunzip.read(out).map_err(|error| damaged("gzip", &error, gunzip.get_ref().position())),
        }
    }
}

fn damaged(codec: &str, error: &io::Error, position: u64) -> Error {
    if error.kind() == io::ErrorKind::Unsupported {
        return Error::new(Kind::Unsupported, format!("{error}, before byte {position} of the blob"));
    }
    let what = match error.kind() {
        io::ErrorKind::UnexpectedEof => format!("the {codec} data ends early, at byte {position} of the blob"),
        _ => format!("the {codec} data is damaged before byte {position} of the blob: {error}"),
    };
    Error::new(Kind::Corrupt, what)
}

fn zstd_error(error: &io::Error, position: u64, window: u64) -> Error {
    // The binding gives libzstd's message and no code.
    if error.to_string().contains("requires too much memory") {
        return limits::zstd_window(format!("a zstd frame needs a window of more than {window} bytes"));
    }
    if error.to_string().contains("Dictionary mismatch") {
        let what = format!("a zstd frame before byte {position} of the blob needs a dictionary, which no layer comes with");
        return Error::new(Kind::Unsupported, what).hint("build the image again with a current builder");
    }
    damaged("zstd", error, position)
}
