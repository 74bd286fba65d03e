//! What must hold of anything that a generator can think of.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "properties/chunks.rs"]
mod chunks;
#[path = "support/tarball.rs"]
#[allow(dead_code, reason = "each test crate that includes this module uses a part of it")]
mod tarball;
