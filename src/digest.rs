//! Content addresses, and readers that hold what they read against one.

mod dual;
mod rounds;

use std::fmt;
use std::io::{self, BufRead, Read};
use std::str::FromStr;

use sha2::{Digest as _, Sha256, Sha512};

use crate::error::{Error, Kind};

pub(crate) use dual::Dual;

/// A registered digest algorithm (image-spec, descriptor.md "Registered Algorithms").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// SHA-256, 64 hex digits.
    Sha256,
    /// SHA-512, 128 hex digits.
    Sha512,
}

impl Algorithm {
    /// Its name, as digests and hashes of other documents begin.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    const fn bytes(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

/// A content digest. It exists only in its parsed form, so that it can stand in a URL or a path as it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest {
    algorithm: Algorithm,
    bytes: Box<[u8]>,
}

impl Digest {
    /// The digest of bytes at hand.
    pub fn sha256(bytes: &[u8]) -> Self {
        Self { algorithm: Algorithm::Sha256, bytes: Sha256::digest(bytes).as_slice().into() }
    }

    /// A SHA-256 digest from its 32 bytes.
    pub fn from_sha256(bytes: [u8; 32]) -> Self {
        Self { algorithm: Algorithm::Sha256, bytes: bytes.into() }
    }

    /// The algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The digits without the algorithm, lower case.
    pub fn hex(&self) -> String {
        hex(&self.bytes)
    }

    /// `sha256:` and the first twelve digits: enough to tell the layers of an image apart.
    pub fn short(&self) -> String {
        format!("{}:{}", self.algorithm.name(), &self.hex()[..12])
    }

    /// Whether `content` has this digest.
    pub fn matches(&self, content: &[u8]) -> bool {
        let mut hasher = Hasher::new(self.algorithm);
        hasher.update(content);
        hasher.finish() == *self
    }
}

/// Lower-case hex digits of `bytes`.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]).map(char::from).collect()
}

/// The bytes that hex digits of either case stand for.
pub fn from_hex(digits: &[u8]) -> Option<Box<[u8]>> {
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = digits.as_chunks();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect())?
}

impl FromStr for Digest {
    type Err = Error;

    /// Reads `sha256:` + 64 or `sha512:` + 128 lower-case hex digits, nothing else.
    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = |why: &str| {
            let shown: String = crate::text::escape(text.as_bytes()).chars().take(100).collect();
            Error::new(Kind::Unsupported, format!("{shown:?} is not a digest: {why}"))
        };
        let (algorithm, digits) = text.split_once(':').ok_or_else(|| bad("it has no algorithm"))?;
        let algorithm = match algorithm {
            "sha256" => Algorithm::Sha256,
            "sha512" => Algorithm::Sha512,
            _ => return Err(bad("only sha256 and sha512 are registered")),
        };
        if digits.len() != algorithm.bytes() * 2 {
            return Err(bad("it has the wrong length"));
        }
        let lower = digits.bytes().all(|digit| !digit.is_ascii_uppercase()).then_some(digits.as_bytes());
        let bytes = lower.and_then(from_hex).ok_or_else(|| bad("it is not lower-case hex"))?;
        Ok(Self { algorithm, bytes })
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm.name(), self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|error: Error| serde::de::Error::custom(error.what))
    }
}

/// An incremental digest.
#[derive(Clone)]
pub enum Hasher {
    /// SHA-256 in progress.
    Sha256(Sha256),
    /// SHA-512 in progress.
    Sha512(Sha512),
}

impl Hasher {
    /// Starts a digest.
    pub fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha256 => Self::Sha256(Sha256::new()),
            Algorithm::Sha512 => Self::Sha512(Sha512::new()),
        }
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Sha512(hasher) => hasher.update(bytes),
        }
    }

    /// The digest of all bytes taken.
    pub fn finish(self) -> Digest {
        match self {
            Self::Sha256(hasher) => Digest { algorithm: Algorithm::Sha256, bytes: hasher.finalize().as_slice().into() },
            Self::Sha512(hasher) => Digest { algorithm: Algorithm::Sha512, bytes: hasher.finalize().as_slice().into() },
        }
    }
}

/// A reader that hashes and counts what passes, takes not one byte more than the declared size, and fails at the end
/// unless size and digest are those that were declared. What was read before the end is unverified.
pub struct Verified<R> {
    inner: R,
    hasher: Hasher,
    want: Option<Digest>,
    size: u64,
    read: u64,
}

