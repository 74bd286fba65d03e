//! Any bytes as zstd, held against the reference decoder reading the same bytes at once.

use std::io::Read;

use lucid_verify::digest::Digest;
use lucid_verify::error::Kind;
use lucid_verify::limits::Limits;

use super::tarball::{Blob, Tarball, zstd as frame};

/// Bytes that either of them decodes at most.
const MOST: u64 = 1 << 20;

/// Windows of at most 8 MiB, so that a run takes little memory.
const WINDOW: u32 = 23;

const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// What zstd makes of all frames. `None`: it is damaged, or too long.
fn peer(data: &[u8]) -> Option<Vec<u8>> {
    let mut decoder = ::zstd::stream::read::Decoder::with_buffer(data).ok()?;
    decoder.window_log_max(WINDOW).ok()?;
    let mut content = Vec::new();
    decoder.take(MOST + 1).read_to_end(&mut content).ok()?;
    (content.len() as u64 <= MOST).then_some(content)
}

/// What the peer reads is read, to the same content; what it does not read is not, or is nothing.
pub fn run(data: &[u8]) {
    let blob = [&MAGIC[..], data].concat();
    let peer = peer(&blob);
    let content = peer.as_deref().unwrap_or_default();
    let limits = Limits { layer_bytes: MOST, zstd_window: 1 << WINDOW, ..Limits::default() };
    let blob = Blob { diff_id: Digest::sha256(content), ..Blob::new(blob, content, "+zstd") };
    match (blob.read_within(&limits), &peer) {
        (Ok(layer), Some(content)) => assert_eq!(layer.raw_size, content.len() as u64),
        // Some damaged frames libzstd ends without a word, and without content, or refuses: that depends on the pieces that they
        // come in. The diff_id judges, which is that of nothing here.
        (Ok(layer), None) => assert_eq!(layer.raw_size, 0, "zstd does not read it"),
        (Err(error), Some(_)) => {
            // What is in it need not be a tar.
            let is_of_the_codec = error.what.contains("zstd") || error.what.contains("diff_id");
            assert!(!is_of_the_codec, "zstd reads it: {error}");
        }
        (Err(error), None) => assert!(matches!(error.kind, Kind::Corrupt | Kind::Unsupported | Kind::Limit), "{error}"),
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let tar = Tarball::default().file("a", b"aa").file("b", &[b'b'; 600]).end();
    let (head, tail) = tar.split_at(1000);
    let skip = b"\x5a\x2a\x4d\x18\x03\0\0\0xyz";
    let sized = ::zstd::bulk::compress(&tar, 1).expect("a vector takes all");
    let frames = [frame(&tar), [frame(head), frame(tail)].concat(), [&frame(head)[..], skip, &frame(tail), skip].concat(), sized];
    // The magic number stands before whatever is given.
    frames.into_iter().map(|file| file[4..].to_vec()).collect()
}
