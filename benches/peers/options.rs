//! The command line of the benchmark.

use std::path::PathBuf;
use std::time::Duration;

use super::link::{Link, bandwidth};

/// The workloads, in the order in which they run.
pub const WORKLOADS: [&str; 11] = ["W1", "W2", "W3", "W4", "W5", "W6", "W7", "W8", "W9", "racing", "fits"];

/// Measures lucid-verify beside other programs on the same images, behind a real registry.
#[derive(clap::Parser)]
#[command(no_binary_name = false)]
pub struct Options {
    /// Only these of W1 to W9, racing and fits
    #[arg(long, value_delimiter = ',', value_name = "NAMES", value_parser = clap::builder::PossibleValuesParser::new(WORKLOADS))]
    pub only: Vec<String>,
    /// A smoke run: a tenth of the sizes, three rounds at most, none of the slow programs
    #[arg(long)]
    pub quick: bool,
    /// The size of everything, 1 being what the promises are about [default: 1, or 0.1 where it is quick]
    #[arg(long)]
    scale: Option<f64>,
    /// Rounds of every measurement, in place of what each has
    #[arg(long)]
    rounds: Option<usize>,
    /// Gigabits a second, or "unlimited", in place of what each workload has (repeatable)
    #[arg(long, value_delimiter = ',', value_name = "GBIT", value_parser = bandwidth)]
    link: Vec<Option<f64>>,
    /// Milliseconds of a round trip, with --link (repeatable)
    #[arg(long, value_delimiter = ',', value_name = "MS", default_values_t = [0], requires = "link")]
    rtt: Vec<u64>,
    /// Another build of the program
    #[arg(long, default_value = env!("CARGO_BIN_EXE_lucid-verify"))]
    pub binary: PathBuf,
    /// Write a page to this file
    #[arg(long)]
    pub markdown: Option<PathBuf>,
    /// Write all figures to this file
    #[arg(long)]
    pub json: Option<PathBuf>,
    /// What cargo gives to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

impl Options {
    pub fn wants(&self, workload: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == workload)
    }

    pub fn scale(&self) -> f64 {
        self.scale.unwrap_or(if self.quick { 0.1 } else { 1.0 })
    }

    pub fn rounds(&self, usual: usize) -> usize {
        self.rounds.unwrap_or(if self.quick { usual.min(3) } else { usual }).max(1)
    }

    pub fn links(&self, usual: &[Link]) -> Vec<Link> {
        if self.link.is_empty() {
            return usual.to_vec();
        }
        let link = |gigabits, milliseconds| Link { gigabits, round_trip: Duration::from_millis(milliseconds) };
        self.link.iter().flat_map(|gigabits| self.rtt.iter().map(move |milliseconds| link(*gigabits, *milliseconds))).collect()
    }
}
