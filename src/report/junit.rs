//! `JUnit`: the form in which CI servers show tests. A suite is one of the five answers, a test is a rule that was asked.
//!
//! What is red here makes the run fail, and what makes the run fail is red: a rule fails by findings of the level of
//! `--fail-on`, and lighter ones stand in the output of a test that passes.

use quick_junit::{NonSuccessKind, Property, Report as Document, TestCase, TestCaseStatus, TestSuite, XmlString};

use super::said::shown;
use super::table::familiar;
use super::{Failure, Finding, Image, Report, Rule};
use crate::finding::{Level, Outcome, Question};

/// Renders a report.
pub fn render(report: &Report) -> Vec<u8> {
    let mut document = Document::new(report.tool.name);
    for image in &report.images {
        for question in Question::ALL {
            let mut suite = TestSuite::new(name(report, image, question));
            // What could not be looked at is said once, and first.
            if let Some(failure) = image.error.as_ref().filter(|_| question == Question::Whole) {
                suite.add_test_case(case(&suite.name, "image/read", unread(failure)));
            }
            for rule in image.rules.iter().filter(|rule| rule.answers == question) {
                suite.add_test_case(test(report, image, rule, &suite.name));
            }
            if !suite.test_cases.is_empty() {
                suite.add_properties(properties(image));
                document.add_test_suite(suite);
            }
        }
    }
    let text = document.to_string().unwrap_or_else(|error| unreachable!("texts are written to memory: {error}"));
    text.into_bytes()
}

/// `whole`; of several images with the image before it.
fn name(report: &Report, image: &Image, question: Question) -> String {
    if report.images.len() < 2 {
        return question.word().to_owned();
    }
    let reference = familiar(&image.reference);
    let is_twice = report.images.iter().filter(|other| other.reference == image.reference).count() > 1;
    let platform = image.platform.as_deref().filter(|_| is_twice).map(|platform| format!(" {platform}")).unwrap_or_default();
    shown(&format!("{reference}{platform}: {}", question.word()))
}

/// What the image is, and by what it was judged.
fn properties(image: &Image) -> impl Iterator<Item = Property> {
    let policy = &image.policy;
    let known = [
        ("reference", Some(&image.reference)),
        ("digest", image.digest.as_ref()),
        ("config_digest", image.config_digest.as_ref()),
        ("platform", image.platform.as_ref()),
        ("profile", Some(&policy.profile)),
        ("policy", policy.digest.as_ref()),
    ];
    known.into_iter().filter_map(|(name, value)| Some(Property::new(name, shown(value?))))
}

fn case(suite: &XmlString, name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(suite.clone());
    case
}

fn test(report: &Report, image: &Image, rule: &Rule, suite: &XmlString) -> TestCase {
    let counts = |level: Level| level > Level::Off && report.fail_on.is_some_and(|least| level >= least);
    let (failing, passing): (Vec<&Finding>, Vec<&Finding>) =
        rule.findings.iter().partition(|finding| finding.is_open() && counts(finding.level));
    let reason = shown(rule.reason.as_deref().unwrap_or_default());
    let status = match rule.outcome {
        _ if !failing.is_empty() => failed(image, &failing),
        Outcome::Unknown if image.error.is_some() => skipped("the image could not be read"),
        Outcome::Unknown if counts(rule.level) => error("unknown", &format!("could not be judged: {reason}")),
        Outcome::Unknown => skipped(&format!("unknown: {reason}")),
        Outcome::Skip => skipped(&reason),
        Outcome::Pass | Outcome::Fail => TestCaseStatus::success(),
    };
    let mut case = case(suite, &shown(&rule.id), status);
    if !passing.is_empty() {
        case.set_system_out(told(image, &passing));
    }
    case
}

/// A rule that fails by findings.
fn failed(image: &Image, findings: &[&Finding]) -> TestCaseStatus {
    // Of several the first.
    let worst = findings.iter().rev().max_by_key(|finding| finding.level);
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    if let Some(worst) = worst {
        status.set_message(shown(&worst.message)).set_type(worst.level.word());
    }
    status.set_description(told(image, findings));
    status
}

fn error(kind: &str, message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_message(message).set_type(kind);
    status
}

fn unread(failure: &Failure) -> TestCaseStatus {
    let mut status = error(failure.kind, &shown(&failure.message));
    if let Some(hint) = &failure.hint {
        status.set_description(format!("hint: {}", shown(hint)));
    }
    status
}

fn skipped(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(why);
    status
}

/// Findings, each with its level and all that is known of it.
fn told(image: &Image, findings: &[&Finding]) -> String {
    let told = |finding: &&Finding| format!("{} {}\n", finding.word(), finding.lines(image).join("\n  "));
    findings.iter().map(told).collect()
}
