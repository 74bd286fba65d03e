//! Which part of a sweep a report is of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A part of a sweep: which of its images the report is of, and how many there are in all parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Shard {
    /// Its number, from 0.
    pub index: u32,
    /// How many parts there are.
    pub count: u32,
    /// The images of all parts.
    pub images: u64,
    /// SHA-256 over the sorted references of all parts, a line each: parts of one sweep agree in it unless the registry
    /// changed meanwhile.
    pub listed: String,
}
