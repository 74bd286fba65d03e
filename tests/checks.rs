//! Users' own checks, tests of container-structure-test, and the facts document, on a small image on disk.
#![allow(missing_docs, clippy::unwrap_used)]

#[path = "support/cli.rs"]
mod cli;
#[path = "support/layout.rs"]
mod layout;
#[path = "support/registry.rs"]
mod registry;

use std::collections::BTreeSet;
use std::path::PathBuf;

use cli::{lucid, run};
use layout::{Layout, tar};
use registry::{Fixture as _, Image};
use serde_json::{Value, json};
use tempfile::TempDir;

const PROFILE: &str = r#"extends = "generic"

[[check]]
id = "own/web-root"
files = "/srv/www/**"
why = "the web server runs as 101"
fix = "COPY --chown=101:101"
want = { owner = "101:101" }

[[check]]
id = "own/big"
level = "warn"
answers = "lean"
files = "/opt/big"
want = { contains = "needle", excludes = "hunter2" }

[[check]]
id = "own/tool"
command = "sh"
want = { starts = false }
"#;

const TESTS: &str = "schemaVersion: 2.0.0
fileContentTests:
- {name: big, path: /opt/big, expectedContents: ['needle\\n$']}
- {name: other, path: /opt/other, expectedContents: [x]}
metadataTest: {user: '7'}
commandTests: [{name: run it, command: /bin/true}]
containerRunOptions: {privileged: true}
";

/// Bytes that no tap keeps, and one line at their end.
fn large() -> Vec<u8> {
    (0..40_000_u32).flat_map(u32::to_le_bytes).chain(*b"needle\n").collect()
}

/// The image, the profile and the test file on disk.
struct Fixture {
    _folder: TempDir,
    image: String,
    profile: String,
    tests: String,
}

fn fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (big, other) = (large(), [large(), b"x".to_vec()].concat());
    let config =
        json!({"architecture": "arm64", "os": "linux", "config": {"User": "0", "Env": ["DB_PASSWORD=hunter2", "PATH=/bin"]}});
    let files = [("srv/www/index.html", &b"<html>"[..]), ("opt/big", &big), ("etc/os-release", b"ID=debian\nVERSION_ID=12\n")];
    let layout = Layout { layers: vec![tar(&[("etc/hostname", b"x\n")]), tar(&files), tar(&[("opt/other", &other)])], config };
    layout.write(&path("image"));
    let write = |name: &str, text: &str| {
        std::fs::write(path(name), text).unwrap();
        text_of(path(name))
    };
    let (profile, tests) = (write("mine.toml", PROFILE), write("tests.yaml", TESTS));
    Fixture { image: format!("oci:{}", path("image").display()), profile, tests, _folder: folder }
}

fn text_of(path: PathBuf) -> String {
    path.into_os_string().into_string().unwrap()
}

fn parsed(stdout: &str) -> Value {
    serde_json::from_str(stdout).unwrap_or_else(|error| panic!("{error}: {stdout}"))
}

/// The rule of an id in a report of one image.
fn rule(report: &Value, id: &str) -> Value {
    let rules = report["images"][0]["rules"].as_array().unwrap();
    rules.iter().find(|rule| rule["id"] == id).unwrap_or_else(|| panic!("{id}: {rules:?}")).clone()
}

