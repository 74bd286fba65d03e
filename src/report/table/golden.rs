//! Screens as they are, in `testdata/reports`. `LUCID_UPDATE=1` writes them anew.

use super::{HELD, Style, render};
use crate::error::{Error, Kind};
use crate::finding::{Level, Outcome, Question};
use crate::report::{Blame, Directory, Failure, Finding, Image, Layer, Package, Policy, Report, Requirement, Rule, Sizes, Waste};

mod weights;

pub(in crate::report) use weights::{grown, weighed};

fn screen(name: &str, images: Vec<Image>, style: Style) -> String {
    let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
    let report = Report::new(images, Some(Level::Error), day);
    let shown = String::from_utf8(render(&report, &style)).unwrap();
    compare(name, &shown, style);
    shown
}

/// Holds a screen against the golden one.
fn compare(name: &str, shown: &str, style: Style) {
    same(&format!("{name}.txt"), shown);
    let width = |line: &str| unicode_width::UnicodeWidthStr::width(line);
    assert!(shown.lines().all(|line| width(line) <= style.width), "{shown}");
    assert!(!shown.chars().any(|character| character != '\n' && crate::text::acts(character)), "{shown}");
}

/// Holds a document against the golden one.
pub(in crate::report) fn same(file: &str, shown: &str) {
    let path = format!("{}/testdata/reports/{file}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("LUCID_UPDATE").is_some() {
        std::fs::write(&path, shown).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(golden == shown, "{path} is stale: run the tests with LUCID_UPDATE=1 and read it\n{shown}");
}

const PLAIN: Style = Style { width: 80, color: false, verbose: false };
const NARROW: Style = Style { width: 40, ..PLAIN };

pub(in crate::report) fn digest(digit: char) -> String {
    format!("sha256:{}", digit.to_string().repeat(64))
}

pub(in crate::report) fn image(reference: &str, rules: Vec<Rule>) -> Image {
    let read = |index: usize| Layer {
        index,
        digest: digest('6'),
        diff_id: digest('7'),
        media_type: "application/vnd.oci.image.layer.v1.tar+gzip".into(),
        compressed_bytes: 1,
        bytes: Some(1),
        entries: Some(1),
        files_bytes: Some(1),
        hidden_bytes: Some(0),
        created_by: None,
    };
    let directory = |path: &str, bytes| Directory { path: path.into(), bytes, files: 1 };
    let package = |name: &str, bytes| Package { kind: "python", name: name.into(), version: "1".into(), bytes, files: 1 };
    Image {
        digest: Some(digest('6')),
        config_digest: Some(digest('5')),
        platform: Some("linux/arm64/v8".into()),
        created: Some("2026-11-20T18:04:59.123Z".into()),
        complete: true,
        error: None,
        looked: vec![
            "212 imports followed, 0 missing".into(),
            "131 ELF objects, all AArch64".into(),
            "9,310 files of 41 packages equal their RECORD".into(),
        ],
        policy: Policy {
            profile: "lucid".into(),
            chosen: "by name pickme/*".into(),
            digest: Some(digest('3')),
            service: None,
            asked: "148 of 148".into(),
            waived: 0,
            known: 0,
        },
        layers: (0..43).map(read).collect(),
        sizes: Sizes {
            compressed_bytes: 58_100_000,
            unpacked_bytes: 216_000_000,
            stored_bytes: 215_300_000,
            bytes: 215_300_000,
            files: 9_871,
            directories: vec![
                directory("/usr", 160_000_000),
                directory("/usr/local/lib", 149_800_000),
                directory("/usr/bin", 7_100_000),
                directory("/app", 1_100_000),
            ],
            packages: vec![package("grpcio", 13_100_000), package("cryptography", 11_700_000), package("pymongo", 4_900_000)],
            waste: Waste { bytes: 400_000, ..Waste::default() },
            ..Sizes::default()
        },
        rules,
        ..Image::unread(reference.into(), Failure::from(&Error::new(Kind::Bug, "")))
    }
}

pub(in crate::report) fn rule(id: &'static str, answers: Question, level: Level, findings: Vec<Finding>) -> Rule {
    let failed = findings.iter().any(Finding::is_open);
    let outcome = if failed { Outcome::Fail } else { Outcome::Pass };
    Rule { id: id.into(), answers, level, outcome, examined: 3, reason: None, findings }
}

fn unknown(id: &'static str, level: Level, reason: &str) -> Rule {
    Rule { outcome: Outcome::Unknown, reason: Some(reason.into()), ..rule(id, Question::Starts, level, vec![]) }
}

pub(in crate::report) fn made_by(index: usize, instruction: &str) -> Blame {
    Blame { index, digest: digest('6'), diff_id: digest('7'), created_by: Some(instruction.into()), dockerfile_line: None }
}

/// One COPY that wrote nothing, and what came of it; a warning; a waiver; a note.
pub(in crate::report) fn faulty() -> Image {
    let copy = || made_by(38, "COPY --chown=65532:65532 /build/controller/*.py /app/controller/");
    let because = |message: &str| Finding {
        because: Some("layout/empty-copy".into()),
        layer: Some(copy()),
        path: Some("/app/controller".into()),
        ..Finding::plain(Level::Error, message, "see the cause")
    };
    let cause = Finding {
        predicts: Some("ModuleNotFoundError: No module named 'controller'".into()),
        layer: Some(copy()),
        ..Finding::plain(
            Level::Error,
            "wrote no file: the wildcard matched nothing; /app/controller has 0 modules",
            "COPY --from=builder --chown=65532:65532 /build/controller /app/controller",
        )
    };
    let owners = Finding {
        layer: Some(made_by(40, "COPY /build/config /app/config")),
        count: 12,
        examples: vec!["/app/config/a.yaml".into(), "/app/config/b.yaml".into()],
        ..Finding::plain(
            Level::Warn,
            "COPY /build/config /app/config has no --chown: 12 files are 0:0",
            "add --chown=65532:65532",
        )
    };
    let health = Finding {
        path: Some("/usr/bin/curl".into()),
        found: Some("curl".into()),
        want: Some("a program of the image".into()),
        ..Finding::plain(Level::Error, "the health check starts a program that is not there", "use the interpreter of the image")
    };
    let waived =
        Finding { waived: Some("until the base is new".into()), ..Finding::plain(Level::Error, "base is old", "rebuild") };
    let mut rules = vec![
        rule(
            "marker/source",
            Question::Whole,
            Level::Error,
            vec![because("the marker is missing"), because("and the other one")],
        ),
        rule("layout/app", Question::Conforms, Level::Error, vec![because("/app/controller is empty")]),
        rule("python/module-resolves", Question::Starts, Level::Error, vec![because("controller.main does not resolve")]),
        rule("history/copy-chown", Question::Conforms, Level::Warn, vec![owners]),
        rule("layout/empty-copy", Question::Starts, Level::Error, vec![cause]),
        rule("healthcheck/argv0", Question::Starts, Level::Error, vec![health]),
        rule("base/eol", Question::Safe, Level::Error, vec![waived]),
        rule(
            "history/runtime-verify",
            Question::Conforms,
            Level::Info,
            vec![Finding::plain(Level::Info, "no verification step after COPY; lucid-verify covers it", "")],
        ),
        rule("size/waste", Question::Lean, Level::Warn, vec![]),
    ];
    rules.push(Rule { outcome: Outcome::Skip, ..rule("base/md5sums", Question::Whole, Level::Error, vec![]) });
    image("docker.io/pickme/lucid-service-mesh-controller:latest-arm64", rules)
}

pub(in crate::report) fn held() -> Image {
    let warn = |message: &str| Finding::plain(Level::Warn, message, "set it");
    image(
        "docker.io/pickme/lucid-auth:latest-arm64",
        vec![
            rule("marker/nonempty", Question::Whole, Level::Error, vec![]),
            rule("python/import-closure", Question::Starts, Level::Error, vec![]),
            rule("config/user", Question::Safe, Level::Error, vec![]),
            rule(
                "config/env-required",
                Question::Conforms,
                Level::Warn,
                vec![warn("PYTHONUNBUFFERED is not set, so logs come late and the last lines of a crash never do")],
            ),
            rule("size/pyc", Question::Lean, Level::Warn, vec![warn("a"), warn("b"), warn("c"), warn("d"), warn("e")]),
        ],
    )
}

#[test]
fn what_holds_takes_at_most_fourteen_lines() {
    let shown = screen("held", vec![held()], PLAIN);
    assert!(shown.lines().count() <= 14, "{shown}");
    let mut quiet = held();
    quiet.rules.truncate(3);
    assert!(screen("held-clean", vec![quiet], PLAIN).lines().count() <= 14);
    screen("held-40", vec![held()], NARROW);
}

#[test]
fn findings_are_folded_into_their_causes() {
    let shown = screen("findings", vec![faulty()], PLAIN);
    assert!(shown.contains("explains  marker/source, layout/app, python/module-resolves (4 findings)"), "{shown}");
    screen("findings-40", vec![faulty()], NARROW);
    let all = screen("findings-verbose", vec![faulty()], Style { verbose: true, ..PLAIN });
    assert!(all.contains("and the other one") && all.contains("until the base is new"), "{all}");
}

#[test]
fn the_matrix_stands_below_the_report() {
    let row = |requirement: &str, outcome, evidence: &str| Requirement {
        requirement: requirement.into(),
        outcome,
        evidence: evidence.into(),
        judged_from: "files".into(),
    };
    let mut image = faulty();
    image.rules.retain(|rule| rule.id == "history/copy-chown");
    let finding = &mut image.rules[0].findings[0];
    finding.level = Level::Error;
    finding.layer = finding.layer.take().map(|layer| Blame { dockerfile_line: Some(41), ..layer });
    let hostile = "no FROM \u{1b}[2J of the Dockerfile names a platform, ".repeat(9);
    image.matrix = Some(vec![
        row("Multi-stage build", Outcome::Pass, "31 instructions above the base install nothing"),
        row("Platform flags", Outcome::Fail, &hostile),
        row("Python base in builder", Outcome::Unknown, "no attestation and no --dockerfile says what the builder was"),
    ]);
    let shown = screen("matrix", vec![image.clone()], PLAIN);
    assert!(shown.contains("made in   Dockerfile:41") && shown.contains("Platform flags"), "{shown}");
    screen("matrix-40", vec![image], NARROW);
}

#[test]
fn what_could_not_be_looked_at_says_why() {
    let error = Error::new(Kind::Corrupt, "the blob ended after 1048576 of 5242880 bytes")
        .doing("read layer 3/43 sha256:666666666666")
        .hint("push the image again: the registry holds a damaged blob");
    let mut image = faulty();
    image.complete = false;
    image.error = Some(Failure::from(&error));
    image.layers[2].bytes = None;
    image.rules.truncate(6);
    image.rules.push(unknown("python/sources", Level::Error, "layer 3 could not be read"));
    screen("incomplete", vec![image], PLAIN);
    let gone = Error::new(Kind::NotFound, "there is no tag v9").doing("resolve pickme/x:v9");
    screen("not-found", vec![Image::unread("docker.io/pickme/x:v9".into(), Failure::from(&gone))], PLAIN);
}

#[test]
fn what_is_undecided_says_what_is_missing() {
    let mut image = held();
    image.rules.truncate(3);
    image.rules.push(unknown("linkage/needed", Level::Error, "/opt/x.so: its dynamic section lies outside of the captured part"));
    image.rules.push(unknown(
        "platform/elf-arch",
        Level::Error,
        "/opt/x.so: its dynamic section lies outside of the captured part",
    ));
    for id in ["a/a", "a/b", "a/c", "a/d", "a/e", "a/f", "a/g", "a/h", "a/i"] {
        image.rules.push(unknown(id, Level::Warn, "the interpreter is not known"));
    }
    image.rules.push(unknown("b/unknown", Level::Warn, "the interpreter is not known"));
    image.rules.push(unknown("provenance/base", Level::Info, "the attestation is no JSON"));
    screen("undecided", vec![image.clone()], PLAIN);
    let all = screen("undecided-verbose", vec![image], Style { verbose: true, ..PLAIN });
    assert!(all.contains("a/i, b/unknown"), "{all}");
}

#[test]
fn several_images_end_with_a_summary() {
    let gone = Error::new(Kind::Denied, "401").doing("resolve pickme/secret").hint("docker login");
    let denied = Image::unread("docker.io/pickme/secret:1".into(), Failure::from(&gone));
    screen("several", vec![held(), faulty(), denied], PLAIN);
}

#[test]
fn hostile_text_is_shown_and_not_obeyed() {
    let nasty = "red \u{1b}[31m, up\u{202e}side, next\nline, \u{9b}2J, zero\u{200b}width, 日本語".to_owned();
    let bad = Finding {
        predicts: Some(nasty.clone()),
        because: Some("hostile/rule".into()),
        path: Some(format!("/{nasty}")),
        found: Some("x".repeat(5000)),
        want: Some(nasty.clone()),
        examples: vec![nasty.clone(), nasty.clone()],
        layer: Some(made_by(usize::MAX - 1, &nasty)),
        count: u64::MAX,
        ..Finding::plain(Level::Error, &nasty, &nasty)
    };
    let rules = vec![
        rule("hostile/rule", Question::Safe, Level::Error, vec![bad.clone(), bad]),
        unknown("hostile/unknown", Level::Error, &nasty),
    ];
    let mut image = Image { created: Some(nasty.clone()), notes: vec![nasty.clone()], ..image(&nasty, rules) };
    image.policy.chosen = nasty.clone();
    image.sizes.directories[1].path = nasty.clone();
    image.sizes.packages[0].name = nasty;
    screen("hostile", vec![image.clone()], PLAIN);
    screen("hostile-40", vec![image.clone()], NARROW);
    screen("hostile-verbose", vec![image], Style { verbose: true, ..PLAIN });
}

#[test]
fn colour_changes_nothing_but_the_level_word() {
    let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
    let report = Report::new(vec![faulty()], Some(Level::Error), day);
    let coloured = String::from_utf8(render(&report, &Style { color: true, ..PLAIN })).unwrap();
    let plain = String::from_utf8(render(&report, &PLAIN)).unwrap();
    assert_ne!(coloured, plain);
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
}
