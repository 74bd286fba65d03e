//! Words that the contract reserves and no code answers yet. A row goes when its feature comes.

/// Verbs.
pub const VERBS: &[&str] = &["explore"];

/// What is said of them.
pub fn sentence(what: &str) -> String {
    format!("{what} is not available yet")
}
