//! Layers that lie. Each test is a fault that some reader has had, or an input on which readers differ.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/tarball.rs"]
#[allow(dead_code)]
mod tarball;

#[path = "hostile/codec.rs"]
mod codec;
#[path = "hostile/copy.rs"]
mod copy;
#[path = "hostile/elf.rs"]
mod elf;
#[path = "hostile/extended.rs"]
mod extended;
#[path = "hostile/model.rs"]
mod model;
#[path = "hostile/sparse.rs"]
mod sparse;
#[path = "hostile/stream.rs"]
mod stream;
