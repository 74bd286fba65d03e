use serde_json::{Value, json};

use super::pushed::{Draft, OnDisk, edited, served};
use crate::layout::tar;
use crate::registry::{Reply, scripted};
use crate::table::Row;

pub fn broken_configurations(row: &Row) {
    let small = Draft::small();
    let mut gone = small.image();
    let digest = gone.content.remove(0).0;
    let (_server, reference) = served(gone);
    row.verify("it is not there", &reference).run().ends(3).says(&digest.to_string());
    let disk = OnDisk::new(&small.image());
    row.verify("it is too large", &disk.reference).option("--limit=config=10").run().ends(8).says("--limit config=");
    let large = small.configured(vec![b' '; (4 << 20) + 1]);
    row.verify("4 MiB and a byte", &OnDisk::new(&large).reference).run().ends(8).says("--limit config=");
    let id = lucid_verify::digest::Digest::sha256(&small.layers[0].2).to_string();
    for (case, config, says) in [
        ("it is no JSON", "config".to_owned(), "it is not JSON: expected value, at byte 0"),
        ("it is empty", String::new(), "EOF while parsing a value, at byte 0"),
        ("it is a text", "\"config\"".to_owned(), "it is no JSON object"),
        ("no rootfs", json!({"os": "linux"}).to_string(), "missing field `rootfs`"),
        (
            "another type",
            json!({"rootfs": {"type": "layers+base", "diff_ids": [id]}}).to_string(),
            "rootfs.type is \"layers+base\"",
        ),
        ("no diff_ids", json!({"rootfs": {"type": "layers"}}).to_string(), "missing field `diff_ids`"),
        (
            "diff_ids null",
            json!({"rootfs": {"type": "layers", "diff_ids": null}}).to_string(),
            "lists 0 diff_ids, the manifest 1 layers",
        ),
        ("too few", json!({"rootfs": {"type": "layers", "diff_ids": []}}).to_string(), "lists 0 diff_ids, the manifest 1 layers"),
        (
            "too many",
            json!({"rootfs": {"type": "layers", "diff_ids": [id, id]}}).to_string(),
            "lists 2 diff_ids, the manifest 1 layers",
        ),
        (
            "a path for a digest",
            json!({"rootfs": {"type": "layers", "diff_ids": ["sha256:../x"]}}).to_string(),
            "is not a digest",
        ),
        ("a number for a digest", json!({"rootfs": {"type": "layers", "diff_ids": [7]}}).to_string(), "expected a string"),
        (
            "a long text for a list",
            json!({"rootfs": {"type": "layers", "diff_ids": "x".repeat(1 << 20)}}).to_string(),
            "expected a sequence",
        ),
    ] {
        let ran = row.verify(case, &OnDisk::new(&small.configured(config.into())).reference).run().ends(7).says(says);
        assert!(ran.stdout.len() < 200_000, "{case}: {} bytes of report", ran.stdout.len());
    }
    let called = |kind: &'static str| edited(small.image(), |manifest| manifest["config"]["mediaType"] = kind.into());
    row.verify("it is called a layer", &OnDisk::new(&called(super::pushed::LAYER)).reference).run().ends(7);
}

pub fn histories(row: &Row) {
    let line = |created_by: &str, empty: bool| json!({"created_by": created_by, "empty_layer": empty});
    let (one, two) = (line("COPY one /", false), line("COPY two /", false));
    let tars = [tar(&[("one", b"1")]), tar(&[("two", b"2")])];
    for (case, history, known) in [
        ("one line a layer", json!([one, line("ENV A=1", true), two]), true),
        ("too short", json!([one]), false),
        ("too long", json!([one, two, line("COPY three /", false)]), false),
        ("a layer said to be empty", json!([one, line("COPY two /", true)]), false),
        ("an empty one said to be a layer", json!([one, line("ENV A=1", false), two]), false),
        ("none", Value::Null, false),
    ] {
        let draft = Draft::of(&tars).with(|config| config["history"] = history);
        let ran = row.verify(case, &OnDisk::new(&draft.image()).reference).run().ends(0);
        let claims: Vec<&Value> = ran.image()["layers"].as_array().unwrap().iter().map(|layer| &layer["created_by"]).collect();
        let (one, two) = (json!("COPY one /"), json!("COPY two /"));
        let want = if known { [&one, &two] } else { [&Value::Null; 2] };
        assert_eq!(claims, want, "{case}");
        row.observe(&format!("{case}: what made the layers"), if known { "their lines" } else { "nothing is claimed" });
    }
    let wrong = Draft::of(&tars).with(|config| config["history"] = json!("COPY"));
    row.verify("a text", &OnDisk::new(&wrong.image()).reference).run().ends(7).says("its history is no list");
}

