//! The panes beside the tree: which rows they have.

use std::cmp::Reverse;

use super::filter::Pattern;
use super::subject::Subject;
use crate::finding::{Level, Outcome};
use crate::report;

/// A row of the findings: a rule, and the finding of it, by their places in the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// The rule.
    pub rule: usize,
    /// The finding; none where the row is about the rule.
    pub finding: Option<usize>,
}

impl Said {
    /// The rule and the finding.
    pub fn of(self, image: &report::Image) -> Option<(&report::Rule, Option<&report::Finding>)> {
        let rule = image.rules.get(self.rule)?;
        Some((rule, self.finding.and_then(|finding| rule.findings.get(finding))))
    }

    /// The word before it.
    pub fn word(self, image: &report::Image) -> &'static str {
        match self.of(image) {
            Some((_, Some(finding))) if finding.waived.is_some() => "waived",
            Some((_, Some(finding))) if finding.known => "known",
            Some((_, Some(finding))) => finding.level.word(),
            Some((rule, None)) => rule.outcome.word(),
            None => "",
        }
    }

    /// What it says in a line.
    pub fn text(self, image: &report::Image) -> String {
        match self.of(image) {
            Some((rule, Some(finding))) => format!("{} {}", rule.id, finding.message),
            Some((rule, None)) => match &rule.reason {
                Some(reason) => format!("{} {reason}", rule.id),
                None => format!("{} looked at {}", rule.id, report::figures::grouped(rule.examined)),
            },
            None => String::new(),
        }
    }
}

/// The findings, the worst first, those that stand before others; then what could not be judged; with `all`, then every other
/// rule.
pub fn findings(image: &report::Image, all: bool) -> Vec<Said> {
    let rules = || image.rules.iter().enumerate();
    let of_rule = |(rule, of): (usize, &report::Rule)| {
        (0..of.findings.len()).map(move |finding| Said { rule, finding: Some(finding) }).collect::<Vec<_>>()
    };
    let mut said: Vec<Said> = rules().flat_map(of_rule).collect();
    said.sort_by_key(|said| {
        let finding = said.of(image).and_then(|(_, finding)| finding);
        (finding.is_none_or(|finding| !finding.is_open()), Reverse(finding.map_or(Level::Off, |finding| finding.level)))
    });
    let others = |outcomes: &'static [Outcome]| {
        let others = image.rules.iter().enumerate().filter(move |(_, rule)| outcomes.contains(&rule.outcome));
        others.map(|(rule, _)| Said { rule, finding: None })
    };
    said.extend(others(&[Outcome::Unknown]));
    if all {
        said.extend(others(&[Outcome::Pass]).chain(others(&[Outcome::Skip])));
    }
    said
}

/// The packages, by their places, the largest first or by name.
pub fn packages(subject: &Subject, by_size: bool, pattern: Option<&Pattern>) -> Vec<usize> {
    let all = &subject.packages;
    let fits = |at: &usize| {
        let name = all.get(*at).map_or("", |package| &package.owner.name);
        pattern.is_none_or(|pattern| pattern.fits(name.as_bytes()))
    };
    let mut places: Vec<usize> = (0..all.len()).filter(fits).collect();
    places.sort_by_key(|at| {
        let package = all.get(*at);
        let bytes = package.map_or(0, |package| package.bytes);
        (Reverse(if by_size { bytes } else { 0 }), package.map(|package| (package.owner.name.to_lowercase(), package.owner.kind)))
    });
    places
}
