//! What the image weighs, held against what it may, and bytes that are shipped in vain.

pub(super) mod duplicate_copy;
mod grown;
pub(super) mod layer_order;
pub(super) mod max_image;
pub(super) mod max_layer;
pub(super) mod package_budget;
pub(super) mod regression;
pub(super) mod waste;
