//! The blocks of a tar: what hides, what ends, what is refused.

use lucid_verify::digest::Digest;
use lucid_verify::error::Kind;
use lucid_verify::limits::Limits;

use crate::tarball::{Blob, Header, Tarball, lines};

fn kind_of(tar: &[u8]) -> Kind {
    Blob::plain(tar).read().unwrap_err().kind
}

#[test]
fn a_size_on_a_header_that_has_no_body_hides_nothing() {
    for kind in *b"123456" {
        let tar = Tarball::default().header(&Header::new("a", kind, 512).link("b")).file("gcc", b"hidden").end();
        let layer = Blob::plain(&tar).read().unwrap();
        assert_eq!(lines(&layer)[1], "f 0644 0:0 6 /gcc", "{}", char::from(kind));
        assert_eq!(layer.entries.get(0).stat().size, 0);
        assert!(layer.oddities[0].what.contains("size"));
    }
}

#[test]
fn numbers_are_blank_octal_or_binary() {
    let owner = |uid: &[u8]| {
        let header = Header::new("a", b'0', 0).put(108, uid);
        Blob::plain(&Tarball::default().header(&header).end()).read().map(|layer| layer.entries.get(0).stat().uid)
    };
    assert_eq!(owner(&[0; 8]).unwrap(), 0);
    assert_eq!(owner(b"        ").unwrap(), 0);
    assert_eq!(owner(b"0177774\0").unwrap(), 65532);
    assert_eq!(owner(b"\x80\0\0\0\0\0\xff\xfc").unwrap(), 65532);
    assert_eq!(owner(b"\x80\0\0\0\xff\xff\xff\xfe").unwrap(), 0xffff_fffe);
    assert_eq!(owner(b"\xff\xff\xff\xff\xff\xff\xff\xff").unwrap_err().kind, Kind::Corrupt);
    assert_eq!(owner(b"nonroot\0").unwrap_err().kind, Kind::Corrupt);
}

