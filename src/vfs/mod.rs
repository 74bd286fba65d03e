//! [`LayerDiff`](crate::layer::LayerDiff)s folded into one tree.

pub mod apply;
mod children;
mod content;
pub mod dump;
pub mod mounted;
pub mod node;
pub mod resolve;
pub mod table;
pub mod trail;
pub mod tree;

pub use crate::layer::{FileKind, Kept, LayerPath, Seen, Stat, Trace};
pub use mounted::{Difference, Mounted, Refusal, Shown};
pub use node::{Kind, NodeId};
pub use resolve::Unresolved;
pub use table::{Set, Table};
pub use trail::{At, Cause, Change, Divergence, Event, Shipment, Trail};
pub use tree::{Hidden, Tree};

/// A layer by its place in the manifest, base first, from 0.
pub type LayerIndex = usize;
