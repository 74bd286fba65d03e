//! The template, run as GitLab Runner runs a job: inputs filled in, variables exported, the lines of the script as one for bash.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};

use lucid_verify::digest::Digest;
use lucid_verify::serve::{Reply, Server};
use serde::Deserialize;
use serde_json::Value;

use crate::hosts::{Registry, packages};
use crate::install::archive;
use crate::{ARGS, PROFILE, TOKEN, bin, good, has_tools, hostile};

#[derive(Deserialize)]
pub struct Header {
    pub spec: Spec,
}

#[derive(Deserialize)]
pub struct Spec {
    pub inputs: BTreeMap<String, Input>,
}

#[derive(Deserialize)]
pub struct Input {
    pub default: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Job {
    #[serde(rename = "stage")]
    _stage: String,
    #[serde(rename = "image")]
    _image: String,
    variables: BTreeMap<String, String>,
    script: Vec<String>,
    retry: Retry,
    cache: Value,
    artifacts: Value,
}

#[derive(Deserialize)]
struct Retry {
    max: u8,
    when: String,
    exit_codes: i32,
}

/// The header of the template, and what comes after it.
pub fn template() -> (Header, String) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/gitlab/lucid-verify.gitlab-ci.yml");
    let text = fs::read_to_string(path).unwrap();
    let (header, jobs) = text.split_once("\n---\n").unwrap();
    (serde_saphyr::from_str(header).unwrap(), jobs.to_owned())
}

/// The one job with these inputs. Values are put in after YAML was read, so that none can be YAML.
fn job(inputs: &[(&str, &str)]) -> Job {
    let (header, jobs) = template();
    assert!(inputs.iter().all(|(name, _)| header.spec.inputs.contains_key(*name)));
    let mut jobs: BTreeMap<String, Value> = serde_saphyr::from_str(&jobs).unwrap();
    let (_, mut job) = jobs.pop_first().unwrap();
    assert!(jobs.is_empty());
    let fill = |text: &mut String| {
        for (name, input) in &header.spec.inputs {
            let value = inputs.iter().find(|(given, _)| given == name).map_or(&input.default[..], |(_, value)| value);
            *text = text.replace(&format!("$[[ inputs.{name} ]]"), value);
        }
        assert!(!text.contains("$[["), "{text}");
    };
    strings(&mut job, &fill);
    serde_json::from_value(job).unwrap()
}

fn strings(value: &mut Value, change: &dyn Fn(&mut String)) {
    match value {
        Value::String(text) => change(text),
        Value::Array(values) => values.iter_mut().for_each(|value| strings(value, change)),
        Value::Object(values) => values.values_mut().for_each(|value| strings(value, change)),
        _ => {}
    }
}

/// A project, and what it talks to.
struct Project {
    folder: tempfile::TempDir,
    registry: Registry,
    packages: Server,
    kept: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Project {
    fn new() -> Self {
        let (folder, kept) = (tempfile::tempdir().unwrap(), Arc::default());
        fs::write(folder.path().join("lucid-verify.toml"), PROFILE).unwrap();
        Self { folder, registry: Registry::holding(good()), packages: packages(Arc::clone(&kept)), kept }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Exit code and log, with the program in PATH.
    fn run(&self, branch: &str, more: &[(&str, &str)]) -> (i32, String) {
        self.with(branch, more, &[("PATH", &format!("{}:/usr/bin:/bin", bin().display()))])
    }

    /// With more variables, which stand before those of the job as a project's do.
    fn with(&self, branch: &str, more: &[(&str, &str)], variables: &[(&str, &str)]) -> (i32, String) {
        let name = self.registry.name();
        let mut all = vec![("images", &name[..]), ("baseline", "auto"), ("max-growth", "1% 100B")];
        all.extend([("profile", "lucid-verify.toml"), ("args", ARGS)]);
        all.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        all.extend(more);
        let job = job(&all);
        // GitLab Runner, `shells/bash.go`: options, then all of the script as the argument of eval, with nothing on stdin.
        let mut bash = Command::new("bash");
        bash.args(["-c", "set -eo pipefail; set +o noclobber; : | eval \"$SCRIPT\""]).env_clear().current_dir(self.folder.path());
        bash.env("SCRIPT", job.script.join("\n")).env("PATH", "/usr/bin:/bin").env("HOME", self.path("home"));
        bash.envs(&job.variables).env("SOURCE_DATE_EPOCH", "1763748240");
        bash.envs([("CI_PROJECT_ID", "7"), ("CI_JOB_TOKEN", TOKEN), ("CI_JOB_NAME_SLUG", "lucid-verify")]);
        bash.envs([("CI_DEFAULT_BRANCH", "main"), ("CI_COMMIT_BRANCH", branch)]);
        bash.env("CI_API_V4_URL", format!("http://{}/api/v4", self.packages.host())).envs(variables.iter().copied());
        let output = bash.output().unwrap();
        let log = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        assert!(!log.contains(TOKEN), "{log}");
        (output.status.code().unwrap(), log)
    }
}

#[test]
fn a_branch_goes_red_and_green_and_its_reports_lie_where_the_template_says() {
    if !has_tools() {
        return;
    }
    let mut project = Project::new();
    let (code, log) = project.run("main", &[]);
    assert_eq!(code, 0, "{log}");
    assert_eq!(
        project.kept.lock().unwrap().keys().collect::<Vec<_>>(),
        ["/api/v4/projects/7/packages/generic/lucid-verify/baseline/lucid-verify.json"]
    );

    project.registry.push(hostile());
    let (code, log) = project.run("change", &[]);
    assert_eq!(code, 1, "{log}");
    let artifacts = job(&[]).artifacts;
    let report = |name: &str| fs::read_to_string(project.path(artifacts["reports"][name].as_str().unwrap())).unwrap();
    assert!(report("junit").contains("<testsuites"));
    let quality: Value = serde_json::from_str(&report("codequality")).unwrap();
    let entries = quality.as_array().unwrap();
    assert!(!entries.is_empty());
    for entry in entries {
        let severity = entry["severity"].as_str().unwrap();
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&severity), "{entry}");
        assert!(["description", "check_name", "fingerprint"].iter().all(|key| entry[*key].is_string()), "{entry}");
        assert!(entry["location"]["path"].is_string() && entry["location"]["lines"]["begin"].is_u64(), "{entry}");
    }
    assert_eq!(artifacts["when"], "always");
    assert!(!project.path("planted").exists());
    let json = || serde_json::from_slice::<Value>(&fs::read(project.path("lucid-verify-reports/report.json")).unwrap()).unwrap();
    assert!(!json()["images"][0]["delta"].is_null(), "it was compared with what main left");
    assert_eq!(project.kept.lock().unwrap().len(), 1);

