//! Entries by columns: what is alike lies together, and is packed well.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::code::{In, Out};
use super::elf;
use crate::layer::compiled::Compiled;
use crate::layer::keep::OVER;
use crate::layer::{Body, Entry, FileKind, Kept, LayerPath, Seen, Stat, Trace};

/// Entries of a block at most: their columns stay in the second-level cache.
const ROWS: u64 = 4096;
/// Bytes of a block from which it ends.
const BYTES: usize = 1 << 20;

/// The bodies that need one byte; that of a file has the highest bit.
const DIRECTORY: u8 = 0;
const SYMLINK: u8 = 1;
const HARDLINK: u8 = 2;
const CHARACTERS: u8 = 3;
const BLOCKS: u8 = 4;
const FIFO: u8 = 5;
const WHITEOUT: u8 = 6;
const OPAQUE: u8 = 7;
const FILE: u8 = 0x80;
const BLANK: u8 = 0x01;
const HOLES: u8 = 0x02;
/// Two bits that tell [`FileKind`], and two that tell [`Kept`].
const KIND: u8 = 2;
const KEPT: u8 = 4;

/// One of each: what is written, or what is read.
#[derive(Default)]
struct Columns<T> {
    /// A byte of each entry: what it is.
    marks: T,
    /// Bytes that a path shares with that of the entry before, how many more it has, and these.
    shared: T,
    rests: T,
    names: T,
    /// The place of mode, owner and group in the order of their first appearance, where they stand.
    owners: T,
    /// Seconds after the entry before.
    times: T,
    /// Of files alone, like the two that follow.
    sizes: T,
    digests: T,
    kept: T,
    /// What few entries have: targets, devices, holes, first lines, ELF facts.
    others: T,
}

impl<T> Columns<T> {
    fn all(&mut self) -> [&mut T; 10] {
        let Self { marks, shared, rests, names, owners, times, sizes, digests, kept, others } = self;
        [marks, shared, rests, names, owners, times, sizes, digests, kept, others]
    }
}

/// Mode, owner and group.
type Owner = (u16, u64, u64, bool);

/// Writes entries.
#[derive(Default)]
pub(super) struct Encoder {
    columns: Columns<Out>,
    rows: u64,
    path: Vec<u8>,
    time: i64,
    owners: BTreeMap<Owner, u64>,
}

impl Encoder {
    /// Adds an entry; a block, whenever one is full.
    pub(super) fn push(&mut self, path: &[u8], stat: Stat, body: &Body) -> Option<Vec<u8>> {
        self.path(path);
        let Stat { mode, uid, gid, size, mtime, capable } = stat;
        self.owner((mode, uid, gid, capable));
        self.columns.times.signed(mtime.wrapping_sub(self.time));
        self.time = mtime;
        self.columns.marks.byte(mark(body));
        let others = &mut self.columns.others;
        match body {
            Body::File(trace) => {
                self.columns.sizes.number(size);
                self.file(trace);
            }
            Body::Symlink(target) => others.bytes(target),
            Body::Hardlink(target) => others.bytes(target.as_bytes()),
            Body::Device { major, minor, .. } => [major, minor].into_iter().for_each(|number| others.number(*number)),
            Body::Directory | Body::Fifo | Body::Whiteout | Body::Opaque => {}
        }
        self.rows += 1;
        let bytes: usize = self.columns.all().iter().map(|column| column.0.len()).sum();
        (self.rows == ROWS || bytes >= BYTES).then(|| self.block())
    }

    /// What was added since the last block.
    pub(super) fn block(&mut self) -> Vec<u8> {
        let mut block = Out::default();
        block.number(std::mem::take(&mut self.rows));
        for column in self.columns.all() {
            block.bytes(&column.0);
            column.0.clear();
        }
        block.0
    }

    fn path(&mut self, path: &[u8]) {
        let shared = path.iter().zip(&self.path).take_while(|(one, other)| one == other).count();
        let rest = path.get(shared..).unwrap_or_default();
        self.columns.shared.number(shared as u64);
        self.columns.rests.number(rest.len() as u64);
        self.columns.names.0.extend_from_slice(rest);
        self.path.truncate(shared);
        self.path.extend_from_slice(rest);
    }

    fn owner(&mut self, owner: Owner) {
        let new = self.owners.len() as u64;
        let place = *self.owners.entry(owner).or_insert(new);
        let column = &mut self.columns.owners;
        column.number(place);
        if place == new {
            let (mode, uid, gid, capable) = owner;
            column.number(mode);
            column.number(uid);
            column.number(gid);
            column.byte(capable.into());
        }
    }

    fn file(&mut self, trace: &Trace) {
        let Columns { digests, kept, others, .. } = &mut self.columns;
        digests.0.extend_from_slice(&trace.sha256);
        if trace.holes > 0 {
            others.number(trace.holes);
        }
        match &trace.kind {
            FileKind::Other => {}
            FileKind::Script(line) => others.bytes(line),
            FileKind::Compiled(Compiled { magic, source }) => {
                others.number(*magic);
                others.list(*source, |out, (time, size)| {
                    out.number(time);
                    out.number(size);
                });
            }
            FileKind::Elf(facts) => elf::write(others, facts),
        }
        match &trace.kept {
            Kept::Unwanted => {}
            Kept::Whole(bytes) | Kept::Imports(bytes) => kept.bytes(bytes),
            Kept::Over(why) => others.bytes(why.as_bytes()),
        }
    }
}

