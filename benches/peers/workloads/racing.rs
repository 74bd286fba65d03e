//! Eight processes on one cold cache.

use crate::bench::Bench;
use crate::link::Link;
use crate::measure::Running;
use crate::results::Trial;

const PROCESSES: usize = 8;

pub fn run(bench: &mut Bench) {
    let folder = bench.runner.folder();
    let cache = folder.path().join("cache");
    let options = ["--cache", cache.to_str().unwrap()];
    let image = bench.corpus.ml();
    let reference = bench.push(&image);
    let invocation = bench.ours(&options, &[&reference]);
    bench.proxy.reset(Link::LOOPBACK);
    let running: Vec<Running> = (0..PROCESSES).map(|_| bench.runner.start(&invocation)).collect();
    let samples: Vec<_> = running.into_iter().map(Running::wait).collect();
    let traffic = bench.proxy.traffic();
    if !cache.exists() {
        bench.results.claim("8 processes on one cold cache", "a cache", "this build keeps none", None);
        return;
    }
    let first = samples[0].stdout.clone();
    let is_same = !first.is_empty() && samples.iter().all(|sample| sample.stdout == first);
    let trials: Vec<Trial> = samples.into_iter().map(|sample| Trial { sample, traffic: traffic.clone() }).collect();
    bench.note("racing, 8 at once", &trials);
    let told = if is_same { "identical" } else { "they differ" };
    bench.results.claim("8 processes on one cold cache: reports", "byte-identical", told, Some(is_same));
    #[expect(clippy::cast_precision_loss, reason = "a quotient")]
    let share = traffic.blob_bytes() as f64 / image.packed() as f64;
    bench.results.claim(
        "8 processes on one cold cache: bytes fetched beside the unique ones",
        "≤ 1.2",
        format!("{share:.3}"),
        Some(share <= 1.2),
    );
    // By another profile, so that no verdict is kept: every layer is taken from the cache, held against its digest there.
    let again = ["--cache", cache.to_str().unwrap(), "--profile", "lucid"];
    let (kept, anew) = (&again[..], &["--no-cache", "--profile", "lucid"][..]);
    let [kept, anew] = [kept, anew].map(|options| bench.trial(Link::LOOPBACK, &bench.ours(options, &[&reference])));
    let bytes = kept.traffic.blob_bytes();
    let is_well = bytes == 0 && kept.sample.stdout == anew.sample.stdout;
    let measured = format!(
        "{bytes} bytes fetched again, report {}",
        if kept.sample.stdout == anew.sample.stdout { "as without a cache" } else { "differs" }
    );
    bench.results.claim(
        "8 processes on one cold cache: what they leave is whole",
        "0 bytes fetched again, the same report",
        measured,
        Some(is_well),
    );
}
