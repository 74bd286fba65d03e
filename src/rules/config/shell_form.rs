//! `config/shell-form`

use super::super::{Context, declare_rule, last_line, toolchain::names, words};
use super::array::{is_array, of_array};
use crate::facts::command::{Broken, follow, program};
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// No instruction needs a shell that is not there
    ///
    /// # What it checks
    /// ENTRYPOINT, CMD and HEALTHCHECK, behind inits, hand no line to a shell that cannot be started, and none that was meant
    /// as a JSON array. A health check is an error where `exec-form` names it, else a warning.
    ///
    /// # Why
    /// An instruction whose JSON does not parse becomes a line for `/bin/sh -c`, and the build says nothing.
    ///
    /// # Symptom
    /// `exec: "…": stat …: no such file or directory`, `exec: "…": executable file not found in $PATH`, `exec …: …`; of an array
    /// that did not parse `…: 1: […: not found`, `…: 1: [: …: unexpected operator`.
    ///
    /// # Fix
    /// A JSON array with double quotes and without a comma at its end: `CMD ["program", "argument"]`.
    ///
    /// # Options
    /// - `exec-form`: the instructions for which a shell that is there is a warning too; for that of a health check in
    ///   `CMD-SHELL` form there is a rule of its own.
    RULE = "config/shell-form", Starts, Error, since "0.1.0", needs Tree,
    unit "instruction needs no shell" | "instructions need no shell",
    options { "exec-form": Texts }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let (run, strict) = (&context.facts.config.run, context.texts("exec-form"));
    let probe = context.facts.healthcheck.as_ref().map_or(&[][..], |probe| &probe.argv);
    let instructions = [("ENTRYPOINT", &run.entrypoint[..]), ("CMD", &run.cmd), ("HEALTHCHECK", probe)];
    let named = instructions.into_iter().filter(|(_, argv)| !argv.is_empty());
    let is_strict = |instruction: &str| strict.iter().any(|named| named == instruction);
    let findings = named.clone().filter_map(|(name, argv)| finding(context, name, argv, is_strict(name)));
    Judgement::looked(named.count(), findings.collect())
}

fn finding(context: &Context<'_>, instruction: &str, argv: &[String], strict: bool) -> Option<Finding> {
    let (shell, words) = program::program(argv).split_first()?;
    let line = line(shell, words)?;
    let facts = context.facts;
    let command = follow(context.tree, &facts.config, &facts.user, vec![shell.clone()]);
    let broken = command.broken.as_ref();
    let has_rule = instruction == "HEALTHCHECK" && matches!(facts.config.healthcheck(), Some(check) if check.is_shell());
    let level = match broken.is_some() || is_array(line) {
        true if strict || instruction != "HEALTHCHECK" => Level::Error,
        false if !strict || has_rule => return None,
        _ => Level::Warn,
    };
    let predicts = match broken {
        Some(broken) => Some(last_line::broken(context, &command, broken, last_line::init(argv))),
        None => of_array(shell, line),
    };
    let shell = words::excerpt(shell);
    let why = if is_array(line) { "the JSON array did not parse (single quotes or a trailing comma), and " } else { "" };
    let missing = match broken {
        None => String::new(),
        Some(Broken::Missing { .. } | Broken::NotOnPath { .. }) => "; no such shell in the image".to_owned(),
        Some(broken) => format!("; it cannot be started: {broken}"),
    };
    let message = format!("{instruction}: {why}{shell} -c runs \"{}\"{missing}", words::excerpt(line));
    let mut finding = Finding::new(level, message, format!("{instruction} as a JSON array: [\"program\", \"argument\"]"));
    finding.predicts = predicts;
    finding.found = Some(shell);
    Some(finding)
}

/// The line that a shell is handed behind its options, the last of which is `-c`.
fn line<'a>(shell: &str, words: &'a [String]) -> Option<&'a str> {
    let is_shell = names::SHELLS.contains(&names::plain(program::base(shell)).as_str());
    let last = words.iter().position(|word| word.starts_with('-') && !word.starts_with("--") && word.ends_with('c'));
    let is_option = |word: &String| word.starts_with('-') || word == "pipefail";
    let at = last.filter(|last| is_shell && words.iter().take(*last).all(is_option))?;
    words.get(at + 1).map(String::as_str)
}