fn mark(body: &Body) -> u8 {
    match body {
        Body::Directory => DIRECTORY,
        Body::Symlink(_) => SYMLINK,
        Body::Hardlink(_) => HARDLINK,
        Body::Device { block, .. } => [CHARACTERS, BLOCKS][usize::from(*block)],
        Body::Fifo => FIFO,
        Body::Whiteout => WHITEOUT,
        Body::Opaque => OPAQUE,
        Body::File(trace) => {
            let kind = match trace.kind {
                FileKind::Other => 0,
                FileKind::Script(_) => 1,
                FileKind::Compiled(_) => 2,
                FileKind::Elf(_) => 3,
            };
            let kept = match trace.kept {
                Kept::Unwanted => 0,
                Kept::Whole(_) => 1,
                Kept::Imports(_) => 2,
                Kept::Over(_) => 3,
            };
            let blank = if trace.blank { BLANK } else { 0 };
            let holes = if trace.holes > 0 { HOLES } else { 0 };
            FILE | blank | holes | kind << KIND | kept << KEPT
        }
    }
}

/// Reads entries.
pub(super) struct Decoder {
    path: Vec<u8>,
    time: i64,
    owners: Vec<Owner>,
    /// What is told of most files: they share it.
    plain: Arc<Seen>,
}

impl Default for Decoder {
    fn default() -> Self {
        Self { path: Vec::new(), time: 0, owners: Vec::new(), plain: Arc::new(Seen::plain(Kept::Unwanted)) }
    }
}

impl Decoder {
    /// Hands on the entries of a block, of which there may be `most`. `None` where it is none.
    pub(super) fn block(&mut self, block: &[u8], most: u64, take: &mut impl FnMut(Entry)) -> Option<u64> {
        let mut block = In(block);
        let rows = block.number().filter(|rows| (1..=most.min(ROWS)).contains(rows))?;
        let mut columns = Columns::<In<'_>>::default();
        for column in columns.all() {
            *column = In(block.bytes()?);
        }
        for _ in 0..rows {
            take(self.entry(&mut columns)?);
        }
        let is_read = block.0.is_empty() && columns.all().iter().all(|column| column.0.is_empty());
        is_read.then_some(rows)
    }

    fn entry(&mut self, columns: &mut Columns<In<'_>>) -> Option<Entry> {
        let path = self.path(columns)?;
        let (mode, uid, gid, capable) = self.owner(&mut columns.owners)?;
        self.time = self.time.wrapping_add(columns.times.signed()?);
        let mut stat = Stat { mode, uid, gid, size: 0, mtime: self.time, capable };
        let others = &mut columns.others;
        let body = match columns.marks.byte()? {
            DIRECTORY => Body::Directory,
            SYMLINK => Body::Symlink(others.boxed()?),
            HARDLINK => Body::Hardlink(LayerPath::normal(others.bytes()?)?),
            mark @ (CHARACTERS | BLOCKS) => {
                Body::Device { block: mark == BLOCKS, major: others.number()?, minor: others.number()? }
            }
            FIFO => Body::Fifo,
            WHITEOUT => Body::Whiteout,
            OPAQUE => Body::Opaque,
            mark if mark & 0xc0 == FILE => {
                stat.size = columns.sizes.number()?;
                Body::File(self.file(mark, columns)?)
            }
            _ => return None,
        };
        Some(Entry { path, stat, body })
    }

    fn file(&self, mark: u8, columns: &mut Columns<In<'_>>) -> Option<Trace> {
        let is_plain = mark & !BLANK == FILE;
        let seen = if is_plain { Arc::clone(&self.plain) } else { seen(mark, columns)?.into() };
        Some(Trace::new(columns.digests.array()?, mark & BLANK != 0, seen))
    }

    fn path(&mut self, columns: &mut Columns<In<'_>>) -> Option<LayerPath> {
        let shared: usize = columns.shared.small()?;
        if shared > self.path.len() {
            return None;
        }
        self.path.truncate(shared);
        self.path.extend_from_slice(columns.names.take(columns.rests.small()?)?);
        LayerPath::normal(&self.path)
    }

    fn owner(&mut self, column: &mut In<'_>) -> Option<Owner> {
        let place: usize = column.small()?;
        if place == self.owners.len() {
            let mode = column.small().filter(|mode| *mode <= 0o7777)?;
            self.owners.push((mode, column.number()?, column.number()?, column.byte()? == 1));
        }
        self.owners.get(place).copied()
    }
}

fn seen(mark: u8, columns: &mut Columns<In<'_>>) -> Option<Seen> {
    let Columns { kept, others, .. } = columns;
    let compiled = |input: &mut In<'_>| {
        let magic = input.small()?;
        let source = input.optional(|input| Some((input.small()?, input.small()?)))?;
        Some(Compiled { magic, source })
    };
    Some(Seen {
        holes: if mark & HOLES == 0 { 0 } else { others.number()? },
        kind: match mark >> KIND & 3 {
            0 => FileKind::Other,
            1 => FileKind::Script(others.boxed()?),
            2 => FileKind::Compiled(compiled(others)?),
            _ => FileKind::Elf(Box::new(elf::read(others)?)),
        },
        kept: match mark >> KEPT & 3 {
            0 => Kept::Unwanted,
            1 => Kept::Whole(kept.boxed()?),
            2 => Kept::Imports(kept.boxed()?),
            _ => Kept::Over(others.one_of(&OVER)?),
        },
    })
}
