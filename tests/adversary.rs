//! Images made to be passed over, to be blamed without cause, or to cost more than they are worth.

#![allow(clippy::unwrap_used)]

#[path = "adversary/budget.rs"]
mod budget;
#[path = "adversary/command.rs"]
mod command;
#[path = "adversary/packages.rs"]
mod packages;
#[path = "adversary/repeat.rs"]
mod repeat;
#[path = "adversary/root.rs"]
mod root;
#[path = "support/tarball.rs"]
#[allow(dead_code, reason = "each test crate that includes this module uses a part of it")]
mod tarball;
