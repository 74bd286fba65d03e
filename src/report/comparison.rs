//! The document of a comparison of two images.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Delta, SCHEMA, Tool};

/// What changed from one image to another.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Comparison {
    /// The version of this structure, which is that of reports.
    pub schema: u32,
    /// Who made it.
    pub tool: Tool,
    /// What changed.
    pub delta: Delta,
}

impl Comparison {
    /// The document of a difference.
    pub fn of(delta: Delta) -> Self {
        Self { schema: SCHEMA, tool: Tool::THIS, delta }
    }

    /// Its JSON Schema.
    pub fn schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::json;

    /// `LUCID_UPDATE=1` writes the published schema anew.
    #[test]
    fn the_published_schema_is_the_documents() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/delta.schema.json");
        let current = json::document(&Comparison::schema());
        if std::env::var_os("LUCID_UPDATE").is_some() {
            std::fs::write(path, &current).unwrap();
        }
        let published = std::fs::read(path).unwrap_or_default();
        assert!(published == current, "docs/delta.schema.json is stale: run the tests with LUCID_UPDATE=1");
    }
}
