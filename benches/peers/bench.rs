//! A run of the benchmark: registry and link, images, programs, and what was found so far.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::corpus::{Corpus, Image};
use super::floor;
use super::link::Link;
use super::measure::{Invocation, Runner};
use super::options::Options;
use super::peers::{PEERS, Peer};
use super::proxy::Proxy;
use super::results::{Program, Results, Row, Shape, Trial};
use super::say;
use crate::image::layout::TAG;
use crate::image::registry::Registry;

/// What we are called in tables.
pub const OURS: &str = "lucid-verify";
/// Ours again, with one image of several.
pub const ALONE: &str = "the largest alone";

pub struct Bench {
    pub options: Options,
    pub corpus: Corpus,
    pub runner: Runner,
    pub proxy: Proxy,
    pub results: Results,
    registry: Registry,
}

/// A program that takes turns with others.
pub struct Contestant {
    pub who: String,
    pub invocation: Invocation,
    /// In how many of the rounds, from the first.
    pub rounds: usize,
}

/// What the contestants of one image and link did.
pub struct Turns(Vec<(String, Vec<Trial>)>);

impl Turns {
    /// The trials of one of them; none where it did not take part, or where one of its runs failed.
    pub fn of(&self, who: &str) -> Option<&[Trial]> {
        let (_, trials) = self.0.iter().find(|(name, _)| name == who)?;
        let is_well = |trial: &Trial| [OURS, ALONE].contains(&who) || trial.sample.code == Some(0);
        trials.iter().all(is_well).then_some(trials)
    }

    pub fn ours(&self) -> &[Trial] {
        self.of(OURS).unwrap()
    }
}

impl Bench {
    pub fn new(options: Options, cache: &Path) -> Self {
        let storage = cache.join("registry");
        fs::create_dir_all(storage.join("data")).unwrap();
        let runner = Runner::new(&cache.join("scratch"), &cache.join("tools"));
        let registry = Registry::over(&storage);
        let proxy = Proxy::start(&registry.address);
        let corpus = Corpus::new(cache, options.scale());
        let results = Results {
            date: first_line(Command::new("date").args(["-u", "+%F"])),
            machine: machine(),
            build: runner.line(&[options.binary.to_str().unwrap(), "--version"]).expect("lucid-verify runs"),
            scale: options.scale(),
            minutes: 0.0,
            programs: programs(&runner),
            section: "",
            shapes: Vec::new(),
            claims: Vec::new(),
            rows: Vec::new(),
            fits: Vec::new(),
        };
        for missing in results.programs.iter().filter(|program| program.version.is_none()) {
            say(&format!("{} is not installed and takes no part: {}", missing.name, missing.install));
        }
        Self { options, corpus, runner, proxy, results, registry }
    }

    /// Puts an image into the registry, and returns what to call it from behind the link.
    pub fn push(&self, image: &Image) -> String {
        self.registry.push(&image.layout, &image.name);
        self.reference(image)
    }

    /// Notes what an image is like.
    pub fn show(&mut self, image: &Image) {
        if !self.results.shapes.iter().any(|shape| shape.name == image.name) {
            let Image { layers, unpacked, entries, .. } = *image;
            self.results.shapes.push(Shape { name: image.name.clone(), layers, packed: image.packed(), unpacked, entries });
        }
    }

    /// What an image is called from behind the link.
    pub fn reference(&self, image: &Image) -> String {
        format!("{}/{}:{TAG}", self.proxy.address, image.name)
    }

    /// Us, by the profile that fits every image, with a report for machines.
    pub fn ours(&self, options: &[&str], references: &[&str]) -> Invocation {
        let binary = self.options.binary.to_str().unwrap();
        let profile = if options.contains(&"--profile") { &[][..] } else { &["--profile", "generic"] };
        Invocation::new([&[binary, "--format", "json"], profile, options, references].concat())
    }

    /// Us, as [`Self::ours`], with nothing kept from earlier runs.
    pub fn cold(&self, references: &[&str]) -> Contestant {
        Contestant { who: OURS.to_owned(), invocation: self.ours(&["--no-cache"], references), rounds: usize::MAX }
    }

    /// A peer, if it is installed.
    pub fn peer(&self, name: &str, image: &Image) -> Option<Contestant> {
        let peer = Peer::named(name);
        if (self.options.quick && peer.is_slow) || !peer.is_installed(&self.runner) {
            return None;
        }
        let rounds = if peer.is_slow { 1 } else { usize::MAX };
        Some(Contestant { who: name.to_owned(), invocation: peer.on(&self.proxy.address, image), rounds })
    }

    /// One run behind a link, with what passed it.
    pub fn trial(&self, link: Link, invocation: &Invocation) -> Trial {
        self.proxy.reset(link);
        let sample = self.runner.run(invocation);
        Trial { sample, traffic: self.proxy.traffic() }
    }

    /// Lets all of them run turn by turn.
    pub fn turns(&self, link: Link, rounds: usize, contestants: &[Contestant]) -> Turns {
        let mut turns: Vec<(String, Vec<Trial>)> =
            contestants.iter().map(|contestant| (contestant.who.clone(), Vec::new())).collect();
        for round in 0..rounds {
            for (contestant, (who, trials)) in contestants.iter().zip(&mut turns).filter(|(it, _)| round < it.rounds) {
                let trial = self.trial(link, &contestant.invocation);
                say(&format!("  {link}: {who}: {:.3} s", trial.sample.wall));
                trials.push(trial);
            }
        }
        Turns(turns)
    }

    /// Adds the row of runs of ours, behind no link, that nobody took turns with.
    pub fn note(&mut self, workload: &str, trials: &[Trial]) {
        self.results.rows.push(Row::of(workload, Link::LOOPBACK, OURS, trials, None));
    }

    /// Adds the rows of some turns.
    pub fn tell(&mut self, workload: &str, link: Link, turns: &Turns) {
        let ours = turns.of(OURS);
        for (who, trials) in &turns.0 {
            let beside = ours.filter(|_| who != OURS);
            self.results.rows.push(Row::of(workload, link, who, trials, beside));
        }
    }
}

/// All programs that could take part, each once.
fn programs(runner: &Runner) -> Vec<Program> {
    let peers = PEERS.iter().map(|peer| Program {
        name: peer.name.to_owned(),
        version: runner.line(peer.version).filter(|_| peer.is_installed(runner)),
        install: peer.install.to_owned(),
    });
    let floor = floor::PROGRAMS.iter().map(|(name, install)| Program {
        name: (*name).to_owned(),
        version: runner.line(&["sh", "-c", &format!("command -v {name}")]).map(|_| "installed".to_owned()),
        install: (*install).to_owned(),
    });
    peers.chain(floor).collect()
}

fn first_line(command: &mut Command) -> String {
    let output = command.output().unwrap();
    String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned()
}

/// Processor, cores and memory.
fn machine() -> String {
    let field = |file: &str, name: &str| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let value =
            text.lines().find_map(|line| line.strip_prefix(name)?.split_once(':').map(|(_, value)| value.trim().to_owned()));
        value.unwrap_or_else(|| "unknown".to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let memory: u64 = field("/proc/meminfo", "MemTotal").split(' ').next().and_then(|kib| kib.parse().ok()).unwrap_or_default();
    let has_sha = field("/proc/cpuinfo", "flags").split(' ').any(|flag| flag == "sha_ni");
    let sha = if has_sha { "with SHA instructions" } else { "without SHA instructions" };
    format!("{}, {cores} cores {sha}, {} GiB", field("/proc/cpuinfo", "model name"), memory.div_ceil(1 << 20))
}
