//! `integrity/media-types`

use super::super::{Context, declare_rule};
use crate::facts::OddityKind;
use crate::finding::{Finding, Judgement, Level, Place};
use crate::text::escape;

declare_rule! {
    /// Layers are of the kinds that are pushed and pulled everywhere
    ///
    /// # What it checks
    /// No layer has the media type of a foreign or non-distributable one, and the compression of each is the one that its media
    /// type names. Media types of no layer at all, and schema 1, end the run as unsupported; gzip, zstd and plain tars are well.
    ///
    /// # Why
    /// Registries and tools leave foreign layers out when they copy an image, and fetch them from where their `urls` lead.
    /// Who believes the media type decodes the wrong format.
    ///
    /// # Symptom
    /// `manifest blob unknown`, or `invalid tar header`, where the image was copied to.
    ///
    /// # Fix
    /// Build the image again with a current builder, and push it.
    ///
    /// # Options
    /// None.
    RULE = "integrity/media-types", Whole, Warn, since "0.1.0", needs Tree,
    unit "layer is of a usual kind" | "layers are of usual kinds", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let layers = &context.facts.layers;
    let fix = "build the image again with a current builder, and push it";
    let foreign = layers.iter().enumerate().filter(|(_, layer)| layer.is_foreign()).map(|(at, layer)| {
        let kind = escape(layer.media_type.as_bytes());
        let message = format!("the layer's media type is {kind}: tools leave it out when they copy the image");
        Finding::new(Level::Warn, message, fix).at(Place { path: None, layer: Some(at) })
    });
    let odd = context.facts.verified.oddities.iter().filter(|(_, odd)| odd.kind == OddityKind::MediaType);
    let other = odd
        .map(|(at, odd)| Finding::new(Level::Warn, escape(odd.what.as_bytes()), fix).at(Place { path: None, layer: Some(*at) }));
    Judgement::looked(layers.len(), foreign.chain(other).collect())
}
