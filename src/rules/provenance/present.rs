//! `provenance/present`

use super::super::{Context, declare_rule, words};
use crate::facts::build::Attestation;
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// What is attested of the image says how it was built
    ///
    /// # What it checks
    /// Where an attestation is attached to the image, SLSA provenance is in it (`slsa.dev/provenance`, v0.2 or v1). Without
    /// attestations there is nothing to look at.
    ///
    /// # Why
    /// Provenance names the builder's base images, their platforms and the revision of the sources: what the image itself
    /// cannot show.
    ///
    /// # Symptom
    /// None.
    ///
    /// # Fix
    /// `docker buildx build --provenance=mode=max --push`. It goes into an index beside the image: pull by the tag or the digest
    /// of that index.
    ///
    /// # Options
    /// None.
    RULE = "provenance/present", Safe, Info, since "0.1.0", needs Config,
    unit "attestation says how the image was built" | "attestations say how the image was built", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let Attestation::Other(kinds) = &context.facts.attestation else {
        return context.provenance().map_or_else(|judgement| judgement, |_| Judgement::looked(1, vec![]));
    };
    let kinds = if kinds.is_empty() { "nothing".into() } else { words::excerpt(&words::list(kinds, 3)) };
    let message = format!("what is attested of the image is {kinds}, no provenance");
    let fix = "docker buildx build --provenance=mode=max";
    Judgement::looked(1, vec![Finding::new(Level::Info, message, fix)])
}
