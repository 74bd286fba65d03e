//! Whether the dynamic loader would find what machine code needs.

pub(super) mod bundled_libs;
pub(super) mod cxx_version;
mod family;
pub(super) mod glibc_version;
pub(super) mod interp;
pub(super) mod ld_cache_stale;
pub(super) mod libpython;
mod lost;
pub(super) mod needed;
pub(super) mod objects;
mod packages;
pub(super) mod page_align;
pub(super) mod rpath_outside;
pub(super) mod system_overwrite;
pub(super) mod usr_local_lib;
mod versions;
mod words;

pub(in crate::rules) use lost::{is_libpython, start_line};
