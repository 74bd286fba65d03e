//! How layers are packed.

#[path = "codecs/bombs.rs"]
mod bombs;
#[path = "codecs/frames.rs"]
mod frames;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bombs::{bombs, long_headers};
use flate2::GzBuilder;
use frames::{frames, windows};
use lucid_verify::digest::Digest;
use serde_json::json;

use crate::documents::pushed::{Draft, LAYER, OnDisk, gzip};
use crate::registry::{Image, Reply, scripted};
use crate::table::{Row, rows};
use crate::tarball::{Tarball, zstd};

rows! {
    Z01 "gzip of many members" => members;
    Z02 "gzip that ends early" => cut;
    Z03 "gzip that its checksum refutes" => flipped;
    Z04 "Bytes behind a gzip" => trailing;
    Z05 "A second tar" => second_tar;
    Z06 "zstd frames of all kinds" => frames;
    Z07 "zstd windows" => windows;
    Z08 "A media type of another compression" => misnamed;
    Z09 "A diff_id of other content" => other_content;
    Z10 "A bit that flipped on the way" => flipped_on_the_way;
    Z11 "Bombs" => bombs;
    Z12 "Empty layers" => empty;
    Z13 "gzip headers of 10 MiB" => long_headers;
}

const PLAIN: &str = "application/vnd.oci.image.layer.v1.tar";
const ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";

/// A tar of two files.
fn two() -> Vec<u8> {
    Tarball::default().file("a", b"aa").file("b", &[b'b'; 600]).end()
}

fn pushed(kind: &'static str, blob: Vec<u8>, tar: &[u8]) -> OnDisk {
    OnDisk::new(&Draft::packed(kind, blob, tar).image())
}

/// A layer that is read whole: its two files, and nothing that is odd.
fn whole(row: &Row, case: &str, kind: &'static str, blob: Vec<u8>) {
    let ran = row.verify(case, &pushed(kind, blob, &two()).reference).run().ends(0);
    assert_eq!(ran.image()["layers"][0]["entries"], 2, "{case}");
    for rule in ["integrity/trailing", "integrity/media-types", "integrity/portability"] {
        assert_eq!(ran.rule(rule), Some("pass"), "{case}");
    }
}

/// A layer that is damaged, whatever its digest says.
fn damaged(row: &Row, case: &str, kind: &'static str, blob: Vec<u8>, says: &str) {
    row.verify(case, &pushed(kind, blob, &two()).reference).run().ends(6).says("layer 1/1 sha256:").says(says);
}

fn members(row: &Row) {
    let tar = two();
    let (head, tail) = tar.split_at(1000);
    whole(row, "two members", LAYER, [gzip(head), gzip(tail)].concat());
    whole(row, "an empty member first, and one between", LAYER, [gzip(b""), gzip(head), gzip(b""), gzip(tail)].concat());
    let each: Vec<u8> = tar.chunks(100).flat_map(gzip).collect();
    whole(row, "a member each 100 bytes", LAYER, each);
    // estargz: a member for each file, and a footer whose header says where the table is (stargz-snapshotter, estargz.md).
    let footer = GzBuilder::new().extra(b"SG\x16\x000000000000000000STARGZ".to_vec());
    let footer = footer.write(Vec::new(), flate2::Compression::none()).finish().unwrap();
    whole(row, "estargz", LAYER, [gzip(&tar[..1024]), gzip(&tar[1024..]), footer].concat());
}

fn cut(row: &Row) {
    let good = gzip(&two());
    let end = good.len();
    for (case, length) in
        [("in a block", end / 2), ("before the trailer", end - 8), ("in the trailer", end - 3), ("in the header", 5)]
    {
        damaged(row, case, LAYER, good[..length].to_vec(), &format!("ends early, at byte {length} of the blob"));
    }
    let second = [&good[..], &gzip(b"")[..12]].concat();
    damaged(row, "in the second member", LAYER, second.clone(), &format!("ends early, at byte {} of the blob", second.len()));
    let mut half = zstd(&two());
    half.truncate(half.len() / 2);
    damaged(row, "zstd", ZSTD, half.clone(), &format!("the zstd data ends early, at byte {}", half.len()));
}

fn flipped(row: &Row) {
    let good = gzip(&two());
    for (case, behind) in [("the checksum", 8), ("the length", 4)] {
        let mut bytes = good.clone();
        let at = bytes.len() - behind;
        bytes[at] ^= 1;
        damaged(row, case, LAYER, bytes, "the gzip data is damaged before byte");
    }
}

fn trailing(row: &Row) {
    for (case, bytes) in [("NULs", &[0; 512][..]), ("one byte", b"x"), ("half a magic number", b"\x1f"), ("garbage", b"garbage")]
    {
        let ran = row.verify(case, &pushed(LAYER, [&gzip(&two()), bytes].concat(), &two()).reference).run().ends(0);
        let ran = ran.judges("integrity/trailing", "fail");
        let said = ran.findings("integrity/trailing")[0].to_owned();
        assert!(said.starts_with(&format!("{} byte", bytes.len())), "{said}");
        row.observe(&format!("{case}: the finding"), &said);
        assert_eq!(ran.image()["layers"][0]["entries"], 2);
    }
    damaged(row, "garbage behind zstd", ZSTD, [&zstd(&two())[..], b"garbage"].concat(), "zstd data is damaged");
}

