//! The block reader. It takes bytes in pieces of any size, gives events, and follows Go's archive/tar wherever readers
//! differ, because that is what Docker, containerd and podman unpack by (docs/decisions/0002).

mod header;
mod member;
mod pax;

use std::collections::VecDeque;
use std::mem;

use self::header::Header;
use self::member::Stored;
use self::pax::Records;
use super::OddityKind;
use super::sparse::{self, MapText, Segment};
use crate::error::{Error, Kind, Result};
use crate::limits;

pub(super) use self::pax::decimal;

/// Bytes of a block.
pub(super) const BLOCK: usize = 512;

/// What comes next in a tar.
#[derive(Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A member begins.
    Member(Member),
    /// The next bytes of its content.
    Data(&'a [u8]),
    /// So many zeros of its content that are not stored.
    Hole(u64),
    /// The member is complete.
    Close,
}

/// A member, with everything merged that its extended headers say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name, verbatim.
    pub name: Vec<u8>,
    /// The target of a link, verbatim.
    pub link: Vec<u8>,
    /// Its type flag. The old NUL is `0`, or `5` where the name ends in a slash.
    pub kind: u8,
    /// Its mode, as it is written.
    pub mode: i64,
    /// Numeric owner.
    pub uid: u64,
    /// Numeric group.
    pub gid: u64,
    /// Bytes of its content, with holes.
    pub size: u64,
    /// Modification time in seconds since 1970.
    pub mtime: i64,
    /// Major and minor number of a device.
    pub device: (u64, u64),
    /// The extended attribute of file capabilities, if it has one.
    pub capabilities: Option<Vec<u8>>,
    /// Whether it has an extended attribute by which overlay file systems mark their own.
    pub is_marked: bool,
    /// What readers differ on.
    pub odd: Vec<&'static str>,
}

enum State {
    /// A header block comes.
    Header,
    /// One block of zeros came: a second one ends the archive.
    Zero,
    /// The body of a header that describes the next member.
    Special { kind: u8, left: u64 },
    /// A block of the sparse map that stands before a member's content, and the stored bytes behind that block.
    Map { member: Box<Member>, text: MapText, left: u64 },
    /// A member's content.
    Content,
    /// The rest of a block.
    Padding,
    /// The archive is over; what follows is looked at by nobody.
    End,
}

/// What extended headers said of the member that follows them.
#[derive(Default)]
struct Pending {
    records: Option<Records>,
    name: Vec<u8>,
    link: Vec<u8>,
    headers: u32,
    has_rivals: bool,
    is_behind_global: bool,
}

/// Reads a tar that is pushed to it.
pub struct Reader {
    special_limit: u64,
    position: u64,
    state: State,
    block: [u8; BLOCK],
    filled: usize,
    special: Vec<u8>,
    pending: Pending,
    segments: VecDeque<Segment>,
    padding: u64,
    globals: u64,
    orphans: u64,
    hidden: bool,
}

impl Reader {
    /// A reader that takes special headers and sparse maps of at most `special_limit` bytes each.
    pub fn new(special_limit: u64) -> Self {
        Self {
            special_limit,
            position: 0,
            state: State::Header,
            block: [0; BLOCK],
            filled: 0,
            special: Vec::new(),
            pending: Pending::default(),
            segments: VecDeque::new(),
            padding: 0,
            globals: 0,
            orphans: 0,
            hidden: false,
        }
    }

