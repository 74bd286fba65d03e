//! Every rule has an image that passes it and one, made from that by one edit, that fails it; and nothing else changes.

#![allow(clippy::unwrap_used)]

mod support {
    #[allow(dead_code, reason = "the examples edit images, too")]
    pub mod golden;
    mod locks;
    mod ordinary;
}

use std::collections::BTreeSet;

use lucid_verify::finding::{Level, Outcome, Question};
use lucid_verify::rules::{Evidence, Judged, RULES};
use lucid_verify::text::code_spans;
use support::golden::{Edit, base, edits, lines, slim};

#[test]
fn the_pattern_passes_every_rule() {
    for judged in base().judge() {
        let outcome = judged.judgement.outcome();
        assert_eq!(outcome, Outcome::Pass, "{}: {:?}", judged.rule.id, judged.judgement);
    }
}

#[test]
fn one_edit_changes_what_it_should_and_nothing_else() {
    let wrong = edits().into_iter().filter_map(|Edit { title, image, expected }| {
        let judged = image.judge();
        let found: BTreeSet<String> = judged.iter().flat_map(lines).collect();
        let messages = || judged.iter().flat_map(|judged| &judged.judgement.findings).map(|finding| finding.message.as_str());
        (found != expected)
            .then(|| format!("{title}\nfound    {found:#?}\nexpected {expected:#?}\n{:#?}", messages().collect::<Vec<_>>()))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_edit_has_one_cause_at_error_level_at_most() {
    for Edit { title, expected, .. } in edits() {
        let causes = expected.iter().filter(|line| line.contains(" error ") && !line.contains(" because "));
        assert!(causes.count() <= 1, "{title}");
    }
}

#[test]
fn every_rule_fails_an_image() {
    let failing: BTreeSet<String> = edits()
        .into_iter()
        .flat_map(|edit| edit.expected)
        .map(|line| line.split(' ').next().unwrap_or_default().to_owned())
        .collect();
    // The rules of what was verified end a run instead of failing.
    let missing = RULES.iter().map(|rule| rule.id).filter(|id| !id.starts_with("integrity/") && !failing.contains(*id));
    assert_eq!(missing.collect::<Vec<_>>(), [""; 0]);
}

/// Rules of some of whose errors nothing tells the last line that a user sees.
const SILENT: &[&str] = &["config/double-interpreter", "python/entrypoint-file", "python/source-parses"];

#[test]
fn what_keeps_an_image_from_starting_foretells_a_line_of_its_symptom() {
    let mut wrong = BTreeSet::new();
    for Edit { title, image, .. } in edits() {
        let judged = image.judge();
        let asked = judged.iter().filter(|judged| judged.rule.question == Question::Starts);
        for Judged { rule, judgement, .. } in asked {
            for finding in judgement.findings.iter().filter(|finding| finding.level == Level::Error) {
                let line = finding.predicts.as_deref().unwrap_or_default();
                let is_silent = line.is_empty() && SILENT.contains(&&*rule.id);
                if !is_silent && !symptoms(&rule.id).iter().any(|pattern| fits(pattern, line)) {
                    wrong.insert(format!("{}: {line:?} ({title})", rule.id));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The lines that the symptom of a rule names.
fn symptoms(id: &str) -> Vec<String> {
    let rule = RULES.iter().find(|rule| rule.id == id).unwrap();
    let text = rule.markdown();
    let (_, section) = text.split_once("# Symptom\n").unwrap();
    let section = section.split("\n# ").next().unwrap().replace('\n', " ");
    code_spans(&section).into_iter().map(str::to_owned).collect()
}

/// Whether a line is one of a pattern in which `…` stands for anything.
fn fits(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.split('…');
    let Some(mut rest) = parts.next().and_then(|first| line.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, between)) = parts.split_last() else { return rest.is_empty() };
    for part in between {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[test]
fn a_pattern_fits_what_it_leaves_out() {
    assert!(fits("exec …: exec format error", "exec /usr/bin/python3: exec format error"));
    assert!(fits("no command specified", "no command specified"));
    assert!(!fits("exec …: exec format error", "exec /usr/bin/python3: permission denied"));
    assert!(!fits("no command", "no command specified"));
}

#[test]
fn without_a_whole_tree_only_the_configuration_is_judged() {
    for judged in base().judge_with(Some("layer 3/5 could not be read")) {
        let outcome = judged.judgement.outcome();
        let wanted = if judged.rule.needs == Evidence::Config { Outcome::Pass } else { Outcome::Unknown };
        assert_eq!(outcome, wanted, "{}", judged.rule.id);
    }
}

#[test]
fn the_image_against_itself_wants_no_pattern() {
    for judged in base().under("extends = \"generic\"\n").judge() {
        assert_ne!(judged.judgement.outcome(), Outcome::Fail, "{}: {:?}", judged.rule.id, judged.judgement);
    }
    let mut root = base().under("extends = \"generic\"\n");
    root.configure("/config/User", "\"0\"");
    let found: Vec<String> = root.judge().iter().flat_map(lines).collect();
    assert_eq!(found, ["config/user warn - -"]);
}

#[test]
fn what_holds_under_lucid_holds_under_lucid_slim() {
    let mut image = base().under("extends = \"lucid-slim\"\n");
    image.add(0, "f 0755 0:0 3000000 /usr/bin/git elf:aarch64,exec,interp=/lib/ld-linux-aarch64.so.1,needed=libc.so.6");
    for judged in image.judge() {
        assert_ne!(judged.judgement.outcome(), Outcome::Fail, "{}: {:?}", judged.rule.id, judged.judgement);
    }
}

#[test]
fn a_slim_image_holds_under_its_own_profile_and_with_build_tools_it_does_not() {
    let found = |image: &support::golden::Image| image.judge().iter().flat_map(lines).collect::<Vec<_>>();
    let warned = ["toolchain/package-managers warn /usr/bin/apt-get 0", "config/user warn - -"];
    assert_eq!(found(&slim()), warned);
    assert!(found(&slim().under("extends = \"lucid\"\n")).iter().any(|line| line.starts_with("base/kind error")));
    let mut built = slim();
    built.add(4, "f 0755 0:0 240000 /usr/bin/make elf:x86-64,exec,interp=/lib64/ld-linux-x86-64.so.2");
    assert!(found(&built).contains(&"toolchain/build-systems error /usr/bin/make 4".to_owned()));
}

#[test]
fn a_service_without_packages_is_not_asked_for_them() {
    let service = "[services.auth]\nmatch = [\"pickme/lucid-auth*\"]\npackages = []\n";
    let mut image = base().under(&format!("extends = \"lucid\"\n{service}"));
    image.configure("/config/Env/6", "\"PYTHONPATH=/app\"");
    let asked =
        |id: &str| ["marker/site-packages", "marker/bin", "python/importable-path"].contains(&id) || id.contains("site-packages");
    for judged in image.judge() {
        let outcome = judged.judgement.outcome();
        assert_ne!(outcome, Outcome::Fail, "{}: {:?}", judged.rule.id, judged.judgement);
        assert!(!asked(&judged.rule.id) || outcome == Outcome::Skip, "{}", judged.rule.id);
    }
}
