//! Any bytes as gzip, held against flate2, which reads member by member.

use std::io::Read;

use flate2::bufread::GzDecoder;
use lucid_verify::digest::Digest;
use lucid_verify::error::Kind;
use lucid_verify::limits::Limits;

use super::tarball::{Blob, Tarball, gzip};

/// Bytes that either of them decodes at most.
const MOST: u64 = 1 << 20;

const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// What flate2 makes of all members, and how many bytes follow them. `None`: it is damaged, or too long.
fn peer(mut data: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut content = Vec::new();
    while data.starts_with(&MAGIC) {
        let mut decoder = GzDecoder::new(data);
        let room = (MOST + 1).saturating_sub(content.len() as u64);
        decoder.by_ref().take(room).read_to_end(&mut content).ok()?;
        if content.len() as u64 > MOST {
            return None;
        }
        data = decoder.into_inner();
    }
    Some((content, data.len()))
}

pub fn run(data: &[u8]) {
    raw(data);
    packed(data);
}

/// The bytes as they are. What flate2 reads is read, to the same content; what it does not read is not.
fn raw(data: &[u8]) {
    let blob = [&MAGIC[..], data].concat();
    let peer = peer(&blob);
    let content = peer.as_ref().map(|(content, _)| &content[..]).unwrap_or_default();
    let limits = Limits { layer_bytes: MOST, ..Limits::default() };
    let blob = Blob { diff_id: Digest::sha256(content), ..Blob::new(blob, content, "+gzip") };
    match (blob.read_within(&limits), peer) {
        (Ok(layer), Some((content, trailing))) => {
            assert_eq!(layer.raw_size, content.len() as u64);
            assert_eq!(trailing > 0, layer.oddities.iter().any(|odd| odd.what.contains("follow the gzip data")));
        }
        (Ok(_), None) => panic!("flate2 does not read it"),
        (Err(error), Some(_)) => {
            // What is in it need not be a tar.
            let is_of_the_codec = error.what.contains("the gzip data") || error.what.contains("diff_id");
            assert!(!is_of_the_codec, "flate2 reads it: {error}");
        }
        (Err(error), None) => assert!(matches!(error.kind, Kind::Corrupt | Kind::Unsupported | Kind::Limit), "{error}"),
    }
}

/// The bytes as a file, in members that they say the lengths of; and then one of them is another.
fn packed(data: &[u8]) {
    let tar = Tarball::default().file("a", data).end();
    let cuts = data.iter().take(4).map(|byte| tar.len() * usize::from(*byte) / 256);
    let mut rest = &tar[..];
    let mut bytes = Vec::new();
    for cut in cuts {
        let (head, tail) = rest.split_at(cut.min(rest.len()));
        bytes.extend(gzip(head));
        rest = tail;
    }
    bytes.extend(gzip(rest));
    let good = Blob::new(bytes, &tar, "+gzip");
    assert_eq!(good.read().expect("it is a good one").raw_size, tar.len() as u64);
    let Some(place) = data.first_chunk::<2>().map(|two| usize::from(u16::from_le_bytes(*two)) % good.bytes.len()) else { return };
    let mut bytes = good.bytes.clone();
    bytes[place] = !bytes[place];
    let other = Blob { diff_id: good.diff_id.clone(), ..Blob::new(bytes, &tar, "+gzip") };
    if let Ok(layer) = other.read() {
        assert_eq!(layer.raw_size, tar.len() as u64, "its content is what it was");
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let tar = Tarball::default().file("a", b"aa").file("b", &[b'b'; 600]).end();
    let (head, tail) = tar.split_at(1000);
    let named = flate2::GzBuilder::new().filename("layer.tar").comment("comment").extra(b"extra".to_vec());
    let named = named.write(Vec::new(), flate2::Compression::none()).finish().expect("a vector takes all");
    let whole = [gzip(&tar), [gzip(head), gzip(tail)].concat(), [gzip(b""), gzip(&tar)].concat(), [named, gzip(&tar)].concat()];
    let trailed = [gzip(&tar), vec![0; 20]].concat();
    // The magic number stands before whatever is given.
    whole.into_iter().chain([trailed]).map(|file| file[2..].to_vec()).collect()
}
