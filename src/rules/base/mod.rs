//! What the image was made from.

pub(super) mod kind;
pub(super) mod python;
