//! `labels/created`

use chrono::{DateTime, TimeDelta};

use super::super::{Context, declare_rule};
use super::labelled;
use crate::finding::{Finding, Judgement, Level};
use crate::text::escape;

declare_rule! {
    /// The label of the time says when the image was made
    ///
    /// # What it checks
    /// The label that `label` names is a time of RFC 3339, no more than `max-hours` from the one in the configuration, where that
    /// has one. An image without the label is the business of labels/required.
    ///
    /// # Why
    /// A label that a script fills in with a fixed time, or that the cache of a build brings back, says of every build that it
    /// is the same.
    ///
    /// # Symptom
    /// None at run time: nobody can tell which build is running.
    ///
    /// # Fix
    /// `--build-arg BUILD_DATE=$(date -u +%Y-%m-%dT%H:%M:%SZ)`.
    ///
    /// # Options
    /// - `label`: the name of the label; without it the rule does not apply.
    /// - `max-hours`: between label and configuration.
    RULE = "labels/created", Conforms, Info, since "0.1.0", needs Config,
    unit "label says when the image was made" | "labels say when the image was made",
    options { "label": Text, "max-hours": Count }, check check
}

const FIX: &str = "--build-arg BUILD_DATE=$(date -u +%Y-%m-%dT%H:%M:%SZ), and LABEL from that ARG in the last stage";

fn check(context: &Context<'_>) -> Judgement {
    let (label, said) = match labelled(context) {
        Ok(found) => found,
        Err(judgement) => return judgement,
    };
    let shown = escape(said.as_bytes());
    let Ok(time) = DateTime::parse_from_rfc3339(said) else {
        let finding = Finding::new(Level::Info, format!("{label}=\"{shown}\" is no time of RFC 3339"), FIX);
        return Judgement::looked(1, vec![finding]);
    };
    let made = context.facts.config.created.as_deref().and_then(|made| DateTime::parse_from_rfc3339(made).ok());
    let most = context.count("max-hours").and_then(|hours| TimeDelta::try_hours(i64::try_from(hours).ok()?));
    let finding = made.zip(most).filter(|(made, most)| (time - made).abs() > *most).map(|(made, _)| {
        let message = format!("{label}=\"{shown}\", and the configuration says {}", made.to_rfc3339());
        Finding::new(Level::Info, message, FIX).contrast(shown.clone(), made.to_rfc3339())
    });
    Judgement::looked(1, finding.into_iter().collect())
}
