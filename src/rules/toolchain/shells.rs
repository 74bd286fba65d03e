//! `toolchain/shells`

use super::super::{Context, declare_rule};
use super::{Kind, is_shell, tools};
use crate::finding::Judgement;

declare_rule! {
    /// There is no shell
    ///
    /// # What it checks
    /// No executable in a directory of commands has a shell's name or leads to one, and nothing lies in `/busybox`.
    /// `nologin` and `false` are no shells.
    ///
    /// # Why
    /// Without a shell, injected commands have nothing to run in. The usual way in is a base image for debugging.
    ///
    /// # Symptom
    /// `docker exec IMAGE sh` works.
    ///
    /// # Fix
    /// Take the base image without `:debug`, and commands in their JSON form.
    ///
    /// # Options
    /// None.
    RULE = "toolchain/shells", Safe, Error, since "0.1.0", needs Tree,
    unit "executable, not a shell" | "executables, no shell among them", check check
}

const KIND: Kind = Kind {
    one: "shell",
    many: "shells",
    fix: "take out the COPY or RUN that brings a shell in; if the base image does, FROM its variant without a shell (not :debug)",
};

fn check(context: &Context<'_>) -> Judgement {
    tools(context, &KIND, is_shell)
}
