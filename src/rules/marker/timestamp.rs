//! `marker/timestamp`

use chrono::DateTime;

use super::super::names::Names;
use super::super::{Context, declare_rule};
use super::markers;
use crate::finding::{Finding, Judgement, Level, Place};
use crate::text::lossless;

declare_rule! {
    /// Markers were not written in the future
    ///
    /// # What it checks
    /// The seconds since 1970 at the end of a marker's first line are not more than `tolerance` seconds later than the image
    /// says that it was created. How old a marker is says nothing: builders keep what did not change.
    ///
    /// # Why
    /// The time is what tells one build's marker from another's. One from after the image is that of a clock that runs wrong,
    /// of a file that was written by hand, or beside a creation time that was set (`SOURCE_DATE_EPOCH`).
    ///
    /// # Symptom
    /// None at run time.
    ///
    /// # Fix
    /// Set the builder's clock; where the creation time is set, write that into the markers, too.
    ///
    /// # Options
    /// - `names`: globs of the names that markers have.
    /// - `roots`: the directories below which they are looked for.
    /// - `tolerance`: how many seconds later is well.
    RULE = "marker/timestamp", Conforms, Info, since "0.1.0", needs Tree,
    unit "marker is no younger than the image" | "markers are no younger than the image",
    options { "names": Globs, "roots": Texts, "tolerance": Count }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let created = context.facts.config.created.as_deref().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    let Some(created) = created.map(|time| time.timestamp()).filter(|time| *time > 0) else {
        return Judgement::skip("the image does not say when it was created");
    };
    let (names, tolerance) = (Names::of(context, "names"), context.count("tolerance").unwrap_or_default());
    let latest = created.saturating_add_unsigned(tolerance);
    let (mut looked, mut findings) = (0, Vec::new());
    for (path, (node, trace)) in markers(context, &names) {
        let Some(written) = trace.bytes().and_then(seconds) else { continue };
        looked += 1;
        if written > latest {
            let hours = (written - created) / 3600;
            let at = DateTime::from_timestamp(written, 0).map_or_else(|| written.to_string(), |time| time.to_rfc3339());
            let message = format!("{path} says that it was written at {at}, {hours} h after the image was created");
            let finding = Finding::new(Level::Info, message, "set the clock of the builder");
            findings.push(finding.at(Place::path(&path, context.tree.content_layer(node))));
        }
    }
    Judgement::looked(looked, findings)
}

/// The seconds since 1970 that a marker's first line ends in.
fn seconds(bytes: &[u8]) -> Option<i64> {
    let text = lossless(bytes);
    let number = text.lines().next()?.trim_end().rsplit('_').next()?;
    number.parse().ok().filter(|_| (9..=11).contains(&number.len()))
}
