//! `size/waste`

use super::super::group::EXAMPLES;
use super::super::{Context, declare_rule, words};
use crate::finding::{Finding, Judgement, Level, Place};
use crate::size::Waste;

declare_rule! {
    /// Little is shipped in vain
    ///
    /// # What it checks
    /// Content that a later layer removed, overwrote or shipped again unchanged, and content that stands in the image more than
    /// once, is no more than `max-percent` of all that the layers ship, or less than `min-bytes`.
    ///
    /// # Why
    /// A layer adds and hides, it never takes back: all of this is stored, pulled and unpacked, and nobody sees it.
    ///
    /// # Symptom
    /// None at run time: the image is larger than what `du` says in the container.
    ///
    /// # Fix
    /// Remove in the RUN that made it, `COPY --chown` instead of `RUN chown -R`, links instead of copies.
    ///
    /// # Options
    /// - `max-percent`: of all that the layers ship.
    /// - `min-bytes`: what is not worth a word.
    RULE = "size/waste", Lean, Warn, since "0.1.0", needs Tree,
    unit "layer weighed, hardly any waste" | "layers weighed, hardly any waste",
    options { "max-percent": Count, "min-bytes": Bytes }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let (sizes, waste) = (context.sizes, &context.sizes.waste);
    let (bytes, shipped) = (u128::from(waste.bytes), u128::from(sizes.unpacked_bytes));
    let (most, least) = (context.count("max-percent").unwrap_or_default(), context.count("min-bytes").unwrap_or_default());
    let examined = context.facts.layers.len();
    if bytes * 100 <= shipped * u128::from(most) || waste.bytes < least {
        return Judgement::looked(examined, vec![]);
    }
    let percent = bytes * 1000 / shipped.max(1);
    let message = format!(
        "{} of {} ({}.{} %) are shipped and not seen: {}",
        words::bytes(waste.bytes),
        words::bytes(sizes.unpacked_bytes),
        percent / 10,
        percent % 10,
        kinds(waste)
    );
    let worst = waste.causes.first().filter(|cause| cause.bytes >= waste.copies.first().map_or(0, |copies| copies.bytes));
    let fix = worst.map_or("links instead of copies", |cause| &cause.fix);
    let mut finding = Finding::new(Level::Warn, message, fix).contrast(format!("{} %", percent / 10), format!("{most} %"));
    if let Some(cause) = worst {
        finding.place = Place::path(&cause.largest, cause.layer);
        finding.count = waste.causes.iter().fold(0, |sum, cause| sum.saturating_add(cause.files));
        finding.examples = waste.causes.iter().take(EXAMPLES).map(|cause| cause.largest.clone()).collect();
    }
    Judgement::looked(examined, vec![finding])
}

fn kinds(waste: &Waste) -> String {
    let Waste { removed, overwritten, metadata_only, duplicates, .. } = *waste;
    let kinds = [(removed, "removed"), (overwritten, "overwritten"), (metadata_only, "shipped again"), (duplicates, "twice")];
    let said = kinds.iter().filter(|(bytes, _)| *bytes > 0).map(|(bytes, what)| format!("{} {what}", words::bytes(*bytes)));
    said.collect::<Vec<_>>().join(", ")
}
