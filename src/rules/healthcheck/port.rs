//! `healthcheck/port`

use std::collections::BTreeSet;

use super::super::{Context, declare_rule, words};
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// The health check asks a port that the service serves
    ///
    /// # What it checks
    /// The ports of the container itself that HEALTHCHECK connects to, as far as its words show them, are among those of
    /// EXPOSE, or the value of a variable whose name ends in `PORT`. Ports of other hosts are their business.
    ///
    /// # Why
    /// Health checks are copied from service to service, and the port is what is forgotten.
    ///
    /// # Symptom
    /// The service works, and the container is `unhealthy`.
    ///
    /// # Fix
    /// The port of EXPOSE in HEALTHCHECK.
    ///
    /// # Options
    /// None.
    RULE = "healthcheck/port", Conforms, Warn, since "0.1.0", needs Tree,
    unit "port that is asked is served" | "ports that are asked are served", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let Some(probe) = &context.facts.probe else {
        return super::nothing();
    };
    let config = &context.facts.config;
    let exposed: BTreeSet<&str> = config.run.exposed_ports.keys().filter_map(|port| port.split('/').next()).collect();
    let ports: Vec<String> = probe.ports().map(|port| port.to_string()).collect();
    if ports.is_empty() || exposed.is_empty() {
        return Judgement::skip("its words name no port of the container, or there is none to compare with");
    }
    let variables = config.variables().into_iter().filter(|(name, _)| name.ends_with("PORT"));
    let served: BTreeSet<&str> = variables.map(|(_, value)| value).chain(exposed.iter().copied()).collect();
    let wrong = ports.iter().find(|port| !served.contains(port.as_str()));
    let finding = wrong.map(|port| {
        let named = words::excerpt(&words::list(&exposed.iter().collect::<Vec<_>>(), 4));
        let message = format!("HEALTHCHECK asks port {port}, which nothing exposes: EXPOSE has {named}");
        Finding::new(Level::Warn, message, "ask the port that the service serves").contrast(port, named)
    });
    Judgement::looked(ports.len(), finding.map(|finding| context.in_script(finding)).into_iter().collect())
}
