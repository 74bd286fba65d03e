//! What the configuration says.

pub(super) mod argv0;
pub(super) mod cmd;
pub(super) mod double_interpreter;
pub(super) mod env_required;
pub(super) mod expose;
pub(super) mod pythonpath;
pub(super) mod user;
pub(super) mod workdir;
