//! Why the tool could not look. An error never says that an image is bad: findings do.

use std::fmt;

/// What stopped the work. Decides the exit code (docs/cli.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Arguments, profile or baseline are wrong.
    Usage,
    /// Repository, tag, digest, platform or file does not exist.
    NotFound,
    /// Authentication or authorisation was refused.
    Denied,
    /// Network, DNS, TLS, rate limit or timeout: a retry may help.
    Unreachable,
    /// Digest, size, compression or tar structure is wrong.
    Corrupt,
    /// Not an image, an encrypted layer, an unknown codec.
    Unsupported,
    /// A ceiling was hit.
    Limit,
    /// A fault of the tool itself.
    Bug,
}

/// A failure to look: what was being done, what was found, and what to do next.
#[derive(Debug, Clone)]
pub struct Error {
    /// Decides the exit code.
    pub kind: Kind,
    /// What was being done, on what, as a fragment that fits "failed to …": `read layer 3/5 sha256:…`.
    /// Outermost first.
    pub doing: Vec<String>,
    /// What was found, and what was wanted.
    pub what: String,
    /// The next step, where one is known.
    pub hint: Option<String>,
}

impl Error {
    /// An error that says what was found; [`Error::doing`] adds the context on its way up.
    pub fn new(kind: Kind, what: impl Into<String>) -> Self {
        Self { kind, doing: Vec::new(), what: what.into(), hint: None }
    }

    /// Adds what was being done when this happened.
    #[must_use]
    pub fn doing(mut self, doing: impl Into<String>) -> Self {
        self.doing.insert(0, doing.into());
        self
    }

    /// Adds the next step.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.doing.is_empty() {
            write!(f, "failed to {}: ", self.doing.join(": "))?;
        }
        f.write_str(&self.what)
    }
}

impl std::error::Error for Error {}

/// Errors travel through [`std::io::Read`] chains inside an [`std::io::Error`]; this takes them out again.
/// Any other I/O error becomes `Unreachable`: in such a chain it comes from the network or the disk.
impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(own) => own,
            Err(error) => Self::new(Kind::Unreachable, error.to_string()),
        }
    }
}

impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        Self::other(error)
    }
}

/// Result of anything that looks.
pub type Result<T, E = Error> = std::result::Result<T, E>;
