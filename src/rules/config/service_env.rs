//! `config/service-env`

use super::super::{Context, declare_rule, words};
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// Ports are numbers, and the service listens to others
    ///
    /// # What it checks
    /// The value of every variable that is called `PORT` or ends in `_PORT` is a number from 1 to 65535. The variables that
    /// give the service its own address (`variables`, and `HOST` behind the service's own name) are not the loopback's.
    /// Values that are still to be filled in are the business of other rules.
    ///
    /// # Why
    /// A value of ENV is text: nobody looks at it before the service does. Who listens on 127.0.0.1 in a container is heard
    /// by nobody outside of it.
    ///
    /// # Symptom
    /// `ValueError: invalid literal for int() with base 10`; or `Connection refused` from everywhere but the container.
    ///
    /// # Fix
    /// A number; and `0.0.0.0`.
    ///
    /// # Options
    /// - `variables`: names of variables that hold the address that the service listens on.
    RULE = "config/service-env", Conforms, Warn, since "0.1.0", needs Config,
    unit "variable can be used" | "variables can be used",
    options { "variables": Texts }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let variables = context.facts.config.variables();
    let service = context.profile.service.iter().map(|service| service.name.replace('-', "_").to_ascii_uppercase());
    let own = service.flat_map(|name| [format!("{name}_HOST"), format!("{name}_SERVICE_HOST")]);
    let own: Vec<String> = own.chain(context.texts("variables")).collect();
    let is_open = |value: &str| value.is_empty() || value.contains(['$', '<', '{']);
    let (mut looked, mut findings) = (0, Vec::new());
    for (name, value) in variables.iter().filter(|(_, value)| !is_open(value)) {
        let is_port = *name == "PORT" || name.ends_with("_PORT");
        let is_host = own.iter().any(|own| own == name);
        let is_number = value.parse::<u16>().is_ok_and(|port| port > 0);
        let is_loopback = *value == "localhost" || *value == "::1" || value.starts_with("127.");
        looked += usize::from(is_port || is_host);
        let (what, want) = match (is_port && !is_number, is_host && is_loopback) {
            (true, _) => ("is no port", "a number from 1 to 65535"),
            (_, true) => ("is heard by nobody outside of the container", "0.0.0.0"),
            _ => continue,
        };
        let value = words::excerpt(value);
        let message = format!("{}=\"{value}\" {what}", words::excerpt(name));
        findings.push(Finding::new(Level::Warn, message, format!("write {want}")).contrast(value, want));
    }
    Judgement::looked(looked, findings)
}
