//! `python/orphan-files`

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Context, Offence, declare_rule, words};
use crate::facts::python::distribution::NoRecord;
use crate::facts::python::{Site, aliases};
use crate::finding::{Judgement, Level};
use crate::vfs::{LayerPath, NodeId, Tree};

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

/// Where `pip install --target` puts what goes elsewhere otherwise.
const DATA: [&[u8]; 5] = [b"bin", b"etc", b"include", b"man", b"share"];

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

/// How many files were looked at; and by the first name below the site directory, how many nobody owns, and their bytes.
fn orphans(tree: &Tree, site: &Site) -> (usize, BTreeMap<LayerPath, (u64, u64)>) {
    let rows = site.distributions.iter().flat_map(|found| &found.record).flat_map(|record| &record.rows);
    let owned: BTreeSet<NodeId> = rows.filter_map(|row| row.node).collect();
    let unrecorded = site.distributions.iter().filter(|found| found.record.is_err());
    let names: BTreeSet<String> =
        unrecorded.flat_map(|found| found.imports().into_iter().chain(aliases::imports(&found.normalized))).collect();
    let is_metadata = |name: &[u8]| [&b".dist-info"[..], b".egg-info", b".egg", b".pth"].iter().any(|end| name.ends_with(end));
    let is_named = |name: &[u8]| {
        names.iter().any(|of| name.strip_prefix(of.as_bytes()).is_some_and(|rest| rest.first().is_none_or(|byte| *byte == b'.')))
    };
    let (mut files, mut orphans) = (0, BTreeMap::<LayerPath, (u64, u64)>::new());
    for (name, top) in tree.children(site.node).filter(|(name, _)| !DATA.contains(name) && !is_metadata(name) && !is_named(name))
    {
        let below = site.path.components().count();
        for node in tree.walk(top).filter(|node| tree.trace(*node).is_some()) {
            let path = tree.path(node);
            let is_passed = |part: &[u8]| part.starts_with(b".") || part == b"__pycache__" || part.ends_with(b".pyc");
            if path.components().skip(below).any(is_passed) {
                continue;
            }
            files += 1;
            if !owned.contains(&node) {
                let sum = orphans.entry(site.path.join(name)).or_default();
                *sum = (sum.0 + 1, sum.1.saturating_add(tree.stat(node).size));
            }
        }
    }
    (files, orphans)
}
