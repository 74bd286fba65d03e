//! `ownership/tree`

use std::collections::BTreeMap;

use super::super::{Context, Group, Offence, declare_rule, words::thousands};
use crate::finding::{Finding, Judgement, Level};
use crate::vfs::{LayerPath, NodeId};

declare_rule! {
    /// Code and packages belong to the user that runs them
    ///
    /// # What it checks
    /// Every file, directory and link below `roots` has the numeric owner and group of `user` in `[expect]`. The roots
    /// themselves are exempt: COPY leaves a directory that exists as it is, and WORKDIR makes one for root.
    ///
    /// # Why
    /// COPY makes files root's unless it has `--chown`; what is then not world-readable, the service cannot open.
    ///
    /// # Symptom
    /// `PermissionError: [Errno 13] Permission denied`.
    ///
    /// # Fix
    /// `COPY --chown=UID:GID`. A RUN that imports packages as root leaves `__pycache__` directories behind: set
    /// `PYTHONDONTWRITEBYTECODE=1` before it.
    ///
    /// # Options
    /// - `roots`: the directories.
    RULE = "ownership/tree", Conforms, Error, since "0.1.0", needs Tree,
    unit "entry belongs to the right user" | "entries belong to the right user",
    options { "roots": Texts }, check check
}

/// What offenders of one finding share: the root, the owner, and whether they are compiled files of Python.
type Shared = (LayerPath, (u64, u64), bool);

fn check(context: &Context<'_>) -> Judgement {
    let Some(wanted) = context.expect().user else {
        return Judgement::skip("the profile names no user");
    };
    let tree = context.tree;
    let roots = context.directories("roots");
    // A root within a root: the inner one has its entries.
    let mut entries: BTreeMap<NodeId, NodeId> = BTreeMap::new();
    let mut outer_first = roots.clone();
    outer_first.sort_by_key(|root| tree.path(*root));
    for root in outer_first {
        entries.extend(tree.walk(root).map(|node| (node, root)));
    }
    entries.retain(|node, _| !roots.contains(node));
    let mut totals = BTreeMap::<LayerPath, u64>::new();
    let mut offences = Vec::new();
    for (node, root) in &entries {
        let (stat, root) = (tree.stat(*node), tree.path(*root));
        *totals.entry(root.clone()).or_default() += 1;
        if (stat.uid, stat.gid) != wanted {
            let path = tree.path(*node);
            let is_cache = path.components().any(|name| name == b"__pycache__");
            offences.push(Offence { path, layer: Some(tree.layer(*node)), what: (root, (stat.uid, stat.gid), is_cache) });
        }
    }
    let findings = context.group(offences).iter().map(|group| finding(group, &totals, wanted)).collect();
    Judgement::looked(entries.len(), findings)
}

fn finding(group: &Group<Shared>, totals: &BTreeMap<LayerPath, u64>, (uid, gid): (u64, u64)) -> Finding {
    let (root, (owner, owning), is_cache) = &group.what;
    let total = thousands(totals.get(root).copied().unwrap_or_default());
    let fix = if *is_cache {
        format!("set PYTHONDONTWRITEBYTECODE=1 before the RUN that imports as {owner}:{owning}, or put USER {uid}:{gid} above it")
    } else {
        format!("COPY --chown={uid}:{gid}")
    };
    let are = if group.count() == 1 { "is" } else { "are" };
    let (k, first) = (thousands(group.count()), group.first());
    let message = format!("{k} of {total} entries under {root} {are} {owner}:{owning}, want {uid}:{gid} (first: {first})");
    group.finding(Level::Error, message, fix).contrast(format!("{owner}:{owning}"), format!("{uid}:{gid}"))
}
