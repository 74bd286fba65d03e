//! What is measured, and what is promised of it.

mod cold;
mod fits;
mod fleet;
mod formats;
mod hostile;
mod racing;
mod warm;

use super::bench::Bench;
use super::say;

/// Runs one workload by name.
pub fn run(name: &str, bench: &mut Bench) {
    say(name);
    let (section, workload): (_, fn(&mut Bench)) = match name {
        "W1" => (COLD, cold::distroless),
        "W2" => (COLD, cold::ml),
        "W3" => (COLD, cold::cuda),
        "W4" => (COLD, cold::tiny),
        "W5" => (COLD, cold::layers),
        "W6" => (COLD, fleet::run),
        "W7" => ("Formats", formats::run),
        "W8" => ("Images that mean harm", hostile::run),
        "W9" => (WARM, warm::run),
        "racing" => (WARM, racing::run),
        _ => ("Growth", fits::run),
    };
    bench.results.section = section;
    workload(bench);
}

const COLD: &str = "Cold: nothing is known of the image";
const WARM: &str = "Warm: it was seen before";
