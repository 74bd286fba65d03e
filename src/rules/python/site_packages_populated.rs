//! `python/site-packages-populated`

use super::super::{Context, declare_rule, words};
use crate::finding::{Finding, Judgement, Level, Place};
use crate::text::escape;

declare_rule! {
    /// The directory of the Python packages holds packages
    ///
    /// # What it checks
    /// The `site-packages` directory of `[expect]` holds distributions with METADATA, something that Python can import,
    /// and as many files as the profile asks for.
    ///
    /// # Why
    /// `mkdir`, a WORKDIR, and a COPY that copied a lone marker make a directory that exists and is good for nothing.
    ///
    /// # Symptom
    /// `ModuleNotFoundError` for the first package that the service imports.
    ///
    /// # Fix
    /// Run `pip install` before the COPY, and copy the directory, not a file of it.
    ///
    /// # Options
    /// - `min-packages`: distributions that must be there at least; 1 if it is not set.
    /// - `min-files`: files that must be there at least; 1 if it is not set.
    RULE = "python/site-packages-populated", Whole, Error, since "0.1.0", needs Tree,
    unit "Python package installed" | "Python packages installed",
    options { "min-packages": Count, "min-files": Count }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let path = match context.site_wanted() {
        Ok(path) => path,
        Err(skip) => return skip,
    };
    let tree = context.tree;
    let Some(node) = tree.resolve(&path).ok().filter(|node| tree.is_directory(*node)) else {
        return Judgement::skip(format!("{path} is no directory"));
    };
    let site = context.facts.python.site(&tree.path(node));
    let packages = site.map_or(0, |site| site.distributions.iter().filter(|found| found.has_metadata).count());
    let importable = site.map_or(0, |site| site.importable);
    let files = tree.walk(node).filter(|node| tree.trace(*node).is_some()).count() as u64;
    let entries: Vec<String> = tree.children(node).map(|(name, _)| escape(name)).collect();
    let wanted = |option| context.count(option).unwrap_or(1);
    if packages as u64 >= wanted("min-packages") && importable > 0 && files >= wanted("min-files") {
        return Judgement::looked(packages, vec![]);
    }
    let emptied = context.emptied(node);
    let layer = emptied.unwrap_or_else(|| tree.layer(node));
    let what = match entries.as_slice() {
        [] => "no entry".into(),
        names => format!("{} ({})", words::count(names.len() as u64, "entry", "entries"), words::list(names, 3)),
    };
    let amount = |packages: u64, files: u64| {
        format!("{} in {}", words::count(packages, "package", "packages"), words::count(files, "file", "files"))
    };
    let held = amount(packages as u64, files);
    let (why, fix) = if emptied.is_some() {
        ("; a later layer took the rest away", "take out the RUN or COPY that removes what was there".into())
    } else {
        let is_marker_alone = files == 1 && entries.iter().all(|name| name.starts_with('.'));
        let why = if is_marker_alone { "; only the marker was copied" } else { "" };
        let copy = format!("COPY --from=builder {}<builder's site-packages> {path}", context.chown());
        (why, format!("run pip install before the COPY, and copy the directory, not a file of it: {copy}"))
    };
    let finding = Finding::new(Level::Error, format!("{path} holds {what}: {held}{why}"), fix).at(Place::path(&path, layer));
    let want = format!("at least {}", amount(wanted("min-packages"), wanted("min-files")));
    Judgement::looked(packages.max(1), vec![finding.contrast(held, want)])
}
