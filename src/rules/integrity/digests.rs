//! `integrity/digests`

use super::super::{Context, declare_rule};
use crate::finding::Judgement;

declare_rule! {
    /// Every document and every layer is what its digest says
    ///
    /// # What it checks
    /// Index, manifest and configuration against their digests, each layer's blob against digest and size, each layer's
    /// uncompressed content against its `diff_id`.
    ///
    /// # Why
    /// Everything else that is said of an image is worth as much as this. It cannot fail: a run that finds a difference
    /// ends there, as corrupt. The rule says how much was compared.
    ///
    /// # Symptom
    /// The run ends with exit code 6.
    ///
    /// # Fix
    /// Push the image again; if it happens twice, look for a proxy or a store that alters content.
    ///
    /// # Options
    /// None.
    RULE = "integrity/digests", Whole, Error, since "0.1.0", needs Tree,
    unit "digest verified" | "digests verified", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let verified = &context.facts.verified;
    Judgement::looked(verified.documents + verified.blobs + verified.diff_ids, vec![])
}
