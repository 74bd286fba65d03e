//! The options of sweeps: which registries, which of their images, and which part of these.

use clap::Args;
use lucid_verify::reference::Pattern;
use lucid_verify::source::Catalog;

use super::values::{catalog, pattern, rate, shard};

/// Which images of many.
#[derive(Debug, Args)]
pub struct Sweep {
    /// The images of a registry, too: all tags of its repositories, or of those below a namespace (repeatable)
    #[arg(long, value_name = "HOST[/NAMESPACE]", value_parser = catalog)]
    pub catalog: Vec<Catalog>,
    /// Of all images only those that a glob means, as REPOSITORY or REPOSITORY:TAG, without the host; * means any characters, a
    /// / too (repeatable)
    #[arg(long = "match", value_name = "GLOB", value_parser = pattern)]
    pub patterns: Vec<Pattern>,
    /// Of all images only part I of N, from 0/N: an image is of the same part wherever it is asked
    #[arg(long, value_name = "I/N", value_parser = shard)]
    pub shard: Option<Part>,
    /// Requests a second to one registry, at most; else as many as it lets through
    #[arg(long, value_name = "N", value_parser = rate)]
    pub rate: Option<u32>,
}

/// `--shard`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// From 0.
    pub index: u32,
    pub count: u32,
}
