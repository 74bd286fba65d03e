//! `linkage/cxx-version`

use super::super::{Context, declare_rule};
use super::versions;
use crate::finding::Judgement;

declare_rule! {
    /// The other libraries of the image are new enough for its machine code
    ///
    /// # What it checks
    /// As linkage/glibc-version, for the versions of every other library: `GLIBCXX_` and `CXXABI_` of the C++ library,
    /// `GCC_`, `OPENSSL_`, and whatever others have. A library without versions has no wrong ones.
    ///
    /// # Why
    /// What a newer compiler makes wants its newer library, and what is linked with a newer OpenSSL that one.
    ///
    /// # Symptom
    /// ``ImportError: …/libstdc++.so.6: version `GLIBCXX_…' not found (required by …)``
    ///
    /// # Fix
    /// Name the release of the builder, the same as that of the image; or `pip install --only-binary=:all:`.
    ///
    /// # Options
    /// None.
    RULE = "linkage/cxx-version", Starts, Error, since "0.1.0", needs Tree,
    unit "ELF object and library agree on versions" | "pairs of ELF object and library agree on versions", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let fix = "build on the same Debian release as the image, or COPY the library from that builder, too";
    versions::judgement(context, |version| !version.starts_with(versions::GLIBC), fix)
}
