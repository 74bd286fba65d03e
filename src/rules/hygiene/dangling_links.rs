//! `hygiene/dangling-links`

use super::super::{Context, declare_rule, words};
use crate::finding::{Judgement, Level};
use crate::vfs::{Kind, LayerPath, NodeId, Unresolved};

declare_rule! {
    /// Links lead somewhere
    ///
    /// # What it checks
    /// Every symbolic link below `roots` leads to something that is there. Links into `/proc`, `/sys`, `/dev`, `/run` and
    /// `/tmp`, which are only there while a container runs, are taken as they are.
    ///
    /// # Why
    /// A link is copied without what it leads to: the interpreter of a virtual environment, a library by its short name.
    ///
    /// # Symptom
    /// `No such file or directory`, of a name that `ls` shows.
    ///
    /// # Fix
    /// Copy what it leads to as well, or `cp -L` in the builder.
    ///
    /// # Options
    /// - `roots`: the directories.
    RULE = "hygiene/dangling-links", Whole, Warn, since "0.1.0", needs Tree,
    unit "link leads somewhere" | "links lead somewhere", options { "roots": Texts }, check check
}

/// What is there at run time only.
const RUNTIME: [&str; 7] = ["/proc", "/sys", "/dev", "/run", "/var/run", "/tmp", "/var/tmp"];

fn check(context: &Context<'_>) -> Judgement {
    let tree = context.tree;
    let below = context.directories("roots").into_iter().flat_map(|root| tree.walk(root));
    let mut links: Vec<NodeId> = below.filter(|node| matches!(tree.kind(*node), Kind::Symlink(_))).collect();
    links.sort();
    links.dedup();
    let runtime = RUNTIME.map(LayerPath::from);
    let offenders = links.iter().filter_map(|link| {
        let is_for_runtime = |end: &LayerPath| runtime.iter().any(|root| end.is_within(root));
        let lost = tree.target(*link).err()?;
        let is_meant = matches!(&lost, Unresolved::Missing(end) if is_for_runtime(end));
        (!is_meant).then_some((*link, ()))
    });
    let groups = context.crowd(offenders);
    let findings = groups.iter().map(|(group, _)| {
        let what = words::count(group.count(), "link leads", "links lead");
        let lost = group.paths.first().and_then(|path| tree.resolve(path).err()).map(|lost| lost.to_string());
        let message = format!("{what} nowhere (first: {}: {})", group.first(), lost.unwrap_or_default());
        group.finding(Level::Warn, message, "copy what it leads to as well, or leave the link out")
    });
    Judgement::looked(links.len(), findings.collect())
}