pub fn settings(row: &Row) {
    let passwd = "root:x:0:0::/:/bin/sh\nnonroot:x:65532:65532::/:/bin/false\n";
    let files = tar(&[("etc/passwd", passwd.as_bytes()), ("run", b"#!/bin/true\n")]);
    let with = |key: &str, value: Value| {
        let draft = Draft::of(std::slice::from_ref(&files)).with(|config| config["config"][key] = value);
        OnDisk::new(&draft.image())
    };
    for (user, code, outcome, says) in [
        ("65532", 0, "pass", ""),
        ("65532:65532", 0, "pass", ""),
        ("nonroot", 0, "pass", ""),
        ("", 0, "fail", "USER is \"\" (root)"),
        ("0", 0, "fail", "USER is \"0\" (root)"),
        ("000", 0, "fail", "(root)"),
        ("nobody", 1, "fail", "USER \"nobody\" cannot start"),
        ("99999999999", 1, "fail", "USER \"99999999999\" cannot start"),
        ("-1", 1, "fail", "USER \"-1\" cannot start"),
        ("\u{1b}[31m", 1, "fail", "cannot start"),
    ] {
        let disk = with("User", user.into());
        let case = format!("`USER {}`", user.escape_debug());
        row.verify(&case, &disk.reference)
            .option("--rule=config/user")
            .run()
            .ends(code)
            .judges("config/user", outcome)
            .says(says);
    }
    for (case, key, value, code) in [
        ("CMD as a text", "Cmd", json!("/run it"), 7),
        ("CMD null", "Cmd", Value::Null, 0),
        ("ENV without a sign", "Env", json!(["CANARYLESS", "=x", ""]), 0),
        ("ENV as a text that holds a secret", "Env", json!("API_TOKEN=canary-4f9d0c1e7b"), 7),
        ("ENV as an object", "Env", json!({"A": "1"}), 7),
        ("HEALTHCHECK NONE", "Healthcheck", json!({"Test": ["NONE"]}), 0),
        ("HEALTHCHECK null", "Healthcheck", Value::Null, 0),
        ("HEALTHCHECK of what nobody runs", "Healthcheck", json!({"Test": ["none", "x"], "Interval": -1}), 0),
        ("HEALTHCHECK as a text", "Healthcheck", json!("CMD x"), 7),
        ("HEALTHCHECK as a list", "Healthcheck", json!([["CMD", "x"], 1, 2, 3, 4]), 7),
        ("labels null", "Labels", Value::Null, 0),
        ("a label that is a number", "Labels", json!({"a": 1}), 7),
        ("STOPSIGNAL of no signal", "StopSignal", json!("SIGNOTHING"), 0),
        ("EXPOSE of no port", "ExposedPorts", json!({"99999/tcp": {}, "x": {}}), 0),
        ("VOLUME of a strange path", "Volumes", json!({"../..": {}}), 0),
    ] {
        row.verify(case, &with(key, value).reference).run().ends(code);
    }
}

pub fn texts_that_act(row: &Row) {
    const ACTING: [char; 3] = ['\u{1b}', '\u{202e}', '\u{7}'];
    let evil = "a\u{1b}[31m\nb\u{202e}c\u{7}";
    let files = tar(&[("etc/passwd", b"root:x:0:0::/:/bin/sh\n"), (&format!("opt/{}", evil.replace('\n', "")), b"1")]);
    let draft = Draft::of(&[files]).with(|config| {
        config["config"] = json!({"User": evil, "Labels": {evil: evil}, "Env": [format!("A={evil}")], "Cmd": [evil]});
        config["history"] = json!([{"created_by": evil}]);
        config["created"] = evil.into();
        config["architecture"] = evil.into();
    });
    let disk = OnDisk::new(&draft.image());
    let ran = row.verify("JSON", &disk.reference).option("--rule=*/*").run().ends(1);
    assert_eq!(ran.image()["layers"][0]["created_by"], evil.trim());
    assert!(!ran.stdout.contains(ACTING), "JSON escapes what acts");
    for format in ["table", "markdown"] {
        let run = row.verify(format, &disk.reference).option("--rule=*/*").option("--format").option(format);
        let ran = run.option("-v").run().ends(1).says("\\u{1b}");
        assert!(!ran.stdout.contains(ACTING) && !ran.stderr.contains(ACTING), "{}", ran.stdout.escape_debug());
    }
    let body = json!({"errors": [{"code": evil, "message": evil}]}).to_string();
    let server = scripted(move |_| Reply::new(404, body.clone()).with("content-type", "application/json"));
    for format in ["json", "table"] {
        let case = format!("an error of a registry, {format}");
        let run = row.verify(&case, &format!("{}/a:1", server.host()));
        let ran = run.option("--format").option(format).run().ends(3);
        assert!(!ran.stdout.contains(ACTING) && !ran.stderr.contains(ACTING), "{}", ran.stdout.escape_debug());
    }
}
