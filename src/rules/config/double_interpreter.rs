//! `config/double-interpreter`

use super::super::{Context, declare_rule};
use crate::facts::command::program::is_python;
use crate::finding::{Finding, Judgement, Level};
use crate::text::escape;

declare_rule! {
    /// ENTRYPOINT and CMD do not both name the interpreter
    ///
    /// # What it checks
    /// ENTRYPOINT is an interpreter alone, and CMD does not start with one.
    ///
    /// # Why
    /// Base images for Python have the interpreter as their ENTRYPOINT, and it stays unless it is cleared: a CMD that names
    /// the interpreter too makes it read its own machine code as a program.
    ///
    /// # Symptom
    /// `SyntaxError: source code cannot contain null bytes`
    ///
    /// # Fix
    /// `ENTRYPOINT []` before CMD.
    ///
    /// # Options
    /// None.
    RULE = "config/double-interpreter", Starts, Error, since "0.1.0", needs Config,
    unit "command names one interpreter at most" | "commands name one interpreter at most", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let run = &context.facts.config.run;
    let ([interpreter], [program, ..]) = (run.entrypoint.as_slice(), run.cmd.as_slice()) else {
        return Judgement::looked(1, vec![]);
    };
    if !(is_python(interpreter) && is_python(program)) {
        return Judgement::looked(1, vec![]);
    }
    let (interpreter, program) = (escape(interpreter.as_bytes()), escape(program.as_bytes()));
    let message = format!("ENTRYPOINT and CMD both name the interpreter: {interpreter} will run {program} as its program");
    let mut finding = Finding::new(Level::Error, message, "add ENTRYPOINT [] before CMD");
    finding.predicts = Some(if program.contains('/') {
        "SyntaxError: source code cannot contain null bytes".into()
    } else {
        format!("{interpreter}: can't open file '{program}': [Errno 2] No such file or directory")
    });
    Judgement::looked(1, vec![finding])
}
