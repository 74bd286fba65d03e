//! What was held against digests on the way in, and what of it readers would take for different things.

pub(super) mod created;
pub(super) mod digests;
pub(super) mod layer_count;
pub(super) mod media_types;
pub(super) mod portability;
pub(super) mod trailing;
