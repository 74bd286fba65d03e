//! `python/user-install-gap`

use std::collections::BTreeMap;

use super::super::{Context, declare_rule, words};
use super::needs::{is_passed_over, place, sentence};
use crate::facts::python::{Strength, aliases};
use crate::finding::{Finding, Judgement, Level, Place};
use crate::vfs::LayerPath;

declare_rule! {
    /// What the builder's Python already had came along too
    ///
    /// # What it checks
    /// Of pip, setuptools and wheel: where a distribution on `sys.path` requires one, or code that is started imports one, it
    /// can be imported.
    ///
    /// # Why
    /// The official images of Python bring these three, and `pip install --user` passes over what the system already has. They
    /// are required, they are not installed, and every check in the builder succeeds.
    ///
    /// # Symptom
    /// `ModuleNotFoundError: No module named '…'`
    ///
    /// # Fix
    /// `pip install --user --ignore-installed setuptools`, or a package that does without.
    ///
    /// # Options
    /// None.
    RULE = "python/user-install-gap", Starts, Warn, since "0.1.0", needs Tree,
    unit "package has what a builder's Python brings" | "packages have what a builder's Python brings",
    check check
}

/// What the official images of Python bring, and what is imported of it.
const BROUGHT: [(&str, &[&str]); 2] = [("setuptools", &["setuptools", "pkg_resources"]), ("wheel", &["wheel"])];

fn check(context: &Context<'_>) -> Judgement {
    let needs = match context.needs() {
        Ok(needs) => needs,
        Err(skip) => return skip,
    };
    let mut missing = BTreeMap::<String, (LayerPath, String, Vec<String>)>::new();
    for unmet in needs.unmet.iter().filter(|unmet| is_passed_over(unmet)) {
        // Of the two modules of setuptools, this is the one that is imported at run time.
        let module = aliases::imports(&unmet.wanted.normalized).pop().unwrap_or_default();
        let entry = missing.entry(unmet.wanted.normalized.clone()).or_insert_with(|| (place(unmet).0, module, Vec::new()));
        entry.2.push(sentence(unmet));
    }
    for (closure, lost) in
        context.facts.imports.iter().flat_map(|closure| closure.missing.iter().map(move |lost| (closure, lost)))
    {
        let module = lost.name.split('.').next().unwrap_or_default();
        let Some((name, _)) = BROUGHT.iter().find(|(_, modules)| modules.contains(&module)) else { continue };
        let Some(importer) = lost.importers.first().filter(|_| lost.strength == Strength::Always) else { continue };
        let at = closure.place(context.tree, *importer);
        let path = LayerPath::new(at.rsplit_once(':').map_or(&at[..], |(path, _)| path));
        let entry = missing.entry((*name).into()).or_insert_with(|| (path, module.into(), Vec::new()));
        entry.2.push(format!("{at} imports {module}"));
    }
    let findings = missing.into_iter().map(|(name, (path, module, who))| {
        let text = format!("{}; pip install --user passed over {name}, which the builder already had", words::list(&who, 3));
        let layer = context.tree.resolve(&path).map_or_else(|_| context.blame(&path), |node| Some(context.tree.layer(node)));
        let fix = format!("pip install --user --ignore-installed {name}");
        let mut finding = Finding::new(Level::Warn, text, fix).at(Place::path(&path, layer)).of(Some(name));
        finding.count = who.len() as u64;
        finding.predicts(format!("ModuleNotFoundError: No module named '{module}'"))
    });
    let findings = findings.collect();
    let examined: usize = context
        .runtimes()
        .into_iter()
        .flatten()
        .map(|runtime| runtime.installed(context.tree, &context.facts.python).len())
        .sum();
    Judgement::looked(examined, findings)
}
