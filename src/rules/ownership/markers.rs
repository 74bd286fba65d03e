//! `ownership/markers`

use super::super::names::Names;
use super::super::{Context, declare_rule, words};
use crate::finding::{Judgement, Level};
use crate::vfs::NodeId;

declare_rule! {
    /// Markers in directories of the system belong to the user
    ///
    /// # What it checks
    /// Every file below `roots` whose name is one of `names` has the numeric owner and group of `user` in `[expect]`. Markers
    /// below the roots of ownership/tree are judged there, with everything else.
    ///
    /// # Why
    /// The marker shows that its directory was made for the service, and by which COPY; one that is root's was copied
    /// without `--chown`, and so was what came with it.
    ///
    /// # Symptom
    /// `PermissionError: [Errno 13] Permission denied`, where the service writes beside it.
    ///
    /// # Fix
    /// `COPY --chown=UID:GID`.
    ///
    /// # Options
    /// - `names`: globs of the names that markers have.
    /// - `roots`: the directories below which they are looked for.
    RULE = "ownership/markers", Conforms, Warn, since "0.1.0", needs Tree,
    unit "marker belongs to the right user" | "markers belong to the right user",
    options { "names": Globs, "roots": Texts }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let Some((uid, gid)) = context.expect().user else {
        return Judgement::skip("the profile names no user");
    };
    let (tree, names, installed) = (context.tree, Names::of(context, "names"), context.owners);
    let below = context.directories("roots").into_iter().flat_map(|root| tree.walk(root));
    let is_marker = |node: &NodeId| names.fit(tree.name(*node)) && !tree.is_directory(*node);
    let markers: Vec<NodeId> = below.filter(is_marker).filter(|node| installed.owner(*node).is_none()).collect();
    let owner = |node: NodeId| (tree.stat(node).uid, tree.stat(node).gid);
    let offenders = markers.iter().filter(|node| owner(**node) != (uid, gid)).map(|node| (*node, owner(*node)));
    let groups = context.crowd(offenders);
    let findings = groups.iter().map(|(group, _)| {
        let (owner, owning) = group.what;
        let markers = words::count(group.count(), "marker is", "markers are");
        let message = format!("{markers} {owner}:{owning}, want {uid}:{gid} (first: {})", group.first());
        let finding = group.finding(Level::Warn, message, format!("COPY --chown={uid}:{gid}"));
        finding.contrast(format!("{owner}:{owning}"), format!("{uid}:{gid}"))
    });
    Judgement::looked(markers.len(), findings.collect())
}
