//! The members of a gzip file (RFC 1952).

use std::io::{self, BufRead, Read};

use crc32fast::Hasher;

use super::Stop;
use super::deflate::Inflate;
use super::window::Window;
use crate::digest::read_buffered;

const MAGIC: [u8; 2] = [0x1f, 0x8b];
/// The only method of compression that is defined: deflate (section 2.3.1).
const DEFLATE: u8 = 8;
/// Flags of a header, and those that must be zero.
const HEADER_CRC: u8 = 1 << 1;
const EXTRA: u8 = 1 << 2;
const NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0xe0;
/// The longest name and comment that Go's decoder takes (Go, compress/gzip, `readString`), and so most runtimes do.
const LONGEST_TEXT: u64 = 511;

/// Where in the file the decoder is.
#[derive(Debug)]
enum State {
    /// Before a member, or what else there is.
    Between,
    /// In a member: the checksum of its bytes, and their number modulo 2^32.
    Member(Hasher, u32),
    /// Behind everything.
    End,
}

/// Decodes gzip, all members as one stream. It hands its bytes out where they were decoded: see [`BufRead`].
#[derive(Debug)]
pub(in crate::layer) struct Gunzip<R> {
    source: R,
    state: State,
    inflate: Box<Inflate>,
    window: Window,
    trailing: u64,
    /// What ended the data. It is told once all that came before is taken.
    failure: Option<io::Error>,
}

impl<R: BufRead> Gunzip<R> {
    /// Decodes what begins with a member.
    pub(in crate::layer) fn new(source: R) -> Self {
        let inflate = Box::new(Inflate::new());
        Self { source, state: State::Between, inflate, window: Window::new(), trailing: 0, failure: None }
    }

    /// What is decoded.
    pub(in crate::layer) fn get_ref(&self) -> &R {
        &self.source
    }

    /// Bytes behind the last member, once all before them has been read.
    pub(in crate::layer) fn trailing(&self) -> u64 {
        self.trailing
    }

    /// Fills the window, over as many members as it takes.
    fn advance(&mut self) -> io::Result<()> {
        self.window.slide();
        while !self.window.is_full() {
            match &mut self.state {
                State::Between => self.begin()?,
                State::Member(checksum, count) => {
                    let input = self.source.fill_buf()?;
                    if input.is_empty() {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    let ((consumed, stop), decoded) = self.window.fill(|place| self.inflate.run(input, place));
                    checksum.update(decoded);
                    *count = count.wrapping_add(decoded.len() as u32);
                    self.source.consume(consumed);
                    match stop {
                        Stop::Input | Stop::Output => {}
                        Stop::End => self.finish()?,
                        Stop::Damaged(what) => return Err(damaged(what)),
                    }
                }
                State::End => break,
            }
        }
        Ok(())
    }

    /// Begins the next member, or counts what there is instead.
    fn begin(&mut self) -> io::Result<()> {
        let mut magic = Vec::new();
        self.source.by_ref().take(MAGIC.len() as u64).read_to_end(&mut magic)?;
        if magic == MAGIC {
            header(&mut self.source)?;
            self.inflate.restart();
            self.window.restart();
            self.state = State::Member(Hasher::new(), 0);
        } else {
            self.trailing = magic.len() as u64 + io::copy(&mut self.source, &mut io::sink())?;
            self.state = State::End;
        }
        Ok(())
    }

    /// Holds what was decoded against what the member says at its end (section 2.3.1).
    fn finish(&mut self) -> io::Result<()> {
        let (mut checksum, mut length) = ([0; 4], [0; 4]);
        self.source.read_exact(&mut checksum)?;
        self.source.read_exact(&mut length)?;
        let State::Member(found, count) = std::mem::replace(&mut self.state, State::Between) else { return Ok(()) };
        if found.finalize() != u32::from_le_bytes(checksum) || count != u32::from_le_bytes(length) {
            return Err(damaged("the data is not the one of the checksum behind it"));
        }
        Ok(())
    }
}

/// Reads the header of a member behind its magic number (section 2.3). Nothing in it is of use to us, but it must be one.
fn header(source: &mut impl Read) -> io::Result<()> {
    let mut source = Summed { source, checksum: Hasher::new() };
    source.checksum.update(&MAGIC);
    let [method, flags, ..] = source.bytes::<8>()?;
    if method != DEFLATE || flags & RESERVED != 0 {
        return Err(damaged("a gzip header has an unknown method or flag"));
    }
    if flags & EXTRA != 0 {
        for _ in 0..u16::from_le_bytes(source.bytes()?) {
            source.bytes::<1>()?;
        }
    }
    for _ in 0..(flags & (NAME | COMMENT)).count_ones() {
        let mut left = LONGEST_TEXT;
        while source.bytes::<1>()? != [0] {
            left = left.checked_sub(1).ok_or_else(too_long)?;
        }
    }
    let wanted = source.checksum.clone().finalize() as u16;
    if flags & HEADER_CRC != 0 && u16::from_le_bytes(source.bytes()?) != wanted {
        return Err(damaged("a gzip header is not the one of its checksum"));
    }
    Ok(())
}

/// A source of which a checksum is kept.
struct Summed<'a, R> {
    source: &'a mut R,
    checksum: Hasher,
}

impl<R: Read> Summed<'_, R> {
    fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.source.read_exact(&mut bytes)?;
        self.checksum.update(&bytes);
        Ok(bytes)
    }
}

fn too_long() -> io::Error {
    let what = "a gzip header has a name or comment of more than 511 bytes, which Go's decoder, and so runtimes, refuse";
    io::Error::new(io::ErrorKind::Unsupported, what)
}

fn damaged(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl<R: BufRead> BufRead for Gunzip<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.window.ready().is_empty() && self.failure.is_none() {
            self.failure = self.advance().err();
        }
        match self.window.ready() {
            [] => self.failure.take().map_or(Ok(&[]), Err),
            ready => Ok(ready),
        }
    }

    fn consume(&mut self, amount: usize) {
        self.window.take(amount);
    }
}

impl<R: BufRead> Read for Gunzip<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        read_buffered(self, out)
    }
}
