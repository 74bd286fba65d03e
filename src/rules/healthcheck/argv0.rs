//! `healthcheck/argv0`

use super::super::{Context, broken, declare_rule};
use crate::finding::Judgement;

declare_rule! {
    /// The health check leads to something that can run
    ///
    /// # What it checks
    /// The first word of HEALTHCHECK is found through PATH, links and the interpreters of scripts, down to machine code whose
    /// loader is in the image, and the user may execute it. ENTRYPOINT is not put before it. A line for a shell needs that
    /// shell.
    ///
    /// # Why
    /// A check that cannot be started fails like one of a service that is down. Most are written for images with a shell and
    /// curl, and copied.
    ///
    /// # Symptom
    /// The service works, and the container is `unhealthy`. Behind `OCI runtime exec failed:`, `docker inspect` has
    /// `exec: "…": executable file not found in $PATH`, `exec: "…": stat …: no such file or directory`,
    /// `exec: "…": permission denied`, `exec: "…": is a directory`; or `exec …: no such file or directory`,
    /// `exec …: permission denied`, `exec …: exec format error`, `…: ‘…’: No such file or directory`.
    ///
    /// # Fix
    /// Use the interpreter of the image: `HEALTHCHECK CMD ["/usr/bin/python3", "-c", "…"]`.
    ///
    /// # Options
    /// None.
    RULE = "healthcheck/argv0", Starts, Error, since "0.1.0", needs Tree,
    unit "step leads from the health check to machine code" | "steps lead from the health check to machine code", check check
}

fn check(context: &Context<'_>) -> Judgement {
    match &context.facts.healthcheck {
        Some(probe) => broken::judgement(context, probe, |_| "HEALTHCHECK"),
        None => super::nothing(),
    }
}
