//! `provenance/build-args-secret`

use super::super::secrets::kind;
use super::super::{Context, declare_rule, words};
use crate::finding::{Finding, Judgement};

declare_rule! {
    /// No secret was handed to the build as an argument
    ///
    /// # What it checks
    /// No build argument of the attested provenance holds what has the shape of a secret, or the value of a name that says that
    /// it holds one. Provenance of `mode=min` leaves arguments out.
    ///
    /// # Why
    /// Provenance is published beside the image, and read by more people than its builder had in mind.
    ///
    /// # Symptom
    /// None, until somebody uses it.
    ///
    /// # Fix
    /// Replace the secret, and hand the new one over as `--secret id=…`, for `RUN --mount=type=secret`.
    ///
    /// # Options
    /// None.
    RULE = "provenance/build-args-secret", Safe, Error, since "0.1.0", needs Config,
    unit "build argument holds no secret" | "build arguments hold no secret", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let arguments = match context.provenance() {
        Ok(provenance) => &provenance.arguments,
        Err(judgement) => return judgement,
    };
    let findings = arguments.iter().filter_map(|(name, value)| {
        let kind = kind(name, value)?;
        let ((level, what), fingerprint) = (kind.verdict(), kind.fingerprint(value));
        let message = format!("the build argument {} {what} ({fingerprint})", words::excerpt(name));
        let mut finding = Finding::new(level, message, "replace the secret, and hand it over with --secret");
        finding.found = Some(fingerprint);
        Some(finding)
    });
    Judgement::looked(arguments.len(), findings.collect())
}
