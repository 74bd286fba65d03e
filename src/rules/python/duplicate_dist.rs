//! `python/duplicate-dist`

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Context, declare_rule, words};
use super::needs::PREINSTALLED;
use crate::facts::python::{Distribution, Runtime, Site};
use crate::finding::{Finding, Judgement, Level, Place};
use crate::text::escape;

declare_rule! {
    /// No package is installed twice
    ///
    /// # What it checks
    /// No site directory holds the metadata of one distribution twice. Two versions in two directories of one `sys.path`, of
    /// which the first is imported, are a remark; not so where one is a package of the system, or
    /// an installer.
    ///
    /// # Why
    /// `pip install --target` into a directory that is not empty, and a COPY over what was there, leave the old metadata and
    /// the old files beside the new. Which version a package says it is, is then a matter of chance.
    ///
    /// # Symptom
    /// The version that `importlib.metadata` tells is not that of the code.
    ///
    /// # Fix
    /// Install into an empty directory, and copy it onto nothing.
    ///
    /// # Options
    /// None.
    RULE = "python/duplicate-dist", Whole, Warn, since "0.1.0", needs Tree,
    unit "package is installed once" | "packages are installed once", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let sites = &context.facts.python.sites;
    let mut findings: Vec<Finding> = sites.iter().flat_map(doubled).collect();
    let mut said = BTreeSet::new();
    let hidden = context.facts.runtimes.iter().flat_map(|runtime| shadowed(context, runtime));
    findings.extend(hidden.filter(|finding| said.insert(finding.place.path.clone())));
    let names: BTreeSet<&str> = context.distributions().map(|found| &found.normalized[..]).collect();
    Judgement::looked(names.len(), findings)
}

/// What one directory holds twice.
fn doubled(site: &Site) -> impl Iterator<Item = Finding> {
    let twice = site.distributions.chunk_by(|one, other| one.normalized == other.normalized).filter(|same| same.len() > 1);
    twice.map(move |same| {
        let fix = "install into an empty directory, or take out the RUN or COPY that writes over the installed one";
        finding(Level::Warn, &same.iter().collect::<Vec<_>>(), &format!("in {}", site.path), fix)
    })
}

/// What an earlier directory of `sys.path` hides of a later one.
fn shadowed(context: &Context<'_>, runtime: &Runtime) -> Vec<Finding> {
    let mut by_name = BTreeMap::<&str, Vec<&Distribution>>::new();
    for found in runtime.sites(context.tree, &context.facts.python).into_iter().flat_map(|site| &site.distributions) {
        by_name.entry(&found.normalized).or_default().push(found);
    }
    by_name.retain(|name, all| {
        let is_usual = PREINSTALLED.contains(name) || all.iter().any(|found| found.is_of_system());
        let differs = |found: &&Distribution| found.version != all[0].version && found.path.parent() != all[0].path.parent();
        !is_usual && all.iter().any(differs)
    });
    let fix = "leave one of them out: the first is imported, the others are bytes";
    by_name.values().map(|all| finding(Level::Info, all, "on one sys.path", fix)).collect()
}

fn finding(level: Level, same: &[&Distribution], whereabouts: &str, fix: &str) -> Finding {
    let (first, last) = (same[0], same[same.len() - 1]);
    let versions: Vec<String> = same.iter().map(|found| escape(found.version.as_bytes())).collect();
    let name = escape(first.name.as_bytes());
    let message = format!("{name} is installed {} times {whereabouts}: {}", same.len(), words::list(&versions, 4));
    let mut finding = Finding::new(level, message, fix).at(Place::path(&last.path, last.layer)).of(Some(name));
    finding.examples = same.iter().take(5).map(|found| found.path.to_string()).collect();
    finding.count = same.len() as u64;
    finding
}
