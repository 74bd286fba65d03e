//! Images that mean harm: each must be told what it is, in bounded memory and time.

use std::io::Write;

use flate2::Compression;
use serde_json::{Value, json};

use super::codec::{Codec, member};
use super::draft::{Draft, Told};
use super::noise::Noise;
use super::{Corpus, Image};
use crate::image::Entry;
use crate::tarball::{Header, Tarball};

/// An attack, and the exit code that it must end in.
pub struct Attack {
    pub what: &'static str,
    pub image: Image,
    pub options: &'static [&'static str],
    pub code: i32,
}

/// Of the exit codes: what is read and has nothing to start, content that is wrong, a ceiling that was hit.
const FINDINGS: i32 = 1;
const CORRUPT: i32 = 6;
const LIMIT: i32 = 8;

impl Corpus {
    /// W8.
    pub fn hostile(&self) -> Vec<Attack> {
        let attack = |what, name: &str, options, code, write: fn(&mut Draft)| {
            let image = self.image(&format!("w8-{name}"), write);
            Attack { what, image, options, code }
        };
        vec![
            attack("a gzip bomb of 64 GiB in 66 MB", "bomb", &["--limit", "layer-bytes=2GiB"], LIMIT, bomb),
            attack("gzip data that ends early", "truncated", &[], CORRUPT, truncated),
            attack("a blob that is longer than its manifest says", "longer", &[], CORRUPT, longer),
            attack("a blob that is shorter than its manifest says", "shorter", &[], CORRUPT, shorter),
            attack("a file that claims 8 GiB and has a kilobyte", "claims", &[], CORRUPT, claims),
            attack("a PAX header that claims 4 GiB", "pax", &[], LIMIT, pax),
            attack("100,000 PAX headers of 4 kB for as many files", "flood", &[], FINDINGS, flood),
        ]
    }
}

fn written(blob: &mut dyn Write, bytes: &[u8]) -> Told {
    blob.write_all(bytes).unwrap();
    Told { diff_id: format!("sha256:{:064}", 0), unpacked: 0, entries: 0, annotations: Value::Null }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    member(&mut packed, bytes, Compression::new(6));
    packed
}

fn bomb(draft: &mut Draft) {
    let head = gzip(&Tarball::default().header(&Header::new("zeros", b'0', (8 << 30) - 1)).0);
    let zeros = gzip(&vec![0; 64 << 20]);
    draft.blob("+gzip", |blob| {
        blob.write_all(&head).unwrap();
        (0..1024).for_each(|_| blob.write_all(&zeros).unwrap());
        written(blob, &[])
    });
}

fn truncated(draft: &mut Draft) {
    let tar = Tarball::default().file("code", &Noise::new(3).code(1 << 20)).end();
    let packed = gzip(&tar);
    draft.blob("+gzip", |blob| written(blob, &packed[..packed.len() / 2]));
}

fn honest(draft: &mut Draft) {
    draft.layer(Codec::Gzip(6), |tar| tar.push(&Entry::file("code", Noise::new(3).code(8 << 20))));
}

fn longer(draft: &mut Draft) {
    honest(draft);
    draft.newest()["size"] = json!(1000);
}

fn shorter(draft: &mut Draft) {
    honest(draft);
    draft.newest()["size"] = json!(1_u64 << 40);
}

fn claims(draft: &mut Draft) {
    let tar = Tarball::default().header(&Header::new("claims", b'0', 8_589_934_591)).body(&[1; 1024]).end();
    draft.blob("+gzip", |blob| written(blob, &gzip(&tar)));
}

fn pax(draft: &mut Draft) {
    let tar = Tarball::default().header(&Header::new("pax", b'x', 4 << 30)).body(&vec![b'1'; 8 << 20]).end();
    draft.blob("+gzip", |blob| written(blob, &gzip(&tar)));
}

fn flood(draft: &mut Draft) {
    let comment = [b'x'; 4096];
    draft.layer(Codec::Gzip(1), |tar| {
        for number in 0..100_000 {
            tar.raw(&Tarball::default().pax(&[("comment", &comment)]).file(&format!("f{number}"), b"").0);
        }
    });
}
