//! What the configuration says.

pub(super) mod argv0;
pub(super) mod user;
