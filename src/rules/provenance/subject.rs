//! `provenance/subject`

use super::super::{Context, declare_rule};
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// The attestation speaks of this image
    ///
    /// # What it checks
    /// The digest of the image's manifest is among the subjects of its attested provenance.
    ///
    /// # Why
    /// The index says that the attestation belongs to the image; the attestation itself names what it speaks of. One that names
    /// another image was attached to this one by somebody else than its builder.
    ///
    /// # Symptom
    /// None; tools that verify attestations refuse it.
    ///
    /// # Fix
    /// Build and push image and attestation in one go. What copies or rewrites manifests afterwards (another compression, an
    /// annotation) makes another image, which the attestation does not know.
    ///
    /// # Options
    /// None.
    RULE = "provenance/subject", Safe, Error, since "0.1.0", needs Config,
    unit "subject of the attestation looked at" | "subjects of the attestation looked at", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let provenance = match context.provenance() {
        Ok(provenance) => provenance,
        Err(judgement) => return judgement,
    };
    let (Some(digest), subjects) = (&context.facts.digest, &provenance.subjects) else {
        return Judgement::skip("the image has no digest where it is");
    };
    if subjects.iter().all(|subject| subject.algorithm() != digest.algorithm()) {
        return Judgement::unknown(format!("the attestation names none of its subjects as {} is named", digest.short()));
    }
    if subjects.contains(digest) {
        return Judgement::looked(subjects.len(), vec![]);
    }
    let named = subjects.first().map(crate::digest::Digest::short).unwrap_or_default();
    let message = format!("the attestation speaks of {named}, the image is {}", digest.short());
    let finding = Finding::new(Level::Error, message, "build and push image and attestation in one go");
    Judgement::looked(subjects.len(), vec![finding.contrast(named, digest.short())])
}
