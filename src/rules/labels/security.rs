//! `labels/security`

use super::super::{Context, declare_rule, toolchain};
use super::labelled;
use crate::finding::{Finding, Judgement, Level, Place};
use crate::text::escape;

declare_rule! {
    /// What the label of security promises is so
    ///
    /// # What it checks
    /// Where the label that `label` names is `value`, there is no shell, and the base image is a distroless one. An image without
    /// the label is the business of labels/required.
    ///
    /// # Why
    /// The label is written by hand and does not change with FROM; who admits images by it admits a shell.
    ///
    /// # Symptom
    /// `docker exec IMAGE sh` works, and the label says that it cannot.
    ///
    /// # Fix
    /// Take a base image without a shell; or take the label back.
    ///
    /// # Options
    /// - `label`: the name of the label; without it the rule does not apply.
    /// - `value`: the value that makes the promise.
    RULE = "labels/security", Conforms, Error, since "0.1.0", needs Tree,
    unit "label promises what is so" | "labels promise what is so",
    options { "label": Text, "value": Text }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let (label, said) = match labelled(context) {
        Ok(found) => found,
        Err(judgement) => return judgement,
    };
    if context.text("value").is_none_or(|value| value != said) {
        return Judgement::skip("the label makes no such promise");
    }
    let (tree, base) = (context.tree, &context.facts.base);
    let shell = toolchain::shells(context).first().map(|shell| {
        let path = tree.path(*shell);
        (path.to_string(), Place::path(path, tree.layer(*shell)))
    });
    let other = || {
        (base.distroless.is_none() && base.unread.is_none()).then(|| {
            let place = base.file.map(|file| Place::path(tree.path(file), tree.layer(file)));
            (format!("is made from {base}"), place.unwrap_or_default())
        })
    };
    let found = shell.map(|(path, place)| (format!("has {path}"), place)).or_else(other);
    let findings: Vec<Finding> = found
        .map(|(what, place)| {
            let said = escape(said.as_bytes());
            let fix = format!("FROM a base image without a shell in the last stage, or take {label} back");
            Finding::new(Level::Error, format!("{label}=\"{said}\", and the image {what}"), fix).at(place)
        })
        .into_iter()
        .collect();
    let unknown = base.unread.clone().filter(|_| findings.is_empty());
    Judgement::looked(1, findings).but(unknown)
}
