//! Archives from a generator, written in every way that the formats have: what is read back is what was meant.

use arbitrary::{Arbitrary, Unstructured};
use lucid_verify::layer::tar::{Event, Reader};

use super::tarball::{Header, Tarball};

/// A text or a content, longer than a field of a header or not.
#[derive(Debug, Clone)]
struct Text(Vec<u8>);

impl<'a> Arbitrary<'a> for Text {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let length = if bytes.ratio(1, 4)? { bytes.int_in_range(0..=700)? } else { bytes.int_in_range(0..=12)? };
        bytes.bytes(length.min(bytes.len())).map(|text| Self(text.to_vec()))
    }
}

#[derive(Debug, Arbitrary)]
struct Member {
    kind: Kind,
    name: Text,
    link: Text,
    mode: u16,
    uid: u64,
    gid: u32,
    mtime: i64,
    written: Written,
}

#[derive(Debug, Arbitrary)]
enum Kind {
    File(Text),
    /// Gaps and parts of a file with holes, and the format of its map.
    Sparse(Vec<(u8, Text)>, u8, Map),
    Hardlink,
    Symlink,
    Character(u16, u16),
    Directory,
    Fifo,
}

#[derive(Debug, Clone, Copy, Arbitrary)]
enum Map {
    ZeroZero,
    ZeroOne,
    OneZero,
}

/// How a member is written: everything here leaves what it means as it is.
#[derive(Debug, Arbitrary)]
#[allow(clippy::struct_excessive_bools, reason = "each is a way to write that may or may not be taken")]
struct Written {
    names: Names,
    numbers_in_records: bool,
    size_in_record: bool,
    /// A header that announces a body which its type cannot have, or none where a record announces one.
    lying_size: bool,
    global_before: bool,
    /// An extended header that the next of its kind replaces.
    replaced: bool,
    foreign_record: Option<Text>,
}

#[derive(Debug, Clone, Copy, PartialEq, Arbitrary)]
enum Names {
    Header,
    Pax,
    Gnu,
    /// A GNU name, which holds over the record beside it.
    Both,
}

/// What is read of a member, content included.
#[derive(Debug, PartialEq)]
struct Meant {
    kind: u8,
    name: Vec<u8>,
    link: Vec<u8>,
    numbers: (i64, u64, u64, i64),
    device: (u64, u64),
    content: Vec<u8>,
}

pub fn run(data: &[u8]) {
    let mut bytes = Unstructured::new(data);
    let mut members = Vec::new();
    while let (false, Ok(member)) = (bytes.is_empty() || members.len() == 16, Member::arbitrary(&mut bytes)) {
        members.push(member);
    }
    let tar = members.iter().fold(Tarball::default(), |tar, member| member.write(tar));
    let tar = tar.raw(&vec![0; data.len() % 4 * 512]).0;
    let meant: Vec<_> = members.iter().map(Member::meant).collect();
    assert_eq!(read(&tar), meant, "{members:#?}");
}

fn read(tar: &[u8]) -> Vec<Meant> {
    let (mut reader, mut rest, mut found) = (Reader::new(1 << 20), tar, Vec::<Meant>::new());
    while let Some(event) = reader.next(&mut rest).expect("it is well formed") {
        match event {
            Event::Member(member) => found.push(Meant {
                kind: member.kind,
                name: member.name,
                link: member.link,
                numbers: (member.mode, member.uid, member.gid, member.mtime),
                device: member.device,
                content: Vec::new(),
            }),
            Event::Data(bytes) => found.last_mut().unwrap().content.extend_from_slice(bytes),
            Event::Hole(zeros) => {
                let content = &mut found.last_mut().unwrap().content;
                content.resize(content.len() + usize::try_from(zeros).unwrap(), 0);
            }
            Event::Close => {}
        }
    }
    reader.finish().expect("it ends well");
    found
}

