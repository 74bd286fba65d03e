//! `healthcheck/connect-ex`

use super::super::{Context, declare_rule};
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// The health check asks with `connect_ex`
    ///
    /// # What it checks
    /// Where HEALTHCHECK is Python (a line, or a file that is small enough to be read), its sockets use `connect_ex`, or `connect` inside of a `try`. Requests over HTTP
    /// are fine.
    ///
    /// # Why
    /// `connect` raises an exception where nobody listens: the check fails for the right reason and in the wrong way, with a
    /// traceback instead of an exit code that somebody chose, and the socket is not closed.
    ///
    /// # Symptom
    /// `ConnectionRefusedError` with its traceback in every record of the check.
    ///
    /// # Fix
    /// `result = s.connect_ex(('127.0.0.1', PORT)); s.close(); exit(0 if result == 0 else 1)`
    ///
    /// # Options
    /// None.
    RULE = "healthcheck/connect-ex", Conforms, Warn, since "0.1.0", needs Tree,
    unit "connection is asked for without an exception" | "connections are asked for without an exception", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let script = match context.script() {
        Ok(script) => script,
        Err(skip) => return skip,
    };
    let finding = (script.raises > 0).then(|| {
        let message = "HEALTHCHECK uses connect(): an exception becomes exit 1 with a traceback";
        Finding::new(Level::Warn, message, "result = s.connect_ex(…); exit(0 if result == 0 else 1)")
    });
    Judgement::looked(script.opens.len(), finding.map(|finding| context.in_script(finding)).into_iter().collect())
}
