//! Where the service's own files lie.

pub(super) mod app;
pub(super) mod config_files;
pub(super) mod empty_copy;
