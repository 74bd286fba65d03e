//! `python/site-packages-exists`

use super::super::{Context, declare_rule, words};
use crate::finding::{Finding, Judgement, Level};
use crate::vfs::Unresolved;

declare_rule! {
    /// The directory of the Python packages exists
    ///
    /// # What it checks
    /// `site-packages` of `[expect]` is a directory, links followed. The directories of Debian's own packages do not stand
    /// in for it.
    ///
    /// # Why
    /// Everything that the service imports and did not write lies there. It is missing when the COPY from the builder
    /// names another version of Python or another prefix, and when a later layer takes it away.
    ///
    /// # Symptom
    /// `ModuleNotFoundError` for the first package that the service imports.
    ///
    /// # Fix
    /// Copy the builder's site-packages directory to exactly this path.
    ///
    /// # Options
    /// None beside `site-packages` of `[expect]`.
    RULE = "python/site-packages-exists", Whole, Error, since "0.1.0", needs Tree,
    unit "directory of packages is there" | "directories of packages are there", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let path = match context.site_wanted() {
        Ok(path) => path,
        Err(skip) => return skip,
    };
    let unresolved = match context.tree.resolve(&path) {
        Ok(node) if context.tree.is_directory(node) => return Judgement::looked(1, vec![]),
        Ok(_) => Unresolved::NotDirectory(path.clone()),
        Err(unresolved) => unresolved,
    };
    let absence = context.absence(&path, &unresolved);
    let others = context.facts.python.sites.iter().filter(|site| site.path.name() == path.name());
    let others: Vec<String> = others.map(|site| site.path.to_string()).collect();
    let why = match (&unresolved, &absence.why) {
        (Unresolved::NotDirectory(at), _) => format!("{path} is missing: {at} is no directory"),
        (_, Some(why)) => format!("{path} is missing: {why}"),
        (_, None) => format!("{path} does not exist; the nearest directory is {}", absence.nearest),
    };
    let instead = if others.is_empty() { String::new() } else { format!("; found instead: {}", words::list(&others, 3)) };
    let fix = absence.fix(format!("COPY --from=builder {}<builder's site-packages> {path}", context.chown()));
    let mut finding = Finding::new(Level::Error, format!("{why}{instead}"), fix).at(absence.place);
    finding.want = Some(path.to_string());
    finding.found = others.into_iter().next();
    Judgement::looked(1, vec![finding])
}
