//! The verbs on a small image on disk.
#![allow(missing_docs, clippy::unwrap_used)]

#[path = "support/cli.rs"]
mod cli;
#[path = "support/layout.rs"]
mod layout;

use std::collections::BTreeSet;
use std::process::{Command as Process, Stdio};

use cli::{lucid, run};
use layout::{Layout, tar};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Writes an image; returns its folder, which is gone when dropped, and its reference.
fn on_disk(image: &Layout) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    image.write(folder.path());
    let reference = format!("oci:{}", folder.path().display());
    (folder, reference)
}

/// An image of these files, whose configuration is `config`.
fn image(files: &[(&str, &[u8])], config: &Value) -> Layout {
    Layout { layers: vec![tar(files)], config: json!({"architecture": "arm64", "os": "linux", "config": config}) }
}

/// Bytes that no tap keeps: more than 64 KiB, and no two kilobytes alike.
fn large() -> Vec<u8> {
    (0..40_000_u32).flat_map(u32::to_le_bytes).collect()
}

fn parsed(stdout: &str) -> Value {
    serde_json::from_str(stdout).unwrap()
}

#[test]
fn the_level_from_which_findings_count_decides_the_exit_code() {
    let root = image(&[("etc/hostname", b"x\n")], &json!({"User": "0"}));
    let (_folder, reference) = on_disk(&root);
    let code =
        |level: &[&str], profile: &str| run(&[&["--rule", "config/user", "--profile", profile, &reference], level].concat()).0;
    assert_eq!([code(&[], "generic"), code(&["--fail-on", "warn"], "generic")], [0, 1]);
    assert_eq!([code(&[], "lucid"), code(&["--fail-on", "never"], "lucid")], [1, 0]);
    let (_, table, _) = run(&["--rule", "config/user", "--profile", "lucid", &reference]);
    assert!(table.starts_with("FINDINGS  oci:") && table.contains("\nerror  config/user "), "{table}");
    assert!(table.ends_with("\nnext: lucid-verify rules config/user   ·   -v lists all its findings\n"), "{table}");
    let (code, table, stderr) = run(&["--rule", "config/user", "--profile", "generic", &reference]);
    assert!(code == 0 && stderr.is_empty() && table.starts_with("HELD  oci:") && table.lines().count() <= 14, "{table}");
}

#[test]
fn the_profile_of_slim_images_is_chosen_by_its_name() {
    let (_folder, reference) = on_disk(&image(&[("etc/hostname", b"x\n")], &json!({"Cmd": ["/bin/true"]})));
    let (_, stdout, stderr) = run(&["--profile", "lucid-slim", "--format", "json", &reference]);
    assert_eq!(parsed(&stdout)["images"][0]["policy"]["profile"], "lucid-slim", "{stderr}");
}

#[test]
fn an_answer_selects_the_rules_that_give_it() {
    let (_folder, reference) = on_disk(&Layout::small());
    let (_, stdout, _) = run(&["--format", "json", "--rule", "safe", "--rule", "marker/*", &reference]);
    let shown = &parsed(&stdout)["images"][0];
    let rules = shown["rules"].as_array().unwrap();
    let marker = |rule: &Value| rule["id"].as_str().unwrap().starts_with("marker/");
    assert!(rules.iter().any(marker) && rules.iter().any(|rule| rule["answers"] == "safe"));
    assert!(rules.iter().all(|rule| rule["answers"] == "safe" || marker(rule)), "{rules:?}");
    let all = lucid_verify::rules::RULES.len();
    assert_eq!(shown["policy"]["asked"], format!("{} of {all}", rules.len()));
    assert_eq!(shown["answers"]["lean"], "not-asked");
}

/// The names of an object's fields.
fn keys(value: &Value) -> BTreeSet<&String> {
    value.as_object().unwrap().keys().collect()
}

#[test]
fn a_report_has_the_fields_of_its_schema() {
    let (_folder, reference) = on_disk(&image(&[("bin/sh", b"x")], &json!({"User": "0"})));
    let (schema, report) = (
        run(&["schema", "report"]).1,
        run(&["--format", "json", "--profile", "lucid", "--matrix", "--shard", "0/1", &reference]).1,
    );
    let (schema, report) = (parsed(&schema), parsed(&report));
    let kind = |name: &str| keys(&schema["$defs"][name]["properties"]);
    assert_eq!(keys(&report), keys(&schema["properties"]));
    let image = &report["images"][0];
    assert_eq!(keys(image), kind("Image"));
    assert_eq!(keys(&image["policy"]), kind("Policy"));
    assert_eq!(keys(&image["sizes"]), kind("Sizes"));
    assert_eq!(keys(&image["layers"][0]), kind("Layer"));
    let rules = image["rules"].as_array().unwrap();
    let failed = rules.iter().find(|rule| rule["outcome"] == "fail").unwrap();
    assert_eq!(keys(failed), kind("Rule"));
    assert_eq!(keys(&failed["findings"][0]), kind("Finding"));
}

