//! Where the bytes are. Pure.

pub mod breakdown;
pub mod shipped;
pub mod twins;
pub mod waste;

pub use breakdown::{Breakdown, Directory, Package};
pub use shipped::{Shipped, shipped};
pub use twins::{Twins, twins};
pub use waste::Waste;
