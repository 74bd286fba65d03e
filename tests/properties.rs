//! What must hold of anything that a generator can think of.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "properties/bitflip.rs"]
mod bitflip;
#[path = "properties/damage.rs"]
mod damage;
#[path = "support/layout.rs"]
mod layout;
#[path = "support/load.rs"]
mod load;
#[path = "support/tarball.rs"]
#[allow(dead_code, reason = "each test crate that includes this module uses a part of it")]
mod tarball;
#[path = "properties/truncation.rs"]
mod truncation;
