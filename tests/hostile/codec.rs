//! Compression: every member and frame counts, and so does every byte.

use std::io::{self, BufRead, Read};

use lucid_verify::error::{Error, Kind};
use lucid_verify::layer;
use lucid_verify::limits::Limits;

use crate::tarball::{Blob, Tarball, gzip, lines, zstd};

const TWO: [&str; 2] = ["f 0644 0:0 2 /a", "f 0644 0:0 600 /b"];

fn two() -> Vec<u8> {
    Tarball::default().file("a", b"aa").file("b", &[b'b'; 600]).end()
}

/// A skippable frame (RFC 8878, section 3.1.2).
fn skippable(payload: &[u8]) -> Vec<u8> {
    [&b"\x5a\x2a\x4d\x18"[..], &u32::try_from(payload.len()).unwrap().to_le_bytes(), payload].concat()
}

#[test]
fn all_members_of_a_gzip_are_read() {
    let tar = two();
    let (head, tail) = tar.split_at(1000);
    let blob = [gzip(b""), gzip(head), gzip(b""), gzip(tail)].concat();
    let layer = Blob::new(blob, &tar, "+gzip").read().unwrap();
    assert_eq!(lines(&layer), TWO);
    assert!(layer.oddities.is_empty(), "{:?}", layer.oddities);
    let members: Vec<u8> = tar.iter().flat_map(|byte| gzip(&[*byte])).collect();
    assert_eq!(lines(&Blob::new(members, &tar, "+gzip").read().unwrap()), TWO);
}

#[test]
fn all_frames_of_a_zstd_are_read() {
    let tar = two();
    let (head, tail) = tar.split_at(1000);
    let skip = skippable(b"table of contents");
    for blob in [[zstd(head), zstd(tail)].concat(), [skip.clone(), zstd(head), skip.clone(), zstd(tail), skip.clone()].concat()] {
        let layer = Blob::new(blob, &tar, "+zstd").read().unwrap();
        assert_eq!(lines(&layer), TWO);
        assert!(layer.oddities.is_empty(), "{:?}", layer.oddities);
    }
}

#[test]
fn what_follows_a_gzip_is_odd_and_loses_nothing() {
    let tar = two();
    for trailer in [&[0; 512][..], b"x", b"\x1f", b"garbage"] {
        let layer = Blob::new([&gzip(&tar), trailer].concat(), &tar, "+gzip").read().unwrap();
        assert_eq!(lines(&layer), TWO);
        assert!(layer.oddities[0].what.starts_with(&trailer.len().to_string()), "{:?}", layer.oddities);
    }
    let second = Blob::new([gzip(&tar), gzip(&two())].concat(), &[tar.clone(), tar].concat(), "+gzip").read().unwrap();
    assert_eq!(lines(&second), TWO, "a second tar is none to any reader");
    assert!(second.oddities[0].what.contains("follow the end"));
}

#[test]
fn damaged_streams_are_corrupt_though_the_blob_is_the_declared_one() {
    let tar = two();
    let good = gzip(&tar);
    let flip = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    };
    let (crc, length) = (good.len() - 8, good.len() - 4);
    for bytes in [
        flip(crc),
        flip(length),
        flip(good.len() / 2),
        good[..crc].to_vec(),
        good[..good.len() - 1].to_vec(),
        [&good, &good[..9]].concat(),
    ] {
        let error = Blob::new(bytes, &tar, "+gzip").read().unwrap_err();
        assert!(error.kind == Kind::Corrupt && error.what.contains("gzip"), "{error}");
    }
    let good = zstd(&tar);
    for bytes in [good[..good.len() - 1].to_vec(), [&good[..], b"garbage"].concat(), skippable(b"cut")[..9].to_vec()] {
        let error = Blob::new(bytes, &tar, "+zstd").read().unwrap_err();
        assert!(error.kind == Kind::Corrupt && error.what.contains("zstd"), "{error}");
    }
}

