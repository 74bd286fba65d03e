//! `ownership/tree`

use super::super::{Context, Group, declare_rule, words::thousands};
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
type Shared = (usize, (u64, u64), bool);

fn check(context: &Context<'_>) -> Judgement {
    let Some(wanted) = context.expect().user else { return Judgement::skip("the profile names no user") };
    let tree = context.tree;
    let roots = context.directories("roots").into_iter().map(|root| (tree.path(root), root));
    let mut roots: Vec<(LayerPath, NodeId)> = roots.collect();
    roots.sort();
    let is_in_cache = |node| tree.around(node).any(|at| tree.name(at) == b"__pycache__");
    let is_root = |node: &NodeId| roots.iter().any(|(_, root)| root == node);
    let (mut totals, mut offenders) = (vec![0_u64; roots.len()], Vec::new());
    for (place, ((_, root), total)) in roots.iter().zip(&mut totals).enumerate() {
        // A root within a root: the inner one has its entries.
        let mut todo = vec![*root];
        while let Some(directory) = todo.pop() {
            for (_, node) in tree.children(directory).filter(|(_, node)| !is_root(node)) {
                *total += 1;
                let stat = tree.stat(node);
                if (stat.uid, stat.gid) != wanted {
                    offenders.push((node, (place, (stat.uid, stat.gid), is_in_cache(node))));
                }
                if tree.is_directory(node) {
                    todo.push(node);
                }
            }
        }
    }
    let entries: u64 = totals.iter().sum();
    let all = || roots.iter().map(|(path, _)| path).zip(totals.iter().copied());
    let groups = context.crowd(offenders);
    let findings = groups.iter().filter_map(|(group, _)| Some(finding(group, all().nth(group.what.0)?, wanted)));
    Judgement::looked(usize::try_from(entries).unwrap_or(usize::MAX), findings.collect())
}

/// The finding about entries of a root, which has so many of them.
fn finding(group: &Group<Shared>, (root, total): (&LayerPath, u64), (uid, gid): (u64, u64)) -> Finding {
    let (_, (owner, owning), is_cache) = &group.what;
    let total = thousands(total);
    let fix = if *is_cache {
        format!("set PYTHONDONTWRITEBYTECODE=1 before the RUN that imports as {owner}:{owning}, or put USER {uid}:{gid} above it")
    } else {
        format!("COPY --chown={uid}:{gid}")
    };
    let (k, are, first) = (thousands(group.count()), if group.count() == 1 { "is" } else { "are" }, group.first());
    let message = format!("{k} of {total} entries under {root} {are} {owner}:{owning}, want {uid}:{gid} (first: {first})");
    group.finding(Level::Error, message, fix).contrast(format!("{owner}:{owning}"), format!("{uid}:{gid}"))
}
