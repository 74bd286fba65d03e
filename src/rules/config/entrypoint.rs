//! `config/entrypoint`

use super::super::{Context, declare_rule, words};
use crate::facts::command::program::{is_init, program};
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// ENTRYPOINT is empty, or an init alone
    ///
    /// # What it checks
    /// ENTRYPOINT is cleared, or names an init (tini, dumb-init, catatonit, docker-init) that ends with `--`, and the program
    /// stands in CMD.
    ///
    /// # Why
    /// `docker run IMAGE COMMAND` replaces CMD and leaves ENTRYPOINT: with the program in ENTRYPOINT, whatever is asked for
    /// becomes an argument of the service. What the base image has there stays unless it is cleared.
    ///
    /// # Symptom
    /// `docker run IMAGE python3 -m tool` starts the service.
    ///
    /// # Fix
    /// `ENTRYPOINT []`, or `ENTRYPOINT ["/usr/bin/tini", "--"]`, and the program in CMD.
    ///
    /// # Options
    /// None.
    RULE = "config/entrypoint", Conforms, Warn, since "0.1.0", needs Config,
    unit "entry point leaves the program to CMD" | "entry points leave the program to CMD", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let entrypoint = &context.facts.config.run.entrypoint;
    let program = program(entrypoint);
    let shown = words::argv(entrypoint);
    let (message, fix) = match program {
        [] => return Judgement::looked(1, vec![]),
        [init, ..] if is_init(init) && program.last().is_some_and(|word| word == "--") => return Judgement::looked(1, vec![]),
        [init, ..] if is_init(init) => {
            let message = format!("ENTRYPOINT {shown} does not end with \"--\": the init takes options of CMD for its own");
            (message, format!("ENTRYPOINT [{:?}, \"--\"]", words::excerpt(init)))
        }
        _ => {
            let inits = entrypoint.get(..entrypoint.len() - program.len()).filter(|inits| !inits.is_empty());
            let kept = inits.map_or_else(|| "[]".into(), words::argv);
            let whole = if program.len() > 1 { words::argv(program) } else { "the whole command".into() };
            (format!("ENTRYPOINT {shown} holds the program"), format!("ENTRYPOINT {kept}, and in CMD {whole}"))
        }
    };
    let mut finding = Finding::new(Level::Warn, message, fix);
    finding.found = program.first().map(|word| words::excerpt(word));
    Judgement::looked(1, vec![finding])
}
