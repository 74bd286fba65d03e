//! Secrets in ENV, labels and commands: who carries them.

use std::collections::BTreeMap;

use super::super::Context;
use super::super::secrets::{Kind, kind};
use super::arguments::arguments;
use crate::facts::history::assignments;

/// A variable, a label or a word of a command that holds a secret.
pub(super) struct Carrier<'a> {
    /// `ENV`, `LABEL`, `ENTRYPOINT`, `CMD` or `HEALTHCHECK`.
    pub(super) instruction: &'static str,
    pub(super) name: &'a str,
    pub(super) value: &'a str,
    pub(super) kind: Kind<'a>,
    /// The line of the history that sets it, from 1.
    pub(super) line: Option<usize>,
}

impl Context<'_> {
    /// How many variables, labels and words of commands there are, and those of them that hold secrets.
    pub(super) fn carriers(&self) -> (usize, Vec<Carrier<'_>>) {
        let config = &self.facts.config;
        let variables = config.variables().into_iter().map(|(name, value)| ("ENV", name, value));
        let labels = config.run.labels.iter().map(|(name, value)| ("LABEL", name.as_str(), value.as_str()));
        let all: Vec<_> = variables.chain(labels).chain(arguments(self.facts)).collect();
        let lines = self.lines();
        let carriers = all.iter().filter_map(|(instruction, name, value)| {
            let line = lines.get(&(*instruction, *name)).copied();
            Some(Carrier { instruction, name, value, kind: kind(name, value)?, line })
        });
        (all.len(), carriers.collect())
    }

    /// The last line of the history that sets each variable and label.
    fn lines(&self) -> BTreeMap<(&'static str, &str), usize> {
        let steps = self.facts.history.steps.iter().filter(|step| ["ENV", "LABEL"].contains(&step.keyword));
        steps.flat_map(|step| assignments(&step.text).map(move |(name, _)| ((step.keyword, name), step.line))).collect()
    }
}

impl Carrier<'_> {
    /// Which secret it is, so that two can be told apart and none is shown.
    pub(super) fn fingerprint(&self) -> String {
        self.kind.fingerprint(self.value)
    }

    /// Where it is set, for a message.
    pub(super) fn origin(&self) -> String {
        self.line.map(|line| format!(", set in line {line} of the history")).unwrap_or_default()
    }
}
