//! Installed distributions (packaging.python.org, "Recording installed projects").

use super::record::Record;
use crate::layer::LayerPath;
use crate::vfs::LayerIndex;

/// One `*.dist-info` directory.
#[derive(Debug, Clone)]
pub struct Distribution {
    /// The name as METADATA spells it; without METADATA, as the directory does.
    pub name: String,
    /// The name as it is compared (PEP 503): lower case, runs of `-`, `_` and `.` as one `-`.
    pub normalized: String,
    /// The version, likewise.
    pub version: String,
    /// The `.dist-info` directory.
    pub path: LayerPath,
    /// The layer that last wrote the directory.
    pub layer: LayerIndex,
    /// Whether METADATA exists and names the project.
    pub has_metadata: bool,
    /// `Tag` lines of WHEEL.
    pub tags: Vec<String>,
    /// RECORD, or why it is not known.
    pub record: Result<Record, NoRecord>,
}

/// Why a RECORD is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoRecord {
    /// There is none (distributions from Debian packages have none).
    Absent,
    /// It is there and could not be read.
    Unreadable(String),
}
