//! The pieces in which a blob comes do not matter, nor what interrupts it: a layer is what it is, whole or damaged, read by one
//! thread or by three.

use std::collections::VecDeque;
use std::io::{self, BufRead, Read};

use lucid_verify::digest::{Algorithm, Verified};
use lucid_verify::layer;
use lucid_verify::limits::Limits;
use proptest::prelude::*;

use crate::tarball::{Blob, Header, Tarball, gzip, zstd};

/// Gives bytes in pieces, and is interrupted before every one of them.
struct Pieces<'a> {
    rest: &'a [u8],
    sizes: VecDeque<usize>,
    /// What is left of the piece at hand.
    piece: usize,
    interrupted: bool,
}

impl<'a> Pieces<'a> {
    fn new(bytes: &'a [u8], sizes: &[usize]) -> Self {
        Self { rest: bytes, sizes: sizes.iter().copied().collect(), piece: 0, interrupted: false }
    }
}

impl BufRead for Pieces<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.piece == 0 && !self.rest.is_empty() {
            self.interrupted = !self.interrupted;
            if self.interrupted {
                return Err(io::ErrorKind::Interrupted.into());
            }
            self.sizes.rotate_left(1);
            self.piece = self.sizes[0].min(self.rest.len());
        }
        Ok(&self.rest[..self.piece])
    }

    fn consume(&mut self, amount: usize) {
        self.piece -= amount;
        self.rest = &self.rest[amount..];
    }
}

impl Read for Pieces<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(out)?;
        self.consume(length);
        Ok(length)
    }
}

/// A tar with everything in it that a reader has a state for.
fn everything() -> Vec<u8> {
    Tarball::default()
        .member("d/", b'5', b"")
        .pax(&[("uid", b"65532"), ("SCHILY.xattr.security.capability", b"\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0")])
        .file("a", &[b'a'; 1300])
        .member("", b'L', &[b'n'; 700])
        .file("short", b"#!/bin/sh -e\nexit\n")
        .sparse("sparse")
        .header(&Header::new("fifo", b'6', 512))
        .file("usr/lib/python3/dist-packages/a.py", b"import b\nfrom . import c\n")
        .file("usr/lib/libx.so", &[&b"\x7fELF\x02\x01\x01"[..], &[0; 900]].concat())
        .member("g", b'g', b"12 comment=\n")
        .file(".wh.gone", b"")
        .raw(&[0; 1024])
        .raw(b"behind the end")
        .0
}

/// What is made of a blob that comes in these pieces.
fn told(blob: &Blob, sizes: &[usize], staged: bool) -> String {
    let pieces = Verified::new(Pieces::new(&blob.bytes, sizes), &blob.descriptor.digest, blob.descriptor.size);
    let pass = if staged { layer::pass_staged } else { layer::pass };
    let layer =
        pass(pieces, Algorithm::Sha256, &Limits::default()).and_then(|passed| passed.hold(&blob.descriptor, &blob.diff_id));
    layer.map_or_else(|error| error.to_string(), |layer| format!("{layer:?}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_and_interruptions_do_not_matter(
        sizes in prop::collection::vec(prop_oneof![1_usize..4, 1_usize..1500], 1..20),
        damage in prop::option::of((any::<prop::sample::Index>(), 1_u8..)),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut tar = everything();
        if let Some((at, bits)) = damage {
            let at = at.index(tar.len());
            tar[at] ^= bits;
        }
        if let Some(at) = cut {
            tar.truncate(at.index(tar.len()));
        }
        for blob in [Blob::plain(&tar), Blob::new(gzip(&tar), &tar, "+gzip"), Blob::new(zstd(&tar), &tar, "+zstd")] {
            let whole = told(&blob, &[usize::MAX], false);
            prop_assert_eq!(&told(&blob, &sizes, false), &whole);
            prop_assert_eq!(&told(&blob, &sizes, true), &whole);
            prop_assert_eq!(&told(&blob, &[1], false), &whole);
        }
    }
}

#[test]
fn everything_is_read_of_what_is_whole() {
    let tar = everything();
    let told = told(&Blob::plain(&tar), &[7], true);
    for words in ["cap_net_raw=ep", "holes: 692", "Script", "Whiteout", "has a size and cannot", "follow the end"] {
        assert!(told.contains(words), "{words}: {told}");
    }
}
