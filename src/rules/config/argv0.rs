//! `config/argv0`

use super::super::{Context, broken, declare_rule};
use crate::finding::Judgement;

declare_rule! {
    /// The command leads to something that can run
    ///
    /// # What it checks
    /// The first word of ENTRYPOINT and CMD is found through PATH, through links and through the interpreters of scripts,
    /// down to machine code whose loader is in the image, and the user may execute it. So is the program behind an init.
    ///
    /// # Why
    /// Each step is a file that another instruction brings: a console script names the builder's interpreter, a link the
    /// base's, a copied executable the builder's loader. The kernel says "no such file" of the script, not of what it names.
    ///
    /// # Symptom
    /// The container does not start: `exec: "…": executable file not found in $PATH`,
    /// `exec: "…": stat …: no such file or directory`, `exec: "…": permission denied`, `exec: "…": is a directory`; or ends at
    /// once: `exec …: no such file or directory`, `exec …: permission denied`, `exec …: exec format error`,
    /// `…: ‘…’: No such file or directory`; behind an init `[FATAL tini (…)] exec … failed: …`, `[dumb-init] …: …`,
    /// `ERROR (catatonit:2): failed to exec pid1: …`. Without a command: `no command specified`.
    ///
    /// # Fix
    /// Name the interpreter by its full path and the program as its argument: `CMD ["/usr/bin/python3", "-m", "module"]`.
    ///
    /// # Options
    /// None.
    RULE = "config/argv0", Starts, Error, since "0.1.0", needs Tree,
    unit "step leads from the command to machine code" | "steps lead from the command to machine code", check check
}

fn check(context: &Context<'_>) -> Judgement {
    broken::judgement(context, &context.facts.command, |word| context.instruction_of(word))
}
