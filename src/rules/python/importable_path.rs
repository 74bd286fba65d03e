//! `python/importable-path`

use super::super::{Context, declare_rule};
use crate::facts::python::{Runtime, Site};
use crate::finding::{Finding, Judgement, Level, Place};
use crate::text::{escape, mask};

declare_rule! {
    /// Python looks where the packages are
    ///
    /// # What it checks
    /// The `site-packages` directory of `[expect]` is on `sys.path` of the interpreter that the command leads to, given
    /// PYTHONPATH, the virtual environment, `.pth` files and the options `-E`, `-I` and `-S`. Where the profile names none,
    /// the directory of the distribution whose script is the command.
    ///
    /// # Why
    /// Debian's Python reads `dist-packages` and never `site-packages`: what a builder's pip installed is found only
    /// through PYTHONPATH. The image is whole, and the first import fails.
    ///
    /// # Symptom
    /// `ModuleNotFoundError: No module named '…'`, for a package that is in the image.
    ///
    /// # Fix
    /// `ENV PYTHONPATH=/app:/path/of/site-packages` in the last stage, and no `-E` or `-I` in the command.
    ///
    /// # Options
    /// None beside `site-packages` of `[expect]`.
    RULE = "python/importable-path", Starts, Error, since "0.1.0", needs Tree,
    unit "directory of packages is on sys.path" | "directories of packages are on sys.path", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let sites = match context.site_wanted() {
        Ok(path) => {
            let node = context.tree.resolve(&path).ok();
            let sites = context.facts.python.sites.iter();
            sites.filter(|site| Some(site.node) == node).collect()
        }
        Err(skip) if context.expect().site_packages.is_some() => return skip,
        Err(_) => context.sites_of_command(),
    };
    if sites.is_empty() {
        return Judgement::skip("there is no directory of packages that the command would need");
    }
    let runtimes = match context.runtimes() {
        Ok(runtimes) => runtimes,
        Err(skip) => return skip,
    };
    let is_read = |runtime: &Runtime| sites.iter().any(|site| runtime.path.holds(context.tree, site.node));
    match runtimes.iter().find_map(|runtime| runtime.path.unknown.first()) {
        _ if runtimes.iter().any(is_read) => Judgement::looked(1, vec![]),
        Some(why) => Judgement::unknown(why),
        None => Judgement::looked(1, vec![finding(context, sites[0], &runtimes[0])]),
    }
}

fn finding(context: &Context<'_>, site: &Site, runtime: &Runtime) -> Finding {
    let (path, python) = (&site.path, &runtime.interpreter);
    let reads = if python.is_debian { " (Debian's reads dist-packages)" } else { "" };
    let is_ignored = runtime.started.as_ref().is_some_and(|started| started.ignores_environment);
    let value = context.facts.config.env("PYTHONPATH").map(|value| escape(mask(value).as_bytes()));
    let variable = match &value {
        Some(value) if is_ignored => format!("the command's -E or -I ignores PYTHONPATH={value}"),
        Some(value) => format!("PYTHONPATH={value}"),
        None => "PYTHONPATH is not set".into(),
    };
    let held = super::super::words::count(site.distributions.len() as u64, "package", "packages");
    let message = format!("{path} holds {held} but is not on sys.path of {}{reads}; {variable}", python.path);
    let fix = if is_ignored { "take -E or -I out of the command".into() } else { format!("ENV PYTHONPATH=/app:{path}") };
    let first = context.first_missing().map(ToOwned::to_owned);
    let first = first.or_else(|| site.distributions.iter().find_map(|found| found.imports().into_iter().next()));
    let mut finding = Finding::new(Level::Error, message, fix).at(Place::path(path, context.tree.layer(site.node)));
    finding.predicts = first.map(|name| format!("ModuleNotFoundError: No module named '{}'", escape(name.as_bytes())));
    finding
}
