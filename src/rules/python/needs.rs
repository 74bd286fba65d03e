//! Requirements that are not met, and what to say of them.

use std::collections::BTreeSet;

use super::super::Context;
use crate::facts::python::{Distribution, Needs, Unmet, aliases};
use crate::finding::{Judgement, Level};
use crate::text::escape;
use crate::vfs::LayerPath;

/// What the official images of Python bring, so that `pip install --user` in a builder passes it over.
pub(super) const PREINSTALLED: [&str; 3] = ["pip", "setuptools", "wheel"];

impl<'a> Context<'a> {
    /// What became of the requirements of everything that the interpreters of the image find, or why none is asked.
    pub(super) fn needs(&self) -> Result<Needs<'a>, Judgement> {
        let architecture = self.facts.config.platform().architecture;
        let (mut all, mut seen) = (Needs::default(), BTreeSet::new());
        for runtime in self.runtimes()? {
            let needs = runtime.needs(self.tree, &self.facts.python, &architecture);
            all.examined += needs.examined;
            all.unknown.extend(needs.unknown);
            all.unmet.extend(needs.unmet.into_iter().filter(|unmet| seen.insert((&unmet.by.path, unmet.wanted.shown()))));
        }
        Ok(all)
    }

    /// Where a distribution is installed that no interpreter finds, and so meets nothing.
    pub(super) fn elsewhere(&self, normalized: &str) -> Option<&'a Distribution> {
        self.distributions().find(|found| found.normalized == normalized)
    }
}

/// Whether `pip install --user` passed a requirement over.
pub(super) fn is_passed_over(unmet: &Unmet<'_>) -> bool {
    unmet.found.is_none() && PREINSTALLED.contains(&unmet.wanted.normalized.as_str())
}

/// Who needs what, and why: `redis 6.4.0 needs async-timeout>=4.0.3 because runtime python is 3.12.1 (<3.12.3)`.
pub(super) fn sentence(unmet: &Unmet<'_>) -> String {
    let because = unmet.because.as_ref().map(|because| format!(" because runtime {because}")).unwrap_or_default();
    let perhaps = if unmet.is_certain { "" } else { ", and nothing tells which patch version it is" };
    let newer = if unmet.is_of_patch && unmet.is_certain { "; builder had newer python" } else { "" };
    escape(format!("{} needs {}{because}{perhaps}{newer}", unmet.by.shown(), unmet.wanted.shown()).as_bytes())
}

/// Where the missing distribution should be, and the name by which it would be imported.
pub(super) fn place(unmet: &Unmet<'_>) -> (LayerPath, String) {
    let module = aliases::imports(&unmet.wanted.normalized).into_iter().next().unwrap_or_default();
    let module = escape(module.as_bytes());
    let site = unmet.by.path.parent().unwrap_or_default();
    (site.join(module.replace('.', "/")), module)
}

/// How much it weighs that something is missing: an error where an import of it may fail. That no import of it is seen
/// proves nothing: servers choose at run time what they import.
pub(super) fn weight(unmet: &Unmet<'_>) -> Level {
    let by = unmet.by;
    let brings_nothing = by.record.is_ok() && by.imports().is_empty() || is_of_stubs(&by.normalized);
    let is_perhaps = !brings_nothing && !is_of_stubs(&unmet.wanted.normalized);
    if unmet.is_certain && is_perhaps { Level::Error } else { Level::Warn }
}

/// Whether a distribution is of types alone, which only type checkers read (PEP 561; typeshed's names).
fn is_of_stubs(normalized: &str) -> bool {
    normalized.ends_with("-stubs") || normalized.starts_with("types-")
}
