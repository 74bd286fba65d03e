//! Where the bytes are. Pure.

pub mod baseline;
pub mod breakdown;
pub mod cause;
pub mod delta;
pub mod dive;
pub mod growth;
pub mod kind;
pub mod map;
pub mod owner;
pub mod pull;
pub mod shipped;
pub mod snapshot;
pub mod threshold;
pub mod twins;
pub mod waste;

pub use breakdown::{Breakdown, Directory, FileSize, KindSize, Package};
pub use cause::{Cause, Loss, Metadata};
pub use delta::Delta;
pub use dive::Dive;
pub use growth::Growth;
pub use kind::{Kind, Kinds};
pub use map::Map;
pub use owner::{Owner, Owners};
pub use pull::Pull;
pub use shipped::{Shipped, shipped};
pub use snapshot::{Amount, Snapshot};
pub use threshold::{Scope, Threshold};
pub use twins::{Twins, twins};
pub use waste::{Content, Copies, Waste, contents};
