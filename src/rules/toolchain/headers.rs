//! `toolchain/headers`

use super::super::leftovers::{Below, Leftovers, Names};
use super::super::{Context, declare_rule};
use crate::finding::Judgement;

declare_rule! {
    /// There are no files that only compilers read
    ///
    /// # What it checks
    /// How many bytes C headers, static libraries (`*.a`, `*.la`) and descriptions for pkg-config (`*.pc`) in the directories
    /// of the system have together. Those that packages of Python and Perl itself bring are theirs.
    ///
    /// # Why
    /// They come with `*-dev` packages, and stay where a compiler was removed by its name.
    ///
    /// # Symptom
    /// A larger image.
    ///
    /// # Fix
    /// Build in a stage of its own; install `libx`, not `libx-dev`.
    ///
    /// # Options
    /// - `min-bytes`: fewer bytes are not worth a finding.
    RULE = "toolchain/headers", Safe, Warn, since "0.1.0", needs Tree,
    unit "path, not a header" | "paths, no header among them", options { "min-bytes": Count }, check check
}

static ROW: Leftovers = Leftovers {
    id: "toolchain/headers",
    below: Below::Paths(&["/usr", "/lib", "/opt"]),
    except: Names::of(&["*/{site-packages,dist-packages,node_modules,share,CORE}"]),
    names: Names::of(&["*/{include,pkgconfig}", "*/*.{h,hpp,a,la,pc}"]),
    what: ("header or static library", "headers and static libraries"),
    fix: "multi-stage: install *-dev packages in the builder stage only",
};

fn check(context: &Context<'_>) -> Judgement {
    ROW.judge(context)
}
