//! What ships: the workflows, the Dockerfile and the package say the same names, and ask for no more than they need.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/cli.rs"]
#[allow(dead_code, reason = "a part of it is used")]
mod cli;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

const RELEASE: &str = include_str!("../.github/workflows/release.yml");
const CI: &str = include_str!("../.github/workflows/ci.yml");
const PACKAGE: &str = include_str!("../Cargo.toml");
const DOCKERFILE: &str = include_str!("../Dockerfile");
const VERSION: &str = env!("CARGO_PKG_VERSION");

fn read(workflow: &str) -> Value {
    serde_saphyr::from_str(workflow).unwrap()
}

/// The steps of all jobs, with the name of the job.
fn steps(workflow: &Value) -> Vec<(&str, &Value)> {
    let jobs = workflow["jobs"].as_object().unwrap();
    jobs.iter().flat_map(|(name, job)| job["steps"].as_array().unwrap().iter().map(move |step| (&name[..], step))).collect()
}

/// What the workflow builds: target and ending of the archive.
fn built(workflow: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let include = workflow["jobs"]["build"]["strategy"]["matrix"]["include"].as_array().unwrap();
    include.iter().map(|entry| (text(&entry["target"]), text(&entry["archive"]))).collect()
}

#[test]
fn what_is_released_is_what_binstall_asks_for() {
    let release = read(RELEASE);
    let package: toml::Table = PACKAGE.parse().unwrap();
    let package = &package["package"];
    let binstall = &package["metadata"]["binstall"];
    let expanded = |text: &toml::Value, target: &str| {
        let mut text = text.as_str().unwrap().to_owned();
        let repository = package["repository"].as_str().unwrap();
        for (name, value) in [("repo", repository), ("name", "lucid-verify"), ("version", VERSION), ("target", target)] {
            text = text.replace(&format!("{{ {name} }}"), value);
        }
        assert!(!text.contains('{'), "{text}");
        text
    };
    let targets: BTreeSet<String> = built(&release).into_iter().map(|(target, _)| target).collect();
    let wanted = [
        "x86_64-unknown-linux-musl",
        "aarch64-unknown-linux-musl",
        "x86_64-apple-darwin",
        "aarch64-apple-darwin",
        "x86_64-pc-windows-msvc",
    ];
    assert_eq!(targets, wanted.map(str::to_owned).into());
    let named = "asset=$PWD/dist/lucid-verify-$VERSION-$TARGET.$ARCHIVE";
    assert!(RELEASE.contains(named), "{named}");
    for (target, archive) in built(&release) {
        let own = binstall["overrides"].get(&target);
        let of = |key: &str| own.and_then(|own| own.get(key)).unwrap_or(&binstall[key]);
        let asset = format!("lucid-verify-{VERSION}-{target}.{archive}");
        let repository = package["repository"].as_str().unwrap();
        assert_eq!(expanded(of("pkg-url"), &target), format!("{repository}/releases/download/v{VERSION}/{asset}"));
        assert_eq!(of("pkg-fmt").as_str(), Some(if archive == "zip" { "zip" } else { "tgz" }), "{target}");
    }
    assert_eq!(binstall["bin-dir"].as_str(), Some("{ bin }{ binary-ext }"), "archives have no folder");
}

#[test]
fn a_workflow_may_no_more_than_it_must() {
    let least = json!({"contents": "read"});
    let mut writing = BTreeSet::new();
    for (name, text) in [("release", RELEASE), ("ci", CI)] {
        let workflow = read(text);
        assert_eq!(workflow["permissions"], least, "{name}");
        for (job, value) in workflow["jobs"].as_object().unwrap() {
            assert!(value["timeout-minutes"].as_u64().is_some_and(|minutes| minutes <= 60), "{name} {job}");
            for (scope, access) in value["permissions"].as_object().into_iter().flatten().filter(|(_, access)| *access == "write")
            {
                writing.insert(format!("{job} {scope} {}", access.as_str().unwrap()));
            }
        }
        for (job, step) in steps(&workflow) {
            if let Some(action) = step["uses"].as_str() {
                let (_, revision) = action.split_once('@').unwrap();
                assert!(revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit()), "{action} is not pinned");
                assert!(text.contains(&format!("{action} # v")), "{action}: which version is that?");
                if action.starts_with("actions/checkout@") {
                    assert_eq!(step["with"]["persist-credentials"], false, "{name} {job}");
                }
            }
            // What others may choose, such as the name of a branch, reaches a script by its environment alone.
            assert!(!step["run"].as_str().unwrap_or_default().contains("${{"), "{name} {job}: {step}");
        }
    }
    let wanted = [
        "image attestations write",
        "image id-token write",
        "image packages write",
        "publish attestations write",
        "publish contents write",
        "publish id-token write",
    ];
    assert_eq!(writing, wanted.map(str::to_owned).into());
    assert_eq!(read(RELEASE)["on"], json!({"push": {"tags": ["v*"]}}));
    assert_eq!(read(CI)["on"], json!({"push": {"branches": ["main"]}, "pull_request": null}));
    assert!(steps(&read(CI)).iter().any(|(_, step)| step["run"] == ".ci/run"));
}

