//! Code Quality: what GitLab shows beside a merge request, a subset of the Code Climate format (docs.gitlab.com, "Code
//! Quality": `description`, `check_name`, `fingerprint`, `severity`, `location`).

use serde_json::{Value, json};

use super::place::{Fingerprints, NOWHERE};
use super::said::shown;
use super::{Finding, Image, Report, Rule};
use crate::finding::{Level, Outcome};

/// Renders a report: every finding, and why something could not be looked at or judged, because a list of nothing reads as
/// a clean image.
pub fn render(report: &Report) -> Vec<u8> {
    let mut fingerprints = Fingerprints::default();
    let findings = report.findings().map(|(image, rule, finding)| {
        entry(
            &rule.id,
            &told(report, image, finding),
            finding.severity(),
            &fingerprints.of(image, &rule.id, finding),
            finding.mended(),
        )
    });
    let mut entries: Vec<Value> = findings.collect();
    for image in &report.images {
        if let Some(failure) = &image.error {
            let fingerprint = fingerprints.next(image, failure.kind, "");
            let said = of(report, image, &shown(&failure.message));
            entries.push(entry(failure.kind, &said, "blocker", &fingerprint, NOWHERE));
        }
        for rule in image.undecided(report.fail_on) {
            let fingerprint = fingerprints.next(image, &rule.id, "could not be judged");
            let said = of(report, image, &format!("could not be judged: {}", shown(rule.reason.as_deref().unwrap_or_default())));
            entries.push(entry(&rule.id, &said, "major", &fingerprint, NOWHERE));
        }
    }
    super::json::document(&entries)
}

fn entry(name: &str, description: &str, severity: &str, fingerprint: &str, (path, line): (&str, u64)) -> Value {
    json!({
        "description": description,
        "check_name": name,
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": path, "lines": {"begin": line}},
    })
}

/// What is wrong, where, and in which image if there are several.
fn told(report: &Report, image: &Image, finding: &Finding) -> String {
    let path = finding.path.as_deref().filter(|path| !finding.message.contains(*path));
    let path = path.map(|path| format!(" ({})", shown(path))).unwrap_or_default();
    let passed = match (&finding.waived, finding.known) {
        (Some(reason), _) => format!("waived ({}): ", shown(reason)),
        (None, true) => "known: ".to_owned(),
        (None, false) => String::new(),
    };
    of(report, image, &format!("{passed}{}{path}", shown(&finding.message)))
}

fn of(report: &Report, image: &Image, said: &str) -> String {
    if report.images.len() > 1 { format!("{}: {said}", shown(&image.reference)) } else { said.to_owned() }
}

impl Image {
    /// Rules that could not be judged and count for that, in an image that was read.
    pub(super) fn undecided(&self, fail_on: Option<Level>) -> impl Iterator<Item = &Rule> {
        let counts = move |rule: &&Rule| {
            rule.outcome == Outcome::Unknown && rule.level > Level::Off && fail_on.is_some_and(|least| rule.level >= least)
        };
        let rules = if self.error.is_none() { &self.rules[..] } else { &[] };
        rules.iter().filter(counts)
    }
}

impl Finding {
    /// One that is waived or known weighs no more than a remark.
    fn severity(&self) -> &'static str {
        match self.level {
            Level::Error if self.is_open() => "critical",
            Level::Warn if self.is_open() => "major",
            _ => "info",
        }
    }
}