/// A name without NUL, which only headers may hold, and only to end one.
fn named(text: &Text) -> Vec<u8> {
    text.0.iter().map(|byte| if *byte == 0 { b'/' } else { *byte }).collect()
}

/// Number as a field of octal digits, or in base 256 where it does not fit.
fn field(number: i64, width: usize) -> Vec<u8> {
    let octal = format!("{number:0digits$o}", digits = width - 1);
    if number >= 0 && octal.len() < width {
        return octal.into_bytes();
    }
    let sign = if number < 0 { 0xff } else { 0 };
    let mut field = vec![sign; width.saturating_sub(8)];
    field.extend(number.to_be_bytes());
    field[0] |= 0x80;
    field
}

impl Member {
    fn kind(&self) -> u8 {
        match self.kind {
            Kind::File(_) | Kind::Sparse(..) => b'0',
            Kind::Hardlink => b'1',
            Kind::Symlink => b'2',
            Kind::Character(..) => b'3',
            Kind::Directory => b'5',
            Kind::Fifo => b'6',
        }
    }

    /// What fits in a field of eight bytes, in whatever way it is written.
    fn uid(&self) -> u64 {
        self.uid >> 8
    }

    fn device(&self) -> (u64, u64) {
        if let Kind::Character(major, minor) = self.kind { (major.into(), minor.into()) } else { (0, 0) }
    }

    fn meant(&self) -> Meant {
        let content = match &self.kind {
            Kind::File(content) => content.0.clone(),
            Kind::Sparse(parts, tail, _) => {
                let mut content = Vec::new();
                for (gap, part) in parts {
                    content.resize(content.len() + usize::from(*gap), 0);
                    content.extend_from_slice(&part.0);
                }
                content.resize(content.len() + usize::from(*tail), 0);
                content
            }
            _ => Vec::new(),
        };
        let numbers = (i64::from(self.mode), self.uid(), u64::from(self.gid), self.mtime);
        Meant { kind: self.kind(), name: named(&self.name), link: named(&self.link), numbers, device: self.device(), content }
    }

    /// The map of a sparse file, offset and length of each part.
    fn map(parts: &[(u8, Text)]) -> Vec<(usize, usize)> {
        let mut at = 0;
        let place = |(gap, Text(part)): &(u8, Text)| {
            let offset = at + usize::from(*gap);
            at = offset + part.len();
            (offset, part.len())
        };
        parts.iter().map(place).collect()
    }

    /// The bytes that are stored, and the records that say what they are.
    fn stored(&self) -> (Vec<u8>, Vec<(String, Vec<u8>)>) {
        let mut records = Vec::new();
        let mut put = |key: &str, value: String| records.push((key.to_owned(), value.into_bytes()));
        let stored = match &self.kind {
            Kind::File(content) => content.0.clone(),
            Kind::Sparse(parts, tail, format) => {
                let map = Self::map(parts);
                // A map that is empty is none, unless the format is named.
                if map.is_empty() && !matches!(format, Map::OneZero) {
                    put("GNU.sparse.major", "0".into());
                    put("GNU.sparse.minor", "1".into());
                }
                let size = map.last().map_or(0, |(offset, length)| offset + length) + usize::from(*tail);
                let data = parts.iter().flat_map(|(_, part)| &part.0).copied();
                match format {
                    Map::OneZero => {
                        put("GNU.sparse.major", "1".into());
                        put("GNU.sparse.minor", "0".into());
                        put("GNU.sparse.realsize", size.to_string());
                        let lines = map.iter().flat_map(|(offset, length)| [offset, length]).map(|number| format!("{number}\n"));
                        let mut text = format!("{}\n{}", map.len(), lines.collect::<String>()).into_bytes();
                        text.resize(text.len().next_multiple_of(512), 0);
                        text.into_iter().chain(data).collect()
                    }
                    Map::ZeroOne => {
                        let numbers: Vec<_> =
                            map.iter().flat_map(|(offset, length)| [offset, length]).map(usize::to_string).collect();
                        put("GNU.sparse.size", size.to_string());
                        put("GNU.sparse.numblocks", map.len().to_string());
                        put("GNU.sparse.map", numbers.join(","));
                        data.collect()
                    }
                    Map::ZeroZero => {
                        put("GNU.sparse.size", size.to_string());
                        put("GNU.sparse.numblocks", map.len().to_string());
                        for (offset, length) in map {
                            put("GNU.sparse.offset", offset.to_string());
                            put("GNU.sparse.numbytes", length.to_string());
                        }
                        data.collect()
                    }
                }
            }
            _ => Vec::new(),
        };
        (stored, records)
    }

