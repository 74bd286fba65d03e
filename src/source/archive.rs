//! A tar of named files on disk: its headers are read once, its contents where they lie.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::PathBuf;

use super::files::{self, BUFFER, Files};
use crate::error::{Error, Kind, Result};
use crate::layer::tar::{Event, Member, Reader};
use crate::limits::{self, Limits};
use crate::text::escape;

/// Content is skipped in the file, and the reader of the tar, which looks at its length alone, is shown zeros.
const ZEROS: &[u8] = &[0; 64 << 10];

/// What one read takes from the disk while headers are looked for.
const HEADERS: usize = 16 << 10;

/// How a file starts whose contents cannot be reached without unpacking all before them, and what unpacks it.
const COMPRESSED: [(&[u8], &str, &str); 4] = [
    (&[0x1f, 0x8b], "gzip", "gunzip"),
    (&[0x28, 0xb5, 0x2f, 0xfd], "zstd", "unzstd"),
    (&[0xfd, b'7', b'z', b'X', b'Z', 0], "xz", "unxz"),
    (b"BZh", "bzip2", "bunzip2"),
];

/// A tar, and where its members lie. Of members of one name the last counts, as where a tar is unpacked.
pub(super) struct Archive {
    path: PathBuf,
    members: BTreeMap<Vec<u8>, Node>,
}

/// What a name stands for.
enum Node {
    File(Extent),
    /// A link to the member of this name.
    Link(Vec<u8>),
    /// A directory, a device, a file with holes.
    Other,
}

/// Where the content of a member lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    offset: u64,
    /// Its bytes.
    pub(super) size: u64,
}

impl Archive {
    /// Reads the headers of a tar.
    pub(super) fn open(file: &str, limits: &Limits) -> Result<Self> {
        let path = PathBuf::from(file);
        let mut opened = files::open(&path)?;
        let refused = |error: std::io::Error| files::refused(&files::shown(&path), &error);
        let length = opened.metadata().map_err(refused)?.len();
        let mut head = Vec::new();
        opened.by_ref().take(8).read_to_end(&mut head).and_then(|_| opened.rewind()).map_err(refused)?;
        if let Some((_, name, tool)) = COMPRESSED.iter().find(|(magic, ..)| head.starts_with(magic)) {
            let error = Error::new(Kind::Unsupported, format!("it is compressed with {name}; archives are read in place"));
            return Err(error.hint(format!("unpack it first with {tool}")));
        }
        let members = Walk::new(opened, length, limits).members()?;
        Ok(Self { path, members })
    }

    /// Whether there is a member of this name.
    pub(super) fn holds(&self, name: &str) -> bool {
        self.members.contains_key(plain(name.as_bytes()))
    }

    /// Where a file lies. A link is followed once: those that `docker save` writes lead to files.
    pub(super) fn extent(&self, name: &str) -> Result<Extent> {
        let missing = || Error::new(Kind::NotFound, format!("the archive holds no {}", escape(name.as_bytes())));
        let node = self.members.get(plain(name.as_bytes())).ok_or_else(missing)?;
        let reached = match node {
            Node::Link(target) => self.members.get(target).ok_or_else(|| {
                let target = escape(target);
                Error::new(Kind::NotFound, format!("{} links to {target}, which the archive does not hold", self.shown(name)))
            })?,
            node => node,
        };
        match reached {
            Node::File(extent) => Ok(*extent),
            _ => Err(Error::new(Kind::Unsupported, format!("{} is no regular file", self.shown(name)))),
        }
    }

    /// The bytes that lie there, from the offset `from`.
    pub(super) fn content(&self, extent: Extent, from: u64) -> Result<Box<dyn BufRead + Send>> {
        let mut file = files::open(&self.path)?;
        let from = from.min(extent.size);
        file.seek(SeekFrom::Start(extent.offset + from)).map_err(|error| files::refused(&files::shown(&self.path), &error))?;
        Ok(Box::new(BufReader::with_capacity(BUFFER, file.take(extent.size - from))))
    }
}

impl Files for Archive {
    fn open(&self, name: &str, from: u64) -> Result<Box<dyn BufRead + Send>> {
        self.content(self.extent(name)?, from)
    }

    fn shown(&self, name: &str) -> String {
        format!("the member {}", escape(name.as_bytes()))
    }
}

/// One pass over the headers.
struct Walk<'a> {
    input: BufReader<File>,
    length: u64,
    position: u64,
    limits: &'a Limits,
    members: BTreeMap<Vec<u8>, Node>,
    entries: u64,
    name_bytes: u64,
}

