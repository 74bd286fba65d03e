//! An image held against its baseline.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Asking;
use super::baseline::{Baseline, Other, doing};
use super::snapshot::{fingerprint, fingerprints};
use crate::error::{Error, Kind, Result};
use crate::finding::{Judgement, Outcome};
use crate::profile::Profile;
use crate::report;
use crate::rules::Judged;
use crate::size::delta::Findings;
use crate::size::snapshot::Fingerprint;
use crate::size::{Delta, Growth, Snapshot, Threshold};

/// The rule whose findings are of the comparison itself: no baseline can have them.
const OF_THE_COMPARISON: &str = "size/regression";

/// What images are compared with, and what comes of it.
pub struct Gate<'a> {
    /// The baseline.
    pub baseline: &'a Baseline,
    /// Whether there may be none yet.
    pub is_optional: bool,
    /// How much an image may have grown; empty: what the profile says.
    pub max_growth: &'a [Threshold],
    /// Whether findings that the baseline has, too, are let pass.
    pub new_only: bool,
}

impl Asking<'_> {
    /// Whether the baseline, as far as it is known before an image is read, can be compared with: there is no use in reading
    /// gigabytes to say that it cannot.
    pub(super) fn ready(&self) -> Result<()> {
        let Some(gate) = self.gate else { return Ok(()) };
        let Some(()) = gate.baseline.is_there()? else { return if gate.is_optional { Ok(()) } else { Err(gate.missing()) } };
        if gate.new_only && !gate.baseline.is_judged() { Err(gate.unjudged()) } else { Ok(()) }
    }
}

impl Gate<'_> {
    fn missing(&self) -> Error {
        let error = Error { kind: Kind::Usage, ..self.baseline.absence() };
        error.doing("find the baseline").hint("--save-baseline FILE writes one; --baseline-optional goes on without")
    }

    fn unjudged(&self) -> Error {
        let what = format!("the baseline {} holds no findings, which --new-only compares", self.baseline.name());
        Error::new(Kind::Usage, what).hint("name an image, or the report of one that was verified")
    }

    /// The baseline of an image; `None`: there is none yet, and need not be. What is wrong with it is a mistake in what was
    /// asked for; who may not see it, or cannot reach it, is told so.
    fn find(&self, new: &Snapshot, other: &Other<'_>) -> Result<Option<Arc<Snapshot>>> {
        let found = self.baseline.beside(new, other).map_err(|error| {
            let is_of_the_baseline = matches!(error.kind, Kind::NotFound | Kind::Corrupt | Kind::Unsupported | Kind::Limit);
            let kind = if is_of_the_baseline { Kind::Usage } else { error.kind };
            let doing = doing(self.baseline.name());
            let is_told = error.doing.first().is_some_and(|first| *first == doing);
            let error = Error { kind, ..error };
            if is_told { error } else { error.doing(doing) }
        })?;
        match found {
            None if self.is_optional => Ok(None),
            None => Err(self.missing()),
            Some(old) => {
                let differ = |what| {
                    let error = Error::new(Kind::Usage, what).hint("name a baseline of the platform that the image has");
                    error.doing(format!("compare with the baseline {}", self.baseline.name()))
                };
                Delta::comparable(&old, new).map_err(differ)?;
                if self.new_only && old.findings.is_none() { Err(self.unjudged()) } else { Ok(Some(old)) }
            }
        }
    }
}

/// What came of looking for a baseline.
pub(super) struct Compared {
    with: Option<(Delta, Arc<Snapshot>)>,
    failed: Option<Error>,
    /// What is said where there is nothing to compare with.
    otherwise: Judgement,
}

/// Compares an image with its baseline. One that was not read to its end is not compared.
pub(super) fn compare(new: Option<&Snapshot>, other: &Other<'_>) -> Compared {
    let without = |otherwise| Compared { with: None, failed: None, otherwise };
    let (Some(gate), Some(new)) = (other.asking.gate, new) else {
        return without(Judgement::skip("there is no baseline: --baseline names one"));
    };
    match gate.find(new, other) {
        Ok(Some(old)) => Compared { with: Some((Delta::of(&old, new), old)), ..without(Judgement::default()) },
        Ok(None) => without(Judgement::skip(format!("there is no baseline yet: {} does not exist", gate.baseline.name()))),
        Err(error) => Compared { otherwise: Judgement::unknown(error.to_string()), failed: Some(error), with: None },
    }
}

