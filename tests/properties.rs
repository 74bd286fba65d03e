//! What must hold of anything that a generator can think of.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "properties/bitflip.rs"]
mod bitflip;
#[path = "properties/chunks.rs"]
mod chunks;
#[path = "properties/damage.rs"]
mod damage;
#[path = "../fuzz/targets/tree.rs"]
mod fuzzed;
#[path = "support/layout.rs"]
mod layout;
#[path = "support/lines.rs"]
mod lines;
#[path = "support/load.rs"]
mod load;
#[path = "support/overlay.rs"]
mod overlay;
#[path = "support/reference.rs"]
mod reference;
#[path = "properties/sizes.rs"]
mod sizes;
#[path = "support/stack.rs"]
mod stack;
#[path = "support/tarball.rs"]
#[allow(dead_code, reason = "each test crate that includes this module uses a part of it")]
mod tarball;
#[path = "support/tars.rs"]
mod tars;
#[path = "properties/tree.rs"]
mod tree;
#[path = "properties/truncation.rs"]
mod truncation;
#[path = "properties/unpacked.rs"]
mod unpacked;
