//! The arguments.

mod common;
mod sweep;
mod values;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use lucid_verify::error::{Error, Kind};
use lucid_verify::reference::Reference;
use lucid_verify::report::{By, ExitCode};
use lucid_verify::size::Threshold;

use crate::{exit, verb};

pub use common::{Color, Common, Format, ListFormat, Output, Progress};
pub use sweep::{Part, Sweep};
pub use values::{Document, FailOn};
use values::{by, duration, output, reference, schema, threshold};

/// Verifies a container image from its registry, from the bytes alone: is it whole, will it start, is it safe?
#[derive(Debug, Parser)]
#[command(name = "lucid-verify", version, max_term_width = 100, disable_help_subcommand = true)]
#[command(override_usage = "lucid-verify [OPTIONS] IMAGE...\n       lucid-verify VERB [OPTIONS] ...")]
#[command(subcommand_value_name = "VERB", subcommand_help_heading = "Verbs")]
#[command(
    after_help = "IMAGE is a Docker reference, docker://REF, docker-daemon:REF, oci:DIR[:REF],\noci-archive:FILE[:REF] or docker-archive:FILE[:REF] (FILE - is stdin).\n`lucid-verify VERB --help` tells more."
)]
pub struct Cli {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    common: Common,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Read every byte and judge; what an IMAGE without a verb means
    Verify(Box<Verify>),
    /// Serve a small faulty image to itself, and verify it
    ///
    /// Ends with 0 if exactly the faults that were planted in it are found, else with 1 and the difference.
    Demo,
    /// Write a profile to start with, filled from an image
    ///
    /// The image holds under it: what it would not hold under is written as a comment that says why. Ends with 1 if something
    /// is found all the same, as it would be without a profile; the profile is written, too.
    Init(Init),
    /// What an image is: configuration, layers, packages, referrers
    Inspect(Inspect),
    /// Where the bytes of an image are, and which are wasted
    ///
    /// Exact and complete: every byte of the final tree is in one package or in none, in one kind and in one layer, so that each
    /// list adds up.
    Size(Size),
    /// What changed from one image to another, and what it weighs
    ///
    /// Each is an image, a JSON report, or what --save-baseline wrote. Layers that both share are read once. Two reports of several
    /// images each are compared as fleets: what came, what went, what changed.
    Diff(Diff),
    /// One report out of several: of shards, or of runs made apart
    ///
    /// What the parts of a sweep say together is what one run over all of it says, byte for byte. Verdicts are computed anew.
    /// Ends with 3 if shards are missing, and names them.
    Merge(Merge),
    /// Look around in an image: layers, files, packages, findings
    ///
    /// Judged as it is verified. ? shows the keys. Where there is no terminal, and with --plain, it is a dialogue in lines. It ends
    /// with 0, whatever is found, unless the image cannot be read.
    Explore(Explore),
    /// The final file tree of an image
    Ls(Ls),
    /// The bytes of a file in an image
    Cat(Cat),
    /// The rules, or the documentation of one
    Rules(Rules),
    /// Where the cache is, how big it is, and what is in it
    ///
    /// It holds what layers and documents were found to be, so that no byte of them is read twice. Nothing in it is believed
    /// over a digest, and what is gone from it is read again.
    Cache(Cache),
    /// The JSON Schema of a document
    Schema(Schema),
    /// A completion script for a shell
    Completions(Completions),
    /// The manual page, or that of one verb
    Man(Man),
}

