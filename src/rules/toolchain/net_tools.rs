//! `toolchain/net-tools`

use super::super::{Context, declare_rule};
use super::{Kind, tools};
use crate::finding::Judgement;

declare_rule! {
    /// There is nothing to fetch, to connect or to debug with
    ///
    /// # What it checks
    /// No executable in a directory of commands is called as one of `names` is.
    ///
    /// # Why
    /// They are what an intruder would bring along: what fetches the next program, carries data out, or reads the memory of
    /// another process.
    ///
    /// # Symptom
    /// None, until somebody uses it.
    ///
    /// # Fix
    /// Fetch in a stage of its own. A health check needs no curl: the service's own language can connect.
    ///
    /// # Options
    /// - `names`: the tools.
    RULE = "toolchain/net-tools", Safe, Warn, since "0.1.0", needs Tree,
    unit "executable, not of the tools named" | "executables, none of the tools named among them",
    options { "names": Texts }, check check
}

const KIND: Kind = Kind {
    one: "tool of networks and debugging",
    many: "tools of networks and debugging",
    fix: "install it in the builder stage only; let the health check connect in the service's own language",
};

fn check(context: &Context<'_>) -> Judgement {
    let wanted = context.texts("names");
    if wanted.is_empty() {
        return Judgement::skip("the profile names no tool");
    }
    tools(context, &KIND, |_, name| wanted.iter().any(|tool| tool == name))
}
