//! `config/builder-env`

use super::super::{Context, declare_rule, words};
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// The environment is that of a service, not of a build
    ///
    /// # What it checks
    /// No variable of ENV has a name that one of `names` matches.
    ///
    /// # Why
    /// What tells installers how to behave has no meaning where nothing is installed; it was copied with the rest of a stage,
    /// or belongs to another base image.
    ///
    /// # Symptom
    /// None.
    ///
    /// # Fix
    /// ENV of the builder stage stays there; ARG serves where one RUN needs it.
    ///
    /// # Options
    /// - `names`: globs of names.
    RULE = "config/builder-env", Conforms, Info, since "0.1.0", needs Config,
    unit "variable is the service's" | "variables are the service's",
    options { "names": Globs }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let (variables, names) = (context.facts.config.variables(), context.globs("names"));
    if names.is_empty() {
        return Judgement::skip("the profile names no variable");
    }
    let builders: Vec<String> = variables.keys().filter(|name| names.is_match(name)).map(|name| words::excerpt(name)).collect();
    let finding = (!builders.is_empty()).then(|| {
        let message = format!("ENV sets what only builders read: {}", words::list(&builders, 5));
        let mut finding = Finding::new(Level::Info, message, "set it in the builder stage, or as ARG for the RUN that needs it");
        finding.count = builders.len() as u64;
        finding
    });
    Judgement::looked(variables.len(), finding.into_iter().collect())
}
