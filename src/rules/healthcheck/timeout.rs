//! `healthcheck/timeout`

use super::super::{Context, declare_rule, words};
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// The health check does not wait forever
    ///
    /// # What it checks
    /// Where HEALTHCHECK is Python (a line, or a file that is small enough to be read), each connection that it opens has a timeout: `settimeout`, `setdefaulttimeout`,
    /// or the argument `timeout`. One that is not shorter than the timeout of HEALTHCHECK itself is a warning.
    ///
    /// # Why
    /// A service that hangs still accepts connections, or its host drops packets: without a timeout the check hangs with
    /// it, is killed from outside, and tells nobody why.
    ///
    /// # Symptom
    /// `Health check exceeded timeout (10s)` in `docker inspect`, and checks that pile up.
    ///
    /// # Fix
    /// `s.settimeout(2)` before the socket connects, or `timeout=2` in the call.
    ///
    /// # Options
    /// None.
    RULE = "healthcheck/timeout", Conforms, Error, since "0.1.0", needs Tree,
    unit "connection ends in time" | "connections end in time", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let (Some(check), script) = (context.facts.config.healthcheck(), context.script()) else {
        return super::nothing();
    };
    let (docker, script) = match script {
        Ok(script) => (check.timeout_or_default(), script),
        Err(skip) => return skip,
    };
    let finding = if !script.endless.is_empty() {
        let message = format!("HEALTHCHECK opens a connection without a timeout: {}", words::list(&script.endless, 3));
        let fix = if script.endless.iter().any(|call| call.starts_with("connect")) { "s.settimeout(2)" } else { "timeout=2" };
        Some(Finding::new(Level::Error, message, fix))
    } else if let Some(timeout) = script.timeout.filter(|timeout| *timeout >= docker) {
        let message = format!("HEALTHCHECK waits {timeout:?} for a connection, and is itself killed after {docker:?}");
        let fix = "a timeout well below that of HEALTHCHECK";
        Some(Finding::new(Level::Warn, message, fix).contrast(format!("{timeout:?}"), format!("below {docker:?}")))
    } else {
        None
    };
    Judgement::looked(script.opens.len(), finding.map(|finding| context.in_script(finding)).into_iter().collect())
}
