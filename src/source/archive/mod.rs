//! A tar of named files: on disk, where its headers are read once and its contents where they lie, or as a stream, where
//! everything is read as it passes.

mod at_rest;
mod passing;
mod walk;

use std::collections::BTreeMap;
use std::io::{BufRead, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::{Buf, Bytes};

use super::files::{BUFFER, Files};
use crate::digest::{Algorithm, Digest, Hasher};
use crate::error::{Error, Kind, Result};
use crate::layer::Passed;
use crate::limits::{self, Limits};
use crate::text::escape;

/// How a file starts whose contents cannot be reached without unpacking all before them, and what unpacks it.
const COMPRESSED: [(&[u8], &str, &str); 4] = [
    (&[0x1f, 0x8b], "gzip", "gunzip"),
    (&[0x28, 0xb5, 0x2f, 0xfd], "zstd", "unzstd"),
    (&[0xfd, b'7', b'z', b'X', b'Z', 0], "xz", "unxz"),
    (b"BZh", "bzip2", "bunzip2"),
];

/// The longest magic number above.
const MAGIC: u64 = 6;

/// A tar's members. Of those of one name the last counts, as where a tar is unpacked.
pub(super) struct Archive {
    members: Members,
}

type Members = BTreeMap<Vec<u8>, Node>;

/// What a name stands for.
enum Node {
    File(Stored),
    /// A link to the member of this name.
    Link(Vec<u8>),
    /// A directory, a device, a file with holes.
    Other,
}

/// A regular file.
pub(super) struct Stored {
    /// Its bytes.
    pub(super) size: u64,
    content: Content,
}

/// Where the bytes of a file are.
enum Content {
    /// In a file, from this offset.
    At(Arc<Path>, u64),
    /// Here.
    Kept(Bytes),
    /// Gone; this is how they began, and what they are as a layer.
    Passed(Vec<u8>, Box<Passed>),
}

impl Archive {
    /// Opens an archive on disk, or reads the one on stdin, whose name is `-`.
    pub(super) fn open(file: &str, limits: &Limits) -> Result<Self> {
        let opened = if file == "-" {
            let stdin = std::io::BufReader::with_capacity(BUFFER, std::io::stdin().lock());
            Self::pass(stdin, limits)
        } else {
            at_rest::members(PathBuf::from(file), limits).map(|members| Self { members })
        };
        opened.map_err(|error| error.doing(opening(file)))
    }

    /// Reads an archive once, from its first byte to its last, in memory that does not depend on its size.
    pub(super) fn pass(mut input: impl BufRead, limits: &Limits) -> Result<Self> {
        let mut head = Vec::new();
        input.by_ref().take(MAGIC).read_to_end(&mut head)?;
        refuse_compressed(&head)?;
        passing::members(Read::chain(Cursor::new(head), input), limits).map(|members| Self { members })
    }

    /// Whether there is a member of this name.
    pub(super) fn holds(&self, name: &str) -> bool {
        self.members.contains_key(plain(name.as_bytes()))
    }

    /// A file, and the name that it has itself. A link is followed once: those that `docker save` writes lead to files.
    pub(super) fn file(&self, name: &[u8]) -> Result<(&[u8], &Stored)> {
        let missing = || Error::new(Kind::NotFound, format!("the archive holds no {}", escape(name)));
        let found = self.members.get_key_value(plain(name)).ok_or_else(missing)?;
        let (name, node) = match found {
            (_, Node::Link(target)) => self.members.get_key_value(target).ok_or_else(|| {
                let what = format!("the member {} links to {}, which the archive does not hold", escape(name), escape(target));
                Error::new(Kind::NotFound, what)
            })?,
            found => found,
        };
        match node {
            Node::File(stored) => Ok((name, stored)),
            _ => Err(Error::new(Kind::Unsupported, format!("the member {} is no regular file", escape(name)))),
        }
    }
}

impl Files for Archive {
    fn open(&self, name: &str, from: u64) -> Result<Box<dyn BufRead + Send>> {
        self.file(name.as_bytes())?.1.open(from).map_err(|error| error.doing(format!("read {}", self.shown(name))))
    }

    fn shown(&self, name: &str) -> String {
        format!("the member {}", escape(name.as_bytes()))
    }

    fn read(&self, name: &str, limit: u64) -> Result<Vec<u8>> {
        if self.file(name.as_bytes())?.1.size > limit {
            return Err(limits::manifest(format!("{} is larger than {limit} bytes", self.shown(name))));
        }
        let mut bytes = Vec::new();
        self.open(name, 0)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn passed(&self, name: &str) -> Option<&Passed> {
        self.file(name.as_bytes()).ok()?.1.passed()
    }
}

impl Stored {
    /// The bytes from the offset `from`.
    pub(super) fn open(&self, from: u64) -> Result<Box<dyn BufRead + Send>> {
        match &self.content {
            Content::At(path, offset) => at_rest::content(path, *offset, self.size, from),
            Content::Kept(bytes) => {
                let from = usize::try_from(from).map_or(bytes.len(), |from| from.min(bytes.len()));
                Ok(Box::new(bytes.slice(from..).reader()))
            }
            Content::Passed(..) => Err(Error::new(Kind::Unsupported, "its bytes passed once, in a stream, and are not kept")
                .hint("write the archive to a file, and name that")),
        }
    }

    /// What it is as a layer, where that is all that is left of it.
    pub(super) fn passed(&self) -> Option<&Passed> {
        if let Content::Passed(_, passed) = &self.content { Some(passed) } else { None }
    }

    /// Its first bytes, at least four where there are as many.
    pub(super) fn head(&self) -> Result<Vec<u8>> {
        if let Content::Passed(head, _) = &self.content {
            return Ok(head.clone());
        }
        let mut head = Vec::new();
        self.open(0)?.take(MAGIC).read_to_end(&mut head)?;
        Ok(head)
    }

    /// Its digest.
    pub(super) fn hash(&self, algorithm: Algorithm) -> Result<Digest> {
        if let Some(passed) = self.passed().filter(|passed| passed.digest.algorithm() == algorithm) {
            return Ok(passed.digest.clone());
        }
        let mut hasher = Hasher::new(algorithm);
        let mut content = self.open(0)?;
        loop {
            let bytes = content.fill_buf()?;
            if bytes.is_empty() {
                return Ok(hasher.finish());
            }
            hasher.update(bytes);
            let length = bytes.len();
            content.consume(length);
        }
    }
}

/// What is being done, as errors say it.
pub(super) fn opening(file: &str) -> String {
    if file == "-" {
        "read the image archive on stdin".into()
    } else {
        format!("open the image archive {}", escape(file.as_bytes()))
    }
}

fn refuse_compressed(head: &[u8]) -> Result<()> {
    let Some((_, name, tool)) = COMPRESSED.iter().find(|(magic, ..)| head.starts_with(magic)) else { return Ok(()) };
    let error = Error::new(Kind::Unsupported, format!("it is compressed with {name}, and archives are read as they are"));
    Err(error.hint(format!("unpack it first with {tool}")))
}

/// A name without the `./` that tar writes where a directory is packed by `.`, and the slash behind directories. What
/// is left is a name and never a path: `..` means nothing in it.
fn plain(mut name: &[u8]) -> &[u8] {
    while let Some(rest) = name.strip_prefix(b"./") {
        name = rest;
    }
    name.strip_suffix(b"/").unwrap_or(name)
}