fn second_tar(row: &Row) {
    let hidden = Tarball::default().file("hidden", b"x").end();
    let both = [two(), hidden.clone()].concat();
    let ran = row.verify("in a second member", &pushed(LAYER, [gzip(&two()), gzip(&hidden)].concat(), &both).reference).run();
    let ran = ran.ends(0).judges("integrity/trailing", "fail");
    assert_eq!(ran.image()["layers"][0]["entries"], 2);
    row.observe("in a second member: the finding", ran.findings("integrity/trailing")[0]);
}

fn misnamed(row: &Row) {
    let tar = two();
    let packed = [("plain", PLAIN, tar.clone()), ("gzip", LAYER, gzip(&tar)), ("zstd", ZSTD, zstd(&tar))];
    for (own, _, bytes) in &packed {
        for (other, kind, _) in packed.iter().filter(|(other, ..)| other != own) {
            let case = format!("{own}, called {other}");
            let ran = row.verify(&case, &pushed(kind, bytes.clone(), &tar).reference).run().ends(0);
            let ran = ran.judges("integrity/media-types", "fail");
            assert_eq!(ran.image()["layers"][0]["entries"], 2);
        }
    }
    for (name, magic) in [("xz", &b"\xfd7zXZ\0\0\x04"[..]), ("bzip2", b"BZh91AY&SY")] {
        let ran = row.verify(name, &pushed(LAYER, magic.to_vec(), &tar).reference).run().ends(7);
        ran.says(&format!("the layer is compressed with {name}")).says("layer 1/1 sha256:");
    }
}

fn other_content(row: &Row) {
    let mut draft = Draft::packed(LAYER, gzip(&two()), b"other content");
    let disk = OnDisk::new(&draft.image());
    let ran = row.verify("one layer", &disk.reference).run().ends(6);
    let ran = ran.says(&format!("{}", Digest::sha256(&two()))).says(&format!("{}", Digest::sha256(b"other content")));
    row.verify("the same again, from the cache", &disk.reference).again(ran).run().ends(6);
    let hash = |text: &[u8]| Digest::sha256(text).to_string();
    draft = Draft::of(&[two(), b"".to_vec()]);
    draft.config["rootfs"] = json!({"type": "layers", "diff_ids": [hash(b""), hash(&two())]});
    row.verify("two layers whose diff_ids are swapped", &OnDisk::new(&draft.image()).reference).run().ends(6);
}

fn flipped_on_the_way(row: &Row) {
    let image = Draft::small().image();
    let layer = image.content[1].0.clone();
    let is_flipped = Arc::new(AtomicBool::new(true));
    let (flip, held) = (Arc::clone(&is_flipped), image.clone());
    let server = scripted(move |request| answer(request, &held, flip.load(Ordering::SeqCst)));
    let reference = format!("{}/a:1", server.host());
    let asked = || server.paths().iter().filter(|path| path.contains(&layer.to_string())).count();
    let ran = row.verify("from a registry", &reference).run().ends(6).says(&layer.to_string());
    assert!(asked() <= 2, "it was asked for {} times", asked());
    is_flipped.store(false, Ordering::SeqCst);
    let ran = row.verify("the next time it is right", &reference).again(ran).run().ends(0);
    is_flipped.store(true, Ordering::SeqCst);
    let before = asked();
    row.verify("what is known is not asked for", &reference).again(ran).run().ends(0);
    assert_eq!(asked(), before);

    let disk = OnDisk::new(&image);
    let ran = row.verify("on disk, before", &disk.reference).run().ends(0);
    let mut bytes = std::fs::read(disk.blob(&layer)).unwrap();
    bytes[20] ^= 1;
    std::fs::write(disk.blob(&layer), &bytes).unwrap();
    row.verify("on disk, though it is known", &disk.reference).again(ran).run().ends(6).says(&layer.to_string());
}

/// What a registry answers, with one bit of each layer flipped or not.
fn answer(request: &crate::registry::Request, image: &Image, is_flipped: bool) -> Reply {
    let is_layer = image.content[1..].iter().find(|(digest, ..)| request.path.ends_with(&digest.to_string()));
    match is_layer.filter(|_| is_flipped) {
        Some((_, _, bytes)) => {
            let mut bytes = bytes.clone();
            bytes[20] ^= 1;
            Reply::new(200, bytes)
        }
        None => image.reply(request),
    }
}

fn empty(row: &Row) {
    let zeros = [0; 1024];
    row.verify("no byte, called gzip", &pushed(LAYER, Vec::new(), b"").reference).run().ends(6).says("layer 1/1 sha256:");
    row.verify("no byte, called zstd", &pushed(ZSTD, Vec::new(), b"").reference).run().ends(6);
    row.verify("no byte, called a tar", &pushed(PLAIN, Vec::new(), b"").reference).run().ends(0);
    row.verify("gzip of nothing", &pushed(LAYER, gzip(b""), b"").reference).run().ends(0);
    row.verify("zstd of nothing", &pushed(ZSTD, zstd(b""), b"").reference).run().ends(0);
    row.verify("gzip of 1024 zeros, as Docker has it", &pushed(LAYER, gzip(&zeros), &zeros).reference).run().ends(0);
    row.verify("1024 zeros", &pushed(PLAIN, zeros.to_vec(), &zeros).reference).run().ends(0);
}
