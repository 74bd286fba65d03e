//! `toolchain/package-managers`

use super::super::{Context, declare_rule};
use super::{Kind, names, tools};
use crate::finding::Judgement;

declare_rule! {
    /// There is no package manager of an operating system
    ///
    /// # What it checks
    /// No executable in a directory of commands has the name of `apt`, `dpkg`, `apk`, `dnf`, `rpm` or another one, or leads to
    /// one that has. Package managers of languages, such as `pip`, are not meant.
    ///
    /// # Why
    /// Who gets in can install what is missing. An image without one is made from a base without a shell, too: there is
    /// nothing in it that the service does not need.
    ///
    /// # Symptom
    /// `apt-get install` works in the container.
    ///
    /// # Fix
    /// Take a base image without one, and copy what has to be installed out of a builder.
    ///
    /// # Options
    /// None.
    RULE = "toolchain/package-managers", Safe, Error, since "0.1.0", needs Tree,
    unit "executable, not a package manager" | "executables, no package manager among them", check check
}

const KIND: Kind = Kind {
    one: "package manager",
    many: "package managers",
    fix: "FROM a base image without a package manager in the last stage; install in the builder stage, and COPY --from=builder",
};

fn check(context: &Context<'_>) -> Judgement {
    tools(context, &KIND, |_, name| names::PACKAGE_MANAGERS.contains(&name))
}
