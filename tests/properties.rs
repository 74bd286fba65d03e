//! What must hold of anything that a generator can think of.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/lines.rs"]
mod lines;
#[path = "support/overlay.rs"]
mod overlay;
#[path = "properties/tree.rs"]
mod tree;