    /// Takes bytes off `input` until there is something to tell. `None`: it wants more input.
    pub fn next<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Event<'a>>> {
        loop {
            match &mut self.state {
                State::Header | State::Zero | State::Map { .. } => {
                    if !self.fill_block(input) {
                        return Ok(None);
                    }
                    if let Some(member) = self.take_block()? {
                        return Ok(Some(Event::Member(member)));
                    }
                }
                State::Special { kind, left } => {
                    let (kind, wanted) = (*kind, *left);
                    let bytes = self.take(input, wanted);
                    self.special.extend_from_slice(bytes);
                    let left = wanted - bytes.len() as u64;
                    self.state = State::Special { kind, left };
                    if left > 0 {
                        return Ok(None);
                    }
                    self.end_special(kind)?;
                }
                State::Content => match self.segments.pop_front() {
                    None => {
                        self.state = State::Padding;
                        return Ok(Some(Event::Close));
                    }
                    Some(Segment::Hole(zeros)) => return Ok(Some(Event::Hole(zeros))),
                    Some(Segment::Data(0)) => {}
                    Some(Segment::Data(wanted)) => {
                        let bytes = self.take(input, wanted);
                        self.segments.push_front(Segment::Data(wanted - bytes.len() as u64));
                        return Ok((!bytes.is_empty()).then_some(Event::Data(bytes)));
                    }
                },
                State::Padding => {
                    self.padding -= self.take(input, self.padding).len() as u64;
                    if self.padding > 0 {
                        return Ok(None);
                    }
                    self.state = State::Header;
                }
                State::End => {
                    let rest = self.take(input, u64::MAX);
                    self.hidden |= rest.chunks(64).any(|bytes| bytes.iter().fold(0, |all, byte| all | byte) != 0);
                    return Ok(None);
                }
            }
        }
    }

    /// Whether the two blocks of zeros came that end an archive.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::End)
    }

    /// Says that there is no more input. Returns what is odd about the archive as a whole.
    pub fn finish(mut self) -> Result<Vec<(OddityKind, String)>> {
        match &self.state {
            State::Header | State::Zero if self.filled > 0 => return Err(self.ends_early(BLOCK as u64, self.filled as u64)),
            State::Header | State::Zero | State::Padding | State::End => {}
            State::Special { left, .. } => {
                let got = self.special.len() as u64;
                return Err(self.ends_early(got + left, got));
            }
            State::Map { left, .. } => return Err(self.ends_early(left.saturating_add(BLOCK as u64), self.filled as u64)),
            State::Content => {
                let left = self.segments.iter().map(|segment| if let Segment::Data(left) = segment { *left } else { 0 }).sum();
                return Err(self.ends_early(left, 0));
            }
        }
        self.forget_pending();
        Ok([
            (
                self.globals > 0,
                OddityKind::Ignored,
                format!("{} global PAX headers: container runtimes ignore them", self.globals),
            ),
            (self.orphans > 0, OddityKind::Ignored, format!("{} extended headers describe no member", self.orphans)),
            (
                self.hidden,
                OddityKind::Trailing,
                "bytes other than zeros follow the end of the archive: no reader sees them".to_owned(),
            ),
        ]
        .into_iter()
        .filter_map(|(is_so, kind, what)| is_so.then_some((kind, what)))
        .collect())
    }

    fn ends_early(&self, wanted: u64, got: u64) -> Error {
        corrupt(format!("the tar ends early at byte {}: wanted {wanted} more bytes, got {got}", self.position - got))
    }

    fn take<'a>(&mut self, input: &mut &'a [u8], most: u64) -> &'a [u8] {
        let length = usize::try_from(most).map_or(input.len(), |most| most.min(input.len()));
        let (taken, rest) = input.split_at(length);
        *input = rest;
        self.position += length as u64;
        taken
    }

    fn fill_block(&mut self, input: &mut &[u8]) -> bool {
        let bytes = self.take(input, (BLOCK - self.filled) as u64);
        self.block[self.filled..self.filled + bytes.len()].copy_from_slice(bytes);
        self.filled = (self.filled + bytes.len()) % BLOCK;
        self.filled == 0 && !bytes.is_empty()
    }

    /// Where the block begins that was just filled.
    fn block_start(&self) -> u64 {
        self.position - BLOCK as u64
    }

    fn take_block(&mut self) -> Result<Option<Member>> {
        let is_zero = self.block == [0; BLOCK];
        match mem::replace(&mut self.state, State::Header) {
            State::Map { member, text, left } => self.map_block(member, text, left),
            State::Zero if is_zero => {
                self.state = State::End;
                Ok(None)
            }
            State::Zero => Err(corrupt(format!("one block of zeros, and then data, at byte {}", self.block_start()))),
            _ if is_zero => {
                self.state = State::Zero;
                Ok(None)
            }
            _ => {
                let header = header::parse(&self.block).map_err(|why| self.bad_header(&why))?;
                self.begin(header)
            }
        }
    }

    fn bad_header(&self, why: &str) -> Error {
        corrupt(format!("the tar header at byte {} is malformed: {why}", self.block_start()))
    }

    /// Goes on from a header block: to the body of a special header, or to a member.
    fn begin(&mut self, header: Header) -> Result<Option<Member>> {
        if !matches!(header.kind, b'x' | b'g' | b'L' | b'K') {
            let (member, stored) = member::merge(header, &self.pending).map_err(|why| self.bad_header(&why))?;
            self.pending = Pending::default();
            return self.open(member, stored);
        }
        let size = u64::try_from(header.size).map_err(|_| self.bad_header("its size is negative"))?;
        if size > self.special_limit {
            let what = format!("the special tar header at byte {} has {size} bytes", self.block_start());
            return Err(limits::special_header(format!("{what}, more than {}", self.special_limit)));
        }
        self.special.clear();
        self.padding = padding(size);
        self.state = State::Special { kind: header.kind, left: size };
        Ok(None)
    }

    fn open(&mut self, member: Member, stored: Stored) -> Result<Option<Member>> {
        self.state = State::Content;
        match stored {
            Stored::Plain(size) => {
                self.padding = padding(size);
                self.segments.push_back(Segment::Data(size));
            }
            Stored::Mapped(size, map) => {
                self.padding = padding(size);
                self.segments = self.sparse(&map, &member, size)?;
            }
            Stored::MapFirst(size) => {
                self.padding = padding(size);
                self.state = State::Map { member: Box::new(member), text: MapText::default(), left: self.map_block_left(size)? };
                return Ok(None);
            }
        }
        Ok(Some(member))
    }

    fn sparse(&self, map: &[(i64, i64)], member: &Member, stored: u64) -> Result<VecDeque<Segment>> {
        sparse::segments(map, member.size, stored).map_err(|why| self.bad_header(why))
    }

    /// Takes a block of the sparse map that stands before the content.
    fn map_block(&mut self, member: Box<Member>, mut text: MapText, left: u64) -> Result<Option<Member>> {
        if let Some(map) = text.push(&self.block).map_err(|why| self.bad_header(why))? {
            self.segments = self.sparse(&map, &member, left)?;
            self.state = State::Content;
            return Ok(Some(*member));
        }
        if text.len() + BLOCK as u64 > self.special_limit {
            let what = format!("the sparse map at byte {} has more than {} bytes", self.block_start(), self.special_limit);
            return Err(limits::special_header(what));
        }
        self.state = State::Map { member, text, left: self.map_block_left(left)? };
        Ok(None)
    }

    /// What is left of the stored bytes behind the next block of a sparse map.
    fn map_block_left(&self, left: u64) -> Result<u64> {
        left.checked_sub(BLOCK as u64).ok_or_else(|| self.bad_header("its content ends within its sparse map"))
    }

    fn end_special(&mut self, kind: u8) -> Result<()> {
        self.state = State::Padding;
        let name = || header::string(&self.special).to_vec();
        match kind {
            b'L' => self.pending.has_rivals |= !mem::replace(&mut self.pending.name, name()).is_empty(),
            b'K' => self.pending.has_rivals |= !mem::replace(&mut self.pending.link, name()).is_empty(),
            _ => {
                let begin = self.position - self.special.len() as u64;
                let records = Records::parse(&self.special)
                    .map_err(|why| corrupt(format!("the PAX records at byte {begin} are malformed: {why}")))?;
                if kind == b'g' {
                    // Go hands it out as an entry of its own, so that what came before it describes nothing.
                    self.forget_pending();
                    self.pending.is_behind_global = true;
                    self.globals += 1;
                    return Ok(());
                }
                self.pending.has_rivals |= self.pending.records.replace(records).is_some();
            }
        }
        self.pending.headers += 1;
        Ok(())
    }

    fn forget_pending(&mut self) {
        self.orphans += u64::from(mem::take(&mut self.pending).headers);
    }
}

fn corrupt(what: String) -> Error {
    Error::new(Kind::Corrupt, what)
}

/// Bytes that fill the last block of a body.
fn padding(size: u64) -> u64 {
    size.wrapping_neg() % BLOCK as u64
}
