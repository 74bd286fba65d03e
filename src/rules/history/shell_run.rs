//! `history/shell-run`

use super::super::{Context, declare_rule, words};
use crate::facts::history::Step;
use crate::finding::{Finding, Judgement, Level, Place};

declare_rule! {
    /// Nothing ran in a shell above a distroless base
    ///
    /// # What it checks
    /// Where the base image is distroless, no RUN of the history handed its line to a shell.
    ///
    /// # Why
    /// Distroless has no shell, so that such a RUN cannot have succeeded: the base image was its debug variant, or a shell was
    /// copied in first. What the image promises is not what it was built from.
    ///
    /// # Symptom
    /// None in this image; on the base that the Dockerfile should name, the build ends with
    /// `exec: "/bin/sh": stat /bin/sh: no such file or directory`.
    ///
    /// # Fix
    /// Do it in the builder stage and copy what it made, or write RUN with brackets: `RUN ["/path/of/python", "-c", "…"]`.
    ///
    /// # Options
    /// None.
    RULE = "history/shell-run", Safe, Error, since "0.1.0", needs Tree,
    unit "instruction needs no shell" | "instructions need no shell", check check
}

fn check(context: &Context<'_>) -> Judgement {
    if context.facts.base.distroless.is_none() {
        return Judgement::skip("the base image is not distroless");
    }
    let steps = match context.own_steps() {
        Ok(steps) => steps,
        Err(judgement) => return judgement,
    };
    let shells: Vec<&Step> = steps.iter().filter(|step| step.is_shell).collect();
    let findings = shells.first().map(|first| {
        let more = shells.len() - 1;
        let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
        let message = format!("{} ran in a shell, and distroless has none{more}", words::excerpt(&first.said));
        let fix = "run it in the builder stage and copy what it made, or write RUN as a list in brackets";
        let mut finding = Finding::new(Level::Error, message, fix).at(Place { path: None, layer: first.layer });
        finding.count = shells.len() as u64;
        finding
    });
    Judgement::looked(steps.len(), findings.into_iter().collect())
}