    project.registry.push(good());
    assert_eq!(project.run("change", &[]).0, 0);
    assert_eq!(json()["verdict"], "held");

    let name = project.registry.name();
    project.registry = Registry::holding(good());
    let (code, log) = project.run("change", &[("images", &name)]);
    assert_eq!(code, 5, "{log}");
    let report = fs::read(project.path("lucid-verify-reports/report.json")).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&report).unwrap()["verdict"], "incomplete");
}

#[test]
fn only_the_network_is_tried_again() {
    let retry = job(&[]).retry;
    // Either of the two is enough for GitLab: `when: script_failure` would try findings again.
    assert_eq!((retry.max, &retry.when[..], retry.exit_codes), (2, "runner_system_failure", 5));
    assert_eq!(job(&[]).cache["policy"], "pull-push");
}

#[test]
fn a_baseline_that_cannot_be_asked_for_is_not_one_that_is_missing() {
    if !has_tools() {
        return;
    }
    let mut project = Project::new();
    let (code, log) = project.run("change", &[]);
    assert!(code == 0 && log.contains("there is no baseline yet"), "{log}");
    fs::create_dir_all(project.path("lucid-verify-reports")).unwrap();
    fs::write(project.path("lucid-verify-reports/report.json"), "a green report of yesterday").unwrap();
    project.packages = Server::start(|_| Reply::new(403, "")).unwrap();
    let (code, log) = project.run("change", &[]);
    assert!(code == 5 && log.contains("answered 403"), "{log}");
    assert!(!project.path("lucid-verify-reports/report.json").exists());
}

#[test]
fn what_users_say_is_no_text_of_the_script() {
    if !has_tools() {
        return;
    }
    let project = Project::new();
    let evil = "$(touch planted) `touch planted` '; touch planted; ' \" && touch planted\ntouch planted\n";
    for name in ["images", "images-file", "compose", "profile", "baseline", "max-growth", "args"] {
        let (code, log) = project.run("change", &[(name, evil)]);
        assert!(matches!(code, 2 | 3), "{name}: {code} {log}");
    }
    for name in ["version", "checksums"] {
        project.run("change", &[(name, evil)]);
    }
    assert!(!project.path("planted").exists());
}

#[test]
fn a_release_is_downloaded_and_held_against_its_checksum() {
    if !has_tools() {
        return;
    }
    let project = Project::new();
    let ran = project.path("ran");
    let said = "[ \"$1\" != --version ] || { echo lucid-verify 0.1.0; exit; }";
    let archive = archive(&format!("#!/bin/sh\n{said}\ntouch {}\n", ran.display()));
    let asset = format!("lucid-verify-0.1.0-{}-unknown-linux-musl.tar.gz", std::env::consts::ARCH);
    let served = archive.clone();
    let releases = Server::start(move |_| Reply::new(200, served.clone())).unwrap();
    let from = format!("http://{}", releases.host());
    let run = |checksums: &str| {
        let _ = fs::remove_file(&ran);
        let inputs = [("baseline", ""), ("checksums", checksums)];
        let (code, log) = project.with("change", &inputs, &[("LUCID_RELEASES", &from)]);
        (code, log, ran.exists())
    };
    let (code, log, is_run) = run(&format!("{}  {asset}", Digest::sha256(&archive).hex()));
    assert!(code == 0 && is_run, "{log}");
    let (code, log, is_run) = run(&format!("{}  {asset}", Digest::sha256(b"another").hex()));
    assert!(code == 6 && !is_run && log.contains("is not what was released"), "{log}");
    let (code, log, is_run) = run("");
    assert!(code == 2 && !is_run && log.contains("no checksum of"), "{log}");
}