#[test]
fn the_bytes_tell_the_codec_and_the_media_type_is_a_witness() {
    let tar = two();
    for (bytes, claim, odd) in [
        (zstd(&tar), "+gzip", true),
        (gzip(&tar), "", true),
        (tar.clone(), "+zstd", true),
        (zstd(&tar), "+zstd", false),
        (gzip(&tar), "+unheard-of", false),
    ] {
        let layer = Blob::new(bytes, &tar, claim).read().unwrap();
        assert_eq!(lines(&layer), TWO);
        assert_eq!(layer.oddities.len(), usize::from(odd), "{:?}", layer.oddities);
    }
    for (magic, name) in [(&b"\xfd7zXZ\0"[..], "xz"), (b"BZh91AY&SY", "bzip2")] {
        let error = Blob::new(magic.to_vec(), b"", "+gzip").read().unwrap_err();
        assert!(error.kind == Kind::Unsupported && error.what.contains(name), "{error}");
    }
}

#[test]
fn an_empty_blob_is_an_empty_tar_only_where_nothing_else_is_claimed() {
    assert!(Blob::new(Vec::new(), b"", "").read().unwrap().entries.is_empty());
    assert_eq!(Blob::new(Vec::new(), b"", "+gzip").read().unwrap_err().kind, Kind::Corrupt);
    assert_eq!(Blob::new(Vec::new(), b"", "+zstd").read().unwrap_err().kind, Kind::Corrupt);
    assert!(Blob::new(gzip(b""), b"", "+gzip").read().unwrap().entries.is_empty());
    assert!(Blob::new(zstd(&[0; 1024]), &[0; 1024], "+zstd").read().unwrap().entries.is_empty());
}

#[test]
fn a_window_over_the_ceiling_is_a_limit() {
    // Frame header: no checksum, no content size, window descriptor 2^31; one empty last block.
    let huge = b"\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00".to_vec();
    let error = Blob::new(huge, b"", "+zstd").read().unwrap_err();
    assert!(error.kind == Kind::Limit && error.hint.unwrap().contains("zstd-window="));
    let fits = b"\x28\xb5\x2f\xfd\x00\x88\x01\x00\x00".to_vec();
    Blob::new(fits, b"", "+zstd").read().unwrap();
}

#[test]
fn a_bomb_stops_at_the_ceiling() {
    let tar = Tarball::default().file("zeros", &vec![0; 4 << 20]).end();
    let limits = Limits { layer_bytes: 1 << 20, ..Limits::default() };
    for blob in [Blob::new(gzip(&tar), &tar, "+gzip"), Blob::new(zstd(&tar), &tar, "+zstd")] {
        assert_eq!(blob.read_within(&limits).unwrap_err().kind, Kind::Limit);
        assert_eq!(blob.read().unwrap().raw_size, tar.len() as u64);
    }
}

/// A network that gives some bytes, a few at a time, and then breaks.
struct Breaks<'a>(&'a [u8], usize);

impl Read for Breaks<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(out)?;
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for Breaks<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.0.is_empty() {
            Err(Error::new(Kind::Unreachable, "reset by peer").into())
        } else {
            Ok(&self.0[..self.1.min(self.0.len())])
        }
    }

    fn consume(&mut self, amount: usize) {
        self.0 = &self.0[amount..];
    }
}

#[test]
fn a_broken_network_is_no_corrupt_layer() {
    let tar = two();
    for blob in [Blob::plain(&tar), Blob::new(gzip(&tar), &tar, "+gzip"), Blob::new(zstd(&tar), &tar, "+zstd")] {
        for cut in 0..=blob.bytes.len() {
            let error =
                layer::read(Breaks(&blob.bytes[..cut], 7), &blob.descriptor, &blob.diff_id, &Limits::default()).unwrap_err();
            assert_eq!((error.kind, error.what.as_str()), (Kind::Unreachable, "reset by peer"), "after {cut} bytes");
        }
    }
    let junk = Blob::plain(&[b'x'; 2000]);
    let error = layer::read(Breaks(&junk.bytes[..1000], 99), &junk.descriptor, &junk.diff_id, &Limits::default());
    assert_eq!(
        error.unwrap_err().kind,
        Kind::Unreachable,
        "a blob that could not be read to its end outranks what it looked like"
    );
}