impl Compared {
    /// What the rules see of it.
    pub fn growth<'a>(
        &'a self,
        new: Option<&'a Snapshot>,
        asking: &Asking<'a>,
        profile: &'a Profile,
    ) -> Result<Growth<'a>, &'a Judgement> {
        let (Some((delta, old)), Some(new), Some(gate)) = (&self.with, new, asking.gate) else { return Err(&self.otherwise) };
        let thresholds = if gate.max_growth.is_empty() { &profile.size.max_growth } else { gate.max_growth };
        Ok(Growth { old, new, delta, thresholds, any: profile.size.any })
    }

    /// Adds to the report what the comparison says.
    pub fn settle(self, image: &mut report::Image, new: Option<&mut Snapshot>, judged: &[Judged], asking: &Asking<'_>) {
        if let Some(error) = &self.failed {
            image.complete = false;
            image.error = Some(error.into());
        }
        let Some(new) = new else { return };
        new.findings = Some(fingerprints(&image.rules).into_iter().filter(|found| found.rule != OF_THE_COMPARISON).collect());
        let Some((mut delta, old)) = self.with else {
            image.notes.extend(
                self.otherwise.reason().filter(|_| asking.gate.is_some()).map(|why| format!("{OF_THE_COMPARISON}: {why}")),
            );
            return;
        };
        let found = found_again(old.findings.as_deref(), &image.rules);
        delta.findings = found.as_ref().zip(new.findings.as_ref()).map(|(old, new)| Findings::of(old, new));
        image.delta = Some(delta);
        if let Some(found) = found.filter(|_| asking.gate.is_some_and(|gate| gate.new_only)) {
            pass_known(&mut image.rules, judged, &found);
        }
    }
}

/// The findings of the baseline that could have been found again: of rules that were asked now, and that could judge.
fn found_again(old: Option<&[Fingerprint]>, rules: &[report::Rule]) -> Option<Vec<Fingerprint>> {
    let could = |rule: &str| rules.iter().any(|asked| asked.id == rule && asked.outcome != Outcome::Unknown);
    Some(old?.iter().filter(|finding| could(&finding.rule) && finding.rule != OF_THE_COMPARISON).cloned().collect())
}

