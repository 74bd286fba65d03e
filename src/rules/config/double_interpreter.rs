//! `config/double-interpreter`

use super::super::{Context, declare_rule, words};
use crate::facts::command::follow;
use crate::facts::command::program::{Runs, is_python, program, python};
use crate::finding::{Finding, Judgement, Level};
use crate::vfs::LayerPath;

declare_rule! {
    /// ENTRYPOINT and CMD do not both name the interpreter
    ///
    /// # What it checks
    /// Behind inits, `env` and its own options, the interpreter that ENTRYPOINT and CMD start is not told to run an
    /// interpreter.
    ///
    /// # Why
    /// Base images for Python have the interpreter as their ENTRYPOINT, and it stays unless it is cleared: a CMD that names
    /// the interpreter too makes it read its own machine code as a program.
    ///
    /// # Symptom
    /// `SyntaxError: source code cannot contain null bytes`, or `…: can't open file '…': [Errno 2] No such file or directory` for
    /// an interpreter without its directory.
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
    let argv: Vec<&str> = run.entrypoint.iter().chain(&run.cmd).map(String::as_str).collect();
    let Some((interpreter, arguments)) = program(&argv).split_first().filter(|(name, _)| is_python(name)) else {
        return Judgement::looked(1, vec![]);
    };
    let Some(second) = script(arguments).filter(|script| is_python(script)) else {
        return Judgement::looked(1, vec![]);
    };
    let message = format!("will run {}: the interpreter is to run an interpreter as its program", words::argv(&argv));
    let fix = if run.entrypoint.is_empty() { "name the interpreter once" } else { "add ENTRYPOINT [] before CMD" };
    let mut finding = Finding::new(Level::Error, message, fix);
    let interpreter = follow(context.tree, &context.facts.config, &context.facts.user, vec![(*interpreter).to_owned()]).chain;
    let interpreter = interpreter.first().map(|step| step.path.to_string()).unwrap_or_default();
    let file = LayerPath::new(&run.working_dir).join(second);
    finding.predicts = if second.contains('/') {
        refuses_zeros(context).then(|| "SyntaxError: source code cannot contain null bytes".into())
    } else {
        Some(format!("{interpreter}: can't open file '{file}': [Errno 2] No such file or directory"))
    };
    Judgement::looked(1, vec![finding])
}

/// Whether the interpreter looks for zeros before anything else, as `CPython` does since 3.11.4; what others say depends on
/// where machine code has its first line and its first byte that is no UTF-8.
fn refuses_zeros(context: &Context<'_>) -> bool {
    let started = context.facts.runtimes.iter().find(|runtime| runtime.started.is_some());
    let version = started.map(|runtime| runtime.interpreter.version);
    version.is_none_or(|version| (version.major, version.minor, version.patch.unwrap_or(u32::MAX)) >= (3, 11, 4))
}

fn script<'a>(arguments: &'a [&str]) -> Option<&'a str> {
    match python(arguments).runs {
        Runs::Script(script) => Some(script),
        _ => None,
    }
}
