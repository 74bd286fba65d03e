//! `platform/label`

use super::super::{Context, declare_rule};
use crate::finding::{Finding, Judgement, Level};
use crate::reference::Platform;
use crate::text::escape;

declare_rule! {
    /// The label of the platform says what the configuration says
    ///
    /// # What it checks
    /// The label that `label` names is the architecture of the configuration, with or without operating system and variant.
    /// An image without the label is the business of labels/required.
    ///
    /// # Why
    /// The label is written by hand and does not change with `--platform`; whoever deploys by it gets the wrong image.
    ///
    /// # Symptom
    /// None at build time; a scheduler that trusts the label picks the wrong machine.
    ///
    /// # Fix
    /// Build for the platform that the label names, or correct the label.
    ///
    /// # Options
    /// - `label`: the name of the label; without it the rule does not apply.
    RULE = "platform/label", Starts, Warn, since "0.1.0", needs Config,
    unit "label names the architecture" | "labels name the architecture",
    options { "label": Text }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let Some(label) = context.text("label") else {
        return Judgement::skip("the profile names no label");
    };
    let config = &context.facts.config;
    let Some(said) = config.run.labels.get(&label).filter(|said| !said.trim().is_empty()) else {
        return Judgement::skip("the image has no such label");
    };
    let full = if said.starts_with(&format!("{}/", config.os)) { said.clone() } else { format!("{}/{said}", config.os) };
    let claimed = config.platform();
    if full.parse::<Platform>().is_ok_and(|said| claimed.serves(&said)) {
        return Judgement::looked(1, vec![]);
    }
    let (said, is) = (escape(said.as_bytes()), escape(config.architecture.as_bytes()));
    let fix = format!("build for {said}, or LABEL {label}=\"{is}\"");
    let finding = Finding::new(Level::Warn, format!("{label}=\"{said}\" but architecture is {is}"), fix);
    Judgement::looked(1, vec![finding.contrast(said, is)])
}
