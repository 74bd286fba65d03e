//! Any bytes as a tar: no panic, no byte lost or told twice, and the pieces in which they come do not matter.

use lucid_verify::error::Kind;
use lucid_verify::layer::tar::{Event, Member, Reader};
use lucid_verify::limits::Limits;

use super::tarball::{Blob, Header, Tarball, record};

const BLOCK: u64 = 512;
const CHECKSUM: std::ops::Range<usize> = 148..156;

/// What a tar is, as far as it can be read.
#[derive(Debug, PartialEq)]
struct Told {
    members: Vec<(Member, Vec<Part>)>,
    end: Result<usize, String>,
}

#[derive(Debug, PartialEq)]
enum Part {
    Data(Vec<u8>),
    Hole(u64),
}

/// A mutated header has a wrong checksum, which hides what is behind it: the bytes are read as they are, and again with
/// every checksum mended.
pub fn run(data: &[u8]) {
    hold(data);
    hold(&sealed(data));
}

fn hold(tar: &[u8]) {
    let told = read(tar, tar.len().max(1));
    let piece = 1 + tar.iter().map(|byte| usize::from(*byte)).sum::<usize>() % 700;
    assert_eq!(read(tar, piece), told, "pieces of {piece} bytes");
    let limits = Limits { layer_bytes: 8 << 20, ..Limits::default() };
    match Blob::plain(tar).read_within(&limits) {
        Ok(layer) => {
            assert_eq!(layer.raw_size, tar.len() as u64);
            assert!(layer.entries.len() <= told.members.len() && told.end.is_ok());
        }
        Err(error) => assert!(matches!(error.kind, Kind::Corrupt | Kind::Unsupported | Kind::Limit), "{error}"),
    }
}

fn read(tar: &[u8], piece: usize) -> Told {
    let mut reader = Reader::new(1 << 20);
    let mut told = Told { members: Vec::new(), end: Ok(0) };
    let mut place = Place::default();
    for mut bytes in tar.chunks(piece) {
        loop {
            let before = bytes.len();
            let event = reader.next(&mut bytes);
            place.position += (before - bytes.len()) as u64;
            match event {
                Ok(Some(event)) => place.take(event, &mut told.members),
                Ok(None) => break,
                Err(error) => return Told { end: Err(error.to_string()), ..told },
            }
        }
        assert!(bytes.is_empty(), "the reader left {} bytes and wants more", bytes.len());
    }
    assert_eq!(place.position, tar.len() as u64);
    told.end = reader.finish().map(|odd| odd.len()).map_err(|error| error.to_string());
    told
}

/// Where a reader stands: members begin behind a header of their own, on a block, and have the content that they announce.
#[derive(Default)]
struct Place {
    position: u64,
    /// Where the last member's blocks end.
    end: u64,
    left: u64,
}

impl Place {
    fn take(&mut self, event: Event<'_>, members: &mut Vec<(Member, Vec<Part>)>) {
        match event {
            Event::Member(member) => {
                assert!(self.position.is_multiple_of(BLOCK) && self.position >= self.end + BLOCK, "{member:?} lies askew");
                self.left = member.size;
                members.push((member, Vec::new()));
            }
            Event::Data(bytes) => {
                assert!(!bytes.is_empty(), "nothing is told of");
                self.shorten(bytes.len() as u64);
                let (_, parts) = members.last_mut().unwrap();
                match parts.last_mut() {
                    Some(Part::Data(data)) => data.extend_from_slice(bytes),
                    _ => parts.push(Part::Data(bytes.to_vec())),
                }
            }
            Event::Hole(zeros) => {
                self.shorten(zeros);
                members.last_mut().unwrap().1.push(Part::Hole(zeros));
            }
            Event::Close => {
                assert_eq!(self.left, 0, "{:?} has less than it announced", members.last());
                self.end = self.position.next_multiple_of(BLOCK);
            }
        }
    }

    fn shorten(&mut self, bytes: u64) {
        self.left = self.left.checked_sub(bytes).expect("a member has more than it announced");
    }
}

/// The tar with a right checksum in every block that could be a header.
pub(super) fn sealed(tar: &[u8]) -> Vec<u8> {
    let mut tar = tar.to_vec();
    for block in tar.chunks_exact_mut(512).filter(|block| block[CHECKSUM].iter().any(u8::is_ascii_digit)) {
        let own: u32 = block[CHECKSUM].iter().map(|byte| u32::from(*byte)).sum();
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum::<u32>() - own + 8 * u32::from(b' ');
        block[CHECKSUM].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    tar
}

pub fn seeds() -> Vec<Vec<u8>> {
    let one_zero: [(&str, &[u8]); 4] =
        [("GNU.sparse.major", b"1"), ("GNU.sparse.minor", b"0"), ("GNU.sparse.name", b"real"), ("GNU.sparse.realsize", b"12")];
    let zero_one: [(&str, &[u8]); 4] = [
        ("GNU.sparse.size", b"12"),
        ("GNU.sparse.numblocks", b"2"),
        ("GNU.sparse.map", b"2,2,9,1"),
        ("GNU.sparse.name", b"real"),
    ];
    let mut map = b"2\n2\n2\n9\n1\n".to_vec();
    map.resize(512, 0);
    map.extend_from_slice(b"abc");
    let binary = Header::new("binary", b'0', 0).put(108, b"\x80\0\0\0\0\0\xff\xfc").put(124, b"\x80\0\0\0\0\0\0\0\0\0\0\x03");
    let gnu = Header::new("gnu", b'3', 0).put(257, b"ustar  \0").put(329, b"0000001\0").put(337, b"0000003\0");
    let global = [record("comment", b"x"), record("uid", b"7")].concat();
    [
        Tarball::default().member("d/", b'5', b"").file("d/a", b"content").header(&Header::new("l", b'2', 0).link("d/a")),
        Tarball::default().pax(&[("path", b"pax/name"), ("uid", b"65532"), ("size", b"3")]).file("a", b"abc").file("b", b""),
        Tarball::default().member("", b'L', &[b'n'; 300]).member("", b'K', b"target\0").header(&Header::new("a", b'1', 0)),
        Tarball::default().pax(&one_zero).file("GNUSparseFile.0/real", &map).file("next", b"x"),
        Tarball::default().pax(&zero_one).file("GNUSparseFile.0/real", b"abc").file("next", b"x"),
        Tarball::default().header(&binary).body(b"abc").header(&gnu).member("pax_global_header", b'g', &global).file("z", b""),
        Tarball::default().header(&Header::new("fifo", b'6', 512)).file("hidden", b"seen").member("old/", 0, b""),
        Tarball::default().file(".wh..wh..opq", b"").file("x/.wh.y", b"").file("a", b"").raw(&[0; 1024]).file("behind", b"x"),
    ]
    .map(Tarball::end)
    .to_vec()
}
