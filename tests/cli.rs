//! The command line as a user meets it; nothing here asks a registry.

#![allow(clippy::unwrap_used)]

#[path = "support/cli.rs"]
mod cli;

use std::process::{Command as Process, Stdio};

use cli::{lucid, run};

/// Runs what must be refused: exit 2, nothing on stdout. Returns stderr.
fn refused(arguments: &[&str]) -> String {
    let (code, stdout, stderr) = run(arguments);
    assert_eq!((code, &stdout[..]), (2, ""), "{arguments:?}: {stderr}");
    assert!(stderr.starts_with("error: "), "{stderr}");
    stderr
}

#[test]
fn alone_it_says_how_to_begin_in_twelve_lines() {
    let (code, stdout, stderr) = run(&[]);
    assert_eq!((code, &stderr[..]), (0, ""));
    assert_eq!(stdout.lines().count(), 12, "{stdout}");
    assert_eq!(stdout.lines().filter(|line| line.starts_with("  lucid-verify ")).count(), 3, "{stdout}");
    assert!(stdout.lines().all(|line| line.len() <= 80), "{stdout}");
}

#[test]
fn help_fits_a_screen() {
    let output = lucid(&["--help"]).env("COLUMNS", "80").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && help.lines().count() <= 55, "{help}");
    assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
    for hidden in ["--baseline", "explore", "--output"] {
        assert!(!help.contains(hidden), "{hidden}");
    }
    let verbs =
        ["verify", "demo", "init", "inspect", "size", "diff", "ls", "cat", "rules", "cache", "schema", "completions", "man"];
    for verb in verbs {
        assert_eq!(run(&[verb, "--help"]).0, 0, "{verb}");
    }
}

