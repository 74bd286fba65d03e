//! Every format that is for machines holds every finding, whatever is in it; and each of them as it is, in
//! `testdata/reports` (`LUCID_UPDATE=1` writes them anew).

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::Value;

use super::table::golden::{faulty, held, image, made_by, rule, same};
use super::{Failure, Finding, Image, Report, Rule, Source, codequality, github, html, json, junit, sarif};
use crate::error::{Error, Kind};
use crate::finding::{Level, Outcome, Question};

/// What would act in one format or another.
const EVIL: [&str; 12] = [
    "",
    "]]> <![CDATA[ --> <script>evil()</script>",
    "\u{1b}[31m\u{7}\u{202e}\u{0}\u{ffff}\u{fffe}",
    "\r\n::error title=evil::evil%0A%25",
    "##[error]evil",
    "](https://evil.example) [evil](https://evil.example)",
    "&amp; &#x1b; \"quoted' <b>",
    "{0} %s $(evil)",
    "@evil #1 `evil`",
    "\u{10ffff}\u{e0041}é\u{85}",
    "\\u001b \\",
    "</system-out></failure>",
];

fn report(images: Vec<Image>, fail_on: Option<Level>) -> Report {
    Report::new(images, fail_on, chrono::NaiveDate::from_ymd_opt(2026, 11, 21).unwrap())
}

