//! `toolchain/build-systems`

use super::super::{Context, declare_rule};
use super::{Kind, names, tools};
use crate::finding::Judgement;

declare_rule! {
    /// There is no build system
    ///
    /// # What it checks
    /// No executable in a directory of commands has the name of `make`, `cmake`, `ninja`, the autotools, or of what they call
    /// (`m4`, `patch`, `pkg-config`), or leads to one that has. Short names that other programs carry too count as machine
    /// code, or as scripts that no Python distribution owns.
    ///
    /// # Why
    /// They build nothing in a runtime image. Where they are, the stage that compiled is the stage that is shipped.
    ///
    /// # Symptom
    /// A large image, and findings of scanners.
    ///
    /// # Fix
    /// Build in a stage of its own, and copy what it made.
    ///
    /// # Options
    /// None.
    RULE = "toolchain/build-systems", Safe, Error, since "0.1.0", needs Tree,
    unit "executable, not a build system" | "executables, no build system among them", check check
}

const KIND: Kind = Kind {
    one: "build tool",
    many: "build tools",
    fix: "multi-stage: install build tools in the builder stage only, and COPY --from=builder what they made",
};

fn check(context: &Context<'_>) -> Judgement {
    tools(context, &KIND, |_, name| names::BUILD_SYSTEMS.contains(&name))
}
