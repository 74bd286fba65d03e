//! Where the bytes are. Pure.

pub mod breakdown;
pub mod waste;

pub use breakdown::{Breakdown, Directory, Package};
pub use waste::Waste;
