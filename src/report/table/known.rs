//! Findings that the baseline has, too, and that pass for that.

use crate::report::Image;

/// How many they are, and their rules in report order; nothing where there is none.
pub(in crate::report) fn known(image: &Image) -> Option<(u64, Vec<&str>)> {
    let of = |rule: &crate::report::Rule| {
        rule.findings.iter().filter(|finding| finding.known && finding.waived.is_none()).count() as u64
    };
    let rules: Vec<&str> = image.rules.iter().filter(|rule| of(rule) > 0).map(|rule| &*rule.id).collect();
    (!rules.is_empty()).then(|| (image.rules.iter().map(of).sum(), rules))
}
