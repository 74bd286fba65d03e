//! lucid-verify beside other programs: the same images, the same registry, the same link, turn by turn.
//! `benches/README.md` says what is measured and how.

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark may panic, and nothing here is public")]

#[path = "../../tests/support/image/mod.rs"]
mod image;
#[path = "../../tests/support/tarball.rs"]
#[allow(dead_code, reason = "hostile images take what they need of it")]
mod tarball;

mod bench;
mod corpus;
mod floor;
mod link;
mod measure;
mod options;
mod page;
mod peers;
mod proxy;
mod results;
mod workloads;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use bench::Bench;
use clap::Parser as _;
use options::{Options, WORKLOADS};

/// Says on stderr what is done.
fn say(what: &str) {
    let _ = writeln!(std::io::stderr(), "{what}");
}

/// The folder that outlives a run: `LUCID_BENCH_CACHE`, or `target/bench`.
fn cache() -> PathBuf {
    let usual = || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::env::var_os("LUCID_BENCH_CACHE").map_or_else(usual, PathBuf::from)
}

fn main() {
    let begin = Instant::now();
    let mut bench = Bench::new(Options::parse(), &cache());
    for name in WORKLOADS {
        if bench.options.wants(name) {
            workloads::run(name, &mut bench);
            bench.results.minutes = begin.elapsed().as_secs_f64() / 60.0;
            // Now already: what a later workload stumbles over does not cost what was measured.
            write(&bench);
        }
    }
    if bench.options.markdown.is_none() {
        std::io::stdout().write_all(page::render(&bench.results).as_bytes()).unwrap();
    }
}

/// Writes the files that were asked for.
fn write(bench: &Bench) {
    let Bench { options, results, .. } = bench;
    if let Some(file) = &options.markdown {
        std::fs::write(file, page::render(results)).unwrap();
    }
    if let Some(file) = &options.json {
        std::fs::write(file, serde_json::to_string_pretty(results).unwrap() + "\n").unwrap();
    }
}
