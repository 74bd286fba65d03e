//! `marker/same-layer`

use std::collections::BTreeMap;

use super::super::names::Names;
use super::super::{Context, declare_rule};
use super::markers;
use crate::facts::python::Site;
use crate::finding::{Finding, Judgement, Level, Place};
use crate::vfs::LayerIndex;

declare_rule! {
    /// The marker came with the packages
    ///
    /// # What it checks
    /// A marker in a directory of packages is of the layer that brought nine in ten of them. What a RUN of the last stage
    /// wrote is left out, be it marker or package: there nothing is copied.
    ///
    /// # Why
    /// The marker shall prove that one COPY brought the whole directory. One that is copied by itself is there without it.
    ///
    /// # Symptom
    /// None at run time: the proof of a good build is worth nothing.
    ///
    /// # Fix
    /// Write the marker in the builder, into the directory that is copied, and drop the COPY of the marker alone.
    ///
    /// # Options
    /// - `names`: globs of the names that markers have.
    /// - `roots`: the directories below which they are looked for.
    RULE = "marker/same-layer", Conforms, Warn, since "0.1.0", needs Tree,
    unit "marker came with its packages" | "markers came with their packages",
    options { "names": Globs, "roots": Texts }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let (tree, names) = (context.tree, Names::of(context, "names"));
    let sites: BTreeMap<_, _> = context.facts.python.sites.iter().map(|site| (site.node, copied(context, site))).collect();
    let (mut looked, mut findings) = (0, Vec::new());
    for (path, _) in markers(context, &names) {
        let Ok(name) = tree.resolve_parent(&path) else { continue };
        let layer = tree.layer(name);
        let brought = sites.get(&tree.parent(name)).filter(|brought| !brought.is_empty() && !is_run(context, layer));
        let Some(brought) = brought else { continue };
        looked += 1;
        let (here, all) = (brought.get(&layer).copied().unwrap_or_default(), brought.values().sum::<u64>());
        let most = brought.iter().max_by_key(|(_, count)| **count).map(|(layer, _)| *layer).unwrap_or_default();
        if here * 10 < all * 9 {
            let message = format!("{path} is in layer {}, {} of {all} packages are in others", layer + 1, all - here);
            let fix = "write it in the builder, beside the packages, and drop the COPY of the marker alone";
            let finding = Finding::new(Level::Warn, message, fix).at(Place::path(&path, layer));
            findings.push(finding.contrast(format!("layer {}", layer + 1), format!("layer {}", most + 1)));
        }
    }
    Judgement::looked(looked, findings)
}

/// How many distributions of a directory each layer copied.
fn copied(context: &Context<'_>, site: &Site) -> BTreeMap<LayerIndex, u64> {
    let mut layers = BTreeMap::new();
    for found in site.distributions.iter().filter(|found| !is_run(context, found.layer)) {
        *layers.entry(found.layer).or_default() += 1;
    }
    layers
}

fn is_run(context: &Context<'_>, layer: LayerIndex) -> bool {
    let instruction = context.facts.instructions.get(layer).and_then(Option::as_deref);
    instruction.is_some_and(|text| text.starts_with("RUN "))
}
