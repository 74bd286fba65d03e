//! TOML to profile.
