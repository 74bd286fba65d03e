//! `config/env-secret`

use super::super::secrets::Kind;
use super::super::{Context, declare_rule, words};
use crate::finding::{Finding, Judgement};

declare_rule! {
    /// No secret is baked into the configuration
    ///
    /// # What it checks
    /// No value of ENV, no label and no word of ENTRYPOINT, CMD and HEALTHCHECK holds what has the shape of a secret: a password
    /// in a URL, a private key, a token of AWS, GitHub, GitLab, Slack, Google, npm, PyPI, Docker Hub or Stripe, a JSON web token.
    /// A value whose name says that it holds a secret (`API_TOKEN=…`, `--password …`) is an error where it looks random, else a
    /// warning. References (`${…}`), paths, `*_FILE`, `*_PUBLIC_*` and `GPG_KEY` are none.
    ///
    /// # Why
    /// Whoever can pull the image has the configuration, in every copy of it. A value of ENV cannot be taken back.
    ///
    /// # Symptom
    /// None, until somebody uses it.
    ///
    /// # Fix
    /// Replace the secret, and hand the new one over at run time: from a file (`*_FILE`), or as a variable of the container.
    ///
    /// # Options
    /// None.
    RULE = "config/env-secret", Safe, Error, since "0.1.0", needs Config,
    unit "value holds no secret" | "values hold no secret", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let (looked, carriers) = context.carriers();
    let findings = carriers.iter().filter_map(|carrier| {
        if let Kind::Default(_) = carrier.kind {
            return None;
        }
        let (level, what) = carrier.kind.verdict();
        let (name, fingerprint) = (words::excerpt(carrier.name), carrier.fingerprint());
        let message = format!("{} {name} {what} ({fingerprint}){}", carrier.instruction, carrier.origin());
        let fix = format!("replace the secret, take {name} out of the Dockerfile, and hand it over at run time");
        let mut finding = Finding::new(level, message, fix);
        finding.found = Some(fingerprint);
        Some(finding)
    });
    Judgement::looked(looked, findings.collect())
}
