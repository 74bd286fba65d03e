//! What a run found, as data.

use serde::Serialize;

use super::link::Link;
use super::measure::{Sample, Spread};
use super::proxy::Traffic;

/// One run of a program: what it cost, and what passed the link.
#[derive(Clone)]
pub struct Trial {
    pub sample: Sample,
    pub traffic: Traffic,
}

/// The runs of one program on one image over one link.
#[derive(Serialize)]
pub struct Row {
    pub workload: String,
    pub link: Link,
    pub who: String,
    pub runs: usize,
    /// Seconds.
    pub wall: Spread,
    /// Seconds of CPU in the program, the median.
    pub user: f64,
    /// Seconds of CPU in the kernel, the median.
    pub system: f64,
    /// Bytes of memory at the most.
    pub rss: u64,
    pub requests: u64,
    /// Bytes of all bodies that passed the link.
    pub bytes: u64,
    pub code: Option<i32>,
    /// Our wall time as a share of this one's, round by round.
    pub ours: Option<Spread>,
}

impl Row {
    /// Of at least one trial, beside ours of the same rounds.
    pub fn of(workload: &str, link: Link, who: &str, trials: &[Trial], ours: Option<&[Trial]>) -> Self {
        let median = |of: fn(&Sample) -> f64| Spread::of(trials.iter().map(|trial| of(&trial.sample))).median;
        let last = &trials[trials.len() - 1];
        Self {
            workload: workload.to_owned(),
            link,
            who: who.to_owned(),
            runs: trials.len(),
            wall: Spread::of(trials.iter().map(|trial| trial.sample.wall)),
            user: median(|sample| sample.user),
            system: median(|sample| sample.system),
            rss: most(trials),
            requests: last.traffic.requests,
            bytes: last.traffic.bytes,
            code: last.sample.code,
            ours: ours.map(|ours| ratio(ours, trials, |sample| sample.wall)),
        }
    }
}

/// What ours took of what theirs took, round by round.
pub fn ratio(ours: &[Trial], theirs: &[Trial], of: fn(&Sample) -> f64) -> Spread {
    Spread::of(ours.iter().zip(theirs).map(|(ours, theirs)| of(&ours.sample) / of(&theirs.sample)))
}

/// Bytes of memory at the most, in any of the trials.
pub fn most(trials: &[Trial]) -> u64 {
    trials.iter().map(|trial| trial.sample.rss).max().unwrap_or_default()
}

/// Something that is promised, and what came of it.
#[derive(Serialize)]
pub struct Claim {
    /// What it is about, as a title.
    pub section: &'static str,
    pub what: String,
    pub wanted: String,
    pub measured: String,
    /// None where it could not be looked at; `measured` says why.
    pub holds: Option<bool>,
}

/// What a line was laid through.
#[derive(Serialize)]
pub struct Fit {
    pub what: &'static str,
    pub points: Vec<(f64, f64)>,
    pub r2: f64,
    pub slope: f64,
    pub intercept: f64,
}

/// A program that took part, or would have.
#[derive(Serialize)]
pub struct Program {
    pub name: String,
    /// What it says that it is; none where it is not installed.
    pub version: Option<String>,
    pub install: String,
}

/// An image that was made.
#[derive(Serialize)]
pub struct Shape {
    pub name: String,
    pub layers: usize,
    pub packed: u64,
    pub unpacked: u64,
    pub entries: u64,
}

/// Everything.
#[derive(Serialize)]
pub struct Results {
    pub date: String,
    pub machine: String,
    pub build: String,
    pub scale: f64,
    pub minutes: f64,
    pub programs: Vec<Program>,
    /// What the next claims are about.
    #[serde(skip)]
    pub section: &'static str,
    pub shapes: Vec<Shape>,
    pub claims: Vec<Claim>,
    pub rows: Vec<Row>,
    pub fits: Vec<Fit>,
}

impl Results {
    pub fn claim(&mut self, what: &str, wanted: impl Into<String>, measured: impl Into<String>, holds: Option<bool>) {
        let (what, wanted, measured) = (what.to_owned(), wanted.into(), measured.into());
        self.claims.push(Claim { section: self.section, what, wanted, measured, holds });
    }

    /// That a ratio is at most so large.
    pub fn at_most(&mut self, what: &str, bound: f64, found: Option<Spread>) {
        let text = |found: Spread| format!("{:.3} ({:.3} to {:.3})", found.median, found.least, found.most);
        let measured = found.map_or_else(|| "not measured: the other program is not installed, or failed".to_owned(), text);
        self.claim(what, format!("≤ {bound}"), measured, found.map(|found| found.median <= bound));
    }
}
