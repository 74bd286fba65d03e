//! A registry in this process: images made from text, read over the distribution protocol on a loopback port.
//!
//! `lucid-verify demo` and the tests read what it serves through the same client as any other registry.

mod elf;
mod http;
mod image;
mod layer;

pub use http::{Reply, Request, Server};
pub use image::{Image, Repository};
