//! `toolchain/compilers`

use super::super::{Context, declare_rule};
use super::{Kind, names, tools};
use crate::finding::Judgement;

declare_rule! {
    /// There is no compiler
    ///
    /// # What it checks
    /// No executable in a directory of commands, or in GCC's own, has the name of a compiler, with or without target and
    /// version (`aarch64-linux-gnu-gcc-12`), or leads to one that has. Short names that other programs carry too count as
    /// machine code, or as scripts that no Python distribution owns.
    ///
    /// # Why
    /// A compiler in a runtime image is hundreds of megabytes that nobody needs, and a workshop for an intruder.
    ///
    /// # Symptom
    /// A large image, and findings of scanners.
    ///
    /// # Fix
    /// Build in a stage of its own, and copy what it made.
    ///
    /// # Options
    /// None.
    RULE = "toolchain/compilers", Safe, Error, since "0.1.0", needs Tree,
    unit "executable, not a compiler" | "executables, no compiler among them", check check
}

const KIND: Kind = Kind {
    one: "compiler",
    many: "compilers",
    fix: "multi-stage: install compilers in the builder stage only, and COPY --from=builder what they made",
};

fn check(context: &Context<'_>) -> Judgement {
    tools(context, &KIND, |_, name| names::COMPILERS.contains(&name))
}
