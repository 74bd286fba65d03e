//! What the image runs on.

pub(super) mod config_arch;
pub(super) mod elf_arch;
pub(super) mod index;
pub(super) mod interpreter_arch;
pub(super) mod label;
pub(super) mod libc;
pub(super) mod objects;
pub(super) mod tag;
pub(super) mod wheel_tags;
