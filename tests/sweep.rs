//! A whole registry, swept by several workers.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/image/mod.rs"]
mod image;
#[path = "sweep/kubernetes.rs"]
mod kubernetes;
#[path = "support/run.rs"]
#[allow(dead_code, reason = "it runs the program as a pod does")]
mod run;
