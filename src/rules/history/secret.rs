//! `history/secret`

use std::collections::BTreeSet;

use super::super::secrets::kind;
use super::super::{Context, declare_rule, words};
use crate::facts::history::{Step, assignments};
use crate::finding::{Finding, Judgement, Place};

declare_rule! {
    /// No secret stays behind in the history
    ///
    /// # What it checks
    /// No build argument, no ARG, no ENV that a later one replaced, and no URL or token in what RUN, COPY and ADD did holds a
    /// secret: what has the shape of one, or the value of a name that says so. What ENV and labels hold in the end,
    /// config/env-secret looks at.
    ///
    /// # Why
    /// The history is part of the configuration, and every pull hands it out. BuildKit writes the value of each build argument
    /// into the line of each RUN behind it.
    ///
    /// # Symptom
    /// None, until somebody runs `docker history --no-trunc`.
    ///
    /// # Fix
    /// Replace the secret, and hand the new one to the step that needs it: `RUN --mount=type=secret,id=…`.
    ///
    /// # Options
    /// None.
    RULE = "history/secret", Safe, Error, since "0.1.0", needs Config,
    unit "line of the history holds no secret" | "lines of the history hold no secret", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let (config, steps) = (&context.facts.config, &context.facts.history.steps);
    let labels = config.run.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let mut seen: BTreeSet<(&str, &str)> = config.variables().into_iter().chain(labels).collect();
    let mut findings = Vec::new();
    for step in steps {
        for (name, value) in carried(step) {
            let Some(kind) = kind(name, value).filter(|_| seen.insert((name, value))) else { continue };
            let ((level, what), fingerprint) = (kind.verdict(), kind.fingerprint(value));
            let name =
                if name.is_empty() { step.keyword.to_owned() } else { format!("{} {}", step.keyword, words::excerpt(name)) };
            let message = format!("{name} {what} ({fingerprint}), in line {} of the history", step.line);
            let fix = "replace the secret, and hand it to the step that needs it: RUN --mount=type=secret";
            let mut finding = Finding::new(level, message, fix).at(Place { path: None, layer: step.layer });
            finding.found = Some(fingerprint);
            findings.push(finding);
        }
    }
    Judgement::looked(steps.len(), findings)
}

/// Names and values in a line, and each word that a step was told; a private key takes several.
fn carried(step: &Step) -> Vec<(&str, &str)> {
    let given = step.arguments.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    match step.keyword {
        "ARG" | "ENV" => assignments(&step.text).collect(),
        "RUN" | "COPY" | "ADD" => {
            let key = Some(("", step.text.as_str())).filter(|(_, text)| text.contains("-----BEGIN "));
            given.chain(step.text.split_whitespace().map(|word| ("", word))).chain(key).collect()
        }
        _ => Vec::new(),
    }
}