/// Lets findings pass that the baseline has, too, each of its own once, and of no fewer offenders. A rule of which nothing else is left has passed, as
/// far as it could judge, and explains nothing.
fn pass_known(rules: &mut [report::Rule], judged: &[Judged], old: &[Fingerprint]) {
    let mut known: BTreeMap<(String, String), Vec<u64>> = BTreeMap::new();
    for finding in old {
        let (at, offenders) = finding.offenders();
        known.entry((finding.rule.clone(), at.to_owned())).or_default().push(offenders);
    }
    for (rule, judged) in rules.iter_mut().zip(judged) {
        let found: Vec<Fingerprint> = rule.findings.iter().map(|finding| fingerprint(rule, finding)).collect();
        for (finding, found) in rule.findings.iter_mut().zip(&found).filter(|(finding, _)| finding.is_open()) {
            let (at, offenders) = found.offenders();
            let Some(before) = known.get_mut(&(found.rule.clone(), at.to_owned())) else { continue };
            if let Some(same) = before.iter().position(|before| *before >= offenders) {
                before.swap_remove(same);
                finding.known = true;
            }
        }
        rule.level = rule.open().map(|finding| finding.level).max().unwrap_or(judged.level);
        if rule.outcome == Outcome::Fail && rule.open().next().is_none() {
            rule.reason.clone_from(&judged.judgement.unknown);
            rule.outcome = if rule.reason.is_some() { Outcome::Unknown } else { Outcome::Pass };
        }
    }
    let open: BTreeSet<String> =
        rules.iter().filter(|rule| rule.open().next().is_some()).map(|rule| rule.id.to_string()).collect();
    for finding in rules.iter_mut().flat_map(|rule| &mut rule.findings) {
        finding.because = finding.because.take().filter(|cause| finding.known || open.contains(cause));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Finding, Level, Question};
    use crate::rules::{Evidence, Identity, Unit};

    /// A rule with findings, each a path and what explains it, and what the rule could not judge.
    fn judged(id: &'static str, findings: &[(&str, Option<&str>)], unknown: Option<&str>) -> Judged {
        let unit = Unit { one: "", many: "" };
        let rule = Identity { id: id.into(), question: Question::Safe, level: Level::Warn, needs: Evidence::Tree, unit };
        let finding = |(path, because): &(&str, Option<&str>)| {
            let place = crate::finding::Place::path(path, None);
            Finding { because: because.map(ToOwned::to_owned), ..Finding::new(Level::Error, "x", "y").at(place) }
        };
        let judgement = Judgement::looked(1, findings.iter().map(finding).collect()).but(unknown.map(ToOwned::to_owned));
        Judged { rule, level: Level::Warn, judgement }
    }

    fn reported(judged: &Judged) -> report::Rule {
        let finding = |finding: &Finding| report::Finding {
            because: finding.because.clone(),
            path: finding.place.path.clone(),
            ..report::Finding::plain(finding.level, &finding.message, "")
        };
        report::Rule {
            id: judged.rule.id.clone(),
            answers: judged.rule.question,
            level: Level::Error,
            outcome: judged.judgement.outcome(),
            examined: 1,
            reason: None,
            findings: judged.judgement.findings.iter().map(finding).collect(),
        }
    }

    /// Of a rule its outcome, its level, and of each finding whether it is known and what explains it.
    type Passed = (Outcome, Level, Vec<(bool, Option<String>)>);

    fn passed(judged: &[Judged], old: &[(&str, &str)]) -> Vec<Passed> {
        let mut rules: Vec<report::Rule> = judged.iter().map(reported).collect();
        let old: Vec<Fingerprint> = old.iter().map(|(rule, path)| Fingerprint::new(rule, Some(path), "x")).collect();
        let old = found_again(Some(&old), &rules).unwrap();
        pass_known(&mut rules, judged, &old);
        let told = |rule: report::Rule| {
            let findings = rule.findings.into_iter().map(|finding| (finding.known, finding.because));
            (rule.outcome, rule.level, findings.collect())
        };
        rules.into_iter().map(told).collect()
    }

    #[test]
    fn each_finding_of_the_baseline_lets_one_pass() {
        let rule = judged("a/b", &[("/x", None), ("/x", None), ("/y", None)], None);
        let found = passed(std::slice::from_ref(&rule), &[("a/b", "/x"), ("a/c", "/y"), ("a/b", "/z")]);
        assert_eq!(found, [(Outcome::Fail, Level::Error, vec![(true, None), (false, None), (false, None)])]);
        let found = passed(&[rule], &[("a/b", "/x"), ("a/b", "/y"), ("a/b", "/x")]);
        assert_eq!(found, [(Outcome::Pass, Level::Warn, vec![(true, None), (true, None), (true, None)])]);
    }

    #[test]
    fn a_finding_with_more_offenders_than_before_is_new() {
        let found = |before: u64, now: u64| {
            let rule = judged("a/b", &[("/x", None)], None);
            let mut rules = [reported(&rule)];
            rules[0].findings[0].count = now;
            pass_known(&mut rules, &[rule], &[Fingerprint::new("a/b", Some("/x"), "").of(before)]);
            rules[0].findings[0].known
        };
        assert_eq!([found(1, 1), found(3, 3), found(3, 2), found(3, 4), found(1, 2)], [true, true, true, false, false]);
    }

    #[test]
    fn what_could_not_be_judged_stays_so_and_growth_is_never_old() {
        let found = passed(&[judged("a/b", &[("/x", None)], Some("half"))], &[("a/b", "/x")]);
        assert_eq!(found[0].0, Outcome::Unknown);
        let found = passed(&[judged(OF_THE_COMPARISON, &[("/x", None)], None)], &[(OF_THE_COMPARISON, "/x")]);
        assert_eq!(found[0].0, Outcome::Fail);
    }

    #[test]
    fn a_cause_that_is_let_pass_hides_no_new_effect() {
        let rules = [judged("a/b", &[("/x", None)], None), judged("a/c", &[("/y", Some("a/b")), ("/z", Some("a/b"))], None)];
        let found = passed(&rules, &[("a/b", "/x"), ("a/c", "/y")]);
        assert_eq!(found[1].2, [(true, Some("a/b".into())), (false, None)]);
        assert_eq!(passed(&rules, &[])[1].2[1], (false, Some("a/b".into())));
    }
}
