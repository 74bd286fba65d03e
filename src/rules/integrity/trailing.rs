//! `integrity/trailing`

use super::super::{Context, declare_rule};
use crate::facts::OddityKind;
use crate::finding::{Finding, Judgement, Level, Place};
use crate::text::escape;

declare_rule! {
    /// Nothing follows the end of a layer
    ///
    /// # What it checks
    /// No bytes but zeros follow the end of a layer's tar, and none the end of its compressed data. Several gzip members and
    /// several zstd frames are one stream.
    ///
    /// # Why
    /// No container sees such bytes, and they are stored and pulled with the image: content that passes every scanner. Where
    /// they follow the compressed data, some runtimes fail and others do not.
    ///
    /// # Symptom
    /// `gzip: invalid header`, where a runtime reads on; else none.
    ///
    /// # Fix
    /// Build the image again with a current builder; find out who wrote those bytes.
    ///
    /// # Options
    /// None.
    RULE = "integrity/trailing", Whole, Warn, since "0.1.0", needs Tree,
    unit "layer ends where its content ends" | "layers end where their content ends", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let odd = context.facts.verified.oddities.iter().filter(|(_, odd)| odd.kind == OddityKind::Trailing);
    let findings = odd.map(|(at, odd)| {
        let fix = "build the image again with a current builder, and find out who wrote them";
        Finding::new(Level::Warn, escape(odd.what.as_bytes()), fix).at(Place { path: None, layer: Some(*at) })
    });
    Judgement::looked(context.facts.layers.len(), findings.collect())
}
