//! What was held against digests on the way in.

pub(super) mod digests;
