#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod cache;
pub mod digest;
pub mod error;
pub mod explore;
pub mod facts;
pub mod finding;
pub mod image;
pub mod layer;
pub mod limits;
pub mod profile;
pub mod reference;
pub mod report;
pub mod rules;
pub mod serve;
pub mod size;
pub mod source;
pub mod text;
pub mod transient;
pub mod verify;
pub mod vfs;
