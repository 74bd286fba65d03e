//! `python/import-closure`

use super::super::{Context, Offence, declare_rule, words};
use super::imports::Gap;
use crate::facts::python::Strength;
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// What the code imports is there
    ///
    /// # What it checks
    /// From the script, module or application that the command starts, and from the code of the health check, imports are
    /// followed through the service and its packages, as Python would run them: each module is found on `sys.path`. Imports
    /// whose failure is caught, in functions, for type checkers, or for another version or system than the image's are
    /// followed too, and nothing is said where they are not found; nor of what a package makes by hand. Where code edits
    /// `sys.path` or installs an import hook, a finding is a warning, and only where no directory of the image has the module.
    ///
    /// # Why
    /// A package that the builder had by accident, a module that the COPY left out, a requirement that only holds for
    /// another patch release of Python: the build says nothing of them.
    ///
    /// # Symptom
    /// `ModuleNotFoundError: No module named '…'`, or `ModuleNotFoundError: No module named '…'; '…' is not a package`;
    /// of what uvicorn is told to serve, `ERROR:    Error loading ASGI app. Could not import module "…".`
    ///
    /// # Fix
    /// Add the package to the requirements and install them with the Python that the image has, or copy the module in.
    ///
    /// # Options
    /// None.
    RULE = "python/import-closure", Starts, Error, since "0.1.0", needs Tree,
    unit "module that is imported is there" | "modules that are imported are there", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let closures = &context.facts.imports;
    let examined = closures.iter().map(|closure| closure.modules.len()).sum();
    if examined == 0 {
        return Judgement::skip("neither the command nor the health check leads to code of Python");
    }
    let (mut gaps, mut unknown) = (Vec::<Gap<'_>>::new(), Vec::new());
    for closure in closures {
        for missing in closure.missing.iter().filter(|missing| missing.strength == Strength::Always) {
            match closure.unknown.first().filter(|_| missing.within.is_none()) {
                Some(why) => unknown.push(format!("{}: {why}", words::excerpt(&missing.name))),
                None if gaps.iter().any(|gap| gap.missing.name == missing.name) => {}
                None => gaps.push(Gap::of(context, closure, missing)),
            }
        }
    }
    gaps.retain(|gap| gap.editor.is_none() || !gap.is_elsewhere(context));
    let offences = gaps.iter().map(|gap| {
        let level = if gap.editor.is_none() { Level::Error } else { Level::Warn };
        Offence { path: gap.path.clone(), layer: gap.layer, what: level }
    });
    let findings = context.group(offences).into_iter().filter_map(|mut group| {
        group.paths.dedup();
        // In the order of Python: it fails at the first.
        let of: Vec<&Gap<'_>> = gaps.iter().filter(|gap| group.paths.contains(&gap.path)).collect();
        let first = of.first()?;
        let each: Vec<String> = of.iter().map(|gap| gap.brief(context)).collect();
        let message = if of.len() == 1 {
            first.sentence(context)
        } else {
            format!("{} modules that are imported are not there: {}", of.len(), words::list(&each, 5))
        };
        let finding = group.finding(group.what, message, first.fix(context));
        Some(Finding { predicts: Some(first.predicts(context)), ..finding })
    });
    let findings = findings.collect();
    Judgement::looked(examined, findings).but((!unknown.is_empty()).then(|| words::list(&unknown, 3)))
}
