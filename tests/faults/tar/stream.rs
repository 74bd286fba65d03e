//! The blocks of a tar, its contents, and how it ends.

use super::{read, refused, verify, verify_with};
use crate::table::Row;
use crate::tarball::{Header, SPARSE_0_0, Tarball};

const TRAILING: &str = "integrity/trailing";

pub fn ends_of_archives(row: &Row) {
    let a = || Tarball::default().file("a", b"x");
    let good = |case: &str, tar: &[u8]| drop(verify(row, case, tar).ends(0).judges(TRAILING, "pass"));
    good("no block of zeros", &a().0);
    good("one block of zeros", &a().raw(&[0; 512]).0);
    good("no padding behind the last content", &Tarball::default().header(&Header::new("a", b'0', 3)).raw(b"abc").0);
    good("twenty blocks of zeros", &a().raw(&[0; 20 * 512]).0);
    good("nothing at all but zeros", &[0; 1024]);
    refused(
        row,
        "one block of zeros, and an entry",
        &a().raw(&[0; 512]).file("b", b"").end(),
        6,
        "one block of zeros, and then data, at byte 1536",
    );
    refused(row, "part of a block", &a().raw(&[0; 100]).0, 6, "the tar ends early at byte 1024");
    for (case, tar) in [
        ("two blocks of zeros, and an entry", a().raw(&[0; 1024]).file("gcc", b"hidden").end()),
        ("two blocks of zeros, and anything", a().raw(&[0; 1024]).raw(b"hidden").0),
    ] {
        let ran = verify(row, case, &tar).ends(0).judges(TRAILING, "fail").says("bytes other than zeros follow the end");
        assert_eq!(ran.image()["layers"][0]["entries"], 1, "{case}");
    }
}

pub fn cut_off(row: &Row) {
    let tar = Tarball::default().file("a", b"").header(&Header::new("b", b'0', 1000)).raw(&[b'x'; 600]).0;
    refused(row, "600 of 1000 bytes", &tar, 6, "the tar ends early at byte 1624: wanted 400 more bytes, got 0");
    let tar = Tarball::default().header(&Header::new("b", b'0', 0).put(124, b"\x80\0\0\0\0\0\0\x04\0\0\0\0")).0;
    refused(row, "none of 16 GiB", &tar, 6, "wanted 17179869184 more bytes");
    let tar = Tarball::default().header(&Header::new("", b'L', 600)).raw(&[b'x'; 512]).0;
    refused(row, "part of a GNU name", &tar, 6, "the tar ends early at byte 512");
}

pub fn sparse_files(row: &Row) {
    let one_zero = |map: &[u8], size: &[u8]| {
        let mut stored = map.to_vec();
        stored.resize(map.len().next_multiple_of(512), 0);
        stored.extend_from_slice(b"abc");
        let records: [(&str, &[u8]); 4] =
            [("GNU.sparse.major", b"1"), ("GNU.sparse.minor", b"0"), ("GNU.sparse.name", b"real"), ("GNU.sparse.realsize", size)];
        Tarball::default().pax(&records).file("GNUSparseFile.0/real", &stored)
    };
    let zero_one: [(&str, &[u8]); 4] = [
        ("GNU.sparse.size", b"12"),
        ("GNU.sparse.numblocks", b"2"),
        ("GNU.sparse.map", b"2,2,9,1"),
        ("GNU.sparse.name", b"real"),
    ];
    let real = ["file 0644 0:0 12 /real"];
    read(row, "PAX 1.0", one_zero(b"2\n2\n2\n9\n1\n", b"12"), &real);
    read(row, "PAX 0.1", Tarball::default().pax(&zero_one).file("stored", b"abc"), &real);
    read(row, "PAX 0.0", Tarball::default().pax(&SPARSE_0_0).file("stored", b"abc"), &real);
    let old = Tarball::default().header(&Header::new("old", b'S', 0).put(257, b"ustar  \0")).end();
    refused(row, "GNU's old type S", &old, 7, "container runtimes refuse to unpack it");
    let hole = one_zero(b"1\n0\n3\n", b"60000000000").end();
    verify(row, "a hole of 60 GB", &hole).ends(8).says("--limit layer-bytes=VALUE");
    for (case, map) in [
        ("parts that overlap", &b"2\n0\n2\n1\n1\n"[..]),
        ("parts out of order", b"2\n9\n1\n2\n2\n"),
        ("a part behind the end", b"1\n10\n3\n"),
        ("more parts than are stored", b"1\n0\n9\n"),
        ("a map that does not end", b"1000\n1\n"),
    ] {
        refused(row, case, &one_zero(map, b"12").end(), 6, "is malformed: its");
    }
    let million = [b"1000000\n".to_vec(), b"0\n0\n".repeat(1_000_000)].concat();
    verify(row, "a map of a million parts", &one_zero(&million, b"3").end()).ends(8).says("--limit special-header=VALUE");
}

pub fn refused_types(row: &Row) {
    for kind in *b"7VDAZM" {
        let case = format!("type {}", char::from(kind));
        let tar = Tarball::default().file("a", b"").member("odd/one", kind, b"").end();
        refused(row, &case, &tar, 7, "/odd/one is a tar member of type");
    }
    refused(row, "a type that is no letter", &Tarball::default().member("a", 0x1b, b"").end(), 7, "\\\\u{1b}");
}

pub fn many_entries(row: &Row) {
    let tar = (0..50).fold(Tarball::default(), |tar, at| tar.file(&format!("f{at}"), b"")).end();
    verify_with(row, "as many as the ceiling", &tar, &["--limit=entries=50"]).ends(0);
    let ran = verify_with(row, "one more", &tar, &["--limit=entries=49"]);
    ran.ends(8).says("the layer has more than 49 entries").says("--limit entries=VALUE");
    let long = Tarball::default().member("", b'L', &[b'n'; 3000]).file("a", b"").end();
    verify_with(row, "one with a name as long as many", &long, &["--limit=entries=10"]).ends(8);
}
