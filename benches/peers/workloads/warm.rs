//! W9: an image that was verified before, the same with one layer more, and by another profile.

use std::path::Path;

use crate::bench::Bench;
use crate::link::Link;
use crate::measure::{Invocation, Spread};
use crate::results::Trial;

pub fn run(bench: &mut Bench) {
    let folder = bench.runner.folder();
    let cache = folder.path().join("cache");
    let ml = bench.corpus.ml();
    let reference = bench.push(&ml);
    let kept = ["--cache", path(&cache)];
    let ours = bench.ours(&kept, &[&reference]);
    let cold = bench.trial(Link::LOOPBACK, &ours);
    if !cache.exists() {
        bench.results.claim("W9 warm", "a cache", "this build keeps none", None);
        return;
    }
    let (warm, starts): (Vec<Trial>, Vec<Trial>) = (0..bench.options.rounds(20))
        .map(|_| {
            let start = bench.trial(Link::LOOPBACK, &Invocation::new([path(&bench.options.binary), "--version"]));
            (bench.trial(Link::LOOPBACK, &ours), start)
        })
        .unzip();
    bench.note("W9, first", std::slice::from_ref(&cold));
    bench.note("W9, same digest", &warm);
    bench.note("W9, --version", &starts);
    let most = warm.iter().map(|trial| trial.traffic.requests).max().unwrap_or_default();
    bench.results.claim("W9 warm, same digest: requests", "1", most.to_string(), Some(most == 1));
    let beyond = Spread::of(warm.iter().zip(&starts).map(|(warm, start)| (warm.sample.wall - start.sample.wall) * 1e3));
    let measured = format!("{:.1} ms ({:.1} to {:.1})", beyond.median, beyond.least, beyond.most);
    bench.results.claim(
        "W9 warm, same digest: time beyond the start of the process",
        "≤ 10 ms",
        measured,
        Some(beyond.median <= 10.0),
    );
    let is_same = warm.iter().all(|trial| trial.sample.stdout == cold.sample.stdout);
    bench.results.claim(
        "W9: reports cold and warm",
        "byte-identical",
        if is_same { "identical" } else { "they differ" },
        Some(is_same),
    );
    profile(bench, &cache, &reference);
    layer(bench, &cache);
}

/// What is asked does not matter to what is kept.
fn profile(bench: &mut Bench, cache: &Path, reference: &str) {
    let options = ["--cache", path(cache), "--profile", "lucid"];
    let trial = bench.trial(Link::LOOPBACK, &bench.ours(&options, &[reference]));
    bench.note("W9, another profile", std::slice::from_ref(&trial));
    let bytes = trial.traffic.blob_bytes();
    let measured = format!("{bytes} bytes, {:.0} ms", trial.sample.wall * 1e3);
    bench.results.claim("W9 warm, another profile: bytes of blobs", "0 bytes", measured, Some(bytes == 0));
}

/// One new layer of 1 MB, another one in each round.
fn layer(bench: &mut Bench, cache: &Path) {
    let rounds = bench.options.rounds(5);
    let trials: Vec<(Trial, u64)> = (0..rounds as u64)
        .map(|number| {
            let image = bench.corpus.ml_and_more(number);
            let reference = bench.push(&image);
            let newest = crate::corpus::draft::documents(&image.layout).0["layers"].as_array().unwrap().last().unwrap()["size"]
                .as_u64()
                .unwrap();
            (bench.trial(Link::LOOPBACK, &bench.ours(&["--cache", path(cache)], &[&reference])), newest)
        })
        .collect();
    let layers = trials
        .iter()
        .map(|(trial, newest)| (trial.traffic.blobs.values().map(|(_, bytes)| *bytes).max().unwrap_or_default(), *newest));
    let is_alone = layers.clone().all(|(fetched, newest)| fetched == newest);
    let trials: Vec<Trial> = trials.into_iter().map(|(trial, _)| trial).collect();
    bench.note("W9, one new layer", &trials);
    let wall = Spread::of(trials.iter().map(|trial| trial.sample.wall * 1e3));
    let measured = format!(
        "{:.0} ms ({:.0} to {:.0}){}",
        wall.median,
        wall.least,
        wall.most,
        if is_alone { "" } else { ", and other layers were fetched" }
    );
    bench.results.claim(
        "W9: W2 with one new layer of 1 MB",
        "≤ 60 ms, that layer alone",
        measured,
        Some(wall.median <= 60.0 && is_alone),
    );
}

fn path(path: &Path) -> &str {
    path.to_str().expect("paths of this benchmark are text")
}