/// `verify`.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Debug, Args)]
pub struct Verify {
    /// The images
    #[arg(required_unless_present_any = ["list", "compose", "catalog"], value_name = "IMAGE", value_parser = reference)]
    pub images: Vec<Reference>,
    /// The images of a list, too: one a line, # begins a comment, - is stdin
    #[arg(long = "images", value_name = "FILE")]
    pub list: Option<PathBuf>,
    /// The images of a Compose file's services, too, its variables filled in (repeatable)
    #[arg(long, value_name = "FILE")]
    pub compose: Vec<PathBuf>,
    #[command(flatten)]
    pub sweep: Sweep,
    #[command(flatten)]
    pub asked: Asked,
    /// The level from which a finding makes the run fail
    #[arg(long, value_name = "LEVEL", default_value = "error")]
    pub fail_on: FailOn,
    /// Compare with an image, a JSON report, or what --save-baseline wrote, and hold growth against its bounds
    #[arg(long, value_name = "FILE|IMAGE")]
    pub baseline: Option<String>,
    /// Go on where the baseline does not exist yet
    #[arg(long, requires = "baseline")]
    pub baseline_optional: bool,
    /// Fail what grew by more: 5% or 10MB of the unpacked and of the compressed bytes, layer=5MB, /app=1MB, package=10%,
    /// python:NAME=0; all bounds of one scope must be passed; instead of what the profile says (repeatable)
    #[arg(long, value_name = "[SCOPE=]LIMIT", requires = "baseline", value_parser = threshold)]
    pub max_growth: Vec<Threshold>,
    /// Let findings pass that the baseline has, too
    #[arg(long, requires = "baseline")]
    pub new_only: bool,
    /// Write what the image weighs and what was found to a file, as a baseline to come
    #[arg(long, value_name = "FILE", conflicts_with = "all_platforms")]
    pub save_baseline: Option<PathBuf>,
    /// Write the verdict to a file, as an in-toto statement on the verified digest for cosign to sign: of one image, by all
    /// rules of a profile that is named
    #[arg(long, value_name = "FILE", conflicts_with = "all_platforms")]
    pub attest: Option<PathBuf>,
    /// The Dockerfile that the image was built by: findings name its lines, and what its stages are is judged
    #[arg(long, value_name = "FILE")]
    pub dockerfile: Option<PathBuf>,
    /// Write the report to a file, too, whatever comes of the run: junit=report.xml (repeatable)
    #[arg(long, value_name = "FORMAT=FILE", value_parser = output)]
    pub output: Vec<Output>,
    /// Print the compliance matrix of the profile, too
    #[arg(long)]
    pub matrix: bool,
    /// Ask the tests of a container-structure-test file, too (repeatable)
    #[arg(long, value_name = "FILE")]
    pub structure_test: Vec<PathBuf>,
    /// Judge the image of each platform of an index, not of one
    #[arg(long, conflicts_with = "platform")]
    pub all_platforms: bool,
    /// Ask again for so long while the registry does not have the image, or not all of it: 30s, 5m, 1h
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub wait: Option<Duration>,
}

/// What images are judged by.
#[derive(Debug, Args)]
pub struct Asked {
    /// What is wanted: a built-in profile, a file, or with its digest one that a registry keeps; else lucid-verify.toml here or
    /// above, else what fits the image
    #[arg(long, value_name = "NAME|FILE|docker://REF")]
    pub profile: Option<String>,
    /// The service of the profile that the image is
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    /// Ask only these rules: an id, a glob, or whole, starts, safe, conforms, lean (repeatable)
    #[arg(long, value_name = "ID|GLOB|ANSWER")]
    pub rule: Vec<String>,
}

/// `diff`.
#[derive(Debug, Args)]
pub struct Diff {
    /// What was: an image, a JSON report, or what --save-baseline wrote
    #[arg(value_name = "OLD")]
    pub old: String,
    /// What is
    #[arg(value_name = "NEW")]
    pub new: String,
    /// Write the comparison to a file, too: html=page.html (repeatable)
    #[arg(long, value_name = "FORMAT=FILE", value_parser = output)]
    pub output: Vec<Output>,
    #[command(flatten)]
    pub asked: Asked,
}

/// `merge`.
#[derive(Debug, Args)]
pub struct Merge {
    /// JSON reports; of a folder all *.json in it, - is stdin
    #[arg(required = true, value_name = "REPORT")]
    pub reports: Vec<PathBuf>,
    /// The level from which a finding makes the run fail
    #[arg(long, value_name = "LEVEL", default_value = "error")]
    pub fail_on: FailOn,
    /// Write the report to a file, too, whatever comes of the run: parquet=sweep.parquet (repeatable)
    #[arg(long, value_name = "FORMAT=FILE", value_parser = output)]
    pub output: Vec<Output>,
}

/// `init`.
#[derive(Debug, Args)]
pub struct Init {
    /// The image; without one, a commented profile with nothing filled in
    #[arg(value_parser = reference)]
    pub image: Option<Reference>,
    /// What it extends: a built-in profile, a file, or with its digest one that a registry keeps; else what fits the image
    #[arg(long, value_name = "NAME|FILE|docker://REF", requires = "image")]
    pub profile: Option<String>,
    /// Accept what is found today: a waiver each, which expires in 90 days, or as soon as a lock wants it
    #[arg(long, requires = "image")]
    pub accept: bool,
    /// Where it is written, - for stdout; a file that is there is not replaced
    #[arg(long, value_name = "FILE", default_value = "lucid-verify.toml")]
    pub file: PathBuf,
}

/// `inspect`.
#[derive(Debug, Args)]
pub struct Inspect {
    /// The image
    #[arg(value_parser = reference)]
    pub image: Reference,
    /// Show what looks like a secret; on a terminal only
    #[arg(long, conflicts_with = "facts")]
    pub show_secrets: bool,
    /// Everything that is known of it, the file tree included, as JSON
    #[arg(long)]
    pub facts: bool,
}

