//! `linkage/glibc-version`

use super::super::{Context, declare_rule};
use super::versions;
use crate::finding::Judgement;

declare_rule! {
    /// The C library of the image is new enough for its machine code
    ///
    /// # What it checks
    /// Every version of the C library (`GLIBC_2.34`) that the command, the health check and importable extension modules
    /// want, and the libraries that they load, is one that the library which they would load has. Weak ones are not asked
    /// about, nor what musl runs: it knows no versions.
    ///
    /// # Why
    /// What is compiled on a newer release wants a newer C library. The tag of a builder image moves on to the next release
    /// while that of the runtime stays.
    ///
    /// # Symptom
    /// ``ImportError: /lib/…/libc.so.6: version `GLIBC_…' not found (required by …)``
    ///
    /// # Fix
    /// Name the release of the builder, the same as that of the image; or `pip install --only-binary=:all:`.
    ///
    /// # Options
    /// None.
    RULE = "linkage/glibc-version", Starts, Error, since "0.1.0", needs Tree,
    unit "ELF object wants a C library that the image has" | "ELF objects want a C library that the image has", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let fix = "build on the same Debian release as the image: name it in the builder's tag, as -slim-bookworm does, or pip install --only-binary=:all:";
    versions::judgement(context, |version| version.starts_with(versions::GLIBC), fix)
}
