//! `config/expose`

use super::super::{Context, declare_rule};
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// The image says which port it serves
    ///
    /// # What it checks
    /// There are as many ports of EXPOSE as `min-ports` says.
    ///
    /// # Why
    /// `docker run -P` and reverse proxies that discover services publish what EXPOSE names.
    ///
    /// # Symptom
    /// None at start; nothing reaches the service.
    ///
    /// # Fix
    /// `EXPOSE PORT` in the last stage.
    ///
    /// # Options
    /// - `min-ports`: how many; without it the rule does not apply.
    RULE = "config/expose", Conforms, Warn, since "0.1.0", needs Config,
    unit "port is exposed" | "ports are exposed",
    options { "min-ports": Count }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let Some(wanted) = context.count("min-ports").filter(|wanted| *wanted > 0) else {
        return Judgement::skip("the profile wants no port");
    };
    let found = context.facts.config.run.exposed_ports.len();
    let message = if found == 0 { "no EXPOSE".into() } else { format!("EXPOSE names {found} of {wanted} ports") };
    let finding =
        ((found as u64) < wanted).then(|| Finding::new(Level::Warn, message, "EXPOSE the port that the service listens on"));
    Judgement::looked(found.max(1), finding.into_iter().collect())
}
