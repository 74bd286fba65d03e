//! The exit codes: the contract with scripts and CI jobs.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::Failure;
use crate::error::{Error, Kind};

/// What the process says when it ends. The codes 130 and 143 of an interrupted run come from the shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// Every rule that counts passed, was skipped or did not apply.
    Held = 0,
    /// Everything was looked at, and something failed.
    Findings = 1,
    /// Arguments, profile or baseline are wrong.
    Usage = 2,
    /// Repository, tag, digest, platform or file does not exist.
    NotFound = 3,
    /// Authentication or authorisation was refused.
    Denied = 4,
    /// Network, DNS, TLS, rate limit or timeout.
    Unreachable = 5,
    /// Digest, size, compression or tar structure is wrong.
    Corrupt = 6,
    /// Not an image, an encrypted layer, an unknown codec.
    Unsupported = 7,
    /// A ceiling was hit.
    Limit = 8,
    /// Nothing failed, but something could not be judged.
    Undecided = 9,
    /// A fault of the tool itself.
    Bug = 70,
}

impl ExitCode {
    /// All of them, by number.
    pub const ALL: [Self; 11] = [
        Self::Held,
        Self::Findings,
        Self::Usage,
        Self::NotFound,
        Self::Denied,
        Self::Unreachable,
        Self::Corrupt,
        Self::Unsupported,
        Self::Limit,
        Self::Undecided,
        Self::Bug,
    ];

    /// The number.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The name, as `error.kind` in a report has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Findings => "findings",
            Self::Usage => "usage",
            Self::NotFound => "not-found",
            Self::Denied => "denied",
            Self::Unreachable => "unreachable",
            Self::Corrupt => "corrupt",
            Self::Unsupported => "unsupported",
            Self::Limit => "limit",
            Self::Undecided => "undecided",
            Self::Bug => "bug",
        }
    }

    /// When it is given.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Held => "every rule at or above --fail-on passed, was skipped or did not apply",
            Self::Findings => "everything was looked at, and at least one such rule failed",
            Self::Usage => "arguments, profile or baseline are wrong; the message names the place",
            Self::NotFound => "repository, tag, digest, platform or file does not exist",
            Self::Denied => "authentication or authorisation",
            Self::Unreachable => "network, DNS, TLS, rate limit, timeout: a retry may help",
            Self::Corrupt => "digest, diff_id, size, compression or tar structure is wrong",
            Self::Unsupported => "an artifact that is no image, an encrypted layer, schema 1, an unknown codec",
            Self::Limit => "a ceiling was hit; the message names the flag that raises it",
            Self::Undecided => "nothing at that level failed, but one is unknown",
            Self::Bug => "a fault of the tool; the message asks for a report and holds no secret",
        }
    }
}

impl From<Kind> for ExitCode {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Usage => Self::Usage,
            Kind::NotFound => Self::NotFound,
            Kind::Denied => Self::Denied,
            Kind::Unreachable => Self::Unreachable,
            Kind::Corrupt => Self::Corrupt,
            Kind::Unsupported => Self::Unsupported,
            Kind::Limit => Self::Limit,
            Kind::Bug => Self::Bug,
        }
    }
}

/// Only by the name of a code that says that nobody could look: what was read from elsewhere claims no other number.
impl<'de> Deserialize<'de> for Failure {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Said {
            kind: String,
            message: String,
            hint: Option<String>,
        }
        let Said { kind, message, hint } = Said::deserialize(from)?;
        let looked = [ExitCode::Held, ExitCode::Findings, ExitCode::Undecided];
        let code = ExitCode::ALL.into_iter().find(|code| code.name() == kind && !looked.contains(code));
        let code = code.ok_or_else(|| D::Error::custom(format!("{kind:?} is no kind of failure")))?;
        Ok(Self { kind: code.name(), exit_code: code.number(), message, hint })
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let code = ExitCode::from(error.kind);
        let mask = |text: &str| crate::text::mask(text);
        Self {
            kind: code.name(),
            exit_code: code.number(),
            message: mask(&error.to_string()),
            hint: error.hint.as_deref().or_else(|| next_step(error.kind)).map(mask),
        }
    }
}

/// What to do where nobody nearer to the failure knew.
const fn next_step(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::NotFound => Some("check name, tag, digest and path for a typing error"),
        Kind::Unreachable => {
            Some("check the host and the network, then try again; --retries and --timeout say how long it tries")
        }
        Kind::Denied => Some("log in to the registry, or ask for access to the repository"),
        Kind::Corrupt => {
            Some("try again, from another network if it stays so; if the bytes are wrong everywhere, push the image anew")
        }
        Kind::Unsupported => Some("name an image as docker buildx build, buildah or kaniko push it"),
        Kind::Usage | Kind::Limit | Kind::Bug => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_carries_name_and_number_and_no_secret() {
        let error = Error::new(Kind::Denied, "401 from https://bob:hunter2@registry").doing("fetch the manifest").hint("log in");
        let failure = Failure::from(&error);
        assert_eq!((failure.kind, failure.exit_code), ("denied", 4));
        assert_eq!(failure.message, "failed to fetch the manifest: 401 from https://bob:***@registry");
        assert_eq!(failure.hint.as_deref(), Some("log in"));
        assert!(Failure::from(&Error::new(Kind::Unreachable, "x")).hint.unwrap().contains("--retries"));
    }

    #[test]
    fn a_failure_that_is_read_back_never_ends_a_run_well() {
        let failure = Failure::from(&Error::new(Kind::Limit, "no"));
        let text = serde_json::to_string(&failure).unwrap();
        let back: Failure = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&back).unwrap(), text);
        for kind in ["held", "findings", "undecided", "green", ""] {
            let green = text.replace("limit", kind).replace('8', "0");
            assert!(serde_json::from_str::<Failure>(&green).is_err(), "{green}");
        }
    }

    #[test]
    fn numbers_and_names_are_unique() {
        for (at, code) in ExitCode::ALL.iter().enumerate() {
            assert!(ExitCode::ALL[at + 1..].iter().all(|other| other.number() > code.number() && other.name() != code.name()));
        }
    }
}
