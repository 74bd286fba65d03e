//! `layout/required-binaries`

use super::super::{Context, broken, declare_rule};
use crate::facts::command::follow;
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// The programs that the service calls are there
    ///
    /// # What it checks
    /// Each of `names` leads to machine code that the user may execute, as the command is looked for: by its path, or in
    /// `PATH`, through links and the interpreters of scripts.
    ///
    /// # Why
    /// What a service calls at run time stands in no instruction: it was in the builder, and is missing when it is called.
    ///
    /// # Symptom
    /// `FileNotFoundError: [Errno 2] No such file or directory: 'git'`, at the first call.
    ///
    /// # Fix
    /// Install the program in the last stage.
    ///
    /// # Options
    /// - `names`: names or paths of programs.
    RULE = "layout/required-binaries", Whole, Warn, since "0.1.0", needs Tree,
    unit "program that the service calls is there" | "programs that the service calls are there",
    options { "names": Texts }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let (facts, names) = (context.facts, context.texts("names"));
    let findings = names.iter().filter_map(|name| {
        let broken = follow(context.tree, &facts.config, &facts.user, vec![name.clone()]).broken?;
        let fix = format!("install {name} in the last stage, or take it out of the profile");
        let mut finding = Finding::new(Level::Warn, broken.to_string(), fix).at(broken::place(context, &broken));
        finding.found = Some(name.clone());
        Some(finding)
    });
    Judgement::looked(names.len(), findings.collect())
}
