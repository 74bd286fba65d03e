//! Where the bytes are. Pure.

pub mod breakdown;
pub mod cause;
pub mod dive;
pub mod shipped;
pub mod twins;
pub mod waste;

pub use breakdown::{Breakdown, Directory, Package};
pub use cause::{Cause, Loss, Metadata};
pub use dive::Dive;
pub use shipped::{Shipped, shipped};
pub use twins::{Twins, twins};
pub use waste::{Content, Copies, Waste, contents};
