//! What is a secret, wherever it stands: known by its shape or by the name that it has, and whether everyone knows it.

use std::collections::BTreeMap;

use crate::digest::Digest;
use crate::finding::Level;
use crate::text::{Secret, is_secret_name, is_setting, is_template, secret};

/// Passwords that everyone tries first.
const DEFAULTS: &[&str] = &[
    "123456",
    "12345678",
    "admin",
    "change-me",
    "change_me",
    "changeit",
    "changeme",
    "default",
    "example",
    "guest",
    "letmein",
    "mongo",
    "passw0rd",
    "password",
    "passwd",
    "postgres",
    "qwerty",
    "root",
    "secret",
    "test",
    "your-secret-key",
    "your_secret_key",
];

/// Bits a character, and characters, from which on a value is no word that somebody chose.
const RANDOM: (f64, usize) = (3.5, 16);

/// What a value holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind<'a> {
    /// A password that everyone tries first, or that is the user's name.
    Default(&'a str),
    /// A secret that is known by its shape, and what it is.
    Shaped(&'static str, &'a str),
    /// The value of a name that says that it holds a secret; whether it looks like one.
    Named(bool),
}

impl Kind<'_> {
    /// Which secret it is, so that two can be told apart and none is shown. `value` is what was asked about.
    pub(super) fn fingerprint(self, value: &str) -> String {
        let text = match self {
            Self::Default(text) | Self::Shaped(_, text) => text,
            Self::Named(_) => value,
        };
        let hex = Digest::sha256(text.as_bytes()).hex();
        format!("sha256:{}, {} characters", hex.get(..8).unwrap_or_default(), text.chars().count())
    }

    /// What is said of whoever carries it, and how much it weighs.
    pub(super) fn verdict(self) -> (Level, String) {
        match self {
            Self::Default(_) => (Level::Error, "is a default password".to_owned()),
            Self::Shaped(what, _) => (Level::Error, format!("holds {what}")),
            Self::Named(true) => (Level::Error, "holds what looks like a secret".to_owned()),
            Self::Named(false) => (Level::Warn, "has the name of a secret, and a value".to_owned()),
        }
    }
}

/// What the value of a variable, a label or an argument holds.
pub(super) fn kind<'a>(name: &str, value: &'a str) -> Option<Kind<'a>> {
    // The words of a label's name stand behind dots, too.
    let name = name.rsplit('.').next().unwrap_or_default();
    match secret(value) {
        Some(Secret::Shaped { kind, text }) => Some(Kind::Shaped(kind, text)),
        Some(Secret::Password { password, .. }) if is_template(password) => None,
        Some(Secret::Password { user, password }) if is_default(password) || user == password => Some(Kind::Default(password)),
        Some(Secret::Password { password, .. }) => Some(Kind::Shaped("a password in a URL", password)),
        None if !is_secret_name(name) || value.is_empty() || is_template(value) => None,
        None if is_default(value) => Some(Kind::Default(value)),
        None if is_setting(value) => None,
        None => Some(Kind::Named(value.len() >= RANDOM.1 && entropy(value) > RANDOM.0)),
    }
}

fn is_default(value: &str) -> bool {
    DEFAULTS.contains(&value.to_ascii_lowercase().as_str())
}

/// Shannon's entropy of the bytes, in bits.
#[expect(clippy::cast_precision_loss, reason = "a configuration is far smaller than 2^52 bytes")]
fn entropy(value: &str) -> f64 {
    let mut counts = BTreeMap::<u8, usize>::new();
    for byte in value.bytes() {
        *counts.entry(byte).or_default() += 1;
    }
    let shares = counts.values().map(|count| *count as f64 / value.len() as f64);
    shares.map(|share| -share * share.log2()).sum()
}

#[cfg(test)]
mod tests;
