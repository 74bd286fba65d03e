//! `config/env-default-password`

use super::super::secrets::Kind;
use super::super::{Context, declare_rule, words};
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// No default password is baked into the configuration
    ///
    /// # What it checks
    /// No URL in ENV, in a label or in a word of ENTRYPOINT, CMD and HEALTHCHECK has a password that everyone tries first
    /// (`changeme`, `password`, `admin`, …) or that is its user's name, and no variable or option whose name says that it holds
    /// a secret has such a value.
    ///
    /// # Why
    /// `${PASSWORD:-changeme}` is expanded when the image is built: PASSWORD changes nothing at run time, and the default is
    /// what the service uses.
    ///
    /// # Symptom
    /// `Authentication failed`, or a database that anyone can open.
    ///
    /// # Fix
    /// Take the variable out of the Dockerfile, and hand the whole value over at run time.
    ///
    /// # Options
    /// None.
    RULE = "config/env-default-password", Safe, Error, since "0.1.0", needs Config,
    unit "value holds no default password" | "values hold no default password", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let (looked, carriers) = context.carriers();
    let findings = carriers.iter().filter_map(|carrier| {
        let Kind::Default(password) = carrier.kind else { return None };
        let (name, shown) = (words::excerpt(carrier.name), words::excerpt(password));
        let whole = if carrier.value == password { String::new() } else { format!(" ({})", words::excerpt(carrier.value)) };
        let message =
            format!("{} {name} carries the default password \"{shown}\"{whole}{}", carrier.instruction, carrier.origin());
        let fix = format!(
            "take {name} out of the Dockerfile and hand it over at run time: ${{VAR:-default}} in ENV is expanded at build time"
        );
        let mut finding = Finding::new(Level::Error, message, fix);
        finding.found = Some(shown);
        Some(finding)
    });
    Judgement::looked(looked, findings.collect())
}
