//! Whose the files are.

pub(super) mod markers;
mod reach;
pub(super) mod readable;
pub(super) mod tree;