/// `size`.
#[derive(Debug, Args)]
pub struct Size {
    /// The images
    #[arg(required = true, value_name = "IMAGE", value_parser = reference)]
    pub images: Vec<Reference>,
    /// One list in full instead of an overview: layer, directory, package, kind or file
    #[arg(long, value_name = "WHAT", value_parser = by)]
    pub by: Option<By>,
    /// Rows of a list, 0 for all; the others are summed up
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub top: usize,
    /// Write the report to a file, too, whatever comes of the run: html=page.html (repeatable)
    #[arg(long, value_name = "FORMAT=FILE", value_parser = output)]
    pub output: Vec<Output>,
    /// How deep directories are told
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
    pub depth: u8,
}

/// `explore`.
#[derive(Debug, Args)]
pub struct Explore {
    /// The image
    #[arg(value_parser = reference)]
    pub image: Reference,
    #[command(flatten)]
    pub asked: Asked,
    /// A dialogue in lines, for screen readers and pipes: help lists what it understands
    #[arg(long)]
    pub plain: bool,
}

/// `ls`.
#[derive(Debug, Args)]
pub struct Ls {
    /// The image
    #[arg(value_parser = reference)]
    pub image: Reference,
    /// A path in it
    #[arg(default_value = "/")]
    pub path: String,
    /// Type, mode, owner, size and time too
    #[arg(short)]
    pub long: bool,
    /// Everything below it
    #[arg(short = 'R')]
    pub recursive: bool,
    /// Only what this layer wrote, from 1, base first; everything below the path
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub layer: Option<u32>,
}

/// `cat`.
#[derive(Debug, Args)]
pub struct Cat {
    /// The image
    #[arg(value_parser = reference)]
    pub image: Reference,
    /// The path of a file in it; links are followed
    pub path: String,
}

/// `rules`.
#[derive(Debug, Args)]
pub struct Rules {
    /// A rule, or several by a glob
    #[arg(value_name = "ID|GLOB")]
    pub id: Option<String>,
    /// Those that an error message speaks of, the best first: a line, or a traceback as it is
    #[arg(long, value_name = "TEXT", conflicts_with = "id")]
    pub search: Option<String>,
    /// The profile whose own checks count, too; else lucid-verify.toml here or above
    #[arg(long, value_name = "NAME|FILE|docker://REF")]
    pub profile: Option<String>,
}

/// `cache`.
#[derive(Debug, Args)]
pub struct Cache {
    /// clear: remove everything in it
    #[arg(hide_possible_values = true)]
    pub action: Option<Action>,
}

/// What to do with the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Action {
    Clear,
}

/// `schema`.
#[derive(Debug, Args)]
pub struct Schema {
    /// report, delta, fleets, profile or facts
    #[arg(value_parser = schema)]
    pub document: Document,
}

/// `completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    pub shell: Shell,
}

/// `man`.
#[derive(Debug, Args)]
pub struct Man {
    /// The verb
    pub verb: Option<String>,
}

/// What the arguments ask for.
pub enum Parsed {
    /// A verb.
    Verb(Box<Verb>, Box<Common>),
    /// Nothing more: help was printed, or what is wrong with them.
    Said(ExitCode),
}

const GREETING: &str = "\
lucid-verify verifies a container image from its registry, from the bytes alone:
is it whole, will it start, is it safe? It needs no Docker and extracts nothing.

  lucid-verify pickme/lucid-auth:latest-arm64
      read every layer, judge, and say what is wrong and how to mend it
  lucid-verify --format json --fail-on warn oci:./image
      the same for an image on disk, as a document for CI
  lucid-verify rules
      what is asked of an image, and why

It ends with 0: the image holds, 1: findings, 9: undecided, else: cannot look.
All verbs and options: lucid-verify --help
";

/// Reads the arguments, the program's name first.
pub fn parse(words: Vec<OsString>) -> Parsed {
    if words.len() < 2 {
        crate::output::write(GREETING.as_bytes()).ok();
        return Parsed::Said(ExitCode::Held);
    }
    let words = match verb::first(words) {
        Ok(words) => words,
        Err(error) => return Parsed::Said(exit::say(&error)),
    };
    match Cli::try_parse_from(words) {
        Ok(Cli { verb: Some(verb), common }) => Parsed::Verb(Box::new(verb), Box::new(common)),
        Ok(Cli { verb: None, .. }) => Parsed::Said(exit::say(
            &Error::new(Kind::Usage, "there is no IMAGE").hint("lucid-verify --help tells how to call it"),
        )),
        Err(error) => {
            if error.use_stderr() {
                exit::explain(&error.render().to_string());
                return Parsed::Said(ExitCode::Usage);
            }
            let _ = error.print();
            Parsed::Said(ExitCode::Held)
        }
    }
}
