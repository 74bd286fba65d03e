//! `layout/app`

use super::super::{Context, declare_rule};
use crate::finding::{Finding, Judgement, Level, Place};
use crate::vfs::{LayerPath, Unresolved};

declare_rule! {
    /// The directories of the service hold its files
    ///
    /// # What it checks
    /// Every directory of the service's `app` is a directory, links followed, and there is a regular file in it, at any
    /// depth.
    ///
    /// # Why
    /// A COPY with the wrong path, a wildcard that matches nothing and a WORKDIR alone all leave an image that builds, and
    /// holds everything but the service.
    ///
    /// # Symptom
    /// `ModuleNotFoundError: No module named '…'`, or `can't open file '…': [Errno 2] No such file or directory`.
    ///
    /// # Fix
    /// Copy the directory itself, from where the builder has it.
    ///
    /// # Options
    /// None beside `app` of the service.
    RULE = "layout/app", Whole, Error, since "0.1.0", needs Tree,
    unit "directory holds files of the service" | "directories hold files of the service", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let directories = context.profile.service.as_ref().map(|service| service.app.as_slice()).unwrap_or_default();
    if directories.is_empty() {
        return Judgement::skip("no directory of the service is declared");
    }
    let findings = directories.iter().filter_map(|directory| finding(context, &LayerPath::new(directory)));
    Judgement::looked(directories.len(), findings.collect())
}

fn finding(context: &Context<'_>, path: &LayerPath) -> Option<Finding> {
    let tree = context.tree;
    let copy = format!("copy the directory, not a wildcard of its files: COPY --from=builder <the service's files> {path}");
    let unresolved = match tree.resolve(path) {
        Ok(node) if tree.is_directory(node) => {
            if tree.walk(node).any(|node| tree.trace(node).is_some()) {
                return None;
            }
            let emptied = context.emptied(node);
            let (why, fix) = match emptied {
                Some(_) => ("; a later layer took away what was there", "take out the RUN or COPY that removes it".into()),
                None => ("", copy),
            };
            let layer = emptied.or_else(|| context.blame(path)).unwrap_or_else(|| tree.layer(node));
            let what = format!("{path} is empty: there is no file in it{why}");
            return Some(Finding::new(Level::Error, what, fix).at(Place::path(path, layer)));
        }
        Ok(_) => Unresolved::NotDirectory(path.clone()),
        Err(unresolved) => unresolved,
    };
    let absence = context.absence(path, &unresolved);
    let why = absence.why.clone().unwrap_or_else(|| format!("the nearest directory is {}", absence.nearest));
    Some(Finding::new(Level::Error, format!("{path} is missing: {why}"), absence.fix(copy)).at(absence.place))
}
