//! Headers, and the headers that describe them.

use super::{odd, read, refused, verify, verify_with};
use crate::table::Row;
use crate::tarball::{Header, Tarball, record};

pub fn sizes_without_content(row: &Row) {
    for (case, kind) in [
        ("a hard link", b'1'),
        ("a symbolic link", b'2'),
        ("a character device", b'3'),
        ("a block device", b'4'),
        ("a directory", b'5'),
        ("a FIFO", b'6'),
    ] {
        let lying = Header::new("x", kind, 512).link("before").put(329, b"0000001\0").put(337, b"0000003\0");
        let tar = Tarball::default().file("before", b"").header(&lying).file("usr/bin/gcc", b"hidden");
        odd(
            row,
            &format!("{case} of 512 bytes, and a file behind it"),
            tar,
            "has a size and cannot have content",
            &["file 0644 0:0 6 /usr/bin/gcc"],
        );
    }
}

pub fn two_sizes(row: &Row) {
    let a = |size| Header::new("a", b'0', size);
    let body = Tarball::default().file("phantom", b"").0;
    let files = ["file 0644 0:0 512 /a", "file 0644 0:0 0 /b"];
    let tar = Tarball::default().pax(&[("size", b"512")]).header(&a(0)).body(&body).file("b", b"");
    read(row, "512 in the record, 0 in the header", tar, &files);
    let tar = Tarball::default().pax(&[("size", b"0")]).header(&a(512)).file("b", b"");
    read(row, "0 in the record, 512 in the header", tar, &["file 0644 0:0 0 /a", "file 0644 0:0 0 /b"]);
    let tar = Tarball::default().pax(&[("size", b"512")]).member("", b'L', b"a\0").header(&a(0)).body(&body).file("b", b"");
    read(row, "512 in the record, and a GNU name between", tar, &files);
}

pub fn malformed_records(row: &Row) {
    for (case, body) in [
        ("a length that is too long", &b"99 path=x\n"[..]),
        ("no length", b"path=x\n"),
        ("no newline", b"9 path=xy"),
        ("an unterminated one behind a good one", b"9 path=a\n9 path=b"),
        ("a NUL in a path", b"11 path=\0x\n"),
        ("a NUL in a key", b"11 pa\0th=x\n"),
        ("no value", b"7 path\n"),
    ] {
        let tar = Tarball::default().member("pax", b'x', body).file("a", b"").end();
        refused(row, case, &tar, 6, "the PAX records at byte 512 are malformed");
    }
    for (key, value) in
        [("uid", "nonroot"), ("mtime", "yesterday"), ("size", "-1"), ("size", "1e3"), ("gid", "9223372036854775808")]
    {
        let tar = Tarball::default().pax(&[(key, value.as_bytes())]).file("a", b"").end();
        refused(row, &format!("{key}={value}"), &tar, 6, "the tar header at byte 1024 is malformed");
    }
    let tar = Tarball::default().pax(&[("path", b""), ("uid", b"")]).file("a", b"");
    read(row, "empty values, which say nothing", tar, &["file 0644 0:0 0 /a"]);
}

pub fn names_given_twice(row: &Row) {
    let tar = Tarball::default().pax(&[("path", b"first"), ("path", b"last")]).file("a", b"");
    odd(row, "two paths in one PAX header: the last one", tar, "appears twice", &["file 0644 0:0 0 /last"]);
    let tar = Tarball::default().pax(&[("path", b"pax")]).member("", b'L', b"gnu\0").file("a", b"");
    odd(row, "a PAX path and a GNU name: the GNU one", tar, "a GNU and a PAX name", &["file 0644 0:0 0 /gnu"]);
    let tar = Tarball::default().member("", b'L', b"first\0").member("", b'L', b"last\0").file("a", b"");
    odd(row, "two GNU names: the last one", tar, "more than one", &["file 0644 0:0 0 /last"]);
    let tar = Tarball::default().pax(&[("uid", b"1"), ("gid", b"1")]).pax(&[("uid", b"2")]).file("a", b"");
    odd(row, "two PAX headers: the last one alone", tar, "more than one", &["file 0644 2:0 0 /a"]);
}