#[test]
fn a_check_is_a_rule_in_every_output() {
    let fixture = fixture();
    let (code, stdout, stderr) = run(&["--profile", &fixture.profile, "--format", "json", &fixture.image]);
    let report = parsed(&stdout);
    assert_eq!((code, &stderr[..]), (1, ""));
    let web = rule(&report, "own/web-root");
    assert_eq!((&web["outcome"], &web["level"], &web["answers"]), (&"fail".into(), &"error".into(), &"conforms".into()));
    let finding = &web["findings"][0];
    assert_eq!(finding["message"], "/srv/www/index.html: owner 0:0, want 101:101; the web server runs as 101");
    assert_eq!((&finding["fix"], &finding["path"]), (&"COPY --chown=101:101".into(), &"/srv/www/index.html".into()));
    assert_eq!((&finding["found"], &finding["want"], &finding["layer"]["index"]), (&"0:0".into(), &"101:101".into(), &1.into()));
    assert_eq!(rule(&report, "own/big")["outcome"], "pass");
    assert_eq!(rule(&report, "own/tool")["outcome"], "pass");
    let all = lucid_verify::rules::RULES.len() + 3;
    assert_eq!(report["images"][0]["policy"]["asked"], format!("{all} of {all}"));

    let (code, table, _) = run(&["--profile", &fixture.profile, "--rule", "own/*", &fixture.image]);
    assert_eq!(code, 1);
    assert!(table.contains("conforms NO") && table.contains("lean yes") && table.contains("\nerror  own/web-root "), "{table}");
    assert!(table.lines().all(|line| line.chars().count() <= 80) && !table.contains("lucid-verify rules own"), "{table}");
    let (code, ..) = run(&["--profile", &fixture.profile, "--rule", "own/webroot", &fixture.image]);
    assert_eq!(code, 2);
    let (_, listed, _) = run(&["rules", "--profile", &fixture.profile, "own/*", "--format", "json"]);
    assert_eq!(parsed(&listed).as_array().unwrap().len(), 3);
    let (_, told, _) = run(&["rules", "--profile", &fixture.profile, "own/web-root"]);
    assert!(told.starts_with("own/web-root   error   conforms   of the profile\n\nthe web server"), "{told}");
    assert!(told.contains("What it checks\n  `files = \"/srv/www/**\"`, at ") && told.contains("mine.toml:3:1\n"), "{told}");
}

#[test]
fn a_check_is_waived_by_its_id() {
    let fixture = fixture();
    let waiver = "\n[[ignore]]\nrule = \"own/web-root\"\npath = \"/srv/www/index.html\"\nreason = \"known\"\n";
    std::fs::write(&fixture.profile, PROFILE.to_owned() + waiver).unwrap();
    let (code, stdout, stderr) = run(&["--profile", &fixture.profile, "--rule", "own/*", "--format", "json", &fixture.image]);
    assert_eq!((code, &stderr[..]), (0, ""));
    assert_eq!(rule(&parsed(&stdout), "own/web-root")["findings"][0]["waived"], "known");
}

#[test]
fn what_was_not_kept_is_read_a_second_time_and_said_so() {
    let fixture = fixture();
    let only = ["--profile", &fixture.profile, "--rule", "own/big", &fixture.image];
    let (code, _, stderr) = run(&[&only[..], &["-v"]].concat());
    assert_eq!((code, &stderr[..]), (0, "note: layer 2/3 is read a second time: checks look into 1 file of it\n"));
    assert_eq!(run(&only).2, "");
    let (code, stdout, _) = run(&[&only[..], &["--limit", "content=1000", "--fail-on", "warn", "--format", "json"]].concat());
    let big = rule(&parsed(&stdout), "own/big");
    assert_eq!((code, &big["outcome"]), (9, &"unknown".into()));
    assert!(big["reason"].as_str().unwrap().contains("--limit content=VALUE raises"), "{big}");
    let text = PROFILE.replace("needle", "no such text");
    std::fs::write(&fixture.profile, text).unwrap();
    assert_eq!(run(&[&only[..], &["--fail-on", "warn"]].concat()).0, 1);
    // What is not asked is not read.
    let (_, _, stderr) = run(&["-v", "--profile", &fixture.profile, "--rule", "own/tool", &fixture.image]);
    assert_eq!(stderr, "");
}

