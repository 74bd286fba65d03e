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
        Document::Fleets => report::Fleets::schema(),
        Document::Facts => inspect::facts::schema(),
        Document::Profile => lucid_verify::profile::schema(&lucid_verify::rules::known()),
    };
    output::write(&report::json::document(&schema))?;
    Ok(ExitCode::Held)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `LUCID_UPDATE=1` writes the published schema anew.
    #[test]
    fn the_published_schema_is_the_profiles() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/profile.schema.json");
        let current = report::json::document(&lucid_verify::profile::schema(&lucid_verify::rules::known()));
        if std::env::var_os("LUCID_UPDATE").is_some() {
            std::fs::write(path, &current).unwrap();
        }
        let published = std::fs::read(path).unwrap_or_default();
        assert!(published == current, "docs/profile.schema.json is stale: run the tests with LUCID_UPDATE=1");
    }
}
