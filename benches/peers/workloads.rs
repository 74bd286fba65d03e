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
    match name {
        "W1" => cold::distroless(bench),
        "W2" => cold::ml(bench),
        "W3" => cold::cuda(bench),
        "W4" => cold::tiny(bench),
        "W5" => cold::layers(bench),
        "W6" => fleet::run(bench),
        "W7" => formats::run(bench),
        "W8" => hostile::run(bench),
        "W9" => warm::run(bench),
        "racing" => racing::run(bench),
        _ => fits::run(bench),
    }
}
