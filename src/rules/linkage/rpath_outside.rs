//! `linkage/rpath-outside`

use super::super::{Context, Offence, declare_rule, words};
use super::objects::{Judged, Objects};
use crate::facts::loader::Need;
use crate::finding::{Judgement, Level};
use crate::vfs::LayerPath;

declare_rule! {
    /// No object looks for libraries in a directory of its builder
    ///
    /// # What it checks
    /// No `DT_RPATH` or `DT_RUNPATH` of what is loaded names a directory below those where things are built (`/root`,
    /// `/home`, `/build`, `/tmp` and the like) that is not in the image: where the object needs a library that is not found,
    /// and where everyone may write, so that whoever does decides what is loaded.
    ///
    /// # Why
    /// A library that is linked where it was built is looked for there, and only there.
    ///
    /// # Symptom
    /// None while the library is found elsewhere; else that of linkage/needed.
    ///
    /// # Fix
    /// Link with `-Wl,-rpath,'$ORIGIN'`, or `patchelf --set-rpath`.
    ///
    /// # Options
    /// None.
    RULE = "linkage/rpath-outside", Starts, Warn, since "0.1.0", needs Tree,
    unit "ELF object looks in no directory of its builder" | "ELF objects look in no directory of their builder", check check
}

/// Where things are built.
const BUILD: [&str; 9] = ["/root", "/home", "/build", "/builds", "/src", "/work", "/workspace", "/github", "/project"];

/// Where everyone may write.
const OPEN: [&str; 3] = ["/tmp", "/var/tmp", "/dev/shm"];

fn check(context: &Context<'_>) -> Judgement {
    let objects = match Objects::of(context) {
        Ok(objects) => objects,
        Err(judgement) => return judgement,
    };
    let offences = objects.reached().filter_map(|judged| {
        let directory = judged.links.paths.iter().find(|path| is_outside(context, judged, path))?;
        let layer = Some(context.tree.content_layer(judged.node));
        Some(Offence { path: judged.path.clone(), layer, what: (judged.whose(), directory.clone()) })
    });
    let groups = context.group(offences);
    let findings = groups.iter().map(|group| {
        let (owner, directory) = &group.what;
        let whose = owner.as_ref().map(|owner| format!("{owner}: ")).unwrap_or_default();
        let objects = words::count(group.count(), "object looks", "objects look");
        let message =
            format!("{whose}{objects} for libraries in {directory}, which is not in the image (first: {})", group.first());
        let fix = "link with -Wl,-rpath,'$ORIGIN', or patchelf --set-rpath";
        group.finding(Level::Warn, message, fix).of(owner.clone())
    });
    Judgement::looked(objects.reached().count(), findings.collect())
}

fn is_outside(context: &Context<'_>, judged: &Judged<'_>, path: &LayerPath) -> bool {
    let is_below = |roots: &[&str]| roots.iter().any(|root| path.is_within(&(*root).into()));
    let is_lost = || judged.links.needs.iter().any(|need| matches!(need, Need::Missing | Need::Elsewhere(_)));
    context.tree.resolve(path).is_err() && (is_below(&OPEN) || is_below(&BUILD) && is_lost())
}
