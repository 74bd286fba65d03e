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
    /// The files of each package that `packages` of `[size]` names come to no more than it says; of one that is installed
    /// twice, both. A name alone, or behind `python:`, is that of a Python distribution, and compared as Python does;
    /// `deb:NAME` and `apk:NAME` are packages of the system. Each file counts for one package: first for the distribution
    /// whose RECORD names it, then for the package of the system whose list does.
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
    let mut found: BTreeMap<(&str, String), u64> = BTreeMap::new();
    for package in &context.sizes.packages {
        let bytes = found.entry(key(package.kind, &package.name)).or_default();
        *bytes = bytes.saturating_add(package.bytes);
    }
    let of = |name: &str| {
        let (kind, name) = name.split_once(':').unwrap_or((PYTHON, name));
        found.get(&key(kind, name)).copied()
    };
    let judged: Vec<_> = limits.iter().filter_map(|(name, most)| Some((name, *most, of(name)?))).collect();
    let over = judged.iter().filter(|(_, most, is)| is > most).map(|(name, most, is)| {
        let (name, is, most) = (escape(name.as_bytes()), words::bytes(*is), words::bytes(*most));
        let fix = format!("pin the release before, take away what nobody needs of it, or raise packages.\"{name}\" of [size]");
        Finding::new(Level::Warn, format!("{name} has {is}, limit {most}"), fix).of(Some(name)).contrast(is, most)
    });
    Judgement::looked(judged.len(), over.collect())
}

const PYTHON: &str = "python";

fn key<'a>(kind: &'a str, name: &str) -> (&'a str, String) {
    (kind, if kind == PYTHON { normalized(name) } else { name.to_owned() })
}
