//! Rows of sizes: time and memory must grow along a straight line, or not at all.

use crate::bench::Bench;
use crate::corpus::Image;
use crate::link::Link;
use crate::measure::fit;
use crate::results::{Fit, Trial, most};
use crate::say;

const MIB: u64 = 1 << 20;
/// What may lie between the smallest and the largest where nothing should.
const FLAT: u64 = 8 * MIB;

/// An image of a row, and our runs on it.
type Step = (Image, Vec<Trial>);

pub fn run(bench: &mut Bench) {
    let images = bench.corpus.rows_of_bytes();
    let bytes = steps(bench, "fits, bytes", images);
    line(bench, "user CPU over unpacked bytes", (1e9, "s a GB"), &bytes, |image| image.unpacked, cpu);
    let memory = || bytes.iter().map(|(_, trials)| most(trials));
    let grown = memory().max().unwrap_or_default() - memory().min().unwrap_or_default();
    let measured = format!("{} MiB between the smallest and the largest of five", grown / MIB);
    bench.results.claim("Memory over unpacked bytes", format!("flat: ≤ {} MiB", FLAT / MIB), measured, Some(grown <= FLAT));
    let images = bench.corpus.rows_of_entries();
    let entries = steps(bench, "fits, entries", images);
    line(bench, "user CPU over entries", (1e6, "µs an entry"), &entries, |image| image.entries, cpu);
    line(bench, "memory over entries", (1.0, "bytes an entry"), &entries, |image| image.entries, memory_at_most);
}

/// Runs all sizes turn by turn.
fn steps(bench: &mut Bench, workload: &str, images: Vec<Image>) -> Vec<Step> {
    let references: Vec<String> = images.iter().map(|image| bench.push(image)).collect();
    let mut steps: Vec<Step> = images.into_iter().map(|image| (image, Vec::new())).collect();
    for _ in 0..bench.options.rounds(3) {
        for (reference, (_, trials)) in references.iter().zip(&mut steps) {
            let trial = bench.trial(Link::LOOPBACK, &bench.cold(&[reference]).invocation);
            say(&format!("  {}: {:.3} s", trials.len() + 1, trial.sample.wall));
            trials.push(trial);
        }
    }
    for (image, trials) in &steps {
        bench.show(image);
        bench.note(&format!("{workload}, {}", image.name), trials);
    }
    steps
}

/// Seconds in the program, least disturbed by others.
fn cpu(trials: &[Trial]) -> f64 {
    trials.iter().map(|trial| trial.sample.user).fold(f64::INFINITY, f64::min)
}

#[expect(clippy::cast_precision_loss, reason = "points of a line")]
fn memory_at_most(trials: &[Trial]) -> f64 {
    most(trials) as f64
}

/// Lays a line through the steps; `unit` is what its slope is told in.
fn line(bench: &mut Bench, what: &'static str, unit: (f64, &str), steps: &[Step], x: fn(&Image) -> u64, y: fn(&[Trial]) -> f64) {
    #[expect(clippy::cast_precision_loss, reason = "points of a line")]
    let points: Vec<(f64, f64)> = steps.iter().map(|(image, trials)| (x(image) as f64, y(trials))).collect();
    let (r2, slope, intercept) = fit(&points);
    let measured = format!("R² {r2:.4}, {:.2} {}", slope * unit.0, unit.1);
    bench.results.claim(&format!("Five sizes: {what}"), "R² > 0.99", measured, Some(r2 > 0.99));
    bench.results.fits.push(Fit { what, points, r2, slope, intercept });
}
