//! Markers: small files that a build writes last, which prove that what they lie beside was copied. The plain ones, of
//! which nothing but their being there is asked, are the rules of this file.

pub(super) mod after_install;
mod blank;
pub(super) mod content;
pub(super) mod nonempty;
pub(super) mod same_layer;
pub(super) mod service_consistent;
pub(super) mod source;
pub(super) mod timestamp;

use std::collections::BTreeMap;

use super::names::Names;
use super::{Context, declare_rule};
use crate::finding::{Finding, Judgement};
use crate::vfs::{LayerPath, NodeId, Trace};

declare_rule! {
    /// The marker of the installed packages lies beside them
    ///
    /// # What it checks
    /// The file that `path` names is a regular file, links followed. It is not asked for where the service says that it has
    /// no Python packages.
    ///
    /// # Why
    /// The builder writes the marker after `pip install`, and one COPY brings both. A missing marker shows that the
    /// directory was not copied, was copied from somewhere else, or was taken away by a later layer.
    ///
    /// # Symptom
    /// `ModuleNotFoundError: No module named '…'`, of the first package that the service imports.
    ///
    /// # Fix
    /// Write the marker in the builder after `pip install` and before the COPY, and copy the whole directory.
    ///
    /// # Options
    /// - `path`: the marker; without it the rule does not apply.
    /// - `example`: the instruction that writes it, shown as the fix.
    SITE_PACKAGES = "marker/site-packages", Whole, Error, since "0.1.0", needs Tree,
    unit "marker lies beside the packages" | "markers lie beside the packages",
    options { "path": Text, "example": Text }, check site_packages
}

declare_rule! {
    /// The marker of the installed commands lies beside them
    ///
    /// # What it checks
    /// The file that `path` names is a regular file, links followed.
    ///
    /// # Why
    /// Packages install commands into a second directory, which a COPY of the packages alone forgets.
    ///
    /// # Symptom
    /// `exec: "…": executable file not found in $PATH`.
    ///
    /// # Fix
    /// Write the marker in the builder after `pip install`, and copy the directory of the commands too.
    ///
    /// # Options
    /// - `path`: the marker; without it the rule does not apply.
    /// - `example`: the instruction that writes it, shown as the fix.
    BIN = "marker/bin", Whole, Error, since "0.1.0", needs Tree,
    unit "marker lies beside the commands" | "markers lie beside the commands",
    options { "path": Text, "example": Text }, check bin
}

declare_rule! {
    /// The marker of the runtime directory is there
    ///
    /// # What it checks
    /// The file that `path` names is a regular file, links followed: where `/var/run` is a link to `/run`, the file in
    /// `/run` counts.
    ///
    /// # Why
    /// A base image without a shell cannot make directories, so the builder makes them, and only one with a file in it is
    /// sure to be copied. Without it the directory may be missing, or belong to root.
    ///
    /// # Symptom
    /// `PermissionError: [Errno 13] Permission denied: '…'` or `FileNotFoundError: [Errno 2] No such file or directory: '…'`
    /// when the service writes its PID file or socket.
    ///
    /// # Fix
    /// Write the marker in the builder, and copy it with its owner.
    ///
    /// # Options
    /// - `path`: the marker; without it the rule does not apply.
    /// - `example`: the instruction that writes it, shown as the fix.
    VAR_RUN = "marker/var-run", Whole, Warn, since "0.1.0", needs Tree,
    unit "marker lies in the runtime directory" | "markers lie in the runtime directory",
    options { "path": Text, "example": Text }, check plain
}

declare_rule! {
    /// The marker of the state directory is there
    ///
    /// # What it checks
    /// The file that `path` names is a regular file, links followed.
    ///
    /// # Why
    /// As for the runtime directory: a directory with a file in it is sure to be copied, with the owner that the service
    /// needs.
    ///
    /// # Symptom
    /// `PermissionError: [Errno 13] Permission denied: '…'` or `FileNotFoundError: [Errno 2] No such file or directory: '…'`
    /// when the service writes its state.
    ///
    /// # Fix
    /// Write the marker in the builder, and copy that one file: all of the directory brings the builder's package database.
    ///
    /// # Options
    /// - `path`: the marker; without it the rule does not apply.
    /// - `example`: the instruction that writes it, shown as the fix.
    VAR_LIB = "marker/var-lib", Whole, Warn, since "0.1.0", needs Tree,
    unit "marker lies in the state directory" | "markers lie in the state directory",
    options { "path": Text, "example": Text }, check plain
}

fn site_packages(context: &Context<'_>) -> Judgement {
    of_packages(context, Some("site-packages was not copied with its marker"))
}

fn bin(context: &Context<'_>) -> Judgement {
    of_packages(context, None)
}

fn plain(context: &Context<'_>) -> Judgement {
    exists(context, None)
}

/// Asks for a marker of installed packages, where the service has any.
fn of_packages(context: &Context<'_>, usual: Option<&str>) -> Judgement {
    if context.is_without_packages() {
        return Judgement::skip("the service says that it has no Python packages");
    }
    exists(context, usual)
}

/// Asks that the file of `path` is there; `usual` is the usual cause, told where none is known.
fn exists(context: &Context<'_>, usual: Option<&str>) -> Judgement {
    let Some(path) = context.text("path").map(LayerPath::new) else {
        return Judgement::skip("the profile names no marker");
    };
    let Err(absence) = context.file(&path) else {
        return Judgement::looked(1, vec![]);
    };
    let directory = path.parent().unwrap_or_default();
    let real = context.tree.resolve(&directory).map(|node| context.tree.path(node));
    let through = real.ok().filter(|real| *real != directory).map(|real| format!(" (looked at {directory} → {real})"));
    let why = absence.why.as_deref().or(usual).map(|why| format!(": {why}")).unwrap_or_default();
    let fix = absence.fix(context.text("example").map_or_else(
        || "write text into it in the builder after the install, and copy its whole directory".into(),
        |example| format!("in the builder, before the COPY to {directory}: {example}"),
    ));
    let what = format!("{path} is missing{}{why}", through.unwrap_or_default());
    Judgement::looked(1, vec![Finding::new(context.rule.level, what, fix).at(absence.place)])
}

/// Every marker that the service declares, and every file below the rule's `roots` whose name is one of `names`, with
/// the file that it leads to. Files that Python distributions own are no markers.
fn markers<'a>(context: &Context<'a>, names: &Names) -> BTreeMap<LayerPath, (NodeId, &'a Trace)> {
    let (tree, owned) = (context.tree, context.owners);
    let declared = context.profile.service.iter().flat_map(|service| &service.markers).map(LayerPath::new);
    let below = context.directories("roots").into_iter().flat_map(|root| tree.walk(root));
    let found = below.filter(|node| names.fit(tree.name(*node)) && owned.owner(*node).is_none());
    let paths = found.map(|node| tree.path(node)).chain(declared);
    let found = paths.filter_map(|path| {
        let node = tree.resolve(&path).ok()?;
        Some((path, (node, tree.trace(node)?)))
    });
    found.collect()
}
