//! What the image runs on.

pub(super) mod config_arch;
pub(super) mod elf_arch;
pub(super) mod label;
mod objects;
