//! Tars, honest and hostile, built header by header; and blobs of them with their descriptors.

use std::io::Write as _;

use lucid_verify::digest::{Digest, Verified};
use lucid_verify::error::Error;
use lucid_verify::image::Descriptor;
use lucid_verify::layer::{self, LayerDiff, Passed};
use lucid_verify::limits::Limits;

/// A header block that says whatever a test wants it to say.
#[derive(Clone)]
pub struct Header(pub [u8; 512]);

impl Header {
    /// A ustar header of a type, with mode 0644.
    pub fn new(name: &str, kind: u8, size: u64) -> Self {
        let mut header = Self([0; 512]).put(0, name.as_bytes()).put(257, b"ustar\x0000").kind(kind);
        header = header.put(100, b"0000644\0").put(108, b"0000000\0").put(116, b"0000000\0").put(136, b"00000000000\0");
        header.size(size)
    }

    /// Overwrites bytes.
    pub fn put(mut self, at: usize, bytes: &[u8]) -> Self {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }

    /// The type flag.
    pub fn kind(self, kind: u8) -> Self {
        self.put(156, &[kind])
    }

    /// The size field.
    pub fn size(self, size: u64) -> Self {
        self.put(124, format!("{size:011o}\0").as_bytes())
    }

    /// The target of a link.
    pub fn link(self, target: &str) -> Self {
        self.put(157, target.as_bytes())
    }

    /// The block with its checksum.
    pub fn block(&self) -> [u8; 512] {
        let blank = self.clone().put(148, b"        ");
        let sum: u32 = blank.0.iter().map(|byte| u32::from(*byte)).sum();
        blank.put(148, format!("{sum:06o}\0 ").as_bytes()).0
    }
}

/// The records of a sparse file in PAX 0.0, `/real`: of 12 bytes two at 2 and one at 9 (GNU tar, "Storing Sparse Files").
pub const SPARSE_0_0: [(&str, &[u8]); 7] = [
    ("GNU.sparse.size", b"12"),
    ("GNU.sparse.numblocks", b"2"),
    ("GNU.sparse.offset", b"2"),
    ("GNU.sparse.numbytes", b"2"),
    ("GNU.sparse.offset", b"9"),
    ("GNU.sparse.numbytes", b"1"),
    ("path", b"real"),
];

/// A tar under construction.
#[derive(Clone, Default)]
pub struct Tarball(pub Vec<u8>);

impl Tarball {
    /// Appends bytes as they are.
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Appends a header.
    pub fn header(self, header: &Header) -> Self {
        self.raw(&header.block())
    }

    /// Appends a body and the padding behind it.
    pub fn body(self, bytes: &[u8]) -> Self {
        self.raw(bytes).raw(&vec![0; bytes.len().wrapping_neg() % 512])
    }

    /// Appends a member of a type, with a body that its size announces.
    pub fn member(self, name: &str, kind: u8, body: &[u8]) -> Self {
        self.header(&Header::new(name, kind, body.len() as u64)).body(body)
    }

    /// Appends a sparse file in PAX 1.0: of 700 bytes five at 10 and three at 600.
    pub fn sparse(self, name: &str) -> Self {
        let mut map = b"2\n10\n5\n600\n3\n".to_vec();
        map.resize(512, 0);
        map.extend_from_slice(b"helloend");
        let records: [(&str, &[u8]); 3] =
            [("GNU.sparse.major", b"1"), ("GNU.sparse.minor", b"0"), ("GNU.sparse.realsize", b"700")];
        self.pax(&records).file(name, &map)
    }

    /// Appends a regular file.
    pub fn file(self, name: &str, body: &[u8]) -> Self {
        self.member(name, b'0', body)
    }

    /// Appends a PAX header with these records.
    pub fn pax(self, records: &[(&str, &[u8])]) -> Self {
        let body: Vec<u8> = records.iter().flat_map(|(key, value)| record(key, value)).collect();
        self.member("pax", b'x', &body)
    }

    /// Appends the two blocks that end a tar.
    pub fn end(self) -> Vec<u8> {
        self.raw(&[0; 1024]).0
    }
}

/// One PAX record: its length counts its own digits.
pub fn record(key: &str, value: &[u8]) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let length = (rest..rest + 9).find(|length| length.to_string().len() + rest == *length).expect("a length");
    [format!("{length} {key}=").as_bytes(), value, b"\n"].concat()
}

/// One gzip member.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}

/// One zstd frame.
pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::stream::encode_all(bytes, 1).expect("a vector takes all")
}

/// A blob, what its manifest says of it, and what the config says of its content.
#[derive(Clone, Debug)]
pub struct Blob {
    pub bytes: Vec<u8>,
    pub descriptor: Descriptor,
    pub diff_id: Digest,
}

impl Blob {
    /// A blob of `bytes` whose content is `tar`, with everything right.
    pub fn new(bytes: Vec<u8>, tar: &[u8], suffix: &str) -> Self {
        let descriptor = Descriptor {
            media_type: format!("application/vnd.oci.image.layer.v1.tar{suffix}"),
            digest: Digest::sha256(&bytes),
            size: bytes.len() as u64,
            platform: None,
            annotations: None,
            data: None,
        };
        Self { bytes, descriptor, diff_id: Digest::sha256(tar) }
    }

    /// An uncompressed layer.
    pub fn plain(tar: &[u8]) -> Self {
        Self::new(tar.to_vec(), tar, "")
    }

    /// Reads it with default limits.
    pub fn read(&self) -> Result<LayerDiff, Error> {
        self.read_within(&Limits::default())
    }

    /// Reads it with other limits.
    pub fn read_within(&self, limits: &Limits) -> Result<LayerDiff, Error> {
        let read = layer::read(self.bytes.as_slice(), &self.descriptor, &self.diff_id, limits);
        if let Ok(read) = &read {
            let kept = self.kept(limits).expect("it is read as it was before");
            assert!(kept.entries == read.entries && kept.oddities == read.oddities && kept.raw_size == read.raw_size);
        }
        read
    }

    /// Reads it, and takes it from what was stored of that.
    fn kept(&self, limits: &Limits) -> Result<LayerDiff, Error> {
        let blob = Verified::new(self.bytes.as_slice(), &self.descriptor.digest, self.descriptor.size);
        let mut stored = Vec::new();
        layer::pass(blob, self.diff_id.algorithm(), limits)?.store(limits, &mut stored)?;
        let kept = Passed::restore(&stored, &self.descriptor, self.diff_id.algorithm(), limits);
        kept.expect("it is not damaged").expect("the question is the same").hold(&self.descriptor, &self.diff_id)
    }
}

/// The entries of a plain layer, one line each: type, mode, owner, size, path, and the target of a link.
pub fn lines(layer: &LayerDiff) -> Vec<String> {
    layer.entries.iter().map(line).collect()
}

fn line(entry: layer::EntryRef<'_>) -> String {
    use layer::Body;
    let (kind, link) = match entry.body() {
        Body::Directory => ('d', String::new()),
        Body::File(_) => ('f', String::new()),
        Body::Symlink(target) => ('l', format!(" -> {}", target.escape_ascii())),
        Body::Hardlink(target) => ('h', format!(" -> {target}")),
        Body::Device { major, minor, .. } => ('c', format!(" {major}:{minor}")),
        Body::Fifo => ('p', String::new()),
        Body::Whiteout => ('w', String::new()),
        Body::Opaque => ('o', String::new()),
    };
    let stat = entry.stat();
    format!("{kind} {:04o} {}:{} {} {}{link}", stat.mode, stat.uid, stat.gid, stat.size, entry.path())
}
