//! `toolchain/binutils`

use super::super::{Context, declare_rule};
use super::{Kind, names, tools};
use crate::finding::Judgement;

declare_rule! {
    /// There is no assembler, no linker, and nothing that takes objects apart
    ///
    /// # What it checks
    /// No executable in a directory of commands is called as a program of binutils or elfutils is: `as`, `ld`, `objdump`,
    /// `strip` and so on, with or without a target. Short names count only as machine code, or as scripts that no
    /// distribution owns.
    ///
    /// # Why
    /// They come with compilers, and stay where a compiler was removed by its name. At run time nobody links.
    ///
    /// # Symptom
    /// A larger image.
    ///
    /// # Fix
    /// Build in a stage of its own, and copy what it made.
    ///
    /// # Options
    /// None.
    RULE = "toolchain/binutils", Safe, Warn, since "0.1.0", needs Tree,
    unit "executable, not of binutils" | "executables, none of binutils among them", check check
}

const KIND: Kind = Kind {
    one: "program of binutils",
    many: "programs of binutils",
    fix: "multi-stage: install binutils in the builder stage only",
};

fn check(context: &Context<'_>) -> Judgement {
    tools(context, &KIND, |_, name| names::BINUTILS.contains(&name))
}
