//! `linkage/bundled-libs`

use std::collections::BTreeMap;

use super::super::{Context, Offence, declare_rule, words};
use super::lost::{Lost, lost, predicted};
use super::objects::Objects;
use crate::finding::{Judgement, Level};
use crate::text::escape;
use crate::vfs::{LayerPath, NodeId, Tree};

declare_rule! {
    /// The libraries that wheels bring stand beside their packages
    ///
    /// # What it checks
    /// Where the `DT_RPATH` or `DT_RUNPATH` of an object names a directory `*.libs` or `*.dylibs`, as auditwheel makes them,
    /// and the object needs a library that is not found, the directory is there.
    ///
    /// # Why
    /// `pip` installs `numpy` and `numpy.libs` beside each other. Who copies a package by its name leaves the other behind.
    ///
    /// # Symptom
    /// `ImportError: …: cannot open shared object file: No such file or directory`
    ///
    /// # Fix
    /// Copy the whole of site-packages.
    ///
    /// # Options
    /// None.
    RULE = "linkage/bundled-libs", Starts, Error, since "0.1.0", needs Tree,
    unit "ELF object has the libraries of its wheel beside it" | "ELF objects have the libraries of their wheel beside them",
    check check
}

fn check(context: &Context<'_>) -> Judgement {
    let objects = match Objects::of(context) {
        Ok(objects) => objects,
        Err(judgement) => return judgement,
    };
    let named = |path: &LayerPath| path.name().ends_with(b".libs") || path.name().ends_with(b".dylibs");
    let asked: Vec<_> = objects.reached().filter(|judged| judged.links.paths.iter().any(named)).collect();
    let lost = lost(context, objects);
    let lost = lost.iter().filter(|lost| lost.level > Level::Info && lost.elsewhere.is_none());
    let lost: BTreeMap<NodeId, &Lost<'_, '_>> = lost.map(|lost| (lost.by.node, lost)).collect();
    let gone = asked.iter().filter_map(|judged| {
        let directory = judged.links.paths.iter().find(|path| named(path) && !is_there(context.tree, path))?;
        let lost = lost.get(&judged.node)?;
        let layer = Some(context.tree.content_layer(judged.node));
        Some(Offence { path: judged.path.clone(), layer, what: (lost.level, judged.whose(), directory.clone()) })
    });
    let groups = context.group(gone);
    let findings = groups.iter().map(|group| {
        let (level, owner, directory) = &group.what;
        let whose = owner.as_ref().map(|owner| format!("{owner}: ")).unwrap_or_default();
        let objects = words::count(group.count(), "object looks", "objects look");
        let message = format!("{whose}{directory} is missing, where {objects} for libraries (first: {})", group.first());
        let fix = format!("copy the whole of site-packages, {} with it", escape(directory.name()));
        let mut finding = group.finding(*level, message, fix).of(owner.clone());
        let first = group.paths.first().and_then(|path| lost.get(&context.tree.get(path)?));
        finding.predicts = first.map(|lost| predicted(context, lost.by, lost.name));
        finding
    });
    Judgement::looked(asked.len(), findings.collect())
}

fn is_there(tree: &Tree, path: &LayerPath) -> bool {
    tree.resolve(path).is_ok_and(|node| tree.is_directory(node))
}
