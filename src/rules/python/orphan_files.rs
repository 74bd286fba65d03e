//! `python/orphan-files`

use std::collections::BTreeMap;

use super::super::{Context, Offence, declare_rule, words};
use super::orphans::orphans;
use crate::facts::python::distribution::NoRecord;
use crate::finding::{Judgement, Level};
use crate::vfs::LayerPath;

declare_rule! {
    /// What lies beside the packages belongs to one
    ///
    /// # What it checks
    /// Every file of a site directory is in the RECORD of a distribution, or below a name that a distribution without one
    /// brings. Compiled and hidden files, metadata, and the directories in which `pip install --target` puts commands and data
    /// are passed over, as are the directories of Debian's own packages. Nothing is said below `min-bytes`.
    ///
    /// # Why
    /// Remains of an older version, a package that was copied by hand, a source tree in the wrong place: nothing lists them,
    /// nothing updates them, and the image carries them.
    ///
    /// # Symptom
    /// None, or an old module that is imported in the place of the new.
    ///
    /// # Fix
    /// Install into an empty directory; copy the service's own code to a directory of its own.
    ///
    /// # Options
    /// - `min-bytes`: bytes of one directory that are worth a word; 100,000 if it is not set.
    RULE = "python/orphan-files", Whole, Info, since "0.1.0", needs Tree,
    unit "file beside the packages belongs to one" | "files beside the packages belong to one",
    options { "min-bytes": Count }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let (mut examined, mut offences, mut sums) = (0, Vec::new(), BTreeMap::<LayerPath, (u64, u64)>::new());
    let mut unknown = Vec::new();
    for site in &context.facts.python.sites {
        let is_recorded = site.distributions.iter().any(|found| found.record.is_ok());
        if site.distributions.iter().any(|found| matches!(found.record, Err(NoRecord::Unreadable(_)))) {
            unknown.push(format!("a RECORD in {} cannot be read", site.path));
        } else if is_recorded {
            let (files, orphans) = orphans(context.tree, site);
            examined += files;
            let bytes = orphans.values().fold(0_u64, |sum, (_, bytes)| sum.saturating_add(*bytes));
            if bytes >= context.count("min-bytes").unwrap_or(100_000) {
                let layer = |path: &LayerPath| context.tree.get(path).map(|node| context.tree.content_layer(node));
                offences.extend(orphans.keys().map(|path| Offence { path: path.clone(), layer: layer(path), what: &site.path }));
                sums.extend(orphans);
            }
        }
    }
    let findings = context.group(offences).into_iter().map(|group| {
        let of = group.paths.iter().filter_map(|path| sums.get(path));
        let (files, bytes) = of.fold((0, 0_u64), |(files, bytes), of| (files + of.0, bytes.saturating_add(of.1)));
        let (files, bytes) = (words::count(files, "file", "files"), words::bytes(bytes));
        let text = format!("{}: {files}, {bytes} owned by no package (first: {})", group.what, group.first());
        group.finding(Level::Info, text, "install into an empty directory, and copy the service's own code elsewhere")
    });
    let findings = findings.collect();
    Judgement::looked(examined, findings).but((!unknown.is_empty()).then(|| words::list(&unknown, 3)))
}
