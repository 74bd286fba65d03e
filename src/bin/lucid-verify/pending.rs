//! Words that the contract reserves and no code answers yet. A row goes when its feature comes.

/// Verbs.
pub const VERBS: &[&str] = &["explore", "merge", "man"];

/// Options of any verb, without their dashes.
pub const OPTIONS: &[&str] = &["attest", "images", "compose", "catalog", "match", "shard", "output"];

/// Formats.
pub const FORMATS: &[&str] = &["junit", "sarif", "github", "codequality"];

/// What is said of them.
pub fn sentence(what: &str) -> String {
    format!("{what} is not available yet")
}
