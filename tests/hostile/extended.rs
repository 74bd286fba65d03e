//! Headers that describe the member behind them: PAX records and GNU long names.

use lucid_verify::error::Kind;

use crate::tarball::{Blob, Header, Tarball, lines};

fn read(tar: &[u8]) -> Vec<String> {
    lines(&Blob::plain(tar).read().unwrap())
}

#[test]
fn a_newline_in_a_value_hides_no_record() {
    let tar = Tarball::default().pax(&[("SCHILY.xattr.security.capability", b"\x01\0\n\x02"), ("uid", b"65532")]).file("a", b"");
    assert_eq!(read(&tar.end()), ["f 0644 65532:0 0 /a"]);
    let tar = Tarball::default().pax(&[("SCHILY.xattr.user.x", b"\n15 path=hidden\n"), ("gid", b"7")]).file("a", b"");
    assert_eq!(read(&tar.end()), ["f 0644 0:7 0 /a"]);
}

#[test]
fn the_last_of_two_records_holds_and_an_empty_one_is_none() {
    let tar =
        Tarball::default().pax(&[("path", b"first"), ("path", b"last")]).file("a", b"").pax(&[("path", b"")]).file("b", b"");
    let layer = Blob::plain(&tar.end()).read().unwrap();
    assert_eq!(lines(&layer), ["f 0644 0:0 0 /last", "f 0644 0:0 0 /b"]);
    assert!(layer.oddities[0].what.contains("twice"));
}

#[test]
fn the_size_in_a_record_wins_always() {
    let tar = Tarball::default().pax(&[("size", b"600")]).header(&Header::new("a", b'0', 0)).body(&[b'x'; 600]).file("b", b"");
    assert_eq!(read(&tar.end()), ["f 0644 0:0 600 /a", "f 0644 0:0 0 /b"]);
    let tar = Tarball::default().pax(&[("size", b"0")]).header(&Header::new("a", b'0', 512)).file("b", b"");
    assert_eq!(read(&tar.end()), ["f 0644 0:0 0 /a", "f 0644 0:0 0 /b"]);
}

#[test]
fn records_describe_the_member_and_no_header_between() {
    let inner = Tarball::default().file("phantom", b"").0;
    let long = [&b"long\0"[..], &inner].concat();
    let tar = Tarball::default().pax(&[("size", b"5")]).member("", b'L', &long).header(&Header::new("a", b'0', 5)).body(b"abcde");
    assert_eq!(read(&tar.end()), ["f 0644 0:0 5 /long"]);
}

#[test]
fn gnu_names_hold_over_records_and_end_at_a_nul() {
    let tar = Tarball::default()
        .member("", b'L', b"first")
        .pax(&[("path", b"pax"), ("linkpath", b"pax-target")])
        .member("", b'L', b"gnu\0rest")
        .member("", b'K', b"target\0")
        .header(&Header::new("a", b'2', 0).link("short"));
    let layer = Blob::plain(&tar.end()).read().unwrap();
    assert_eq!(lines(&layer), ["l 0644 0:0 0 /gnu -> target"]);
    assert!(layer.oddities[0].what.contains("GNU"));
}

#[test]
fn malformed_records_are_corrupt() {
    let kind = |tar: Tarball| Blob::plain(&tar.file("a", b"").end()).read().unwrap_err().kind;
    for body in [&b"99 path=x\n"[..], b"path=x\n", b"9 path=xy", b"10 path=\0x\n", b"5 x=\n\0\0\0"] {
        assert_eq!(kind(Tarball::default().member("pax", b'x', body)), Kind::Corrupt, "{}", body.escape_ascii());
        assert_eq!(kind(Tarball::default().member("pax", b'g', body)), Kind::Corrupt, "global {}", body.escape_ascii());
    }
    for (key, value) in [
        ("uid", "root"),
        ("gid", "1.5"),
        ("size", "-1"),
        ("size", "x"),
        ("mtime", "now"),
        ("uid", "-1"),
        ("uid", "9223372036854775808"),
    ] {
        assert_eq!(kind(Tarball::default().pax(&[(key, value.as_bytes())])), Kind::Corrupt, "{key}={value}");
    }
}

#[test]
fn global_records_are_read_and_ignored_and_cut_off_what_came_before() {
    let tar = Tarball::default()
        .member("pax_global_header", b'g', b"12 uid=1000\n13 path=evil\n")
        .file("a", b"")
        .pax(&[("uid", b"7")])
        .member("g", b'g', b"")
        .file("b", b"");
    let layer = Blob::plain(&tar.end()).read().unwrap();
    assert_eq!(lines(&layer), ["f 0644 0:0 0 /a", "f 0644 0:0 0 /b"]);
    let paths: Vec<_> = layer.oddities.iter().map(|odd| odd.path.as_ref().map(ToString::to_string)).collect();
    assert_eq!(paths, [Some("/a".into()), Some("/b".into()), None, None], "{:?}", layer.oddities);
}

#[test]
fn a_header_that_describes_nothing_is_odd_and_no_more() {
    for tail in [0, 512, 1024] {
        let layer = Blob::plain(&Tarball::default().pax(&[("path", b"x")]).raw(&vec![0; tail]).0).read().unwrap();
        assert!(layer.entries.is_empty() && layer.oddities[0].what.contains("describe no member"));
    }
}

#[test]
fn a_huge_special_header_is_refused_before_its_body() {
    for kind in *b"LKxg" {
        // There is no body: a reader that wants it first finds a short one.
        let tar = Tarball::default().header(&Header::new("", kind, 256 << 20)).0;
        assert_eq!(Blob::plain(&tar).read().unwrap_err().kind, Kind::Limit, "{}", char::from(kind));
    }
    let long = |length| Blob::plain(&Tarball::default().member("", b'L', &vec![b'/'; length]).file("a", b"").end()).read();
    assert_eq!(long((1 << 20) + 1).unwrap_err().kind, Kind::Limit);
    assert!(long(1 << 20).unwrap_err().what.contains("path"), "its ceiling is that of paths");
}
