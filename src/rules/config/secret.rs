//! Secrets in ENV and labels: who carries them, and whether everyone knows them.

use std::collections::BTreeMap;

use super::super::Context;
use crate::digest::Digest;
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

/// A variable or label that holds a secret.
pub(super) struct Carrier<'a> {
    /// `ENV` or `LABEL`.
    pub(super) instruction: &'static str,
    pub(super) name: &'a str,
    pub(super) value: &'a str,
    pub(super) kind: Kind<'a>,
    /// The line of the history that sets it, from 1.
    pub(super) line: Option<usize>,
}

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

impl Context<'_> {
    /// How many variables and labels there are, and those of them that hold secrets.
    pub(super) fn carriers(&self) -> (usize, Vec<Carrier<'_>>) {
        let config = &self.facts.config;
        let variables = config.variables().into_iter().map(|(name, value)| ("ENV", name, value));
        let labels = config.run.labels.iter().map(|(name, value)| ("LABEL", name.as_str(), value.as_str()));
        let all: Vec<_> = variables.chain(labels).collect();
        let lines = self.lines();
        let carriers = all.iter().filter_map(|(instruction, name, value)| {
            let line = lines.get(&(*instruction, *name)).copied();
            Some(Carrier { instruction, name, value, kind: kind(name, value)?, line })
        });
        (all.len(), carriers.collect())
    }

    /// The last line of the history that sets each variable and label.
    fn lines(&self) -> BTreeMap<(&'static str, &str), usize> {
        let history = self.facts.config.history.iter().map(|line| line.created_by.as_str()).zip(1..);
        let set = history.flat_map(|(line, number)| {
            let set = ["ENV", "LABEL"].into_iter().find_map(|instruction| Some((instruction, behind(line, instruction)?)));
            let words =
                set.into_iter().flat_map(|(instruction, rest)| rest.split_whitespace().map(move |word| (instruction, word)));
            words.filter_map(move |(instruction, word)| Some(((instruction, word.split_once('=')?.0), number)))
        });
        set.collect()
    }
}

/// What follows an instruction in a line of the history.
fn behind<'a>(line: &'a str, instruction: &str) -> Option<&'a str> {
    let line = line.trim_start_matches("/bin/sh -c #(nop)").trim_start();
    line.strip_prefix(instruction)?.strip_prefix(' ')
}

impl Carrier<'_> {
    /// Which secret it is, so that two can be told apart and none is shown.
    pub(super) fn fingerprint(&self) -> String {
        let text = match self.kind {
            Kind::Default(text) | Kind::Shaped(_, text) => text,
            Kind::Named(_) => self.value,
        };
        let hex = Digest::sha256(text.as_bytes()).hex();
        format!("sha256:{}, {} characters", hex.get(..8).unwrap_or_default(), text.chars().count())
    }

    /// Where it is set, for a message.
    pub(super) fn origin(&self) -> String {
        self.line.map(|line| format!(", set in line {line} of the history")).unwrap_or_default()
    }
}

fn kind<'a>(name: &str, value: &'a str) -> Option<Kind<'a>> {
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
