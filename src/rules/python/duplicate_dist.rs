//! `python/duplicate-dist`

use std::collections::BTreeMap;

use super::super::{Context, Offence, declare_rule, words};
use super::needs::PREINSTALLED;
use crate::facts::python::{Distribution, Runtime};
use crate::finding::{Judgement, Level};
use crate::text::escape;

declare_rule! {
    /// No package is installed twice
    ///
    /// # What it checks
    /// No site directory holds the metadata of one distribution twice. Two versions in two directories of one `sys.path` are a
    /// remark; not so where one is a package of the system, or an installer.
    ///
    /// # Why
    /// Installing into a directory that is not empty, and a COPY over what was there, leave the old metadata and the old
    /// files beside the new. Which version a package says it is, is then a matter of chance.
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

/// One name, and the distributions that have it.
type Same<'a> = Vec<&'a Distribution>;

fn check(context: &Context<'_>) -> Judgement {
    let sites = context.facts.python.sites.iter();
    let doubled = sites.flat_map(|site| site.distributions.chunk_by(|one, other| one.normalized == other.normalized));
    let doubled = doubled.filter(|same| same.len() > 1).map(|same| (Level::Warn, same.iter().collect::<Same<'_>>()));
    let hidden = context.facts.runtimes.iter().flat_map(|runtime| shadowed(context, runtime));
    let mut all = BTreeMap::new();
    for (level, same) in doubled.chain(hidden.map(|same| (Level::Info, same))) {
        if let Some(last) = same.last() {
            all.entry(&last.path).or_insert((level, last.layer, same));
        }
    }
    let offences = all.iter().map(|(path, of)| Offence { path: (*path).clone(), layer: Some(of.1), what: of.0 });
    let findings = context.group(offences).into_iter().map(|group| {
        let of: Vec<&Same<'_>> = group.paths.iter().filter_map(|path| all.get(path)).map(|(.., same)| same).collect();
        let texts: Vec<String> = of.iter().map(|same| shown(same)).collect();
        let (whereabouts, fix) = match group.what {
            Level::Warn => ("in one directory", "install into an empty directory, and copy it onto nothing"),
            _ => ("on one sys.path", "leave one of them out: the first is imported, the others are bytes"),
        };
        let only = of.first().and_then(|same| same.first()).filter(|_| of.len() == 1).map(|found| escape(found.name.as_bytes()));
        group.finding(group.what, format!("installed more than once {whereabouts}: {}", words::list(&texts, 4)), fix).of(only)
    });
    Judgement::looked(context.distributions().count(), findings.collect())
}

/// What an earlier directory of `sys.path` hides of a later one.
fn shadowed<'a>(context: &Context<'a>, runtime: &Runtime) -> Vec<Same<'a>> {
    let mut by_name = BTreeMap::<&str, Same<'a>>::new();
    for found in runtime.sites(context.tree, &context.facts.python).into_iter().flat_map(|site| &site.distributions) {
        by_name.entry(&found.normalized).or_default().push(found);
    }
    by_name.retain(|name, all| {
        let is_usual = PREINSTALLED.contains(name) || all.iter().any(|found| found.is_of_system());
        let differs = |found: &&Distribution| found.version != all[0].version && found.path.parent() != all[0].path.parent();
        !is_usual && all.iter().any(differs)
    });
    by_name.into_values().collect()
}

fn shown(same: &Same<'_>) -> String {
    let versions: Vec<&str> = same.iter().map(|found| found.version.as_str()).collect();
    let name = same.first().map(|found| found.name.as_str()).unwrap_or_default();
    escape(format!("{name} {}", words::list(&versions, 4)).as_bytes())
}
