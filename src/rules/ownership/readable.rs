//! `ownership/readable`

use super::super::{Context, Group, declare_rule, words};
use super::reach::{Reach, Shared, predicted, scripts, sites};
use crate::facts::accounts::Identity;
use crate::finding::{Finding, Judgement, Level};
use crate::vfs::LayerPath;

declare_rule! {
    /// The user can read what it runs
    ///
    /// # What it checks
    /// The user that the image names can read every file, and list and search every directory, below `roots`, in the site
    /// directory of `[expect]` (else in those that the command uses), and the scripts that the command runs; and can get to
    /// them. What it cannot read in the working directory is a warning. Root can read everything.
    ///
    /// # Why
    /// Builders install as root, into root's home, with whatever modes the build context had; the service is someone else.
    ///
    /// # Symptom
    /// `PermissionError: [Errno 13] Permission denied: '…'`; `…: can't open file '…': [Errno 13] Permission denied`; or of a module
    /// that is there, `ModuleNotFoundError: No module named '…'`.
    ///
    /// # Fix
    /// `COPY --chown=UID:GID`, or `COPY --chmod=a+rX`; and nothing that the service needs below `/root`.
    ///
    /// # Options
    /// - `roots`: more directories that the service reads.
    RULE = "ownership/readable", Starts, Error, since "0.1.0", needs Tree,
    unit "file or directory can be read" | "files and directories can be read",
    options { "roots": Texts }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let user = &context.facts.user;
    let identity = match &user.identity {
        Ok(identity) => identity,
        Err(why) => return Judgement::unknown(format!("nobody knows as whom it runs: {why}")),
    };
    let mut reach = Reach::new(context, identity);
    let roots = context.texts("roots").into_iter().map(LayerPath::new);
    for path in roots.chain(sites(context)).chain(scripts(context)) {
        reach.look(&path, Level::Error);
    }
    let directory = LayerPath::new(&context.facts.config.run.working_dir);
    if !directory.is_root() {
        reach.look(&directory, Level::Warn);
    }
    let examined = reach.examined();
    let groups = context.crowd(reach.offenders);
    Judgement::looked(examined, groups.iter().map(|(group, _)| finding(context, group, identity)).collect())
}

fn finding(context: &Context<'_>, group: &Group<Shared>, Identity { uid, gid, .. }: &Identity) -> Finding {
    let (level, mode, verb) = &group.what;
    let first = group.first();
    let message = if group.count() == 1 {
        format!("{first} is {mode}: uid {uid} cannot {verb} it")
    } else {
        let entries = words::count(group.count(), "path is", "paths are");
        format!("{entries} {mode}: uid {uid} cannot {verb} them (first: {first})")
    };
    let (uid, gid) = context.expect().user.unwrap_or((*uid, *gid));
    let fix = format!("COPY --chown={uid}:{gid}, or COPY --chmod=a+rX");
    let mut finding = group.finding(*level, message, fix);
    finding.predicts = group.paths.first().filter(|_| *level == Level::Error).map(|path| predicted(context, path, verb));
    finding
}