#[test]
fn a_file_is_written_as_it_is() {
    let big = large();
    let (_folder, reference) = on_disk(&image(&[("etc/small", b"\x00\x1b[31m\xff\n"), ("opt/big", &big)], &json!({})));
    let bytes = |path: &str| lucid(&["cat", &reference, path]).output().unwrap();
    assert_eq!(bytes("/etc/small").stdout, b"\x00\x1b[31m\xff\n");
    assert!(bytes("opt/../opt/big").stdout == big);
    let missing = bytes("/etc/nothing");
    let said = String::from_utf8(missing.stderr).unwrap();
    assert_eq!((missing.status.code(), missing.stdout.len()), (Some(3), 0));
    assert!(said.contains("failed to show /etc/nothing: ") && said.contains("hint: `lucid-verify ls -R oci:"), "{said}");
    assert_eq!(bytes("/etc").status.code(), Some(3));
}

#[test]
fn the_tree_is_listed() {
    let (_folder, reference) = on_disk(&image(&[("etc/hostname", b"x\n"), ("etc/deep/er", b"12345")], &json!({})));
    assert_eq!(run(&["ls", &reference]).1, "etc\n");
    assert_eq!(run(&["ls", &reference, "/etc"]).1, "deep\nhostname\n");
    let (_, long, _) = run(&["ls", "-lR", &reference]);
    assert!(
        long.lines().any(|line| line.starts_with("-rw-r--r-- ") && line.ends_with(" 5 1970-01-01 00:00 /etc/deep/er")),
        "{long}"
    );
    let (_, stdout, _) = run(&["ls", "-R", "--format", "json", &reference]);
    let rows = parsed(&stdout);
    let row = rows.as_array().unwrap().iter().find(|row| row["path"] == "/etc/deep/er").unwrap();
    assert_eq!((&row["type"], &row["size"], &row["mode"]), (&"file".into(), &5.into(), &"0644".into()));
    assert_eq!(run(&["ls", &reference, "/nothing"]).0, 3);
    assert_eq!(run(&["ls", "--layer", "2", &reference]).0, 2);
}

#[test]
fn an_image_is_shown_without_its_secrets() {
    let mut secret =
        image(&[("etc/hostname", b"x\n")], &json!({"Env": ["DB_PASSWORD=hunter2", "LANG=C"], "Labels": {"api_key": "hunter2"}}));
    secret.config["history"] = json!([{"created_by": "RUN |1 API_TOKEN=hunter2 make"}]);
    let (_folder, reference) = on_disk(&secret);
    for format in ["table", "json"] {
        let (code, stdout, stderr) = run(&["inspect", "--format", format, &reference]);
        assert_eq!((code, &stderr[..]), (0, ""));
        assert!(!stdout.contains("hunter2") && stdout.contains("DB_PASSWORD=***") && stdout.contains("LANG=C"), "{stdout}");
        let (_, verified, _) = run(&["-v", "--format", format, &reference]);
        assert!(!verified.contains("hunter2"), "{verified}");
    }
    let (_, shown, _) = run(&["inspect", &reference]);
    let digest = shown.lines().find(|line| line.starts_with("digest ")).unwrap();
    assert!(digest.len() <= 80 && digest.rsplit(':').next().unwrap().len() == 64, "{shown}");
}

#[test]
fn a_reader_that_goes_away_does_not_change_the_outcome() {
    let mut big = image(&[("opt/big", &large())], &json!({"User": "0"}));
    big.layers.push(tar(&(0..3000).map(|at| (&*format!("many/{at}").leak(), &b""[..])).collect::<Vec<_>>()));
    let (_folder, reference) = on_disk(&big);
    let user = ["--rule", "config/user", "--profile", "lucid", &reference];
    for (arguments, code) in
        [(&user[..], 1), (&["cat", &reference, "/opt/big"], 0), (&["ls", "-lR", &reference], 0), (&["inspect", &reference], 0)]
    {
        let program = assert_cmd::cargo::cargo_bin("lucid-verify");
        let mut child = Process::new(program)
            .args(arguments)
            .arg("--no-cache")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), &output.stderr[..]), (Some(code), &b""[..]), "{arguments:?}");
    }
}

