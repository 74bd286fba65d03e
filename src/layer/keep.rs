//! Which bytes stay.
/// Version of the keep set and of everything that a LayerDiff holds.
pub const VERSION: u32 = 1;
