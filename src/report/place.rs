//! By what a finding is known again in the next run, and where a host shows it.

use std::collections::BTreeMap;

use super::{Finding, Image, Report, Rule};
use crate::digest::Digest;
use crate::reference::Reference;
use crate::size::snapshot::Fingerprint;

/// The profile that someone would write who has none.
const UNWRITTEN: &str = "lucid-verify.toml";

/// Where something is shown that no file of the repository speaks of.
pub(super) const NOWHERE: (&str, u64) = (UNWRITTEN, 1);

/// Hexadecimal digits of a fingerprint: 128 bits.
const DIGITS: usize = 32;

impl Report {
    /// Every finding of every image, in report order.
    pub(super) fn findings(&self) -> impl Iterator<Item = (&Image, &Rule, &Finding)> {
        let rules = self.images.iter().flat_map(|image| image.rules.iter().map(move |rule| (image, rule)));
        rules.flat_map(|(image, rule)| rule.findings.iter().map(move |finding| (image, rule, finding)))
    }
}

impl Finding {
    /// Where in the repository it is mended, file and line.
    pub(super) fn mended(&self) -> (&str, u64) {
        self.source.as_ref().map_or(NOWHERE, |source| (&source.file, source.line))
    }
}

/// The reference without tag and digest: what stays the same from version to version.
pub(super) fn repository(reference: &str) -> String {
    let parsed = reference.parse::<Reference>().map(|parsed| Reference { tag: None, digest: None, ..parsed }.to_string());
    parsed.unwrap_or_else(|_| reference.to_owned())
}

/// Fingerprints of one report: unlike one another, and the same for the next build of the same image. Layers, digests and
/// lines are not in them; of findings that are otherwise alike the place in their order is.
#[derive(Default)]
pub(super) struct Fingerprints(BTreeMap<String, u64>);

impl Fingerprints {
    /// That of a finding.
    pub(super) fn of(&mut self, image: &Image, rule: &str, finding: &Finding) -> String {
        let known = Fingerprint::new(rule, finding.path.as_deref(), &finding.message);
        self.next(image, rule, &known.at)
    }

    /// That of what is said of a rule, or in its place.
    pub(super) fn next(&mut self, image: &Image, rule: &str, at: &str) -> String {
        // Debug quotes texts, so that no two keys read the same.
        let key = format!("{:?} {:?} {rule:?} {at:?}", repository(&image.reference), image.platform);
        let mut hash = Digest::sha256(key.as_bytes()).hex().clone();
        hash.truncate(DIGITS);
        let ordinal = self.0.entry(hash.clone()).or_default();
        *ordinal += 1;
        format!("{hash}:{ordinal}")
    }
}
