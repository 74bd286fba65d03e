//! `healthcheck/exec-form`

use super::super::{Context, declare_rule, words};
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// The health check is a JSON array
    ///
    /// # What it checks
    /// HEALTHCHECK is `CMD` with an argument vector, and not a line for a shell.
    ///
    /// # Why
    /// A line needs a shell in the image, at every check, for as long as the service runs.
    ///
    /// # Symptom
    /// The container is `unhealthy` once the shell is gone.
    ///
    /// # Fix
    /// `HEALTHCHECK CMD ["program", "argument"]`, with double quotes.
    ///
    /// # Options
    /// None.
    RULE = "healthcheck/exec-form", Conforms, Error, since "0.1.0", needs Config,
    unit "health check is an argument vector" | "health checks are argument vectors", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let config = &context.facts.config;
    let (Some(check), Some(argv)) = (config.healthcheck(), config.probe()) else {
        return super::nothing();
    };
    if !check.is_shell() {
        return Judgement::looked(1, vec![]);
    }
    let shell = argv.first().map(|shell| words::excerpt(shell)).unwrap_or_default();
    let message = format!("HEALTHCHECK is CMD-SHELL: {shell} -c runs {}", words::argv(check.test.get(1..).unwrap_or_default()));
    let mut finding = Finding::new(Level::Error, message, "HEALTHCHECK CMD [\"program\", \"argument\"]");
    finding.found = Some(shell);
    Judgement::looked(1, vec![finding])
}
