//! `history/latest-base`

use super::super::{Context, declare_rule, words};
use crate::facts::build::{Attestation, Material};
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// The base image has a tag that does not move on with every release
    ///
    /// # What it checks
    /// No image that the last stage goes on from is named `latest`, or without tag and digest. The Dockerfile says which image
    /// that is: the one of `--dockerfile`, else the attested one. Without either, all images of the attestation are looked at.
    ///
    /// # Why
    /// Tomorrow the same Dockerfile makes another image. That is meant where the newest patches are wanted; then it is the digest
    /// of the day that says what was built.
    ///
    /// # Symptom
    /// None; a build that breaks without a change.
    ///
    /// # Fix
    /// Name a release, such as `:3.11-slim-bookworm`, or the digest behind it.
    ///
    /// # Options
    /// None.
    RULE = "history/latest-base", Conforms, Info, since "0.1.0", needs Config,
    unit "base image is named by a release" | "base images are named by a release", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let facts = context.facts;
    let attested: &[Material] = match &facts.attestation {
        Attestation::Provenance(provenance) => &provenance.images,
        _ => &[],
    };
    let named: Vec<(String, bool)> = match facts.build.dockerfile.as_ref().and_then(|dockerfile| dockerfile.base()) {
        Some(base) if base.is_of_image() => vec![(base.reference().to_owned(), base.image.contains('@'))],
        Some(_) => return Judgement::skip("the image begins with nothing"),
        None => attested.iter().map(|image| (image.reference(), image.tag.is_none())).collect(),
    };
    if named.is_empty() {
        return Judgement::skip("neither an attestation nor --dockerfile says what the image was made from");
    }
    let moving = named.iter().filter(|(name, is_pinned)| !is_pinned && is_moving(name));
    let findings = moving.map(|(name, _)| {
        let digest = attested.iter().find(|image| image.reference() == *name).and_then(|image| image.digest.as_ref());
        let then = digest.map(|digest| format!(", sha256:{} when it was built", digest.get(..12).unwrap_or(digest)));
        let message = format!("the base image is {}, which moves{}", words::excerpt(name), then.unwrap_or_default());
        Finding::new(Level::Info, words::excerpt(&message), "name a release, or the digest")
    });
    Judgement::looked(named.len(), findings.collect())
}

fn is_moving(name: &str) -> bool {
    let tag = name.rsplit('/').next().and_then(|last| last.split_once(':')).map(|(_, tag)| tag);
    tag.is_none_or(|tag| tag == "latest")
}
