//! W6: thirty services on one base, in one run, beside the largest of them alone.

use std::collections::BTreeMap;

use crate::bench::{ALONE, Bench, Contestant, OURS};
use crate::link::Link;
use crate::measure::Spread;
use crate::results::ratio;

/// What thirty may cost of what the largest alone costs.
const TIMES: f64 = 3.0;
/// Seconds that a second run may take.
const WARM: f64 = 1.0;

pub fn run(bench: &mut Bench) {
    let images = bench.corpus.fleet();
    let references: Vec<String> = images.iter().map(|image| bench.push(image)).collect();
    bench.show(&images[0]);
    let largest =
        images.iter().zip(&references).max_by_key(|(image, _)| image.packed()).map(|(_, reference)| &reference[..]).unwrap();
    let references: Vec<&str> = references.iter().map(String::as_str).collect();
    let unique: BTreeMap<&str, u64> =
        images.iter().flat_map(|image| &image.blobs).map(|(digest, size)| (&digest[..], *size)).collect();
    let unique: u64 = unique.values().sum();

    let alone = Contestant { who: ALONE.to_owned(), ..bench.cold(&[largest]) };
    let turns = bench.turns(Link::LOOPBACK, bench.options.rounds(5), &[bench.cold(&references), alone]);
    bench.tell("W6, 30 services", Link::LOOPBACK, &turns);
    let fetched = turns.ours()[0].traffic.blob_bytes();
    let measured = format!("{fetched} bytes of blobs fetched, {unique} are unique");
    bench.results.claim("W6 cold: bytes fetched for 30 images on one base", "the unique ones", measured, Some(fetched == unique));
    let beside = |of| turns.of(ALONE).map(|alone| ratio(turns.ours(), alone, of));
    bench.results.at_most("W6 cold: wall time of 30 services, of that of the largest alone", TIMES, beside(|sample| sample.wall));
    bench.results.at_most(
        "W6 cold: CPU of 30 services, of that of the largest alone",
        TIMES,
        beside(|sample| sample.user + sample.system),
    );
    warm(bench, &references);
}

/// The second run.
fn warm(bench: &mut Bench, references: &[&str]) {
    let folder = bench.runner.folder();
    let cache = folder.path().join("cache");
    let ours = bench.ours(&["--cache", cache.to_str().unwrap()], references);
    bench.trial(Link::LOOPBACK, &ours);
    let trials: Vec<_> = (0..bench.options.rounds(5)).map(|_| bench.trial(Link::LOOPBACK, &ours)).collect();
    bench.note(&format!("W6, 30 services, warm, {OURS}"), &trials);
    let wall = Spread::of(trials.iter().map(|trial| trial.sample.wall));
    let measured = format!("{:.2} s ({:.2} to {:.2})", wall.median, wall.least, wall.most);
    bench.results.claim("W6 warm: wall time of 30 services", format!("< {WARM} s"), measured, Some(wall.median < WARM));
}