fn no_docs(_: &str) -> Option<(&'static str, String)> {
    None
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

fn parsed(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

/// What a finding is known by here: its rule, its level, and the number in its message.
type Known = BTreeSet<(String, String, String)>;

fn number(message: &str) -> String {
    message.split_once("finding ").map(|(_, rest)| rest.chars().take_while(char::is_ascii_digit).collect()).unwrap_or_default()
}

fn of_json(report: &Report) -> Known {
    let document = parsed(&json::render(report));
    let rules = document["images"].as_array().unwrap().iter().flat_map(|image| image["rules"].as_array().unwrap());
    let found = rules.flat_map(|rule| rule["findings"].as_array().unwrap().iter().map(move |finding| (&rule["id"], finding)));
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    found.map(|(id, finding)| (word(id), word(&finding["level"]), number(&word(&finding["message"])))).collect()
}

fn of_sarif(report: &Report) -> Known {
    let document = parsed(&sarif::render(report, &no_docs));
    let run = &document["runs"][0];
    let results = run["results"].as_array().unwrap();
    let prints: BTreeSet<Option<&str>> =
        results.iter().map(|result| result["partialFingerprints"]["primaryLocationLineHash"].as_str()).collect();
    assert_eq!(prints.len(), results.len(), "fingerprints are unlike one another");
    let known = results.iter().map(|result| {
        assert_eq!(result["locations"].as_array().map(Vec::len), Some(1));
        let file = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
        assert!(!file.starts_with('/') && !file.contains(".."), "{file}");
        let at = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(run["tool"]["driver"]["rules"][at]["id"], result["ruleId"]);
        let level = match result["level"].as_str().unwrap() {
            "warning" => "warn",
            "note" => "info",
            "none" => "off",
            level => level,
        };
        (result["ruleId"].as_str().unwrap().into(), level.into(), number(result["message"]["text"].as_str().unwrap()))
    });
    known.collect()
}

/// The rule and the number alone: what is waived or known has another severity.
fn of_codequality(report: &Report) -> BTreeSet<(String, String)> {
    let document = parsed(&codequality::render(report));
    let entries = document.as_array().unwrap();
    let prints: BTreeSet<Option<&str>> = entries.iter().map(|entry| entry["fingerprint"].as_str()).collect();
    assert_eq!(prints.len(), entries.len(), "fingerprints are unlike one another");
    let known = entries.iter().map(|entry| (entry["check_name"].as_str().unwrap(), entry["description"].as_str().unwrap()));
    known.map(|(id, said)| (id.to_owned(), number(said))).filter(|(_, number)| !number.is_empty()).collect()
}

/// The rule and the number, and that what is red counts.
fn of_junit(report: &Report) -> BTreeSet<(String, String)> {
    let document = text(junit::render(report));
    let acts = |character: char| character != '\n' && crate::text::acts(character);
    assert!(!document.contains(acts) && !document.contains("##["), "{document}");
    let read = quick_junit::Report::deserialize_from_str(&document).unwrap();
    assert_eq!(read.failures + read.errors > 0, report.exit_code != 0, "red is what makes the run fail\n{document}");
    let mut known = BTreeSet::new();
    for case in read.test_suites.iter().flat_map(|suite| &suite.test_cases) {
        let said = match &case.status {
            quick_junit::TestCaseStatus::NonSuccess { description, .. } => description.as_deref().unwrap_or_default(),
            _ => "",
        };
        for line in said.lines().chain(case.system_out.as_deref().unwrap_or_default().lines()) {
            if ["error", "warn", "info", "off", "waived", "known"]
                .iter()
                .any(|word| line.starts_with(&format!("{word} finding ")))
            {
                known.insert((case.name.to_string(), number(line)));
            }
        }
    }
    known
}

fn finding() -> impl Strategy<Value = Finding> {
    let level = prop::sample::select(vec![Level::Error, Level::Warn, Level::Info, Level::Off]);
    let evil = || prop::sample::select(EVIL.to_vec());
    let maybe = move || prop::option::of(evil());
    (level, evil(), maybe(), maybe(), any::<bool>(), prop::option::of(0_usize..50), maybe()).prop_map(
        |(level, message, path, waived, known, layer, found)| Finding {
            path: path.map(|path| format!("/{path}")),
            waived: waived.map(Into::into),
            known,
            found: found.map(Into::into),
            layer: layer.map(|index| made_by(index, message)),
            source: known.then(|| Source { file: format!("a b/{level:?}"), line: 7 }),
            ..Finding::plain(level, message, message)
        },
    )
}

fn images() -> impl Strategy<Value = Vec<Image>> {
    let findings = prop::collection::vec(finding(), 0..4);
    let question = prop::sample::select(Question::ALL.to_vec());
    let outcome = prop::sample::select(vec![Outcome::Pass, Outcome::Skip, Outcome::Unknown]);
    let rule = (findings, question, outcome).prop_map(|(findings, question, outcome)| {
        let found = rule("a/b", question, Level::Warn, findings);
        if found.outcome == Outcome::Fail {
            return found;
        }
        Rule { outcome, reason: Some("no reason".into()), ..found }
    });
    let image = (prop::collection::vec(rule, 0..5), any::<bool>()).prop_map(|(rules, is_read)| {
        let mut image = image("docker.io/pickme/x:1", rules);
        if !is_read {
            (image.complete, image.error) = (false, Some(Failure::from(&Error::new(Kind::Corrupt, EVIL[3]))));
        }
        image
    });
    prop::collection::vec(image, 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_finding_is_in_every_format_for_machines(mut images in images(), fail_on in prop::sample::select(vec![None, Some(Level::Warn), Some(Level::Error)])) {
        let mut number = 0;
        for (at, rule) in images.iter_mut().flat_map(|image| image.rules.iter_mut().enumerate()) {
            rule.id = format!("a/{at}").into();
            for finding in &mut rule.findings {
                finding.message = format!("finding {number} {}", finding.message);
                number += 1;
            }
        }
        let report = report(images, fail_on);
        let known = of_json(&report);
        prop_assert_eq!(known.len(), number);
        prop_assert_eq!(&of_sarif(&report), &known);
        let numbers: BTreeSet<_> = known.into_iter().map(|(rule, _, number)| (rule, number)).collect();
        prop_assert_eq!(&of_codequality(&report), &numbers);
        prop_assert_eq!(&of_junit(&report), &numbers);
        let page = text(html::render(&report));
        for (_, number) in &numbers {
            prop_assert!(page.contains(&format!("finding {number} ")) || page.contains(&format!("finding {number}<")), "{number}");
        }
        harmless(&text(github::render(&report)));
    }
}

/// Asserts that a runner finds in each line no command, or one whose properties are ours.
fn harmless(lines: &str) {
    let mut levels = [0; 3];
    for line in lines.lines() {
        assert!(!line.chars().any(crate::text::acts) && !line.contains("##["), "{line:?}");
        if line.starts_with("lucid-verify: ") {
            continue;
        }
        let (properties, _) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
        let (command, properties) = properties.split_once(' ').unwrap();
        levels[["error", "warning", "notice"].iter().position(|known| *known == command).unwrap()] += 1;
        let names: Vec<&str> = properties.split(',').map(|property| property.split_once('=').unwrap().0).collect();
        assert!(names == ["title"] || names == ["file", "line", "title"], "{line}");
    }
    assert!(levels.iter().all(|level| *level <= 9), "{levels:?}");
}

#[test]
fn the_formats_read_as_their_readers_want_them() {
    let gone = Error::new(Kind::NotFound, "there is no tag v9").doing("resolve pickme/x:v9").hint("push it");
    let gone = Image::unread("docker.io/pickme/x:v9".into(), Failure::from(&gone));
    let mut failed = faulty();
    for finding in failed.rules.iter_mut().flat_map(|rule| &mut rule.findings) {
        finding.source =
            finding.layer.as_ref().map(|layer| Source { file: "deploy/Dockerfile".into(), line: layer.index as u64 });
    }
    let all = report(vec![held(), failed, gone], Some(Level::Error));
    same("several.junit.xml", &text(junit::render(&all)));
    same(
        "several.sarif",
        &text(sarif::render(&all, &|id| (id == "layout/app").then(|| ("The application is there", "# Why\n".into())))),
    );
    same("several.github", &text(github::render(&all)));
    same("several.codequality.json", &text(codequality::render(&all)));
    same("held.github", &text(github::render(&report(vec![held()], Some(Level::Error)))));
}

#[test]
fn a_fingerprint_stays_from_build_to_build() {
    let print = |reference: &str, layer: usize, message: &str| {
        let found = Finding { layer: Some(made_by(layer, "RUN x")), ..Finding::plain(Level::Error, message, "") };
        let report = report(vec![image(reference, vec![rule("a/b", Question::Lean, Level::Error, vec![found])])], None);
        parsed(&sarif::render(&report, &no_docs))["runs"][0]["results"][0]["partialFingerprints"].clone()
    };
    let first = print("docker.io/pickme/x:1", 3, "12 files are 0:0");
    assert_eq!(print(&format!("docker.io/pickme/x@sha256:{}", "5".repeat(64)), 4, "13 files are 0:0"), first);
    assert_ne!(print("docker.io/pickme/y:1", 3, "12 files are 0:0"), first);
    assert_ne!(print("docker.io/pickme/x:1", 3, "12 files are 1:1 and more"), first);
}

#[test]
fn annotations_are_one_a_cause_and_the_last_names_how_many_more() {
    let rules = |count: usize| -> Vec<Rule> {
        let found = |at: usize| Finding::plain(Level::Error, &format!("fault {at}"), "mend");
        (0..count)
            .map(|at| Rule { id: format!("a/{at}").into(), ..rule("a", Question::Lean, Level::Error, vec![found(at)]) })
            .collect()
    };
    let lines = |count| text(github::render(&report(vec![image("docker.io/pickme/x:1", rules(count))], None)));
    assert_eq!(lines(9).matches("::error ").count(), 9);
    let many = lines(12);
    assert_eq!(many.matches("::error ").count(), 9);
    assert!(many.lines().last().unwrap().starts_with("::error title=lucid-verify::4 more causes of level error: "), "{many}");
    let noisy = (0..12).map(|at| Finding::plain(Level::Error, &format!("noise {at}"), "")).collect();
    let noisy = [vec![rule("a/noise", Question::Lean, Level::Error, noisy)], rules(2)].concat();
    let shown = text(github::render(&report(vec![image("docker.io/pickme/x:1", noisy)], None)));
    assert!(shown.contains("fault 0") && shown.contains("fault 1") && shown.matches("::error ").count() == 9, "{shown}");
    let fleet = (0..12).map(|at| image(&format!("docker.io/pickme/x{at:02}:1"), rules(1))).collect();
    let grouped = text(github::render(&report(fleet, None)));
    assert_eq!(grouped.matches("::error ").count(), 1, "{grouped}");
    assert!(grouped.contains("::pickme/x00:1, pickme/x01:1, pickme/x02:1 and 9 more: fault 0%0Afix: mend"), "{grouped}");
}
