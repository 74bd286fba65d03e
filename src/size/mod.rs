//! Where the bytes are. Pure.

pub mod breakdown;
pub mod delta;
pub mod pull;
pub mod shipped;
pub mod snapshot;
pub mod twins;
pub mod waste;

pub use breakdown::{Breakdown, Directory, Package};
pub use delta::Delta;
pub use pull::Pull;
pub use shipped::{Shipped, shipped};
pub use snapshot::{Amount, Snapshot};
pub use twins::{Twins, twins};
pub use waste::Waste;
