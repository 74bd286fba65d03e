//! `python/requires-dist`

use std::collections::BTreeMap;

use super::super::{Context, declare_rule, words};
use super::needs::{is_passed_over, place, sentence, weight};
use crate::facts::python::Unmet;
use crate::finding::{Finding, Judgement, Level, Place};
use crate::text::escape;

declare_rule! {
    /// What the installed packages require is installed
    ///
    /// # What it checks
    /// Every `Requires-Dist` of every distribution on `sys.path` that applies to the image's own interpreter, its full version
    /// and its machine: without extras, and with those that another distribution asks for. The distribution is there, or a
    /// module of its name; its version is one that will do, else that is a warning. It is one, too, where a distribution that
    /// needs it brings no module, and where the patch version decides and nothing tells it. What packages
    /// of the system declare is left to its package manager.
    ///
    /// # Why
    /// Installers judge requirements by the Python that they run on. In a builder that is newer than the base, a package that
    /// only older versions need is never installed.
    ///
    /// # Symptom
    /// `ModuleNotFoundError: No module named '…'`
    ///
    /// # Fix
    /// Name the missing distribution in the requirements, or build with the runtime's exact Python.
    ///
    /// # Options
    /// None.
    RULE = "python/requires-dist", Starts, Error, since "0.1.0", needs Tree,
    unit "requirement of a package is met" | "requirements of packages are met", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let needs = match context.needs() {
        Ok(needs) => needs,
        Err(skip) => return skip,
    };
    let mut groups = BTreeMap::<(bool, &str), Vec<&Unmet<'_>>>::new();
    for unmet in needs.unmet.iter().filter(|unmet| !is_passed_over(unmet)) {
        groups.entry((unmet.found.is_some(), &unmet.wanted.normalized)).or_default().push(unmet);
    }
    let findings = groups.values().filter_map(|group| finding(context, group)).collect();
    let unknown: Vec<String> = needs.unknown.into_iter().collect();
    Judgement::looked(needs.examined, findings).but((!unknown.is_empty()).then(|| words::list(&unknown, 3)))
}

/// The finding about one distribution that is not there, or is of another version, and all who need it.
fn finding(context: &Context<'_>, group: &[&Unmet<'_>]) -> Option<Finding> {
    let first = group.iter().max_by_key(|unmet| weight(unmet))?;
    let (name, wanted) = (escape(first.wanted.name.as_bytes()), escape(first.wanted.shown().as_bytes()));
    let needed: Vec<String> = group.iter().map(|unmet| sentence(unmet)).collect();
    let mut finding = if let Some(found) = first.found {
        let version = escape(found.version.as_bytes());
        let message = format!("{name} is {version}: {}", words::list(&needed, 3));
        let fix = "install everything in one go, from one list of requirements: pip then chooses versions that fit";
        let at = Place::path(&found.path, found.layer);
        Finding::new(Level::Warn, message, fix).at(at).contrast(version, escape(first.wanted.versions.written.as_bytes()))
    } else {
        let (path, module) = place(first);
        let state = match context.elsewhere(&first.wanted.normalized) {
            Some(found) => format!("lies in {}, where Python does not look", found.path.parent().unwrap_or_default()),
            None => "is not installed".into(),
        };
        let message = format!("{name} {state}: {}", words::list(&needed, 3));
        let fix = format!("add {wanted} to the requirements, and build with the Python that the image runs");
        let at = Place::path(&path, context.blame(&path));
        let finding = Finding::new(weight(first), message, fix).at(at);
        finding.predicts(format!("ModuleNotFoundError: No module named '{module}'"))
    };
    finding.count = group.len() as u64;
    Some(finding.of(Some(name)))
}
