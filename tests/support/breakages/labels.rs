//! What the image says of itself.

use super::{Breakage, PLAIN};

pub const BREAKAGES: &[Breakage] = &[Breakage {
    name: "label-of-another-service",
    done: "copied the Dockerfile of another service, label and all",
    edit: |image, _| image.config["Labels"]["com.lucid.service"] = "lucid-blockchain-engine".into(),
    rule: "labels/service",
    level: "warn",
    ..PLAIN
}];
