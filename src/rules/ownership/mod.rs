//! Whose the files are.

pub(super) mod tree;
