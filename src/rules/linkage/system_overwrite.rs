//! `linkage/system-overwrite`

use super::super::blame::copies;
use super::super::{Context, Offence, declare_rule, words};
use super::family::{is_of_system, is_shallow};
use crate::finding::{Judgement, Level};
use crate::vfs::{Change, Event, LayerIndex, LayerPath};

declare_rule! {
    /// The loader and the C library are those of the base
    ///
    /// # What it checks
    /// No COPY or ADD writes other content over a loader, a part of the C library, the libraries of the compilers, OpenSSL or
    /// zlib that a lower layer put into the system's directories of libraries; and none puts a link where such a directory
    /// was. What a RUN does is a package manager's business.
    ///
    /// # Why
    /// The parts of a C library fit each other and nothing else. A builder's, copied one by one over the base's, fit some of
    /// what is there.
    ///
    /// # Symptom
    /// `…: symbol lookup error: …: undefined symbol: …, version GLIBC_PRIVATE`; or the loader ends with a signal.
    ///
    /// # Fix
    /// Take that COPY out: the base has its own loader and libraries.
    ///
    /// # Options
    /// None.
    RULE = "linkage/system-overwrite", Whole, Error, since "0.1.0", needs Tree,
    unit "library of the system is the base's" | "libraries of the system are the base's", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let (trail, instructions) = (context.tree.trail(), &context.facts.instructions);
    if instructions.len() < 2 || instructions.iter().all(Option::is_none) {
        return Judgement::skip("nothing tells the base from what was put above it");
    }
    let asked: Vec<(&LayerPath, &[Event])> = trail.changed().filter(|(path, _)| is_of_system(path)).collect();
    let lone = trail.lone().filter(|node| is_shallow(context.tree, *node) && is_of_system(&context.tree.path(*node))).count();
    let is_copied = |layer: LayerIndex| instructions.get(layer).and_then(Option::as_deref).is_some_and(copies);
    let written = |path: &LayerPath, events: &[Event]| {
        let (first, later) = events.split_first()?;
        let is_other = |event: &&Event| match event.change {
            Change::Rewritten { same_content } => !same_content && event.layer > first.layer,
            Change::Added | Change::Removed(_) => false,
        };
        let last = later.iter().rev().find(is_other).map(|event| event.layer).filter(|layer| is_copied(*layer));
        last.map(|layer| Offence { path: path.clone(), layer: Some(layer), what: () })
    };
    let offences = asked.iter().filter_map(|(path, events)| written(path, events));
    let groups = context.group(offences);
    let findings = groups.iter().map(|group| {
        let message = match group.count() {
            1 => format!("{} was replaced above the base", group.first()),
            count => format!(
                "{} of the system were replaced above the base (first: {})",
                words::count(count, "library", "libraries"),
                group.first()
            ),
        };
        let fix = "take out that COPY: the base has its own loader and libraries";
        group.finding(Level::Error, message, fix)
    });
    Judgement::looked(asked.len() + lone, findings.collect())
}
