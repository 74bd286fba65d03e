//! `[lock]`: what a shared profile keeps from being weakened by those that extend it.

use std::collections::BTreeSet;
use std::fmt;

use globset::GlobMatcher;

use super::document::{Document, LockTable, RuleTable};
use super::draft::Draft;
use super::load::glob;
use super::place::Source;
use super::structure::STRUCTURE_TEST;
use super::{Known, Settings};
use crate::error::Result;
use crate::finding::Level;

/// Rules that are locked.
#[derive(Debug, Clone)]
pub(crate) struct Lock {
    /// Those that there were when they were locked.
    ids: BTreeSet<String>,
    /// Which tests of test files there are is not known yet.
    tests: Vec<GlobMatcher>,
    /// Days that a waiver may hold.
    longest: Option<u64>,
    /// Where it stands.
    place: String,
    /// What was said up to here: by that these rules are judged, too.
    pub(super) floor: Box<Draft>,
}

/// How long a waiver may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Longest {
    /// Days.
    pub days: u64,
    /// The lock that says so: `file:line:column`.
    pub by: String,
}

impl Lock {
    /// Whether it holds a rule.
    pub fn holds(&self, rule: &str) -> bool {
        self.ids.contains(rule) || rule.starts_with(STRUCTURE_TEST) && self.tests.iter().any(|glob| glob.is_match(rule))
    }
}

impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}

impl Draft {
    /// The first lock on a rule.
    pub(super) fn lock_on(&self, rule: &str) -> Option<&Lock> {
        self.locks.iter().find(|lock| lock.holds(rule))
    }

    /// The shortest time that the locks let a waiver hold.
    pub(super) fn longest(&self) -> Option<Longest> {
        let all = self.locks.iter().filter_map(|lock| Some(Longest { days: lock.longest?, by: lock.to_string() }));
        all.min_by_key(|longest| longest.days)
    }

    /// The level that a rule has where no profile says one.
    pub(super) fn declared(&self, rule: &str, known: &[Known]) -> Level {
        let own = self.checks.iter().find(|check| check.id == rule).map(|check| check.level);
        own.or_else(|| known.iter().find(|known| known.id == rule).map(|known| known.level)).unwrap_or(Level::Error)
    }

    /// Refuses a document that replaces or waives what is locked. Of what it says of levels and options see
    /// [`Source::tightened`].
    pub(super) fn hold(&self, document: &Document, source: Source<'_>) -> Result<()> {
        for table in &document.check {
            let id = &table.get_ref().id;
            if let Some(lock) = self.lock_on(id.get_ref()) {
                let what = format!("the check `{}` is locked by {lock}: it cannot be replaced", id.get_ref());
                return Err(source.mistake(&id.span(), what).hint("add a check with an id of its own"));
            }
        }
        for table in &document.ignore {
            let rule = &table.get_ref().rule;
            if let Some(lock) = self.lock_on(rule.get_ref()) {
                let what = format!("`{}` is locked by {lock}: its findings cannot be waived", rule.get_ref());
                return Err(source.mistake(&rule.span(), what));
            }
        }
        Ok(())
    }
}

impl Source<'_> {
    /// Refuses a table of a locked rule that lowers its level or changes an option: which value of an option is the stricter
    /// one, no table says.
    pub(super) fn tightened(
        &self,
        table: &RuleTable,
        rule: &str,
        lock: &Lock,
        (level, before): (Level, &Settings),
        after: &Settings,
    ) -> Result<()> {
        for (key, setting) in table {
            let name = key.get_ref().as_str();
            let what = match name {
                "reason" => continue,
                "level" if after.level >= Some(level) => continue,
                "level" => format!("its level is {} and can only be raised", level.word()),
                _ if before.options.get(name) == after.options.get(name) => continue,
                _ => format!("its option `{name}` cannot be changed"),
            };
            return Err(self.mistake(&setting.span(), format!("`{rule}` is locked by {lock}: {what}")));
        }
        Ok(())
    }

    /// Reads a lock on what `draft` says.
    pub(super) fn lock(&self, table: &LockTable, known: &[Known], draft: &Draft) -> Result<Lock> {
        let all = || known.iter().map(|rule| rule.id).chain(draft.checks.iter().map(|check| &check.id[..]));
        let (mut ids, mut tests) = (BTreeSet::new(), Vec::new());
        for text in &table.rules {
            let glob = self.read(text, |text| glob(text, true))?;
            let fitting: Vec<String> = all().filter(|id| glob.is_match(id)).map(ToOwned::to_owned).collect();
            let word = text.get_ref();
            if fitting.is_empty() && !word.starts_with(STRUCTURE_TEST) {
                let what = format!("there is no rule `{word}` to lock");
                let error = self.slip(&text.span(), what, word, all());
                return Err(if error.hint.is_none() { error.hint("write GROUP/*, or ** for all rules") } else { error });
            }
            ids.extend(fitting);
            tests.push(glob);
        }
        let longest = table.max_waiver.as_ref().map(|text| self.read(text, days)).transpose()?;
        let first = table.rules.first().map(toml::Spanned::span).or_else(|| table.max_waiver.as_ref().map(toml::Spanned::span));
        let floor = Box::new(Draft { locks: Vec::new(), ..draft.clone() });
        Ok(Lock { ids, tests, longest, place: self.place(&first.unwrap_or_default()), floor })
    }
}

/// Reads a number of days: `90d`.
fn days(text: &str) -> Result<u64, String> {
    let days = text.strip_suffix('d').and_then(|days| days.parse().ok()).filter(|days| *days <= 36_500);
    days.ok_or_else(|| format!("{text:?} is no number of days: write it as 90d"))
}

#[cfg(test)]
mod tests;