impl<'a> Walk<'a> {
    fn new(file: File, length: u64, limits: &'a Limits) -> Self {
        let input = BufReader::with_capacity(HEADERS, file);
        Self { input, length, position: 0, limits, members: BTreeMap::new(), entries: 0, name_bytes: 0 }
    }

    fn members(mut self) -> Result<BTreeMap<Vec<u8>, Node>> {
        let mut reader = Reader::new(self.limits.special_header);
        while !reader.is_over() {
            let mut rest = self.input.fill_buf()?;
            if rest.is_empty() {
                reader.finish()?;
                let what = format!("the archive ends at byte {} without the blocks of zeros that end a tar", self.position);
                return Err(Error::new(Kind::Corrupt, what).hint("it is not whole: write or copy it again"));
            }
            let before = rest.len();
            let event = reader.next(&mut rest)?;
            let used = before - rest.len();
            let member = if let Some(Event::Member(member)) = event { Some(member) } else { None };
            self.input.consume(used);
            self.position += used as u64;
            if let Some(member) = member {
                self.take(&member, &mut reader)?;
            }
        }
        Ok(self.members)
    }

    /// Notes a member and goes to the end of its content.
    fn take(&mut self, member: &Member, reader: &mut Reader) -> Result<()> {
        let name = plain(&member.name).to_vec();
        self.entries += 1;
        if self.entries > self.limits.entries {
            return Err(limits::entries(format!("the archive has more than {} members", self.limits.entries)));
        }
        self.name_bytes += (name.len() + member.link.len()) as u64;
        if self.name_bytes > self.limits.kept_bytes {
            let what = format!("the names of the archive's members have more than {} bytes", self.limits.kept_bytes);
            return Err(limits::kept_bytes(what));
        }
        let extent = Extent { offset: self.position, size: member.size };
        let is_whole = self.skip(&name, reader)?;
        let node = match member.kind {
            b'0' | b'7' | b'S' if is_whole => Node::File(extent),
            b'1' => Node::Link(plain(&member.link).to_vec()),
            b'2' => Node::Link(beside(&name, &member.link)),
            _ => Node::Other,
        };
        self.members.insert(name, node);
        Ok(())
    }

    /// Goes to the end of a member's content. Says whether it lies there whole, without holes.
    fn skip(&mut self, name: &[u8], reader: &mut Reader) -> Result<bool> {
        let mut is_whole = true;
        loop {
            match reader.next(&mut { ZEROS })? {
                Some(Event::Data(bytes)) => {
                    let length = bytes.len();
                    self.position += length as u64;
                    if self.position > self.length {
                        let name = escape(name);
                        let what = format!("the member {name} goes on beyond the archive's end at byte {}", self.length);
                        return Err(Error::new(Kind::Corrupt, what).hint("it is not whole: write or copy it again"));
                    }
                    self.input.seek_relative(i64::try_from(length).unwrap_or(i64::MAX))?;
                }
                Some(Event::Hole(_)) => is_whole = false,
                Some(Event::Close | Event::Member(_)) | None => return Ok(is_whole),
            }
        }
    }
}

/// A name without the `./` that tar writes where a directory is packed by `.`, and the slash behind directories. What
/// is left is a name and never a path: `..` means nothing in it.
fn plain(mut name: &[u8]) -> &[u8] {
    while let Some(rest) = name.strip_prefix(b"./") {
        name = rest;
    }
    name.strip_suffix(b"/").unwrap_or(name)
}

/// The name that a symbolic link at `name` leads to.
fn beside(name: &[u8], target: &[u8]) -> Vec<u8> {
    let mut parts: Vec<&[u8]> = if target.starts_with(b"/") { Vec::new() } else { name.split(|byte| *byte == b'/').collect() };
    parts.pop();
    for part in target.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." if parts.last().is_some_and(|last| *last != b"..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join(&b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_from_where_it_lies() {
        for (name, target, wanted) in [
            ("a/layer.tar", "../b/layer.tar", "b/layer.tar"),
            ("layer.tar", "blobs/x", "blobs/x"),
            ("a/b", "/c/./d", "c/d"),
            ("a", "../../b", "../../b"),
        ] {
            assert_eq!(beside(name.as_bytes(), target.as_bytes()), wanted.as_bytes(), "{name} -> {target}");
        }
    }
}
