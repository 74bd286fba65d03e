//! Sparse files: their real name, size and content, and maps that lie.

use lucid_verify::digest::Digest;
use lucid_verify::error::Kind;
use lucid_verify::layer::{Body, LayerDiff};
use lucid_verify::limits::Limits;

use crate::tarball::{Blob, Header, SPARSE_0_0, Tarball, lines};

/// `ab` at 2, `c` at 9, 12 bytes in all.
const REAL: &[u8] = b"\0\0ab\0\0\0\0\0c\0\0";

fn one_zero(map: &[u8]) -> Tarball {
    let mut stored = map.to_vec();
    stored.resize(map.len().next_multiple_of(512), 0);
    stored.extend_from_slice(b"abc");
    let records: [(&str, &[u8]); 4] =
        [("GNU.sparse.major", b"1"), ("GNU.sparse.minor", b"0"), ("GNU.sparse.name", b"real"), ("GNU.sparse.realsize", b"12")];
    Tarball::default().pax(&records).file("GNUSparseFile.0/real", &stored)
}

fn zero_one(map: &[u8], blocks: &[u8]) -> Tarball {
    let records: [(&str, &[u8]); 4] =
        [("GNU.sparse.size", b"12"), ("GNU.sparse.numblocks", blocks), ("GNU.sparse.map", map), ("GNU.sparse.name", b"real")];
    Tarball::default().pax(&records).file("GNUSparseFile.0/real", b"abc")
}

fn check(layer: &LayerDiff) {
    assert_eq!(lines(layer), ["f 0644 0:0 12 /real", "f 0644 0:0 1 /next"]);
    let Body::File(trace) = layer.entries.get(0).body() else { panic!("no file") };
    assert_eq!((Digest::from_sha256(trace.sha256), trace.bytes()), (Digest::sha256(REAL), Some(REAL)));
}

#[test]
fn every_format_gives_the_real_file() {
    for tar in [
        one_zero(b"2\n2\n2\n9\n1\n"),
        zero_one(b"2,2,9,1", b"2"),
        Tarball::default().pax(&SPARSE_0_0).file("real.sparse", b"abc"),
    ] {
        check(&Blob::plain(&tar.file("next", b"x").end()).read().unwrap());
    }
}

#[test]
fn a_map_that_lies_is_corrupt() {
    for map in [
        &b"2\n2\n2\n"[..],
        b"x\n",
        b"-1\n",
        b"2\n9\n1\n2\n2\n",
        b"1\n2\n2\n",
        b"2\n2\n2\n9\n9\n",
        b"2\n2\n2\n3\n1\n",
        b"9999999\n",
    ] {
        let error = Blob::plain(&one_zero(map).file("next", b"x").end()).read().unwrap_err();
        assert_eq!(error.kind, Kind::Corrupt, "{}: {error}", map.escape_ascii());
    }
    for (map, blocks) in
        [(&b"2,2,9,1"[..], &b"1"[..]), (b"2,2,9", b"2"), (b"2,2,9,x", b"2"), (b"2,2,11,1,12,0", b"4"), (b"9,1,2,2", b"2")]
    {
        let error = Blob::plain(&zero_one(map, blocks).end()).read().unwrap_err();
        assert_eq!(error.kind, Kind::Corrupt, "{}: {error}", map.escape_ascii());
    }
    let link = Tarball::default().pax(&[("GNU.sparse.map", b"0,0"), ("GNU.sparse.numblocks", b"1")]);
    let link = link.header(&Header::new("a", b'2', 0));
    assert_eq!(Blob::plain(&link.end()).read().unwrap_err().kind, Kind::Corrupt);
}

#[test]
fn a_hole_counts_like_the_zeros_that_it_is() {
    let hole: [(&str, &[u8]); 3] =
        [("GNU.sparse.size", b"60000000000"), ("GNU.sparse.numblocks", b"1"), ("GNU.sparse.map", b"0,0")];
    let tar = Tarball::default().pax(&hole).file("huge", b"").end();
    assert_eq!(Blob::plain(&tar).read().unwrap_err().kind, Kind::Limit);
}

#[test]
fn a_map_is_bounded() {
    let long: Vec<u8> = b"99999999\n".iter().copied().chain(b"1\n1\n".iter().copied().cycle().take(4096)).collect();
    let limits = Limits { special_header: 2048, ..Limits::default() };
    assert_eq!(Blob::plain(&one_zero(&long).end()).read_within(&limits).unwrap_err().kind, Kind::Limit);
}
