//! Symbol versions of an ELF object: what it wants of others, and what it has (Linux Standard Base Core, "Symbol
//! Versioning").

use std::ops::Range;

use object::Endianness;
use object::endian::Endian as _;

/// Bytes of a table of versions that are captured: those of the C library have 2 kB.
pub(super) const TABLE: u64 = 64 << 10;
/// `VER_FLG_BASE`: the definition is the name of the file itself.
const BASE: u16 = 1;
/// `VER_FLG_WEAK`: the loader says nothing where such a version is missing.
const WEAK: u16 = 2;
pub(super) const DAMAGED: &str = "its table of symbol versions is damaged";

/// The versions that an object wants of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The other, by the name that `DT_NEEDED` has too.
    pub file: Box<[u8]>,
    /// The names of the versions, as `GLIBC_2.38`. Those that are marked as weak are not among them: loaders do not
    /// insist on them.
    pub versions: Vec<Box<[u8]>>,
}

/// The symbol versions of an object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Versions {
    /// `DT_VERNEED`: what it wants.
    pub wanted: Vec<Wanted>,
    /// `DT_VERDEF`: the names of what it has, without that of the file itself.
    pub defined: Vec<Box<[u8]>>,
    /// Why they are not all known, if they are not.
    pub unknown: Option<&'static str>,
}

/// A table as it lies in the file: entries that point to the next, each with names of its own that do likewise.
pub(super) struct Table<'a> {
    pub bytes: &'a [u8],
    pub endian: Endianness,
    /// `DT_VERNEEDNUM`, `DT_VERDEFNUM`.
    pub count: u64,
}

/// Reads a name: the offset into the dynamic strings.
pub(super) type Name<'n> = dyn FnMut(u64) -> Result<Box<[u8]>, &'static str> + 'n;

impl Table<'_> {
    fn half(&self, at: usize) -> Result<u16, &'static str> {
        let bytes = self.bytes.get(at..).and_then(|bytes| bytes.first_chunk()).ok_or(DAMAGED)?;
        Ok(self.endian.read_u16(*bytes))
    }

    fn word(&self, at: usize) -> Result<u32, &'static str> {
        let bytes = self.bytes.get(at..).and_then(|bytes| bytes.first_chunk()).ok_or(DAMAGED)?;
        Ok(self.endian.read_u32(*bytes))
    }

    /// Where each of `count` entries begins; `next` is where in an entry the distance to the next one stands.
    fn chain(&self, from: usize, count: u64, next: usize) -> Result<Vec<usize>, &'static str> {
        let (mut at, mut found) = (from, Vec::new());
        for _ in 0..count {
            found.push(at);
            match self.word(at.checked_add(next).ok_or(DAMAGED)?)? {
                0 => break,
                distance => at = self.behind(at, distance)?,
            }
        }
        Ok(found)
    }

    fn behind(&self, at: usize, distance: u32) -> Result<usize, &'static str> {
        let end = usize::try_from(distance).ok().and_then(|distance| at.checked_add(distance));
        end.filter(|end| *end < self.bytes.len()).ok_or(DAMAGED)
    }

    /// As `DT_VERNEED`: half words version and count, words file, first name, next entry; each name has hash, flags,
    /// index, name, next.
    pub(super) fn wanted(&self, name: &mut Name<'_>) -> Result<Vec<Wanted>, &'static str> {
        let mut found = Vec::new();
        for at in self.chain(0, self.count, 12)? {
            let file = name(self.word(at + 4)?.into())?;
            let mut versions = Vec::new();
            for at in self.chain(self.behind(at, self.word(at + 8)?)?, self.half(at + 2)?.into(), 12)? {
                if self.half(at + 4)? & WEAK == 0 {
                    versions.push(name(self.word(at + 8)?.into())?);
                }
            }
            found.push(Wanted { file, versions });
        }
        Ok(found)
    }

    /// As `DT_VERDEF`: half words version, flags, index, count, words hash, first name, next entry; the first name is
    /// the version, those behind it are its parents.
    pub(super) fn defined(&self, name: &mut Name<'_>) -> Result<Vec<Box<[u8]>>, &'static str> {
        let mut found = Vec::new();
        for at in self.chain(0, self.count, 16)? {
            if self.half(at + 2)? & BASE == 0 {
                found.push(name(self.word(self.behind(at, self.word(at + 12)?)?)?.into())?);
            }
        }
        Ok(found)
    }
}

/// The part of a file that a table may take up.
pub(super) fn range(offset: u64, length: u64) -> Range<u64> {
    offset..offset.saturating_add(TABLE).min(length)
}