#[test]
fn tests_of_another_tool_are_rules_of_the_report() {
    let fixture = fixture();
    let arguments =
        ["--profile", "generic", "--structure-test", &fixture.tests, "--structure-test", &fixture.tests, &fixture.image];
    let (code, stdout, stderr) = run(&[&arguments[..], &["--rule", "structure-test/*", "--format", "json"]].concat());
    let report = parsed(&stdout);
    assert_eq!(code, 1);
    assert_eq!(stderr.matches("note: ").count(), 2, "{stderr}");
    let rules: Vec<(&str, &str)> = report["images"][0]["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| (rule["id"].as_str().unwrap(), rule["outcome"].as_str().unwrap()))
        .collect();
    let once = [("run it", "skip"), ("big", "pass"), ("other", "pass"), ("Metadata Test", "fail")];
    let twice = once.map(|(name, outcome)| (format!("{name} (2)"), outcome));
    let wanted: Vec<(String, &str)> = once.map(|(name, outcome)| (name.to_owned(), outcome)).into_iter().chain(twice).collect();
    let wanted: Vec<(String, &str)> =
        wanted.into_iter().map(|(name, outcome)| (format!("structure-test/{name}"), outcome)).collect();
    assert_eq!(rules, wanted.iter().map(|(name, outcome)| (&name[..], *outcome)).collect::<Vec<_>>());
    let run_it = rule(&report, "structure-test/run it");
    assert!(run_it["reason"].as_str().unwrap().contains("nothing is run"), "{run_it}");
    let digest = |arguments: &[&str]| {
        parsed(&run(&[arguments, &["--format", "json"]].concat()).1)["images"][0]["policy"]["digest"].clone()
    };
    assert_ne!(digest(&arguments), digest(&["--profile", "generic", &fixture.image]));

    let (_, table, _) = run(&arguments);
    assert!(
        table.contains("error  structure-test/Metadata Test ") && table.lines().all(|line| line.chars().count() <= 80),
        "{table}"
    );
    std::fs::write(&fixture.tests, "schemaVersion: 2.0.0\nlicenceTests: []\n").unwrap();
    let (code, stdout, stderr) = run(&arguments);
    assert_eq!((code, &stdout[..]), (2, ""));
    assert!(stderr.contains("tests.yaml: line 2, column 1: ") && stderr.contains("licenceTests"), "{stderr}");
}

#[test]
fn an_archive_that_passes_once_leaves_what_was_not_kept_unknown() {
    let fixture = fixture();
    let folder = fixture.image.strip_prefix("oci:").unwrap();
    let mut archive = tar::Builder::new(Vec::new());
    archive.append_dir_all(".", folder).unwrap();
    let bytes = archive.into_inner().unwrap();
    let mut command =
        lucid(&["--profile", &fixture.profile, "--rule", "own/big", "--fail-on", "warn", "--format", "json", "oci-archive:-"]);
    let output = command.write_stdin(bytes).output().unwrap();
    let report = parsed(&String::from_utf8(output.stdout).unwrap());
    assert_eq!((output.status.code(), &rule(&report, "own/big")["outcome"]), (Some(9), &"unknown".into()), "{report:#}");
    assert_eq!(report["images"][0]["complete"], true);
}

#[test]
fn the_facts_are_a_document_of_their_schema() {
    let fixture = fixture();
    let (code, stdout, stderr) = run(&["inspect", "--facts", &fixture.image]);
    assert_eq!((code, &stderr[..]), (0, ""));
    let (facts, schema) = (parsed(&stdout), parsed(&run(&["schema", "facts"]).1));
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(keys(&facts), keys(&schema["properties"]));
    assert_eq!(
        (&facts["platform"], &facts["base"]["id"], &facts["user"]["uid"]),
        (&"linux/arm64".into(), &"debian".into(), &0.into())
    );
    assert!(!stdout.contains("hunter2") && stdout.contains("DB_PASSWORD=***"));
    let tree = facts["tree"].as_array().unwrap();
    let big = tree.iter().find(|node| node["path"] == "/opt/big").unwrap();
    assert_eq!(
        (&big["type"], &big["mode"], &big["size"], &big["layer"]),
        (&"file".into(), &"0644".into(), &160_007.into(), &1.into())
    );
    assert_eq!(big["sha256"].as_str().unwrap().len(), 64);
    assert_eq!((&tree[0]["path"], &tree[0]["type"]), (&"/".into(), &"directory".into()));
    assert_eq!(run(&["inspect", "--facts", "--format", "json", &fixture.image]).1, stdout);
}

/// What the page on writing checks shows, of an image that satisfies all of it, and of one that satisfies none.
const GOOD: (&str, &str) = (
    "d 0555 101:101 /srv/www/assets
f 0444 101:101 /srv/www/index.html \"a page\"
f 0644 0:0 /srv/www/cache/page \"a page\"
f 0444 101:101 /srv/www/assets/logo.svg \"<svg/>\"
f 0644 0:0 /app/settings.toml \"[database]\\n[log]\\n\"
f 0755 0:0 4096 /app/migrate elf:aarch64,exec
f 0644 0:0 /usr/lib/python3/dist-packages/fastapi-0.115.0.dist-info/METADATA \"Name: fastapi\\nVersion: 0.115.0\\n\"
",
    r#"{"User":"101","ExposedPorts":{"8080/tcp":{}},"Labels":{"org.opencontainers.image.source":"https://git.example.com/app"}}"#,
);
const BAD: (&str, &str) = (
    "f 0644 0:0 /srv/www/index.html \"a page\"
f 0644 0:0 /app/a/test_app.py \"pass\"
f 0644 0:0 /app/settings.toml \"host = 'localhost'\"
f 0755 0:0 4096 /bin/sh elf:aarch64,exec
f 0755 0:0 /app/migrate \"#!/usr/bin/perl\"
f 0644 0:0 /usr/lib/python3/dist-packages/fastapi-0.99.0.dist-info/METADATA \"Name: fastapi\\nVersion: 0.99.0\\n\"
f 0644 0:0 /usr/lib/python3/dist-packages/pytest-8.0.dist-info/METADATA \"Name: pytest\\nVersion: 8.0\\n\"
",
    r#"{"User":"101","Env":["PATH=/bin","DEBUG=1"],"ExposedPorts":{"9090/tcp":{}},"Labels":{}}"#,
);

#[test]
fn every_check_of_the_page_on_writing_them_can_hold_and_can_fail() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/writing-checks.md")).unwrap();
    let blocks = page.split("```toml\n").skip(1).map(|block| block.split("```").next().unwrap());
    let profile = std::iter::once("extends = \"generic\"\n").chain(blocks).collect::<String>();
    let ids: BTreeSet<&str> = profile.lines().filter_map(|line| line.strip_prefix("id = \"")?.split('"').next()).collect();
    assert!(ids.len() >= 10, "{ids:?}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("checks.toml");
    std::fs::write(&file, &profile).unwrap();
    let failed = |name: &str, (lines, run_by): (&str, &str)| {
        let assets =
            if name == "bad" { format!("f 0644 0:0 /srv/www/assets/a \"{}\"\n", "a".repeat(2000)) } else { String::new() };
        let config = format!(r#"{{"os":"linux","architecture":"arm64","config":{run_by}}}"#);
        let image = Image::written(&format!("layer COPY . /\n{lines}{assets}"), &config).unwrap();
        let layout = folder.path().join(name);
        image.write_layout(&layout, &[&image.entry("")]);
        let options = ["--profile", &text_of(file.clone()), "--rule", "own/*", "--format", "json"];
        let (_, stdout, stderr) = run(&[&options[..], &[&format!("oci:{}", layout.display())]].concat());
        assert_eq!(stderr, "", "{name}");
        let rules = parsed(&stdout)["images"][0]["rules"].as_array().unwrap().clone();
        let failed = rules.iter().filter(|rule| !matches!(rule["outcome"].as_str(), Some("pass" | "skip")));
        failed.map(|rule| rule["id"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    assert_eq!(failed("good", GOOD), BTreeSet::new());
    // The web root of a bad image has assets, too.
    assert_eq!(failed("bad", BAD).iter().map(String::as_str).collect::<BTreeSet<_>>(), ids);
}
