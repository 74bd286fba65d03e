//! `config/onbuild`

use super::super::{Context, declare_rule, words};
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// No instruction waits for another build
    ///
    /// # What it checks
    /// The configuration has no ONBUILD.
    ///
    /// # Why
    /// ONBUILD is for images that others are built from. In a service it was left over, and runs in the build of whoever takes
    /// the service for a base.
    ///
    /// # Symptom
    /// None at run time; builds on top of the image do what their Dockerfile does not say.
    ///
    /// # Fix
    /// Take ONBUILD out of the Dockerfile.
    ///
    /// # Options
    /// None.
    RULE = "config/onbuild", Conforms, Warn, since "0.1.0", needs Config,
    unit "configuration leaves nothing to another build" | "configurations leave nothing to another build", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let left = &context.facts.config.run.on_build;
    let finding = left.first().map(|first| {
        let count = words::count(left.len() as u64, "ONBUILD instruction waits", "ONBUILD instructions wait");
        let message = format!("{count} for another build (first: {})", words::excerpt(first));
        let mut finding = Finding::new(Level::Warn, message, "take ONBUILD out of the Dockerfile");
        finding.count = left.len() as u64;
        finding
    });
    Judgement::looked(1, finding.into_iter().collect())
}
