//! Bytes that are shipped and not seen.

/// The four kinds of waste. They are disjoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waste {
    /// Content of files that a later layer removed.
    pub removed: u64,
    /// Content of files that a later layer replaced with other content.
    pub overwritten: u64,
    /// Content that a later layer ships again unchanged: a chown or chmod.
    pub metadata_only: u64,
    /// Content that stands in the final tree more than once, without being a hard link.
    pub duplicates: u64,
}

impl Waste {
    /// All four.
    pub fn bytes(&self) -> u64 {
        self.removed + self.overwritten + self.metadata_only + self.duplicates
    }
}
