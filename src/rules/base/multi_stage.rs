//! `base/multi-stage`

use super::super::{Context, declare_rule, words};
use crate::facts::history::Step;
use crate::finding::{Finding, Judgement, Level, Place};

declare_rule! {
    /// What is installed was installed in another stage
    ///
    /// # What it checks
    /// No RUN above the base image calls one of `commands`. That no build tool came along, the rules of toolchain see.
    ///
    /// # Why
    /// An image of one stage keeps what its packages were built with: compilers, headers, caches, whatever a later RUN removes.
    ///
    /// # Symptom
    /// None; hundreds of megabytes.
    ///
    /// # Fix
    /// Install in a builder stage, and `COPY --from=builder` what was installed.
    ///
    /// # Options
    /// - `commands`: words that install something: `pip install`.
    RULE = "base/multi-stage", Conforms, Warn, since "0.1.0", needs Tree,
    unit "instruction above the base installs nothing" | "instructions above the base install nothing",
    options { "commands": Texts }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let commands = context.texts("commands");
    if commands.is_empty() {
        return Judgement::skip("the profile names no command that installs");
    }
    let steps = match context.own_steps() {
        Ok(steps) => steps,
        Err(judgement) => return judgement,
    };
    let findings = steps.iter().filter_map(|step| {
        let command = commands.iter().find(|command| calls(step, command))?;
        let message = format!("the last stage runs {command}: {}", words::excerpt(&step.said));
        let fix = "install in a builder stage, and COPY --from=builder what was installed";
        Some(Finding::new(Level::Warn, message, fix).at(Place { path: None, layer: step.layer }))
    });
    Judgement::looked(steps.len(), findings.collect())
}

/// Whether a RUN calls a command: its words stand there one behind the other.
fn calls(step: &Step, command: &str) -> bool {
    let name = |word: &str| word.rsplit(['/', '"', '\'', ';', '&', '(']).next().unwrap_or_default().to_owned();
    let said: Vec<String> = step.text.split_whitespace().map(name).filter(|word| !word.starts_with('-')).collect();
    let wanted: Vec<&str> = command.split_whitespace().collect();
    step.keyword == "RUN" && !wanted.is_empty() && said.windows(wanted.len()).any(|words| words == wanted)
}
