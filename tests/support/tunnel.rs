//! What the comparison says of the tunnel tools: its compliance matrix, in its words.

#![allow(dead_code, reason = "each test crate that includes this module uses a part of it")]

use serde_json::Value;

/// The Dockerfile, as far as the comparison quotes and describes it.
pub const DOCKERFILE: &str = include_str!("tunnel.Dockerfile");

/// Each requirement, and what the comparison found.
pub const MATRIX: [(&str, &str); 13] = [
    ("Multi-stage build", "pass"),
    ("Distroless runtime", "pass"),
    ("Marker files with content", "pass"),
    ("Proper ownership", "pass"),
    ("Platform flags", "fail"),
    ("Python base in builder", "fail"),
    ("Explicit Python path", "fail"),
    ("ENTRYPOINT clear", "fail"),
    ("ENV vars", "fail"),
    ("Runtime verification", "fail"),
    ("Builder verification", "fail"),
    ("Health check timeout", "fail"),
    ("Health check error handling", "fail"),
];

/// The issues that the comparison found, and the rules that find them.
pub const ISSUES: [(&str, &[&str]); 8] = [
    ("Builder Base Image Mismatch", &["provenance/builder-base"]),
    ("Missing Platform Flags", &["provenance/platforms", "platform/elf-arch", "platform/interpreter-arch"]),
    ("Python Path Inconsistency", &["config/explicit-python"]),
    ("Missing ENTRYPOINT Clear", &["config/entrypoint", "config/double-interpreter"]),
    ("Missing Environment Variables", &["config/env-required", "config/pythonpath"]),
    ("Missing Runtime Verification", &["history/runtime-verify", "python/entrypoint-file", "python/module-resolves"]),
    ("Health Check Error Handling", &["healthcheck/timeout", "healthcheck/connect-ex", "config/explicit-python"]),
    ("Missing Builder Stage Verification", &["provenance/builder-verify"]),
];

/// Requirement and outcome of each row of a report's matrix.
pub fn rows(report: &Value) -> Vec<(&str, &str)> {
    let rows = report["images"][0]["matrix"].as_array().expect("a matrix").iter();
    rows.map(|row| (row["requirement"].as_str().expect("text"), row["outcome"].as_str().expect("a word"))).collect()
}
