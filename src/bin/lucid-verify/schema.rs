//! `lucid-verify schema`: JSON Schemas.

use lucid_verify::error::Result;
use lucid_verify::report::{self, ExitCode};

use crate::args::{Document, Schema};
use crate::{inspect, output};

/// Runs the verb.
pub fn run(args: &Schema) -> Result<ExitCode> {
    let schema = match args.document {
        Document::Report => report::schema(),
        Document::Delta => report::Comparison::schema(),
        Document::Facts => inspect::facts::schema(),
        Document::Profile => lucid_verify::profile::schema(&lucid_verify::rules::known()),
    };
    output::write(&report::json::document(&schema))?;
    Ok(ExitCode::Held)
}
