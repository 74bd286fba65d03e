//! How the values of arguments are read.

use std::time::Duration;

use clap::ValueEnum;
use lucid_verify::error::Error;
use lucid_verify::finding::Level;
use lucid_verify::reference::{Pattern, Platform, Reference};
use lucid_verify::report::By;
use lucid_verify::size::Threshold;
use lucid_verify::source::Catalog;

use super::common::{Format, Output};
use super::sweep::Part;
use crate::suggest;

/// `--fail-on`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum FailOn {
    /// Errors
    Error,
    /// Warnings too
    Warn,
    /// Only a failure to look
    Never,
}

impl FailOn {
    /// The level, if any.
    pub fn level(self) -> Option<Level> {
        match self {
            Self::Error => Some(Level::Error),
            Self::Warn => Some(Level::Warn),
            Self::Never => None,
        }
    }
}

/// What `schema` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    Report,
    Delta,
    Fleets,
    Profile,
    Facts,
}

/// A word is suggested for one that is so many edits from it.
const NEAR: usize = 2;

/// One of `words` by its place, or why not: clap frames it with the option's name.
fn word<T: Copy>(text: &str, what: &str, known: &[(&str, T)]) -> Result<T, String> {
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    if let Some((_, value)) = known.iter().find(|(name, _)| *name == text) {
        return Ok(*value);
    }
    let near = suggest::nearest(text, names.iter().copied(), NEAR.min(text.len() / 2));
    let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    Err(format!("there is no such {what}, there are {}{hint}", names.join(", ")))
}

pub(super) fn format(text: &str) -> Result<Format, String> {
    word(text, "format", &Format::ALL)
}

pub(super) fn output(text: &str) -> Result<Output, String> {
    let (name, file) = text.split_once('=').ok_or("write FORMAT=FILE, such as junit=report.xml")?;
    let format = format(name)?;
    match file {
        "" => Err(format!("write a file behind {name}=")),
        "-" => Err(format!("stdout is --format's: write --format {name}")),
        _ => Ok(Output { format, file: file.into() }),
    }
}

pub(super) fn schema(text: &str) -> Result<Document, String> {
    let known = [
        ("report", Document::Report),
        ("delta", Document::Delta),
        ("fleets", Document::Fleets),
        ("profile", Document::Profile),
        ("facts", Document::Facts),
    ];
    word(text, "schema", &known)
}

pub(super) fn by(text: &str) -> Result<By, String> {
    let known =
        [("layer", By::Layer), ("directory", By::Directory), ("package", By::Package), ("kind", By::Kind), ("file", By::File)];
    word(text, "list", &known)
}

/// The longest `--wait`, in seconds.
const LONGEST_WAIT: u64 = 24 * 60 * 60;

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let unit = match &text[digits.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        _ => return Err("write a number of seconds, or one with s, m or h, such as 5m".into()),
    };
    let seconds = digits.parse().ok().and_then(|number: u64| number.checked_mul(unit));
    match seconds.filter(|seconds| *seconds <= LONGEST_WAIT) {
        Some(seconds) => Ok(Duration::from_secs(seconds)),
        None => Err("it is no whole number of at most 24h".into()),
    }
}

pub(super) fn threshold(text: &str) -> Result<Threshold, String> {
    text.parse()
}

pub(super) fn platform(text: &str) -> Result<Platform, String> {
    text.parse().map_err(explain)
}

pub(super) fn reference(text: &str) -> Result<Reference, String> {
    text.parse().map_err(explain)
}

pub(super) fn catalog(text: &str) -> Result<Catalog, String> {
    text.parse().map_err(explain)
}

pub(super) fn pattern(text: &str) -> Result<Pattern, String> {
    text.parse().map_err(explain)
}

/// The most parts of a sweep.
const PARTS: u32 = 1000;

pub(super) fn shard(text: &str) -> Result<Part, String> {
    let numbers = text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
    match numbers {
        Some((index, count)) if index < count && count <= PARTS => Ok(Part { index, count }),
        Some((_, 0)) => Err("there are no 0 parts".into()),
        Some((_, count)) if count > PARTS => Err(format!("there are at most {PARTS} parts")),
        Some((_, count)) => Err(format!("parts count from 0: the last of {count} is {}/{count}", count - 1)),
        None => Err("write I/N, such as 0/8 for the first of eight".into()),
    }
}

pub(super) fn rate(text: &str) -> Result<u32, String> {
    text.parse().ok().filter(|rate| (1..=10_000).contains(rate)).ok_or_else(|| "write a whole number from 1 to 10000".into())
}

/// An error of the library in the frame that clap gives it.
#[expect(clippy::needless_pass_by_value, reason = "map_err hands it over")]
fn explain(error: Error) -> String {
    let hint = error.hint.as_deref().map(|hint| format!("; {hint}")).unwrap_or_default();
    format!("{error}{hint}")
}
