//! The report of an image as it is kept for the next run: its JSON, read back to the same value. What is never kept (why an
//! image could not be read, what it is compared with) is not read.

use serde::{Deserialize, Deserializer};

/// Reads what is not there.
pub(super) fn absent<'de, D: Deserializer<'de>, T>(from: D) -> Result<Option<T>, D::Error> {
    <()>::deserialize(from).map(|()| None)
}

/// Reads a list of nothing.
pub(super) fn empty<'de, D: Deserializer<'de>, T>(from: D) -> Result<Vec<T>, D::Error> {
    <[(); 0]>::deserialize(from).map(|_| Vec::new())
}
