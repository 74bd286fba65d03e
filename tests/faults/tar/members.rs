//! What members are, and what they are called.

use super::{PORTABILITY, odd, read, refused, verify, verify_with};
use crate::table::Row;
use crate::tarball::{Header, Tarball};

pub fn slashes(row: &Row) {
    let tar = Tarball::default().file("d/", b"x");
    odd(row, "type 0: a file", tar, "a file's name ends in a slash", &["file 0644 0:0 1 /d"]);
    read(row, "the old NUL: a directory", Tarball::default().member("d/", 0, b""), &["directory 0644 0:0 0 /d"]);
    read(row, "the old NUL without one: a file", Tarball::default().member("d", 0, b""), &["file 0644 0:0 0 /d"]);
}

pub fn names(row: &Row) {
    let named = |name: &[u8]| Tarball::default().member("", b'L', name).file("short", b"x");
    let root = Tarball::default()
        .member("./", b'5', b"")
        .member("/", b'5', b"")
        .member(".", b'5', b"")
        .file("./a", b"x")
        .file("/b", b"x");
    read(row, "`./`, `/`, `.`, `./a`, `/b`", root, &["file 0644 0:0 1 /a", "file 0644 0:0 1 /b"]);
    read(row, "`d/../e`", named(b"d/../e"), &["file 0644 0:0 1 /e"]);
    odd(row, "`../../c`", named(b"../../c"), "leads above the root", &["file 0644 0:0 1 /c"]);
    odd(row, "`..`, a directory", Tarball::default().member("..", b'5', b""), "leads above the root", &[]);
    let component = vec![b'n'; 256];
    odd(row, "a part of 256 bytes", named(&component), "more than 255 bytes", &[]);
    verify(row, "5000 bytes", &named(&b"0123456789".repeat(500)).end())
        .ends(8)
        .says("a path of 5000 bytes")
        .says("--limit path=VALUE");
    read(row, "600 directories deep", named(&[b"d/".repeat(600), b"f".to_vec()].concat()), &[]);
    read(row, "what follows a NUL", named(b"seen\0hidden"), &["file 0644 0:0 1 /seen"]);
    let ran = verify(row, "line breaks and escapes", &Tarball::default().member("", b'L', b"a\n\x1b[31mb/").file("x", b"").end());
    ran.ends(0).judges(PORTABILITY, "fail").never_says("\u{1b}[31m");
    read(row, "what is no UTF-8", named(b"caf\xe9"), &["file 0644 0:0 1 /caf\\xe9"]);
    let twins = ["caf\u{e9}", "cafe\u{301}", "A", "a"]
        .iter()
        .fold(Tarball::default(), |tar, name| tar.member("", b'L', name.as_bytes()).file("x", name.as_bytes()));
    read(
        row,
        "names that differ in case, and in form",
        twins,
        &["file 0644 0:0 5 /caf\u{e9}", "file 0644 0:0 6 /cafe\u{301}", "file 0644 0:0 1 /A", "file 0644 0:0 1 /a"],
    );
    refused(row, "an empty one, of a file", &Tarball::default().file("", b"x").end(), 6, "root");
}

pub fn attributes(row: &Row) {
    let with = |key: &str, value: &[u8]| Tarball::default().pax(&[(key, value)]).file("bin/ping", b"x");
    let capability = "SCHILY.xattr.security.capability";
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    for (case, value, shown) in [
        ("file capabilities of version 2", words(&[0x0200_0001, 1 << 13, 0, 0, 0]), "with file capabilities cap_net_raw=ep"),
        ("of version 3, for a user namespace", words(&[0x0300_0001, 1 << 21, 0, 0, 0, 1000]), "cap_sys_admin=ep [rootid=1000]"),
    ] {
        let ran = verify_with(row, case, &with(capability, &value).end(), &["--rule=ownership/setid"]);
        ran.ends(0).judges("ownership/setid", "fail").says(shown);
    }
    odd(row, "file capabilities that are too short", with(capability, &[1, 0, 0, 2]), "its file capabilities are malformed", &[]);
    for key in ["trusted.overlay.opaque", "user.overlay.whiteout", "user.fuseoverlayfs.opaque"] {
        odd(row, key, with(&format!("SCHILY.xattr.{key}"), b"y"), "an extended attribute of overlay file systems", &[]);
    }
    read(
        row,
        "attributes of users, and those of libarchive",
        with("SCHILY.xattr.user.note", b"\n\0=").pax(&[("LIBARCHIVE.xattr.user.x", b"eA")]).file("b", b""),
        &[],
    );
    read(row, "one of 1 MB", with("SCHILY.xattr.user.large", &vec![b'x'; 1_000_000]), &[]);
    verify(row, "one of 1 MiB, which is more with its name", &with("SCHILY.xattr.user.large", &vec![b'x'; 1 << 20]).end())
        .ends(8)
        .says("--limit special-header=VALUE");
}

pub fn modes_and_devices(row: &Row) {
    let device = |kind, major: &[u8], minor: &[u8]| Header::new("dev/x", kind, 0).put(329, major).put(337, minor);
    let mode = Header::new("a", b'0', 0).put(100, b"0104755\0");
    read(row, "the bits of a type in the mode", Tarball::default().header(&mode), &["file 4755 0:0 0 /a"]);
    read(
        row,
        "a sticky directory",
        Tarball::default().header(&Header::new("tmp", b'5', 0).put(100, b"0001777\0")),
        &["directory 1777 0:0 0 /tmp"],
    );
    read(row, "devices", Tarball::default().header(&device(b'3', b"0000001\0", b"0000003\0")).file("b", b""), &[]);
    let nothing = Tarball::default().header(&device(b'3', b"0000000\0", b"0000000\0"));
    odd(row, "the character device 0:0", nothing, "which overlay file systems take for a whiteout", &[]);
    let large = Tarball::default().header(&device(b'4', b"\x80\0\0\x02\0\0\0\0", b"0000000\0"));
    odd(row, "a major number of 2^33", large, "its device number is larger than Linux has", &[]);
}

pub fn times(row: &Row) {
    let with = |time: &str| Tarball::default().pax(&[("mtime", time.as_bytes())]).file("a", b"");
    let last = ["file 0644 0:0 0 /a"];
    read(row, "before 1970, with a fraction", with("-86400.5"), &last);
    read(row, "with nine digits behind the point", with("1700000000.123456789"), &last);
    read(row, "in the year 10^11", with("3155695200000000000"), &last);
    refused(
        row,
        "in the year 10^12, which no 64 bits hold",
        &with("31556952000000000000").end(),
        6,
        "its mtime record is no time",
    );
}
