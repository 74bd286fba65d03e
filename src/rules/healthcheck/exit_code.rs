//! `healthcheck/exit-code`

use super::super::{Context, declare_rule};
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// The health check's exit code depends on what it found
    ///
    /// # What it checks
    /// Where HEALTHCHECK is Python (a line, or a file that is small enough to be read) that opens connections, it can end with more than one exit code. Exceptions of
    /// requests count; `exit(0)` behind a `connect` does not.
    ///
    /// # Why
    /// The exit code is all that the check says. One that is always 0 is no check.
    ///
    /// # Symptom
    /// The container is `healthy` and the service does not answer.
    ///
    /// # Fix
    /// `exit(0 if result == 0 else 1)`
    ///
    /// # Options
    /// None.
    RULE = "healthcheck/exit-code", Conforms, Warn, since "0.1.0", needs Tree,
    unit "exit code tells what was found" | "exit codes tell what was found", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let script = match context.script() {
        Ok(script) => script,
        Err(skip) => return skip,
    };
    let finding = script.is_constant.then(|| {
        let message = "HEALTHCHECK: the exit code does not depend on the result";
        Finding::new(Level::Warn, message, "exit(0 if result == 0 else 1)")
    });
    Judgement::looked(1, finding.map(|finding| context.in_script(finding)).into_iter().collect())
}