impl<R: BufRead> Verified<R> {
    /// Holds `inner` against a descriptor's digest and size in bytes.
    pub fn new(inner: R, want: &Digest, size: u64) -> Self {
        Self { inner, hasher: Hasher::new(want.algorithm()), want: Some(want.clone()), size, read: 0 }
    }

    /// Holds `inner` against its size alone: which digest is right will be said later, and is held against
    /// [`digest`](Self::digest) then.
    pub fn unnamed(inner: R, algorithm: Algorithm, size: u64) -> Self {
        Self { inner, hasher: Hasher::new(algorithm), want: None, size, read: 0 }
    }

    /// The digest of what was read so far.
    pub fn digest(&self) -> Digest {
        self.hasher.clone().finish()
    }

    /// Bytes consumed so far.
    pub fn position(&self) -> u64 {
        self.read
    }

    /// Reads what is left without looking at it, so that the digest speaks of every byte. Returns the bytes drained.
    pub fn drain(&mut self) -> io::Result<u64> {
        let mut drained = 0;
        loop {
            let length = self.fill_buf()?.len();
            if length == 0 {
                return Ok(drained);
            }
            self.consume(length);
            drained += length as u64;
        }
    }

    fn end(&mut self) -> io::Result<()> {
        if self.read < self.size {
            let what = format!("the content ends at byte {} of {}", self.read, self.size);
            return Err(Error::new(Kind::Corrupt, what).into());
        }
        self.want.as_ref().map_or(Ok(()), |want| Ok(same(&self.digest(), want)?))
    }
}

impl<R: BufRead> BufRead for Verified<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let (length, over) = {
            let buffer = self.inner.fill_buf()?;
            (buffer.len(), buffer.len() as u64 > self.size - self.read)
        };
        if over {
            let what = format!("the content is longer than its declared {} bytes", self.size);
            return Err(Error::new(Kind::Corrupt, what).into());
        }
        if length == 0 {
            self.end()?;
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        if amount == 0 {
            return;
        }
        if let Ok(buffer) = self.inner.fill_buf() {
            self.hasher.update(&buffer[..amount]);
        }
        self.read += amount as u64;
        self.inner.consume(amount);
    }
}

impl<R: BufRead> Read for Verified<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        read_buffered(self, out)
    }
}

/// Holds the digest that content has against the one that it should have. One of another algorithm says nothing.
pub(crate) fn same(found: &Digest, want: &Digest) -> Result<(), Error> {
    if found.algorithm != want.algorithm {
        let what = format!("the content was hashed as {} when it passed, wanted {want}", found.algorithm.name());
        return Err(Error::new(Kind::Unsupported, what).hint("write the archive to a file, and name that"));
    }
    if found != want {
        return Err(Error::new(Kind::Corrupt, format!("the content has digest {found}, wanted {want}")));
    }
    Ok(())
}

/// [`Read::read`] of a reader whose own work is in its [`BufRead`].
pub(crate) fn read_buffered(reader: &mut impl BufRead, out: &mut [u8]) -> io::Result<usize> {
    let buffer = reader.fill_buf()?;
    let length = buffer.len().min(out.len());
    out[..length].copy_from_slice(&buffer[..length]);
    reader.consume(length);
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn digests_are_parsed_once_and_strictly() {
        assert_eq!(EMPTY.parse::<Digest>().unwrap(), Digest::sha256(b""));
        assert_eq!(Digest::sha256(b"").to_string(), EMPTY);
        for bad in [
            "",
            "sha256",
            "sha256:",
            "md5:d41d8cd98f00b204e9800998ecf8427e",
            "sha256:../../../etc",
            &EMPTY.to_uppercase(),
            &EMPTY[..70],
        ] {
            assert!(bad.parse::<Digest>().is_err(), "{bad}");
        }
    }

    fn read(content: &[u8], digest: &Digest, size: u64) -> Result<Vec<u8>, Error> {
        let mut out = Vec::new();
        Verified::new(content, digest, size).read_to_end(&mut out)?;
        Ok(out)
    }

    #[test]
    fn only_the_declared_bytes_pass() {
        let digest = Digest::sha256(b"layer");
        assert_eq!(read(b"layer", &digest, 5).unwrap(), b"layer");
        assert_eq!(read(b"laye", &digest, 5).unwrap_err().kind, Kind::Corrupt);
        assert_eq!(read(b"layer!", &digest, 5).unwrap_err().kind, Kind::Corrupt);
        assert_eq!(read(b"lever", &digest, 5).unwrap_err().kind, Kind::Corrupt);
        assert_eq!(read(b"layer", &digest, 6).unwrap_err().kind, Kind::Corrupt);
    }
}
