//! Whose the files are.

pub(super) mod markers;
mod reach;
pub(super) mod readable;
pub(super) mod roots;
pub(super) mod setid;
pub(super) mod tree;
pub(super) mod world_writable;