    fn write(&self, mut tar: Tarball) -> Tarball {
        let how = &self.written;
        let (stored, mut records) = self.stored();
        let (name, link) = (named(&self.name), named(&self.link));
        let is_short = |text: &[u8]| text.len() <= 100;
        let names = if how.names == Names::Header && !(is_short(&name) && is_short(&link)) { Names::Gnu } else { how.names };
        let mut header = Header::new("", self.kind(), 0).put(100, &field(self.mode.into(), 8));
        header = header.put(329, &field(self.device().0.cast_signed(), 8)).put(337, &field(self.device().1.cast_signed(), 8));
        // An empty long name describes nothing, so that the short one is always written.
        header = header.put(0, &name[..name.len().min(100)]).put(157, &link[..link.len().min(100)]);
        if matches!(names, Names::Pax | Names::Both) {
            let decoy = |text: &[u8]| if names == Names::Both && !text.is_empty() { b"decoy".to_vec() } else { text.to_vec() };
            records.push(("path".into(), decoy(&name)));
            records.push(("linkpath".into(), decoy(&link)));
        }
        let numbers: [(&str, usize, usize, i64); 3] =
            [("uid", 108, 8, self.uid().cast_signed()), ("gid", 116, 8, self.gid.into()), ("mtime", 136, 12, self.mtime)];
        for (key, at, width, number) in numbers {
            if how.numbers_in_records {
                records.push((key.into(), number.to_string().into_bytes()));
            } else {
                header = header.put(at, &field(number, width));
            }
        }
        let is_body = self.kind() == b'0';
        if is_body && how.size_in_record {
            records.push(("size".into(), stored.len().to_string().into_bytes()));
        }
        let is_lie = how.lying_size && (how.size_in_record || !is_body);
        header = header.size(if is_lie { 512 } else { stored.len() as u64 });
        if let Some(value) = &how.foreign_record {
            records.push(("SCHILY.xattr.user.x".into(), value.0.clone()));
        }
        tar = how.extended(tar, names, &records, &name, &link);
        tar.header(&header).body(&stored)
    }
}

impl Written {
    fn extended(&self, mut tar: Tarball, names: Names, records: &[(String, Vec<u8>)], name: &[u8], link: &[u8]) -> Tarball {
        if self.global_before {
            tar = tar.member("pax_global_header", b'g', b"12 uid=1234\n");
        }
        if self.replaced && !records.is_empty() {
            tar = tar.pax(&[("path", b"replaced"), ("uid", b"1"), ("size", b"99")]);
        }
        if !records.is_empty() {
            let records: Vec<(&str, &[u8])> = records.iter().map(|(key, value)| (&key[..], &value[..])).collect();
            tar = tar.pax(&records);
        }
        if matches!(names, Names::Gnu | Names::Both) {
            for (kind, text) in [(b'L', name), (b'K', link)] {
                if self.replaced {
                    tar = tar.member("", kind, b"replaced\0");
                }
                tar = tar.member("", kind, text);
            }
        }
        tar
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    // The generator makes something of any bytes; of these, archives that are neither empty nor all alike.
    let pattern = |step: usize| (0..4000).map(|at: usize| (at.wrapping_mul(step) >> 3).to_le_bytes()[0]).collect();
    [1, 7, 37, 101, 257, 1031].map(pattern).to_vec()
}
