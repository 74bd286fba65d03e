//! The options of all verbs.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use lucid_verify::error::{Error, Kind};
use lucid_verify::reference::Platform;

use super::values::{duration, format, platform};
use crate::output;

/// The options of all verbs.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Debug, Args)]
pub struct Common {
    /// stdout: table, json, junit, sarif, …
    #[arg(long, global = true, value_name = "FORMAT", default_value = "table", value_parser = format, help_heading = "Output")]
    pub format: Format,
    /// Say nothing on stderr but errors
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Output")]
    pub quiet: bool,
    /// All failed rules with all their findings
    #[arg(short, long, global = true, help_heading = "Output")]
    pub verbose: bool,
    /// auto, always or never; NO_COLOR counts
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub color: Color,
    /// auto or never: bars on a terminal
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub progress: Progress,
    /// What to take from an index, as os/arch[/variant]
    #[arg(long, global = true, value_name = "PLATFORM", value_parser = platform, help_heading = "Reading")]
    pub platform: Option<Platform>,
    /// Ask registries other than localhost over plain HTTP
    #[arg(long, global = true, help_heading = "Reading")]
    pub plain_http: bool,
    /// The user name; else LUCID_VERIFY_USERNAME
    #[arg(long, global = true, value_name = "NAME", env = "LUCID_VERIFY_USERNAME", hide_env = true, help_heading = "Reading")]
    pub username: Option<String>,
    /// The password on stdin; else LUCID_VERIFY_PASSWORD
    #[arg(long, global = true, help_heading = "Reading")]
    pub password_stdin: bool,
    /// Authorities to trust beside this machine's, in PEM
    #[arg(long, global = true, value_name = "FILE", help_heading = "Reading")]
    pub ca_file: Option<PathBuf>,
    /// This client's certificate for registries, in PEM
    #[arg(long, global = true, value_name = "FILE", requires = "client_key", help_heading = "Reading")]
    pub client_cert: Option<PathBuf>,
    /// The key of --client-cert, in PEM
    #[arg(long, global = true, value_name = "FILE", requires = "client_cert", help_heading = "Reading")]
    pub client_key: Option<PathBuf>,
    /// Layers read at once, at most; else one a CPU, or 8
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256), help_heading = "Reading")]
    pub jobs: Option<u16>,
    /// Further tries after a passing failure
    #[arg(long, global = true, value_name = "N", default_value_t = 5, help_heading = "Reading")]
    pub retries: u32,
    /// Seconds a connection may be silent
    #[arg(long, global = true, value_name = "S", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400), help_heading = "Reading")]
    pub timeout: u64,
    /// Time for the network in all: 90s, 30m, 2h
    #[arg(long, global = true, value_name = "DURATION", default_value = "30m", value_parser = duration, help_heading = "Reading")]
    pub deadline: Duration,
    /// Raise or lower a ceiling (repeatable)
    #[arg(long, global = true, value_name = "NAME=VALUE", help_heading = "Reading")]
    pub limit: Vec<String>,
    /// Where what was learned is kept; else the cache of this user
    #[arg(long, global = true, value_name = "DIR", env = "LUCID_VERIFY_CACHE", hide_env = true, help_heading = "Reading")]
    pub cache: Option<OsString>,
    /// Ask no registry: what the cache holds answers
    #[arg(long, global = true, conflicts_with = "no_cache", help_heading = "Reading")]
    pub offline: bool,
    /// Read everything anew, and keep nothing
    #[arg(long, global = true, help_heading = "Reading")]
    pub no_cache: bool,
}

/// `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Table,
    Json,
    Markdown,
    Html,
    Junit,
    Sarif,
    Github,
    Codequality,
    Csv,
    Parquet,
}

impl Format {
    /// Whether the run writes it, to stdout or to a file.
    pub fn is_asked(self, common: &Common, outputs: &[Output]) -> bool {
        common.format == self || outputs.iter().any(|output| output.format == self)
    }

    /// All of them, by name.
    pub const ALL: [(&str, Self); 10] = [
        ("table", Self::Table),
        ("json", Self::Json),
        ("markdown", Self::Markdown),
        ("html", Self::Html),
        ("junit", Self::Junit),
        ("sarif", Self::Sarif),
        ("github", Self::Github),
        ("codequality", Self::Codequality),
        ("csv", Self::Csv),
        ("parquet", Self::Parquet),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, format)| *format == self).map_or("", |(name, _)| name)
    }

    /// Whether it is read by programs alone: what people need to know of it is said on stderr, too.
    pub const fn is_for_programs(self) -> bool {
        matches!(self, Self::Json | Self::Junit | Self::Sarif | Self::Codequality | Self::Csv | Self::Parquet)
    }

    /// Whether stdout takes it: a terminal shows no bytes.
    pub fn fits_stdout(self) -> Result<(), Error> {
        if self == Self::Parquet && output::is_terminal() {
            let hint = "--output parquet=FILE writes a file, and > FILE does, too; --format csv is the same table as text";
            return Err(Error::new(Kind::Usage, "stdout is a terminal, and parquet is no text").hint(hint));
        }
        Ok(())
    }

    /// Whether a verb that judges nothing has it, or why not.
    pub fn of_a_measure(self, verb: &str) -> Result<(), Error> {
        match self {
            Self::Table | Self::Json | Self::Markdown | Self::Html => Ok(()),
            Self::Junit | Self::Sarif | Self::Github | Self::Codequality | Self::Csv | Self::Parquet => {
                let what = format!("{verb} judges nothing: it has table, json, markdown and html, not {}", self.name());
                Err(Error::new(Kind::Usage, what))
            }
        }
    }

    /// The format of a verb that lists: it has neither a page nor a comment on a change.
    pub fn of_a_list(self, verb: &str) -> Result<ListFormat, Error> {
        match self {
            Self::Table => Ok(ListFormat::Table),
            Self::Json => Ok(ListFormat::Json),
            _ => Err(Error::new(Kind::Usage, format!("{verb} prints table and json, not {}", self.name()))),
        }
    }
}

/// `--output`: a format, and the file that holds the report in it.
#[derive(Debug, Clone)]
pub struct Output {
    pub format: Format,
    pub file: PathBuf,
}

/// The formats of verbs that list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListFormat {
    Table,
    Json,
}

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

/// `--progress`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Progress {
    Auto,
    Never,
}
