//! What is held against any bytes. A target is a module with two functions: `run` takes bytes and panics where something
//! that must hold does not, `seeds` makes the bytes to begin with. It is run by `tests/fuzz.rs`, on any toolchain, and by
//! libFuzzer (fuzz/README.md).

#![allow(clippy::unwrap_used, missing_docs, reason = "a target panics by trade")]

#[path = "../../tests/support/reference.rs"]
#[allow(dead_code, reason = "targets take what they need")]
mod reference;
#[path = "../../tests/support/tarball.rs"]
#[allow(dead_code, reason = "targets take what they need")]
mod tarball;

pub mod baseline;
pub mod challenge;
pub mod documents;
pub mod facts;
pub mod gzip;
pub mod headers;
pub mod image_reference;
pub mod tar_bytes;
pub mod tar_model;
pub mod tar_peer;
pub mod tree;
pub mod zstd;

/// Hands the names of all targets to a macro.
#[allow(unused_macros, reason = "libFuzzer takes its targets one by one")]
macro_rules! each {
    ($to:ident) => {
        $to! {
            baseline
            challenge
            documents
            facts
            gzip
            headers
            image_reference
            tar_bytes
            tar_model
            tar_peer
            tree
            zstd
        }
    };
}
#[allow(unused_imports, reason = "libFuzzer takes its targets one by one")]
pub(crate) use each;
