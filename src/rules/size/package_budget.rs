//! `size/package-budget`

use std::collections::BTreeMap;

use super::super::{Context, declare_rule, words};
use crate::facts::python::distribution::normalized;
use crate::finding::{Finding, Judgement, Level};
use crate::text::escape;

declare_rule! {
    /// Packages are not larger than they may be
    ///
    /// # What it checks
    /// The files of each Python distribution that `packages` of `[size]` names, as far as RECORD lists them and they are there,
    /// come to no more than it says; of one that is installed twice, both. Names are compared as Python does.
    ///
    /// # Why
    /// One package that brings its tests, its debugging symbols or a second copy of a library is often half of an image.
    ///
    /// # Symptom
    /// None at run time: pulls take longer from release to release.
    ///
    /// # Fix
    /// Pin the release before, or take away what the new one brings and nobody needs; or raise the limit.
    ///
    /// # Options
    /// None beside `packages` of `[size]`; without it the rule does not apply.
    RULE = "size/package-budget", Lean, Warn, since "0.1.0", needs Tree,
    unit "package is within its limit" | "packages are within their limits", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let limits = &context.profile.size.packages;
    if limits.is_empty() {
        return Judgement::skip("[size] of the profile names no packages");
    }
    let mut found: BTreeMap<String, u64> = BTreeMap::new();
    for package in context.sizes.packages.iter().filter(|package| package.kind == "python") {
        let bytes = found.entry(normalized(&package.name)).or_default();
        *bytes = bytes.saturating_add(package.bytes);
    }
    let judged: Vec<_> = limits.iter().filter_map(|(name, most)| Some((name, *most, *found.get(&normalized(name))?))).collect();
    let over = judged.iter().filter(|(_, most, is)| is > most).map(|(name, most, is)| {
        let (name, is, most) = (escape(name.as_bytes()), words::bytes(*is), words::bytes(*most));
        let fix = format!("pin the release before, take away what nobody needs of it, or raise packages.{name} of [size]");
        Finding::new(Level::Warn, format!("{name} has {is}, limit {most}"), fix).of(Some(name)).contrast(is, most)
    });
    Judgement::looked(judged.len(), over.collect())
}