pub fn huge_special_headers(row: &Row) {
    let hint = "--limit special-header=VALUE";
    for (case, kind, size) in [
        ("a GNU name of 1 MiB and a byte", b'L', (1 << 20) + 1),
        ("a GNU target of 256 MiB", b'K', 256 << 20),
        ("PAX records of 4 GiB", b'x', 4 << 30),
        ("global PAX records of 4 GiB", b'g', 4 << 30),
    ] {
        // What it announces does not follow: a reader that wants it first finds a short one.
        let tar = Tarball::default().header(&Header::new("", kind, size)).0;
        verify(row, case, &tar).ends(8).says("the special tar header at byte 0 has").says(hint);
    }
    let tar = Tarball::default().member("", b'L', &vec![b'n'; 2000]).file("a", b"").end();
    verify_with(row, "one of 2000 bytes, and a ceiling of 1 KiB", &tar, &["--limit=special-header=1KiB"]).ends(8).says(hint);
    if !row.needs_real(false, "the memory that a special header of 256 MiB takes") {
        return;
    }
    let tar = Tarball::default().member("", b'L', &vec![b'/'; 256 << 20]).file("a", b"").end();
    let (folder, reference) = super::written(&tar);
    let figure = folder.path().join("kilobytes");
    let time = ["/usr/bin/time", "-f", "%M", "-o", figure.to_str().unwrap()];
    row.verify("a GNU name of 256 MiB, all there: in less than 64 MiB of memory", &reference).through(&time).run().ends(8);
    let text = std::fs::read_to_string(&figure).unwrap();
    let kilobytes: u64 = text.lines().last().unwrap().parse().unwrap();
    assert!(kilobytes < 64 << 10, "it takes {kilobytes} kB");
}

pub fn global_records(row: &Row) {
    let body = [record("uid", b"1000"), record("path", b"evil")].concat();
    let tar = Tarball::default().member("pax_global_header", b'g', &body).file("a", b"").file("b", b"");
    let files = ["file 0644 0:0 0 /a", "file 0644 0:0 0 /b"];
    odd(row, "an owner and a path for all that follows", tar, "a global PAX header stands before it", &files);
    let tar = Tarball::default().member("g", b'g', b"99 broken\n").file("a", b"").end();
    refused(row, "malformed ones", &tar, 6, "the PAX records at byte 512 are malformed");
}

pub fn numbers(row: &Row) {
    for (case, uid, owner) in [
        ("a uid in base 256", &b"\x80\0\0\0\0\0\xff\xfc"[..], 65532_u64),
        ("an octal one in the whole field", b"00177774", 65532),
        ("a blank one", b"        ", 0),
        ("NULs", b"\0\0\0\0\0\0\0\0", 0),
        ("2^32 - 2", b"\x80\0\0\0\xff\xff\xff\xfe", 0xffff_fffe),
    ] {
        let tar = Tarball::default().header(&Header::new("a", b'0', 0).put(108, uid));
        read(row, case, tar, &[&format!("file 0644 {owner}:0 0 /a")]);
    }
    for (case, uid) in [("2^32, which becomes root", &b"4294967296"[..]), ("2^32 - 1, which changes nothing", b"4294967295")] {
        let shown = format!("file 0644 {}:0 0 /a", std::str::from_utf8(uid).unwrap());
        odd(row, case, Tarball::default().pax(&[("uid", uid)]).file("a", b""), "its owner is no number below", &[&shown]);
    }
    for (case, at, field, words) in [
        ("a negative uid", 108, &[0xff; 8][..], "its uid is negative"),
        ("a size of 2^63", 124, b"\x80\0\0\0\x80\0\0\0\0\0\0\0", "its size is no number"),
        ("a negative size", 124, &[0xff; 12], "its size is negative"),
        ("a size of letters", 124, b"0000000000x\0", "its size is no number"),
    ] {
        let tar = Tarball::default().header(&Header::new("a", b'0', 0).put(at, field)).end();
        refused(row, case, &tar, 6, words);
    }
}

pub fn names_of_owners(row: &Row) {
    let header = Header::new("app/run", b'0', 0).put(265, b"nonroot").put(297, b"nonroot");
    let tar = Tarball::default().header(&header);
    read(row, "uid 0 and the name nonroot: the number counts", tar.clone(), &["file 0644 0:0 0 /app/run"]);
    let options = ["--profile=lucid", "--rule=ownership/*"];
    let ran = verify_with(row, "the same, judged by its owner", &tar.end(), &options);
    ran.ends(1).says("0:0");
}

pub fn checksums(row: &Row) {
    let good = Header::new("a", b'0', 0);
    let with = |sum: &[u8]| {
        let mut block = good.block();
        block[148..156].copy_from_slice(sum);
        Tarball::default().raw(&block).end()
    };
    refused(row, "a wrong one", &with(b"0000000\0"), 6, "its checksum is");
    refused(row, "a blank one", &with(b"        "), 6, "its checksum is");
    refused(row, "none that is a number", &with(b"checksum"), 6, "its checksum is no number");
    let named = Header::new("", b'0', 0).put(0, b"caf\xe9");
    let sum: i64 = named.clone().put(148, b"        ").0.iter().map(|byte| i64::from(byte.cast_signed())).sum();
    let mut block = named.block();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    read(row, "one of signed bytes, as old Suns wrote it", Tarball::default().raw(&block), &[]);
}
