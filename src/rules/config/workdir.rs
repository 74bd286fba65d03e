//! `config/workdir`

use super::super::{Context, declare_rule};
use crate::finding::{Finding, Judgement, Level, Place};
use crate::vfs::{LayerPath, NodeId, Unresolved};

declare_rule! {
    /// The working directory is that of the pattern, and can be entered
    ///
    /// # What it checks
    /// WORKDIR is `path`, a directory of the image, and the user may enter it and every directory on the way. Without `path`,
    /// one that is not in the image is fine: runtimes make it.
    ///
    /// # Why
    /// Relative paths of the service, and `python -m`, start there.
    ///
    /// # Symptom
    /// `ModuleNotFoundError`, `FileNotFoundError` or `PermissionError` for what is in the image.
    ///
    /// # Fix
    /// `WORKDIR` with that path, in the last stage.
    ///
    /// # Options
    /// - `path`: the directory.
    RULE = "config/workdir", Starts, Warn, since "0.1.0", needs Tree,
    unit "working directory is the one wanted" | "working directories are those wanted",
    options { "path": Text }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let (written, wanted) = (&context.facts.config.run.working_dir, context.text("path"));
    let found = LayerPath::new(written);
    if let Some(wanted) = wanted.as_ref().filter(|wanted| found != LayerPath::new(wanted)) {
        let finding = Finding::new(Level::Warn, format!("WORKDIR is \"{found}\", want {wanted}"), format!("WORKDIR {wanted}"));
        return Judgement::looked(1, vec![finding.contrast(found.to_string(), wanted)]);
    }
    Judgement::looked(1, unusable(context, &found, wanted.is_some()).into_iter().collect())
}

/// Why nobody can work there, if so. Runtimes make a directory that is missing; it is root's.
fn unusable(context: &Context<'_>, path: &LayerPath, must_exist: bool) -> Option<Finding> {
    let (tree, identity) = (context.tree, context.facts.user.identity.as_ref().ok());
    let mut passed = Vec::new();
    let reached = tree.resolve_through(path, &mut |node| passed.push(node));
    passed.extend(reached.iter().copied());
    let is_barred = |node: &&NodeId| tree.is_directory(**node) && identity.is_some_and(|id| !id.may_search(&tree.stat(**node)));
    if let Some(node) = passed.iter().find(is_barred) {
        let (at, stat) = (tree.path(*node), tree.stat(*node));
        let message = format!("WORKDIR {path}: the user may not enter {at}, {:04o} {}:{}", stat.mode, stat.uid, stat.gid);
        return Some(Finding::new(Level::Warn, message, "COPY --chown, or chmod a+x").at(Place::path(at, tree.layer(*node))));
    }
    let (place, what) = match reached {
        Ok(node) if tree.is_directory(node) => return None,
        Ok(node) => (Place::path(path, tree.layer(node)), "is no directory".to_owned()),
        Err(Unresolved::Missing(_)) if !must_exist => return None,
        Err(why) => (context.absence(path, &why).place, format!("is not in the image: {why}")),
    };
    Some(Finding::new(Level::Warn, format!("WORKDIR {path} {what}"), format!("COPY files to {path}")).at(place))
}
