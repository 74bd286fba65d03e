//! `healthcheck/compiles`

use super::super::{Context, declare_rule, words};
use crate::facts::command::code::{MAX_CHECKED, fault};
use crate::facts::command::program::{Runs, is_python, program, python};
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// The health check's line is a program
    ///
    /// # What it checks
    /// Where HEALTHCHECK is a line of Python behind `-c`, it is one by the grammar of Python 3 of today. A line of more than
    /// 4 KiB is not looked at.
    ///
    /// # Why
    /// Quotes within quotes within JSON: one is easily lost, and the builder does not look into strings.
    ///
    /// # Symptom
    /// The service works, and the container is `unhealthy`, with a `SyntaxError` in `docker inspect`.
    ///
    /// # Fix
    /// Run the line by hand; or put the program into a file, and start that.
    ///
    /// # Options
    /// None.
    RULE = "healthcheck/compiles", Conforms, Info, since "0.1.0", needs Config,
    unit "line is a program" | "lines are programs", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let Some(argv) = context.facts.config.probe() else {
        return super::nothing();
    };
    let line = program(&argv).split_first().and_then(|(name, arguments)| match python(arguments).runs {
        Runs::Code(line) if is_python(name) && line.len() <= MAX_CHECKED => Some(line),
        _ => None,
    });
    let Some(line) = line else {
        return Judgement::skip("the health check is no line of Python");
    };
    let finding = fault(line).map(|fault| {
        let rest = line.lines().nth(fault.line - 1).unwrap_or_default().chars().skip(fault.column - 1).collect::<String>();
        let (at, what) = (format!("line {} column {}", fault.line, fault.column), words::excerpt(&fault.what));
        let message = format!("HEALTHCHECK: the text behind -c is no Python at {at} (\"{}\"): {what}", words::excerpt(&rest));
        Finding::new(Level::Info, message, "close every quote and bracket; or put the program into a file, and start that")
    });
    Judgement::looked(1, finding.into_iter().collect())
}
