//! `config/expose`

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Context, declare_rule, words};
use crate::facts::probe::Probe;
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// The image says which port it serves
    ///
    /// # What it checks
    /// There are as many ports of EXPOSE as `min-ports` says, and among them are the `ports` of the service, and the one that
    /// a variable gives it: one of `variables`, of the service's own name, or one whose port the health check asks for in
    /// this container. The ports of peers are their business.
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
    /// - `min-ports`: how many; without it the rule does not apply to a service without `ports`.
    /// - `variables`: names of variables that hold the port of the service.
    RULE = "config/expose", Conforms, Warn, since "0.1.0", needs Config,
    unit "port is exposed" | "ports are exposed",
    options { "min-ports": Count, "variables": Texts }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let declared = context.profile.service.as_ref().map(|service| &service.ports[..]).unwrap_or_default();
    let wanted = context.count("min-ports").unwrap_or_default();
    if wanted == 0 && declared.is_empty() {
        return Judgement::skip("the profile wants no port");
    }
    let exposed = &context.facts.config.run.exposed_ports;
    let (found, fix) = (exposed.len(), "EXPOSE the port that the service listens on");
    let message = if found == 0 { "no EXPOSE".into() } else { format!("EXPOSE names {found} of {wanted} ports") };
    let mut findings = Vec::new();
    if (found as u64) < wanted {
        findings.push(Finding::new(Level::Warn, message, fix));
    } else {
        let ports: BTreeSet<&str> = exposed.keys().filter_map(|port| port.split('/').next()).collect();
        let lacking: Vec<String> = declared.iter().map(u16::to_string).filter(|port| !ports.contains(&port[..])).collect();
        if !lacking.is_empty() {
            let message = format!("EXPOSE lacks {}, which the service declares", words::list(&lacking, 4));
            findings.push(Finding::new(Level::Warn, message, format!("EXPOSE {}", lacking.join(" "))));
        }
        let own = own(context).into_iter().filter(|(_, port)| !ports.contains(port));
        findings.extend(own.map(|(name, port)| {
            let (name, port) = (words::excerpt(name), words::excerpt(port));
            let named = words::excerpt(&words::list(&ports.iter().collect::<Vec<_>>(), 4));
            let message = format!("{name} is {port}, EXPOSE has {named}");
            Finding::new(Level::Warn, message, format!("EXPOSE {port}")).contrast(named, port)
        }));
    }
    Judgement::looked(found.max(1), findings)
}

/// The variables that hold the service's own port: by their name, or because the health check asks for it in this container.
fn own<'a>(context: &Context<'a>) -> BTreeMap<&'a str, &'a str> {
    let probed: BTreeSet<String> = context.facts.probe.iter().flat_map(Probe::ports).map(|port| port.to_string()).collect();
    let service = context.profile.service.iter().map(|service| service.name.replace('-', "_").to_ascii_uppercase());
    let mut names: BTreeSet<String> = service.flat_map(|name| [format!("{name}_PORT"), format!("{name}_SERVICE_PORT")]).collect();
    names.extend(context.texts("variables"));
    let is_port = |value: &str| value.parse::<u16>().is_ok_and(|port| port > 0);
    let is_own = |name: &str, value: &str| names.contains(name) || name.ends_with("_PORT") && probed.contains(value);
    context.facts.config.variables().into_iter().filter(|(name, value)| is_port(value) && is_own(name, value)).collect()
}
