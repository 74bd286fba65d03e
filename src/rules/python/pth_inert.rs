//! `python/pth-inert`

use std::collections::BTreeMap;

use super::super::{Context, Offence, declare_rule, words};
use super::path_files::{Inert, inert};
use crate::finding::{Judgement, Level};
use crate::text::escape;
use crate::vfs::LayerPath;

declare_rule! {
    /// Path files lie where Python reads them
    ///
    /// # What it checks
    /// No directory that Python reaches through PYTHONPATH alone holds a `.pth` file or an `.egg-link` that would lead it
    /// further: those are read in site directories only. A warning, unless a distribution can be imported in no other way, as
    /// those can that were installed with `-e`. Files that change nothing that is imported are passed over.
    ///
    /// # Why
    /// Packages that a builder's Python finds in its own site directory are found in the image through PYTHONPATH, where
    /// nothing reads their path files.
    ///
    /// # Symptom
    /// `ModuleNotFoundError: No module named '…'`
    ///
    /// # Fix
    /// Install without `-e`; where a path file is needed, copy a virtual environment and start its interpreter.
    ///
    /// # Options
    /// None.
    RULE = "python/pth-inert", Starts, Error, since "0.1.0", needs Tree,
    unit "directory of PYTHONPATH holds no path file in vain" | "directories of PYTHONPATH hold no path file in vain", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let (directories, found, unknown) = inert(context);
    let by_path: BTreeMap<&LayerPath, &Inert> = found.iter().map(|one| (&one.path, one)).collect();
    let offences = by_path.values().map(|one| Offence {
        path: one.path.clone(),
        layer: Some(one.layer),
        what: one.lost.as_ref().map(|lost| (one.owner.clone(), lost.clone())),
    });
    let findings = context.group(offences).into_iter().map(|group| {
        let directory = group.paths.first().and_then(LayerPath::parent).unwrap_or_default();
        let names: Vec<String> = group.paths.iter().map(|path| escape(path.name())).collect();
        let are = if names.len() == 1 { "is" } else { "are" };
        let why = format!("{} {are} ignored: {directory} is on PYTHONPATH, not a site directory", words::list(&names, 3));
        match &group.what {
            None => {
                group.finding(Level::Warn, why, "leave it out, or start the interpreter of a virtual environment that holds it")
            }
            Some((owner, lost)) => {
                let text = format!("{why}; {lost} cannot be imported in another way");
                let level = if is_wanted(context, lost) { Level::Error } else { Level::Warn };
                let finding = group.finding(level, text, "install it without -e, or copy a virtual environment");
                finding.of(owner.clone()).predicts(format!("ModuleNotFoundError: No module named '{lost}'"))
            }
        }
    });
    let findings = findings.collect();
    Judgement::looked(directories, findings).but((!unknown.is_empty()).then(|| words::list(&unknown, 3)))
}

/// Whether what is started imports a module, or may: its imports are not all known.
fn is_wanted(context: &Context<'_>, lost: &str) -> bool {
    let closures = &context.facts.imports;
    let is_of = |name: &str| name.split('.').next() == lost.split('.').next();
    let is_known = !closures.is_empty() && closures.iter().all(|closure| closure.unknown.is_empty());
    !is_known || closures.iter().flat_map(|closure| &closure.missing).any(|missing| is_of(&missing.name))
}
