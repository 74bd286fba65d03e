//! W6: thirty images on one base, in one run.

use std::collections::BTreeMap;

use crate::bench::Bench;
use crate::link::Link;

pub fn run(bench: &mut Bench) {
    let images = bench.corpus.fleet();
    let references: Vec<String> = images.iter().map(|image| bench.push(image)).collect();
    bench.show(&images[0]);
    let references: Vec<&str> = references.iter().map(String::as_str).collect();
    let unique: BTreeMap<&str, u64> =
        images.iter().flat_map(|image| &image.blobs).map(|(digest, size)| (&digest[..], *size)).collect();
    let unique: u64 = unique.values().sum();
    let trial = bench.trial(Link::LOOPBACK, &bench.cold(&references).invocation);
    bench.note("W6, 30 images", std::slice::from_ref(&trial));
    let fetched = trial.traffic.blob_bytes();
    let measured = format!("{fetched} bytes of blobs fetched, {unique} are unique");
    bench.results.claim("W6 cold: bytes fetched for 30 images on one base", "the unique ones", measured, Some(fetched == unique));
}
