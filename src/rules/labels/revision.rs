//! `labels/revision`

use super::super::{Context, declare_rule};
use super::labelled;
use crate::finding::{Finding, Judgement, Level};
use crate::text::escape;

declare_rule! {
    /// The label of the revision names a commit
    ///
    /// # What it checks
    /// The label that `label` names is the id of a commit: 7 to 64 hexadecimal digits. An image without the label is the business
    /// of labels/required.
    ///
    /// # Why
    /// `manual-build`, the name of a branch, or what `git describe` makes of changes that were never committed lead to no source.
    ///
    /// # Symptom
    /// None at run time: nobody can tell from which source it was built.
    ///
    /// # Fix
    /// `--build-arg VCS_REF=$(git rev-parse HEAD)`.
    ///
    /// # Options
    /// - `label`: the name of the label; without it the rule does not apply.
    RULE = "labels/revision", Conforms, Info, since "0.1.0", needs Config,
    unit "label names a commit" | "labels name commits",
    options { "label": Text }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let (label, said) = match labelled(context) {
        Ok(found) => found,
        Err(judgement) => return judgement,
    };
    let is_commit = (7..=64).contains(&said.len()) && said.bytes().all(|byte| byte.is_ascii_hexdigit());
    let finding = (!is_commit).then(|| {
        let message = format!("{label}=\"{}\" is no commit: its source cannot be found", escape(said.as_bytes()));
        Finding::new(Level::Info, message, "--build-arg VCS_REF=$(git rev-parse HEAD), and LABEL from that ARG in the last stage")
    });
    Judgement::looked(1, finding.into_iter().collect())
}
