//! RECORD files (PEP 376, PEP 627).

use crate::layer::LayerPath;
use crate::vfs::NodeId;

/// A RECORD.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// Its rows, in file order.
    pub rows: Vec<Row>,
}

/// One row: a file, and what it was when it was installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The path as it is written.
    pub written: String,
    /// The path in the image.
    pub path: LayerPath,
    /// Whether the row leaves the site directory (`../../../bin/x`).
    pub is_outside: bool,
    /// The file that stands there now, links followed.
    pub node: Option<NodeId>,
    /// SHA-256, where the row has one.
    pub sha256: Option<[u8; 32]>,
    /// Whether the row names another algorithm, which cannot be compared with what was hashed.
    pub other_algorithm: bool,
    /// Size in bytes, where the row has one.
    pub size: Option<u64>,
}
