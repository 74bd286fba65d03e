//! A file's bytes on a second pass: right, or an error.

use lucid_verify::error::{Error, Kind};
use lucid_verify::layer::{self, LayerPath};
use lucid_verify::limits::Limits;

use crate::tarball::{Blob, Header, Tarball, gzip};

fn copy(blob: &Blob, path: &str) -> Result<Option<Vec<u8>>, Error> {
    let mut out = Vec::new();
    let path = LayerPath::new(path);
    let copied = layer::copy_file(blob.bytes.as_slice(), &blob.descriptor, &blob.diff_id, &Limits::default(), &path, &mut out)?;
    assert_eq!(copied.unwrap_or_default(), out.len() as u64);
    Ok(copied.map(|_| out))
}

#[test]
fn one_file_comes_out_whole() {
    let tar = Tarball::default().file("./a", b"aaa").file("a/b", &vec![b'b'; 70_000]).file(".wh.c", b"no").file("c", b"").end();
    let blob = Blob::new(gzip(&tar), &tar, "+gzip");
    assert_eq!(copy(&blob, "/a").unwrap().unwrap(), b"aaa");
    assert_eq!(copy(&blob, "a/b").unwrap().unwrap().len(), 70_000);
    assert_eq!(copy(&blob, "c").unwrap().unwrap(), b"");
    assert_eq!(copy(&blob, "d").unwrap(), None);
}

#[test]
fn only_a_regular_file_has_bytes() {
    let tar = Tarball::default().member("a", b'5', b"").header(&Header::new("b", b'1', 9).link("c")).end();
    assert_eq!(copy(&Blob::plain(&tar), "a").unwrap(), None);
    assert_eq!(copy(&Blob::plain(&tar), "b").unwrap(), None);
}

#[test]
fn a_path_that_comes_again_is_an_error_and_never_the_wrong_bytes() {
    for again in *b"0125" {
        let tar = Tarball::default().file("a", b"first").member("./a", again, b"").end();
        assert_eq!(copy(&Blob::plain(&tar), "a").unwrap_err().kind, Kind::Unsupported);
    }
    let tar = Tarball::default().member("a", b'5', b"").file("a", b"last").end();
    assert_eq!(copy(&Blob::plain(&tar), "a").unwrap().unwrap(), b"last");
}

#[test]
fn everything_is_verified_again() {
    let tar = Tarball::default().file("a", b"aaa").end();
    let mut blob = Blob::plain(&tar);
    blob.bytes[512] = b'b';
    assert_eq!(copy(&blob, "a").unwrap_err().kind, Kind::Corrupt);
    let mut blob = Blob::plain(&tar);
    blob.diff_id = blob.descriptor.digest.clone();
    copy(&blob, "a").unwrap();
    blob.diff_id = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".parse().unwrap();
    assert_eq!(copy(&blob, "a").unwrap_err().kind, Kind::Corrupt);
}
