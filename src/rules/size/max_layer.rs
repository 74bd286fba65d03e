//! `size/max-layer`

use super::super::{Context, declare_rule, words};
use crate::finding::{Finding, Judgement, Level, Place};
use crate::size::shipped;

declare_rule! {
    /// No layer is larger than it may be
    ///
    /// # What it checks
    /// The regular files that a layer ships, which is what `docker history` shows, come to no more than `max-layer` of `[size]`.
    ///
    /// # Why
    /// A layer is pulled, stored and cached as a whole: one byte of it that changes ships all of it again.
    ///
    /// # Symptom
    /// None at run time: each release pulls as much as the first.
    ///
    /// # Fix
    /// Split the instruction, so that what seldom changes has a layer of its own; or copy less.
    ///
    /// # Options
    /// None beside `max-layer` of `[size]`; without it the rule does not apply.
    RULE = "size/max-layer", Lean, Error, since "0.1.0", needs Tree,
    unit "layer is within the limit" | "layers are within the limit", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let Some(most) = context.profile.size.max_layer else {
        return Judgement::skip("[size] of the profile sets no max-layer");
    };
    let layers = shipped(context.tree);
    let over = layers.iter().filter(|(_, shipped)| shipped.bytes > most).map(|(layer, shipped)| {
        let (is, (path, bytes)) = (words::bytes(shipped.bytes), &shipped.largest);
        let message = format!("the layer ships {is}, limit {}; largest {path}, {}", words::bytes(most), words::bytes(*bytes));
        let fix = "split the instruction so that what seldom changes has its own layer, copy less, or raise max-layer of [size]";
        Finding::new(Level::Error, message, fix).at(Place::path(path, *layer)).contrast(is, words::bytes(most))
    });
    Judgement::looked(layers.len(), over.collect())
}
