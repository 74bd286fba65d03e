//! Where the bytes are. Pure.

pub mod baseline;
pub mod breakdown;
pub mod delta;
pub mod growth;
pub mod shipped;
pub mod snapshot;
pub mod threshold;
pub mod twins;
pub mod waste;

pub use breakdown::{Breakdown, Directory, Package};
pub use delta::Delta;
pub use growth::Growth;
pub use shipped::{Shipped, shipped};
pub use snapshot::{Amount, Snapshot};
pub use threshold::{Scope, Threshold};
pub use twins::{Twins, twins};
pub use waste::Waste;
