//! What anyone may have pushed, over networks that fail, with credentials in hand: each fault is a row with a test, and
//! docs/faults.md is what the program did.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "faults/auth.rs"]
mod auth;
#[path = "support/authority.rs"]
mod authority;
#[path = "faults/codecs.rs"]
mod codecs;
#[path = "faults/documents.rs"]
mod documents;
#[path = "faults/figures.rs"]
mod figures;
#[path = "faults/host.rs"]
mod host;
#[path = "support/layout.rs"]
mod layout;
#[path = "support/misbehaving.rs"]
mod misbehaving;
#[path = "support/multiplexed.rs"]
mod multiplexed;
#[path = "support/overlay.rs"]
mod overlay;
#[path = "support/registry.rs"]
mod registry;
#[path = "faults/run.rs"]
mod run;
#[path = "support/stack.rs"]
mod stack;
#[path = "faults/table.rs"]
mod table;
#[path = "faults/tar.rs"]
mod tar;
#[path = "support/tarball.rs"]
#[allow(dead_code, reason = "each test crate that includes this module uses a part of it")]
mod tarball;
#[path = "support/tars.rs"]
mod tars;
#[path = "faults/transport.rs"]
mod transport;
#[path = "faults/tree.rs"]
mod tree;
#[path = "support/world.rs"]
mod world;
