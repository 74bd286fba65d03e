//! `history/copy-chown`

use super::super::{Context, declare_rule, words};
use crate::facts::history::Step;
use crate::finding::{Finding, Judgement, Level, Place};
use crate::vfs::LayerPath;

declare_rule! {
    /// Every COPY into the service's directories says whom the files belong to
    ///
    /// # What it checks
    /// Each COPY and ADD above the base image whose destination is one of `roots`, or below or above one, has `--chown`, and
    /// where that is a number, it is `user` of `[expect]`. What is copied elsewhere, such as certificates, may belong to root.
    ///
    /// # Why
    /// Without `--chown` a COPY makes files of root, whoever owned them in the builder. Which files that are, and whether they
    /// can be read all the same, the rules of ownership say.
    ///
    /// # Symptom
    /// `PermissionError: [Errno 13] Permission denied`, or none.
    ///
    /// # Fix
    /// `COPY --chown=UID:GID`.
    ///
    /// # Options
    /// - `roots`: directories of the service.
    RULE = "history/copy-chown", Conforms, Warn, since "0.1.0", needs Config,
    unit "COPY says whom its files belong to" | "COPYs say whom their files belong to",
    options { "roots": Texts }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let Some((uid, gid)) = context.expect().user else { return Judgement::skip("the profile names no user") };
    let steps = match context.own_steps() {
        Ok(steps) => steps,
        Err(judgement) => return judgement,
    };
    let roots: Vec<LayerPath> = context.texts("roots").iter().map(LayerPath::new).collect();
    let copies: Vec<&Step> = steps.iter().filter(|step| Context::brings(step, &roots)).collect();
    let want = format!("{uid}:{gid}");
    let findings = copies.iter().filter_map(|step| {
        let given = step.flag("chown");
        let what = match given {
            None => "has no --chown".to_owned(),
            Some(owner) if is_other(owner, (uid, gid)) => format!("gives its files to {}, want {want}", words::excerpt(owner)),
            Some(_) => return None,
        };
        let message = format!("{} {what}", words::excerpt(&step.said));
        let place = Place { path: step.destination().map(|to| to.to_string()), layer: step.layer };
        let finding = Finding::new(Level::Warn, message, format!("COPY --chown={want}"));
        Some(finding.at(place).contrast(given.map_or_else(|| "no --chown".into(), words::excerpt), &want[..]))
    });
    Judgement::looked(copies.len(), findings.collect())
}

/// Whether it names another owner by numbers. A group that is left out has the user's number (Dockerfile reference, COPY).
fn is_other(owner: &str, wanted: (u64, u64)) -> bool {
    let (uid, gid) = owner.split_once(':').unwrap_or((owner, owner));
    match (uid.parse(), gid.parse()) {
        (Ok(uid), Ok(gid)) => (uid, gid) != wanted,
        _ => false,
    }
}
