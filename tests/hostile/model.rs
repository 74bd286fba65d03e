//! What must hold for every layer: the pieces in which it comes do not matter, and what was written is what is read.

use std::io::Write as _;

use lucid_verify::digest::Digest;
use lucid_verify::layer::tar::{Event, Reader};
use lucid_verify::layer::{Body, LayerPath};
use proptest::prelude::*;

use crate::tarball::{Blob, Tarball, gzip, zstd};

/// The events of a tar that comes in pieces, data joined.
fn events(tar: &[u8], pieces: &[usize]) -> Result<(Vec<String>, Vec<String>), String> {
    let mut reader = Reader::new(1 << 20);
    let (mut found, mut data) = (Vec::new(), Vec::new());
    let mut pieces = pieces.iter().cycle();
    let mut rest = tar;
    while !rest.is_empty() {
        let (mut piece, later) = rest.split_at((*pieces.next().unwrap()).min(rest.len()));
        rest = later;
        while let Some(event) = reader.next(&mut piece).map_err(|error| error.to_string())? {
            match event {
                Event::Data(bytes) => data.write_all(bytes).unwrap(),
                event => {
                    found.push(format!("{} then {event:?}", data.escape_ascii()));
                    data.clear();
                }
            }
        }
        assert!(piece.is_empty(), "the reader left bytes");
    }
    Ok((found, reader.finish().map_err(|error| error.to_string())?.into_iter().map(|(_, what)| what).collect()))
}

/// A tar with everything in it that the reader has a state for.
fn everything() -> Vec<u8> {
    Tarball::default()
        .member("d/", b'5', b"")
        .pax(&[("uid", b"65532"), ("SCHILY.xattr.x", b"\n\0\n")])
        .file("a", &[b'a'; 1300])
        .member("", b'L', &[b'n'; 700])
        .file("short", b"x")
        .sparse("sparse")
        .member("g", b'g', b"12 comment=\n")
        .file("empty", b"")
        .end()
}

proptest! {
    #[test]
    fn the_pieces_do_not_matter(pieces in proptest::collection::vec(1_usize..1500, 1..20), damage in proptest::option::of((0_usize..8000, 1_u8..))) {
        let mut tar = everything();
        if let Some((at, bits)) = damage {
            let at = at % tar.len();
            tar[at] ^= bits;
        }
        prop_assert_eq!(events(&tar, &pieces), events(&tar, &[tar.len()]));
    }

    #[test]
    fn what_the_tar_crate_writes_is_what_is_read(files in proptest::collection::vec(("[a-z]{1,12}(/[a-z]{1,90}){0,4}", proptest::collection::vec(any::<u8>(), 0..2000), 0_u32..0o10000, 0_u64..0o7_777_777, 0_u64..0o77_777_777_777), 0..8)) {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, content, mode, uid, mtime) in &files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(*mode);
            header.set_uid(*uid);
            header.set_gid(7);
            header.set_mtime(*mtime);
            builder.append_data(&mut header, path, content.as_slice()).unwrap();
        }
        let tar = builder.into_inner().unwrap();
        for blob in [Blob::plain(&tar), Blob::new(gzip(&tar), &tar, "+gzip"), Blob::new(zstd(&tar), &tar, "+zstd")] {
            let layer = blob.read().unwrap();
            prop_assert_eq!(layer.raw_size, tar.len() as u64);
            prop_assert_eq!(layer.entries.len(), files.len());
            for (entry, (path, content, mode, uid, mtime)) in layer.entries.iter().zip(&files) {
                prop_assert_eq!(entry.path(), LayerPath::new(path));
                let stat = entry.stat();
                prop_assert_eq!((u32::from(stat.mode), stat.uid, stat.gid), (*mode, *uid, 7));
                prop_assert_eq!((stat.mtime.cast_unsigned(), stat.size), (*mtime, content.len() as u64));
                let Body::File(trace) = entry.body() else { panic!("no file") };
                prop_assert_eq!(Digest::from_sha256(trace.sha256), Digest::sha256(content));
                prop_assert_eq!(trace.bytes(), Some(content.as_slice()));
            }
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..3000), at in 0_usize..4) {
        let good = everything();
        let _ = events(&[&good[..at * 512], &bytes].concat(), &[good.len()]);
        let _ = Blob::plain(&bytes).read();
    }
}

#[test]
fn everything_is_read() {
    let (found, odd) = events(&everything(), &[1]).unwrap();
    assert_eq!(found.iter().filter(|event| event.ends_with("Close")).count(), 5);
    assert_eq!(found.iter().filter(|event| event.contains("Hole")).count(), 3, "{found:#?}");
    assert_eq!(odd.len(), 1, "{odd:?}");
}