#[test]
fn colour_is_asked_for_or_left_out() {
    let (_folder, reference) = on_disk(&image(&[("etc/hostname", b"x\n")], &json!({"User": "0"})));
    let shown = |color: &str, no_color: bool| {
        let mut command = lucid(&["--rule", "config/user", "--profile", "lucid", "--color", color, &reference]);
        if no_color {
            command.env("NO_COLOR", "1");
        }
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let (plain, coloured) = (shown("auto", false), shown("always", false));
    assert!(!plain.contains('\u{1b}') && coloured.contains("\u{1b}[31merror\u{1b}[0m"), "{coloured}");
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
    assert_eq!([shown("never", false), shown("auto", true)], [plain.clone(), plain]);
}

/// Whether a terminal would act on this character.
fn acts(character: char) -> bool {
    let marks = ['\u{200b}'..='\u{200f}', '\u{2028}'..='\u{202e}', '\u{2066}'..='\u{2069}'];
    (character.is_control() && character != '\n') || marks.iter().any(|marks| marks.contains(&character))
}

#[test]
fn no_text_of_an_image_acts_on_a_terminal_in_any_verb() {
    let nasty = "a\u{1b}[2J\u{9b}31m\u{202e}b\nFORGED  line\r\u{200b}";
    let path = format!("app/{nasty}");
    let healthcheck = json!({"Test": ["CMD-SHELL", nasty], "Interval": nasty});
    let config = json!({
        "User": nasty, "WorkingDir": nasty, "Cmd": [nasty], "Entrypoint": [format!("/{path}")], "Healthcheck": healthcheck,
        "Env": [nasty, format!("PATH={nasty}")], "Labels": {nasty: nasty}, "ExposedPorts": {nasty: {}}
    });
    let mut hostile = image(&[(&path, b"#!/\x1b[31m\n"), ("app/.lucid-marker", b"")], &config);
    hostile.config["created"] = nasty.into();
    hostile.config["history"] = json!([{"created_by": nasty}]);
    let (_folder, reference) = on_disk(&hostile);
    let file = format!("/{path}/below");
    for arguments in [
        &["verify", "-v", "--profile", "lucid", &reference][..],
        &["verify", "--profile", "generic", &reference],
        &["inspect", &reference],
        &["ls", "-R", &reference],
        &["ls", "-lR", &reference, "/app"],
        &["ls", &reference, &file],
        &["cat", &reference, &file],
        &["verify", &format!("{reference}:{nasty}")],
    ] {
        for format in ["table", "json"] {
            let (code, stdout, stderr) = run(&[arguments, &["--format", format]].concat());
            assert!(code < 10, "{arguments:?}: {code}");
            for shown in [stdout, stderr] {
                assert!(!shown.chars().any(acts), "{arguments:?}: {shown:?}");
                assert!(!shown.lines().any(|line| line.trim_start().starts_with("FORGED")), "{arguments:?}: {shown}");
            }
        }
    }
}

#[test]
fn waivers_that_expired_or_matched_nothing_are_named_with_their_place() {
    let (_image, reference) = on_disk(&image(&[("etc/hostname", b"x\n")], &json!({"User": "0"})));
    let folder = tempfile::tempdir().unwrap();
    let profile = folder.path().join("mine.toml");
    let waiver = |rule: &str, rest: &str| format!("[[ignore]]\nrule = \"{rule}\"\nreason = \"known\"\n{rest}\n");
    let text = [
        "extends = \"lucid\"\n".to_owned(),
        waiver("config/user", ""),
        waiver("ownership/tree", "path = \"/no/where/**\""),
        waiver("toolchain/shells", "expires = \"2020-01-01\""),
    ];
    std::fs::write(&profile, text.concat()).unwrap();
    let path = profile.to_str().unwrap();
    let arguments = ["--profile", path, "--format", "json", &reference];
    let (_, stdout, stderr) = run(&arguments);
    let lines: Vec<&str> = stderr.lines().collect();
    assert_eq!(
        lines,
        [
            &format!("warning: {path}:10:1: the waiver of toolchain/shells expired on 2020-01-01")[..],
            &format!("warning: {path}:6:1: this waiver matched nothing"),
        ]
    );
    let report = parsed(&stdout);
    assert_eq!(report["images"][0]["policy"]["waived"], 1);
    assert_eq!(report["images"][0]["policy"]["profile"], path);
    assert_eq!(run(&[&arguments[..], &["-q"]].concat()).2, "");
    let (_, _, stderr) = run(&[&arguments[..], &["--rule", "config/user"]].concat());
    assert!(!stderr.contains("matched nothing") && stderr.contains("expired on 2020-01-01"), "{stderr}");
}
