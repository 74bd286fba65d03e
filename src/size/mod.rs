//! Where the bytes are. Pure.

pub mod breakdown;
pub mod kind;
pub mod owner;
pub mod shipped;
pub mod twins;
pub mod waste;

pub use breakdown::{Amount, Breakdown, Directory, FileSize, KindSize, Package};
pub use kind::{Kind, Kinds};
pub use owner::{Owner, Owners};
pub use shipped::{Shipped, shipped};
pub use twins::{Twins, twins};
pub use waste::Waste;