#[test]
fn nothing_is_published_before_everything_ran_and_held() {
    let release = read(RELEASE);
    let jobs = &release["jobs"];
    assert_eq!((&jobs["image"]["needs"], &jobs["publish"]["needs"]), (&json!("build"), &json!(["build", "image"])));
    let runs = |job: &str| {
        let steps = jobs[job]["steps"].as_array().unwrap().iter();
        steps.map(|step| step["run"].as_str().or(step["uses"].as_str()).unwrap().to_owned()).collect::<Vec<_>>()
    };
    let place =
        |job: &str, part: &str| runs(job).iter().position(|step| step.contains(part)).unwrap_or_else(|| panic!("{job}: {part}"));
    assert!(place("build", "\"$binary\" demo") < place("build", "actions/upload-artifact@"));
    let judged = "verify \"$IMAGE\" --all-platforms --profile generic --fail-on warn";
    assert!(place("image", "push-by-digest=true") < place("image", judged));
    assert!(place("image", judged) < place("image", "imagetools create --tag"));
    let summed = place("publish", "sha256sum -- * >../SHA256SUMS");
    assert!(place("publish", "cargo cyclonedx") < summed);
    assert!(summed < place("publish", "actions/attest-build-provenance@"));
    assert!(place("publish", "actions/attest-build-provenance@") < place("publish", "gh release create"));
}

#[test]
fn scripts_of_workflows_are_scripts() {
    for (name, text) in [("release", RELEASE), ("ci", CI)] {
        let workflow = read(text);
        for script in steps(&workflow).into_iter().filter_map(|(_, step)| step["run"].as_str()) {
            let bash = ["bash", "-n"];
            let shellcheck = ["shellcheck", "--shell=bash", "-"];
            for program in [&bash[..], &shellcheck] {
                // As runners call it (docs.github.com, workflow syntax, "jobs.<job_id>.steps[*].shell").
                let Some((accepted, said)) = checked(program, &format!("set -eo pipefail\n{script}")) else { continue };
                assert!(accepted, "{name}: {said}\n{script}");
            }
        }
    }
}

/// Whether a checker accepts a script, and what it says; `None` where it is not installed.
fn checked(program: &[&str], script: &str) -> Option<(bool, String)> {
    let mut command = Command::new(program[0]);
    command.args(&program[1..]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        let _ = writeln!(std::io::stderr(), "skipped: {} is not installed", program[0]);
        return None;
    };
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    Some((output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()))
}

#[test]
fn every_page_that_is_packed_can_be_printed() {
    let (_, list) = RELEASE.split_once("for verb in ").unwrap();
    let verbs: Vec<&str> = list.split(';').next().unwrap().split(' ').collect();
    assert!(verbs.len() > 5, "{verbs:?}");
    for verb in verbs {
        assert_eq!(cli::run(&["man", verb]).0, 0, "{verb}");
    }
    let (_, list) = RELEASE.split_once("for shell in ").unwrap();
    for shell in list.split(';').next().unwrap().split(' ') {
        assert_eq!(cli::run(&["completions", shell]).0, 0, "{shell}");
    }
}

#[test]
fn the_dockerfile_is_of_this_version_and_copies_what_the_release_lays_down() {
    let lines: Vec<&str> = DOCKERFILE.lines().collect();
    let says = |line: &str| assert!(lines.contains(&line), "{line}");
    says(&format!("ARG VERSION={VERSION}"));
    says(&format!("ARG SOURCE={}", env!("CARGO_PKG_REPOSITORY")));
    says("COPY --chmod=0755 dist/${TARGETOS}/${TARGETARCH}/lucid-verify /usr/bin/lucid-verify");
    says("USER 65532:65532");
    says("ENTRYPOINT [\"/usr/bin/lucid-verify\"]");
    assert!(RELEASE.contains("for pair in amd64=x86_64 arm64=aarch64") && RELEASE.contains("\"dist/linux/${pair%=*}\""));
    assert!(RELEASE.contains("--platform linux/amd64,linux/arm64"));
    assert!(include_str!("../.dockerignore").lines().any(|line| line == "!dist"));
}

#[test]
fn the_changelog_has_this_version() {
    let changelog = include_str!("../CHANGELOG.md");
    assert!(changelog.lines().any(|line| line.starts_with(&format!("## [{VERSION}]"))), "{VERSION}");
    assert!(changelog.lines().any(|line| line == "## [Unreleased]"));
}