#[test]
fn a_negative_size_is_corrupt() {
    let header = Header::new("a", b'0', 0).put(124, &[0xff; 12]);
    assert_eq!(kind_of(&Tarball::default().header(&header).end()), Kind::Corrupt);
    let header = Header::new("a", b'0', 0).put(124, b"\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
    assert_eq!(kind_of(&Tarball::default().header(&header).end()), Kind::Corrupt);
}

#[test]
fn two_blocks_of_zeros_end_a_tar_and_one_does_not() {
    let tar = Tarball::default().file("a", b"").raw(&[0; 512]).file("b", b"");
    assert_eq!(kind_of(&tar.end()), Kind::Corrupt);
    let layer = Blob::plain(&Tarball::default().file("a", b"").raw(&[0; 1024]).file("b", b"").end()).read().unwrap();
    assert_eq!(lines(&layer), ["f 0644 0:0 0 /a"]);
    assert!(layer.oddities[0].what.contains("follow the end"), "{:?}", layer.oddities);
    let layer = Blob::plain(&Tarball::default().file("a", b"").raw(&vec![0; 20_000]).0).read().unwrap();
    assert!(layer.oddities.is_empty() && layer.raw_size == 20_512);
}

#[test]
fn a_tar_may_lack_its_end_and_its_last_padding_but_not_a_body() {
    for tail in [&b""[..], &[0; 512]] {
        assert_eq!(Blob::plain(&Tarball::default().file("a", b"x").raw(tail).0).read().unwrap().entries.len(), 1);
    }
    let unpadded = Tarball::default().header(&Header::new("a", b'0', 3)).raw(b"abc").0;
    assert_eq!(Blob::plain(&unpadded).read().unwrap().entries.get(0).stat().size, 3);
    let error = Blob::plain(&unpadded[..514]).read().unwrap_err();
    assert!(error.kind == Kind::Corrupt && error.what.contains("wanted"), "{error}");
    assert_eq!(kind_of(&unpadded[..100]), Kind::Corrupt);
    assert_eq!(kind_of(&Tarball::default().file("a", b"").raw(&[0; 612]).0), Kind::Corrupt);
    assert!(Blob::plain(b"").read().unwrap().entries.is_empty());
    assert!(Blob::plain(&[0; 1024]).read().unwrap().entries.is_empty());
}

#[test]
fn a_trailing_slash_makes_a_directory_of_the_old_type_only() {
    let layer = Blob::plain(&Tarball::default().member("old/", 0, b"").file("new/", b"x").end()).read().unwrap();
    assert_eq!(lines(&layer), ["d 0644 0:0 0 /old", "f 0644 0:0 1 /new"]);
    assert_eq!(layer.oddities.len(), 1);
}

#[test]
fn types_that_runtimes_refuse_are_refused_with_their_path() {
    for kind in *b"7SVDMNZA" {
        let error = Blob::plain(&Tarball::default().member("odd/one", kind, b"").end()).read().unwrap_err();
        assert!(error.kind == Kind::Unsupported && error.what.contains("/odd/one"), "{error}");
    }
}

#[test]
fn whiteouts_are_entries_of_the_path_that_they_hide() {
    let tar = Tarball::default().file("a/.wh.b", b"not empty").member(".wh..wh..opq", b'0', b"").file(".wh..wh.aufs", b"");
    let layer = Blob::plain(&tar.end()).read().unwrap();
    assert_eq!(lines(&layer), ["w 0644 0:0 0 /a/b", "o 0644 0:0 0 /"]);
    assert!(layer.oddities[0].what.contains("AUFS"));
    assert_eq!(kind_of(&Tarball::default().file("a/.wh...", b"").end()), Kind::Corrupt);
}

#[test]
fn names_are_bytes() {
    let header = Header::new("", b'0', 0).put(0, b"caf\xe9/\x1b[31m\n");
    let layer = Blob::plain(&Tarball::default().header(&header).end()).read().unwrap();
    assert_eq!(layer.entries.get(0).path().as_bytes(), b"caf\xe9/\x1b[31m\n");
    assert!(!layer.entries.get(0).path().to_string().contains('\x1b'));
}

#[test]
fn digests_and_sizes_decide_and_outrank_what_the_bytes_look_like() {
    let good = Blob::plain(&Tarball::default().file("a", b"x").end());
    good.read().unwrap();
    let what = |blob: &Blob| {
        let error = blob.read().unwrap_err();
        assert_eq!(error.kind, Kind::Corrupt);
        error.what
    };
    let other = Digest::sha256(b"other");
    let mut blob = good.clone();
    blob.diff_id = other.clone();
    assert!(what(&blob).contains("diff_id"));
    let mut blob = good.clone();
    blob.descriptor.digest = other.clone();
    blob.diff_id = other.clone();
    assert!(what(&blob).contains("the content has digest"), "the blob's digest outranks the diff_id");
    let mut blob = Blob::plain(b"no tar at all, and then some".repeat(99).as_slice());
    assert!(what(&blob).contains("malformed"));
    blob.descriptor.digest = other;
    assert!(what(&blob).contains("the content has digest"), "it outranks a malformed tar");
    let mut blob = good.clone();
    blob.descriptor.size -= 1;
    assert!(what(&blob).contains("longer"));
    blob.descriptor.size += 2;
    assert!(what(&blob).contains("ends at byte"));
}

#[test]
fn ceilings_hold() {
    let limit = |tar: Vec<u8>, change: fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        let error = Blob::plain(&tar).read_within(&limits).unwrap_err();
        assert_eq!(error.kind, Kind::Limit, "{error}");
        error.hint.unwrap()
    };
    let three = || Tarball::default().file("a", b"").file("b", b"").file("c", b"").end();
    assert!(limit(three(), |limits| limits.entries = 2).contains("entries="));
    assert!(limit(three(), |limits| limits.layer_bytes = 2000).contains("layer-bytes="));
    let long = || Tarball::default().member("", b'L', &[b'n'; 600]).file("a", b"").end();
    assert!(limit(long(), |limits| limits.path = 599).contains("path="));
    assert!(limit(long(), |limits| limits.entries = 2).contains("entries="), "a long name counts for several entries");
    assert!(limit(long(), |limits| limits.special_header = 599).contains("special-header="));
}
