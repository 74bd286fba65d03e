//! Where the bytes are. Pure.

pub mod baseline;
pub mod breakdown;
pub mod cause;
pub mod delta;
pub mod dive;
pub mod kind;
pub mod map;
pub mod owner;
pub mod shipped;
pub mod snapshot;
pub mod twins;
pub mod waste;

pub use breakdown::{Breakdown, Directory, FileSize, KindSize, Package};
pub use cause::{Cause, Loss, Metadata};
pub use delta::Delta;
pub use dive::Dive;
pub use kind::{Kind, Kinds};
pub use map::Map;
pub use owner::{Owner, Owners};
pub use shipped::{Shipped, shipped};
pub use snapshot::{Amount, Snapshot};
pub use twins::{Twins, twins};
pub use waste::{Content, Copies, Waste, contents};
