//! `config/cmd`

use super::super::{Context, declare_rule};
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// There is a command
    ///
    /// # What it checks
    /// ENTRYPOINT or CMD names a program.
    ///
    /// # Why
    /// Setting ENTRYPOINT in a Dockerfile takes away the CMD of the base image, and clearing it leaves what CMD says.
    ///
    /// # Symptom
    /// `no command specified`, behind `docker: Error response from daemon:`.
    ///
    /// # Fix
    /// `CMD ["program", "argument"]`
    ///
    /// # Options
    /// None.
    RULE = "config/cmd", Starts, Error, since "0.1.0", needs Config,
    unit "command is named" | "commands are named", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let run = &context.facts.config.run;
    if !(run.entrypoint.is_empty() && run.cmd.is_empty()) {
        return Judgement::looked(1, vec![]);
    }
    let fix = "CMD [\"program\", \"argument\"]";
    let finding = Finding::new(Level::Error, "there is neither ENTRYPOINT nor CMD", fix);
    Judgement::looked(1, vec![finding.predicts("no command specified")])
}