#[test]
fn the_version_is_the_packages() {
    assert_eq!(run(&["--version"]).1, format!("lucid-verify {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_mistyped_verb_is_no_pull() {
    let stderr = refused(&["inspct"]);
    assert!(stderr.contains("did you mean \"inspect\"?") && stderr.contains("\n\nhint: docker://inspct "), "{stderr}");
    assert!(refused(&["--format", "json", "ruels"]).contains("did you mean \"rules\"?"));
    assert!(refused(&["--jbs", "4", "pickme/x"]).contains("'--jobs'"));
    assert!(refused(&[""]).contains("\"\" is no image reference"));
}

#[test]
fn what_is_not_there_yet_says_so() {
    assert!(refused(&["explore"]).contains("the verb explore is not available yet"));
}

#[test]
fn wrong_arguments_are_named() {
    assert!(refused(&["verify"]).contains("IMAGE"));
    assert!(refused(&["inspect"]).contains("<IMAGE>"));
    assert!(refused(&["cat", "pickme/x"]).contains("<PATH>"));
    assert!(refused(&["-v"]).contains("IMAGE"));
    assert!(refused(&["pickme/x", "--platform", "linux"]).contains("os/arch[/variant]"));
    assert!(
        refused(&["pickme/x", "--format", "jsn"])
            .contains("there are table, json, markdown, html, junit, sarif, github, codequality; did you mean json?")
    );
    assert!(refused(&["schema", "repot"]).contains("did you mean report?"));
    assert!(!refused(&["pickme/x", "--platform", "\u{1b}[2J"]).contains('\u{1b}'));
    assert!(refused(&["pickme/x", "--limit", "manifests=1"]).contains("the limits are manifest, config"));
    assert!(refused(&["pickme/x", "--limit", "manifest=much"]).contains("\"much\" is no number"));
    assert!(refused(&["pickme/x", "--timeout", "0"]).contains("--timeout"));
    assert!(refused(&["pickme/x", "--jobs", "0"]).contains("--jobs"));
    assert!(refused(&["pickme/x", "--fail-on", "info"]).contains("--fail-on"));
    assert!(refused(&["pickme/x", "-q", "-v"]).contains("cannot be used with"));
    assert!(refused(&["pickme/x", "--no-such-option"]).contains("--no-such-option"));
}

#[test]
fn an_unknown_rule_is_named() {
    assert!(refused(&["rules", "no/such-rule"]).contains("there is no rule \"no/such-rule\""));
    assert!(refused(&["pickme/x", "--rule", "no/such-rule"]).contains("there is no rule"));
}

#[test]
fn a_rule_is_found_by_an_error_that_someone_pasted() {
    let traceback = "Traceback (most recent call last):\n  File \"x\"\nModuleNotFoundError: No module named 'controller.main'\n";
    let (code, stdout, stderr) = run(&["rules", "--search", traceback]);
    assert_eq!((code, &stderr[..]), (0, ""));
    assert!(stdout.contains("python/") && stdout.lines().all(|line| line.chars().count() <= 80), "{stdout}");
    let (code, stdout, _) = run(&["rules", "--format", "json", "--search", "exec /usr/bin/python3: exec format error"]);
    let found: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert!(code == 0 && found.as_array().unwrap().iter().any(|rule| rule["id"] == "platform/interpreter-arch"), "{stdout}");
    let (code, stdout, stderr) = run(&["rules", "--search", "qwertzuiop"]);
    assert!(code == 3 && stdout.is_empty() && stderr.contains("\n\nhint: search for the last line"), "{stderr}");
    assert!(refused(&["rules", "--search", "x", "config/user"]).contains("cannot be used with"));
}

#[test]
fn a_test_file_that_cannot_be_read_is_named() {
    assert!(refused(&["pickme/x", "--structure-test", "no/such.yaml"]).contains("failed to read the test file no/such.yaml"));
}

#[test]
fn a_missing_profile_is_named() {
    assert!(refused(&["pickme/x", "--profile", "no/such.toml"]).contains("failed to read the profile no/such.toml"));
    assert!(refused(&["pickme/x", "--profile", "lucd"]).contains("did you mean lucid?"));
    assert!(refused(&["pickme/x", "--profile", "."]).contains("failed to read the profile .: "));
}

#[test]
fn half_a_login_is_refused() {
    assert!(refused(&["pickme/x", "--username", "bob"]).contains("no password"));
    let both = lucid(&["inspect", "pickme/x", "--password-stdin"]).write_stdin("hunter2\n").output().unwrap();
    let stderr = String::from_utf8(both.stderr).unwrap();
    assert_eq!(both.status.code(), Some(2));
    assert!(stderr.contains("no user name") && !stderr.contains("hunter2"), "{stderr}");
    let two = lucid(&["pickme/x", "registry.example:5000/x", "--username", "bob", "--password-stdin"])
        .write_stdin("hunter2")
        .output()
        .unwrap();
    assert_eq!(two.status.code(), Some(2));
    assert!(String::from_utf8(two.stderr).unwrap().contains("2 registries: docker.io, registry.example:5000"));
}

#[test]
fn a_wrong_day_is_refused() {
    let output = lucid(&["pickme/x"]).env("SOURCE_DATE_EPOCH", "yesterday").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("SOURCE_DATE_EPOCH"));
}

#[test]
fn secrets_are_shown_on_a_terminal_only() {
    assert!(refused(&["inspect", "pickme/x", "--show-secrets"]).contains("on a terminal only"));
}

#[test]
fn an_image_that_is_not_there_is_a_valid_document_and_never_a_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let image = format!("oci:{}/nothing", folder.path().display());
    let (code, stdout, stderr) = run(&["--format", "json", &image]);
    let document: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, &document["exit_code"]), (3, &3.into()));
    assert_eq!(document["verdict"], "incomplete");
    let shown = &document["images"][0];
    assert_eq!((&shown["complete"], &shown["digest"], &shown["layers"]), (&false.into(), &().into(), &serde_json::json!([])));
    assert_eq!((&shown["error"]["kind"], &shown["error"]["exit_code"]), (&"not-found".into(), &3.into()));
    assert!(shown["rules"].as_array().unwrap().iter().all(|rule| rule["outcome"] == "unknown" || rule["level"] == "off"));
    assert!(stderr.starts_with("error: failed to open the image layout ") && stderr.contains("\n\nhint: "), "{stderr}");
    let (code, table, stderr) = run(&[&image]);
    assert_eq!((code, &stderr[..]), (3, ""));
    assert!(
        table.starts_with("INCOMPLETE  oci:") && table.contains("\nerror  not-found ") && table.contains("\n  hint "),
        "{table}"
    );
    for verb in ["inspect", "ls"] {
        let (code, stdout, stderr) = run(&[verb, &image]);
        assert_eq!((code, &stdout[..]), (3, ""), "{verb}");
        assert!(stderr.starts_with("error: ") && stderr.contains("\n\nhint: "), "{stderr}");
    }
}

#[test]
fn documents_are_json() {
    for arguments in [&["schema", "report"][..], &["schema", "profile"], &["schema", "facts"], &["rules", "--format", "json"]] {
        let (code, stdout, _) = run(arguments);
        assert_eq!(code, 0, "{arguments:?}");
        serde_json::from_str::<serde_json::Value>(&stdout).unwrap();
    }
}

#[test]
fn completions_name_the_verbs() {
    for shell in ["bash", "zsh", "fish"] {
        let (code, stdout, _) = run(&["completions", shell]);
        assert!(code == 0 && stdout.contains("inspect"), "{shell}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let program = assert_cmd::cargo::cargo_bin("lucid-verify");
    let mut child =
        Process::new(program).args(["schema", "report"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &output.stderr[..]), (Some(0), &b""[..]));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let program = assert_cmd::cargo::cargo_bin("lucid-verify");
    let output = Process::new(program).args(["schema", "report"]).stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stderr.starts_with(b"error: failed to write to stdout: "));
}
