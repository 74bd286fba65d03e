//! `toolchain/internal`

use super::super::{Context, declare_rule};
use super::{Kind, judge, names};
use crate::finding::Judgement;
use crate::text::lossless;

declare_rule! {
    /// No part of a compiler was left behind
    ///
    /// # What it checks
    /// No machine code, wherever it lies, is called as what compilers call: `cc1`, `cc1plus`, `f951`, `lto1`,
    /// `lto-wrapper`, `collect2`, `liblto_plugin.so`.
    ///
    /// # Why
    /// They are the bulk of a compiler, some 30 MB each. Who removes `gcc` by its name removes a driver of one megabyte.
    ///
    /// # Symptom
    /// A large image in which `gcc` is not found.
    ///
    /// # Fix
    /// Build in a stage of its own, and copy what it made.
    ///
    /// # Options
    /// None.
    RULE = "toolchain/internal", Safe, Error, since "0.1.0", needs Tree,
    unit "object, not part of a compiler" | "objects, no part of a compiler among them", check check
}

const KIND: Kind = Kind {
    one: "part of a compiler",
    many: "parts of compilers",
    fix: "multi-stage: install compilers in the builder stage only; to remove one, remove its packages in the RUN that installed them",
};

fn check(context: &Context<'_>) -> Judgement {
    let (tree, objects) = (context.tree, &context.facts.objects);
    let is_part = |name: &[u8]| names::INTERNAL.contains(&names::plain(&lossless(name)).as_str());
    let found = objects.iter().map(|object| object.node).filter(|node| is_part(tree.name(*node)));
    judge(context, &KIND, objects.len(), found)
}
