//! The gate: an image held against a baseline, through the program.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/cli.rs"]
mod cli;
#[path = "support/registry.rs"]
mod registry;
#[path = "support/tags.rs"]
mod tags;

use std::path::Path;

use cli::run;
use lucid_verify::serve::{Image, Reply};
use serde_json::{Value, json};
use tags::Registry;
use tempfile::TempDir;

const ARM: &str = r#"{"os":"linux","architecture":"arm64","config":{"User":"1000:1000"}}"#;

/// A line of a file with so many bytes.
fn file(path: &str, bytes: usize) -> String {
    format!("f 0644 0:0 {path} \"{}\"\n", path.chars().cycle().take(bytes).collect::<String>())
}

const BASE: &str = "layer ADD rootfs.tar /\n";
const APP: &str = "layer COPY . /app\n";

/// An image of a base of 20 kB, and of an app with so many bytes.
fn app(bytes: usize) -> Image {
    Image::written(&format!("{BASE}{}{APP}{}", file("/usr/base", 20_000), file("/app/data", bytes)), ARM).unwrap()
}

/// An index of an image of one platform.
fn index(image: &Image, architecture: &str) -> Image {
    registry::Fixture::indexed(image.clone(), &format!(r#","platform":{{"os":"linux","architecture":"{architecture}"}}"#))
}

/// Asks the gate alone.
const GATE: [&str; 4] = ["--profile", "generic", "--rule", "size/regression"];

/// Exit code, report and stderr.
fn gate(arguments: &[&str]) -> (i32, Value, String) {
    let (code, stdout, stderr) = run(&[&GATE[..], &["--format", "json"], arguments].concat());
    (code, serde_json::from_str(&stdout).unwrap_or_else(|_| panic!("{arguments:?}: no report: {stdout}\n{stderr}")), stderr)
}

fn rule(report: &Value) -> &Value {
    report["images"][0]["rules"].as_array().unwrap().iter().find(|rule| rule["id"] == "size/regression").unwrap()
}

fn message(report: &Value) -> &str {
    rule(report)["findings"][0]["message"].as_str().unwrap_or_default()
}

/// A file in a folder of its own.
fn written(bytes: impl AsRef<[u8]>) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.baseline");
    std::fs::write(&path, bytes).unwrap();
    (folder, path.display().to_string())
}

#[test]
fn an_image_that_grew_fails_by_a_line_that_names_what_grew_and_shared_layers_are_read_once() {
    let (old, new, third) = (app(10_000), app(15_000), app(15_100));
    let images = vec![("x/app", "1", old.clone()), ("x/app", "2", new.clone()), ("x/app", "3", third.clone())];
    let registry = Registry::of(images);
    let (one, two, three) = (registry.name("x/app:1"), registry.name("x/app:2"), registry.name("x/app:3"));
    let (code, report, stderr) = gate(&[&two, "--baseline", &one, "--max-growth", "unpacked=5%", "--max-growth", "unpacked=1kB"]);
    assert_eq!(code, 1, "{stderr}");
    let wanted = format!("+5.0 kB (+16.6 %) over {one}: +5.0 kB in /app, layer 2 COPY . /app");
    assert_eq!(message(&report), wanted);
    let finding = &rule(&report)["findings"][0];
    assert_eq!((&finding["level"], &finding["layer"]["index"]), (&"error".into(), &1.into()));
    assert_eq!((&finding["found"], &finding["want"]), (&"+5.0 kB (+16.6 %)".into(), &"at most 5% or 1kB".into()));
    let delta = &report["images"][0]["delta"];
    assert_eq!((&delta["unpacked_bytes"]["old"], &delta["unpacked_bytes"]["new"]), (&30_000.into(), &35_000.into()));
    assert_eq!(delta["old"]["reference"], one);
    assert_eq!((registry.reads(&old), registry.reads(&new)), (vec![1, 1], vec![1, 1]), "the base is read once");

    let (code, report, _) = gate(&[&two, &three, "--baseline", &one, "--max-growth", "1MB"]);
    assert_eq!((code, report["images"].as_array().unwrap().len()), (0, 2));
    assert_eq!((registry.reads(&old), registry.reads(&third)), (vec![2, 2], vec![2, 1]), "once more, for both");
}

#[test]
fn a_saved_baseline_a_report_and_the_image_itself_give_the_same_verdict() {
    let registry = Registry::of(vec![("x/app", "1", app(10_000)), ("x/app", "2", app(15_000))]);
    let (one, two) = (registry.name("x/app:1"), registry.name("x/app:2"));
    let folder = tempfile::tempdir().unwrap();
    let inside = |name: &str| folder.path().join(name).display().to_string();
    let (saved, report) = (inside("app.lock"), inside("app.json"));
    let (code, first, _) = gate(&[&one, "--save-baseline", &saved]);
    assert_eq!((code, &rule(&first)["outcome"]), (0, &"skip".into()));
    assert_eq!(rule(&first)["reason"], "there is no baseline: --baseline names one");
    std::fs::write(&report, serde_json::to_vec(&first).unwrap()).unwrap();
    for baseline in [&saved, &report, &one] {
        let bounds = ["--max-growth", "/app=1kB"];
        let (code, failed, stderr) = gate(&[&[&two, "--baseline", baseline], &bounds[..]].concat());
        assert_eq!(code, 1, "{baseline}: {stderr}");
        assert!(message(&failed).starts_with("+5.0 kB (+50.0 %) in /app over "), "{baseline}: {}", message(&failed));
        assert_eq!(rule(&failed)["findings"][0]["path"], "/app");
        let (code, held, _) = gate(&[&one, "--baseline", baseline, "--max-growth", "0"]);
        assert_eq!((code, &rule(&held)["outcome"], &rule(&held)["examined"]), (0, &"pass".into(), &2.into()), "{baseline}");
    }
    let (code, held, _) = gate(&[&two, "--baseline", &saved]);
    assert_eq!((code, &rule(&held)["outcome"]), (0, &"pass".into()), "the usual bounds need 10 MB");
}

#[test]
fn bounds_come_from_the_profile_until_the_command_line_says_others() {
    let registry = Registry::of(vec![("x/app", "1", app(10_000)), ("x/app", "2", app(15_000))]);
    let (one, two) = (registry.name("x/app:1"), registry.name("x/app:2"));
    let folder = tempfile::tempdir().unwrap();
    let profile = folder.path().join("own.toml").display().to_string();
    std::fs::write(&profile, "extends = \"generic\"\n[size]\nmax-growth = [\"1%\", \"layer=1kB\"]\n").unwrap();
    let arguments = [&two, "--profile", &profile, "--rule", "size/*", "--baseline", &one, "--format", "json"];
    let judge = |more: &[&str]| {
        let (code, stdout, _) = run(&[&arguments[..], more].concat());
        let report: Value = serde_json::from_str(&stdout).unwrap();
        (code, rule(&report)["findings"].as_array().unwrap().len())
    };
    assert_eq!(judge(&[]), (1, 3), "unpacked, compressed, the layer");
    assert_eq!(judge(&["--max-growth", "layer=1kB"]), (1, 1));
    assert_eq!(judge(&["--max-growth", "/usr=0"]), (0, 0));
    assert_eq!(judge(&["--max-growth", "package=0"]), (0, 0));
}

#[test]
fn a_baseline_that_is_missing_is_a_mistake_unless_it_may_be() {
    let registry = Registry::of(vec![("x/app", "2", app(15_000))]);
    let two = registry.name("x/app:2");
    let folder = tempfile::tempdir().unwrap();
    let missing = [
        folder.path().join("none").display().to_string(),
        "none.json".into(),
        registry.name("x/app:1"),
        format!("oci:{}", folder.path().join("none").display()),
    ];
    for baseline in &missing {
        let (code, report, stderr) = gate(&[&two, "--baseline", baseline]);
        let image = &report["images"][0];
        assert_eq!((code, &image["complete"], &image["error"]["kind"]), (2, &false.into(), &"usage".into()), "{stderr}");
        assert!(stderr.contains("failed to find the baseline: there is no "), "{baseline}: {stderr}");
        assert!(stderr.contains("--baseline-optional"), "{stderr}");
        assert_eq!(rule(&report)["outcome"], "unknown", "{baseline}");
        let (code, report, _) = gate(&[&two, "--baseline", baseline, "--baseline-optional"]);
        assert_eq!((code, &rule(&report)["outcome"]), (0, &"skip".into()), "{baseline}");
        let reason = rule(&report)["reason"].as_str().unwrap();
        assert!(reason.starts_with("there is no baseline yet: ") && reason.ends_with(" does not exist"), "{reason}");
        assert_eq!(report["images"][0]["notes"], json!([format!("size/regression: {reason}")]));
    }
}

#[test]
fn a_baseline_that_cannot_be_looked_at_is_never_no_regression() {
    let denied = registry::scripted(|_| Reply::new(403, "no"));
    let broken = {
        let mut image = app(10_000);
        image.content.iter_mut().filter(|(_, kind, _)| kind.contains("layer")).for_each(|(.., bytes)| bytes[40] ^= 1);
        image
    };
    let other = Image::written(&format!("{BASE}{}", file("/usr/base", 9)), &ARM.replace("arm64", "amd64")).unwrap();
    let images = vec![
        ("x/app", "2", app(15_000)),
        ("x/broken", "1", broken),
        ("x/other", "1", other.clone()),
        ("x/other", "index", index(&other, "amd64")),
    ];
    let registry = Registry::of(images);
    let two = registry.name("x/app:2");
    let unreachable = {
        let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("{}/x/app:1", gone.local_addr().unwrap())
    };
    for (baseline, wanted, said) in [
        (format!("{}/x/app:1", denied.host()), 4, "denied"),
        (unreachable, 5, "unreachable"),
        (registry.name("x/broken:1"), 2, "digest"),
        (registry.name("x/other:1"), 2, "linux/amd64"),
        (registry.name("x/other:index"), 2, "linux/amd64"),
    ] {
        for optional in [&[][..], &["--baseline-optional"]] {
            let (code, report, stderr) = gate(&[&[&two, "--baseline", &baseline, "--retries", "0"], optional].concat());
            assert_eq!(code, wanted, "{baseline} {optional:?}: {stderr}");
            assert_eq!((&report["images"][0]["complete"], &rule(&report)["outcome"]), (&false.into(), &"unknown".into()));
            assert!(stderr.contains("the baseline "), "{stderr}");
            assert!(said == "denied" || said == "unreachable" || stderr.contains(said), "{said}: {stderr}");
        }
    }
}

#[test]
fn a_file_that_is_no_baseline_is_a_mistake_that_is_found_before_anything_is_read() {
    let registry = Registry::of(vec![("x/app", "1", app(10_000))]);
    let one = registry.name("x/app:1");
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("x.lock");
    let (code, report, _) = gate(&[&one, "--save-baseline", &saved.display().to_string()]);
    assert_eq!(code, 0);
    let (text, report) = (std::fs::read_to_string(&saved).unwrap(), report.to_string());
    let requests = registry.server.requests().len();
    let incomplete = report.replace("\"complete\":true", "\"complete\":false");
    let newer = report.replace("\"schema\":1", "\"schema\":99");
    let deep = "[".repeat(200_000);
    let hostile: Vec<Vec<u8>> = [
        "",
        "\n",
        "{",
        "{}",
        "[]",
        "null",
        "{\"schema\":1}",
        "{\"schema\":1,\"images\":[]}",
        "#!/bin/sh\n",
        &incomplete,
        &newer,
        &report[..report.len() / 2],
        &text[..text.len() / 2],
        &text.replace("unpacked ", "unpacked -"),
        &text.replace("unpacked 30000", "unpacked 99999999999999999999999"),
        &format!("{text}{text}"),
        &format!("<<<<<<< HEAD\n{text}"),
        &format!("{{\"schema\":{deep}"),
        &deep,
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .chain([vec![0xff; 100], vec![0; 100]])
    .collect();
    for bytes in hostile {
        let (_folder, file) = written(&bytes);
        let shown = bytes[..bytes.len().min(60)].escape_ascii().to_string();
        for optional in [&[][..], &["--baseline-optional"]] {
            let (code, report, stderr) = gate(&[&[&one, "--baseline", &file], optional].concat());
            assert_eq!((code, &report["images"][0]["complete"]), (2, &false.into()), "{shown}: {stderr}");
            assert!(stderr.contains(&format!("failed to read the baseline {file}: ")), "{shown}: {stderr}");
        }
    }
    let (code, _, stderr) = gate(&[&one, "--baseline", &folder.path().display().to_string()]);
    assert!(code == 2 && stderr.contains("an image layout is written oci:"), "{stderr}");
    assert_eq!(registry.server.requests().len(), requests, "no image was asked for");
}

#[test]
fn another_repository_is_a_note() {
    let registry = Registry::of(vec![("x/app", "1", app(10_000)), ("y/app", "1", app(10_000))]);
    let (code, report, stderr) = gate(&[&registry.name("x/app:1"), "--baseline", &registry.name("y/app:1")]);
    assert_eq!(code, 0, "{stderr}");
    let notes = report["images"][0]["delta"]["notes"].to_string();
    assert!(notes.contains("repository") && stderr.contains("note: ") && stderr.contains("repository"), "{notes}\n{stderr}");
    let (_, report, stderr) = gate(&[&registry.name("x/app:1"), "--baseline", &registry.name("x/app:1")]);
    assert!(report["images"][0]["delta"]["notes"].as_array().unwrap().is_empty() && stderr.is_empty(), "{stderr}");
}

#[test]
fn of_a_report_of_several_images_that_of_the_repository_is_taken() {
    let registry = Registry::of(vec![
        ("x/app", "1", app(10_000)),
        ("x/app", "2", app(15_000)),
        ("y/app", "1", app(15_000)),
        ("z/app", "1", app(15_000)),
    ]);
    let name = |image: &str| registry.name(image);
    let (_, both, _) = gate(&[&name("x/app:1"), &name("y/app:1")]);
    let (_folder, file) = written(both.to_string());
    let (code, report, stderr) = gate(&[&name("x/app:2"), "--baseline", &file, "--max-growth", "0"]);
    assert_eq!((code, &report["images"][0]["delta"]["old"]["reference"]), (1, &name("x/app:1").into()), "{stderr}");
    let (code, _, _) = gate(&[&name("y/app:1"), "--baseline", &file, "--max-growth", "0"]);
    assert_eq!(code, 0);
    let (code, report, stderr) = gate(&[&name("z/app:1"), "--baseline", &file]);
    assert_eq!((code, &report["images"][0]["delta"]), (2, &Value::Null));
    assert!(stderr.contains("x/app:1") && stderr.contains("y/app:1") && stderr.contains("not clear"), "{stderr}");
}

#[test]
fn findings_that_the_baseline_has_too_are_shown_and_let_pass() {
    let two = |more: &str| Image::written(&format!("{BASE}{}{APP}{more}", file("/usr/base", 9)), ARM).unwrap();
    let begin = r"-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC";
    let key = |path: &str| format!("f 0600 0:0 {path} \"{begin}{}\\n\"\n", path.len());
    let images = vec![
        ("x/app", "1", two(&key("/app/one.pem"))),
        ("x/app", "2", two(&format!("{}{}", key("/app/one.pem"), file("/app/more", 5)))),
        ("x/app", "3", two(&format!("{}{}", key("/app/one.pem"), key("/app/two/two.pem")))),
    ];
    let registry = Registry::of(images);
    let secrets = ["--profile", "generic", "--rule", "hygiene/secrets-files", "--format", "json"];
    let judge = |image: &str, more: &[&str]| {
        let (code, stdout, stderr) = run(&[&secrets[..], &[&registry.name(image)], more].concat());
        (code, serde_json::from_str::<Value>(&stdout).unwrap(), stderr)
    };
    let (code, report, _) = judge("x/app:1", &[]);
    assert_eq!(code, 1, "{report}");
    let (_folder, file) = written(report.to_string());
    for baseline in [&file, &registry.name("x/app:1")] {
        let new_only = ["--baseline", baseline, "--new-only"];
        let (code, report, stderr) = judge("x/app:2", &new_only);
        let image = &report["images"][0];
        assert_eq!((code, &image["rules"][0]["outcome"]), (0, &"pass".into()), "{stderr}");
        assert_eq!((&image["rules"][0]["findings"][0]["known"], &image["policy"]["known"]), (&true.into(), &1.into()));
        assert_eq!((&image["delta"]["findings"]["same"], &image["answers"]["safe"]), (&1.into(), &"yes".into()));
        let (code, report, _) = judge("x/app:3", &new_only);
        assert_eq!((code, &report["images"][0]["rules"][0]["outcome"]), (1, &"fail".into()), "{report}");
        assert_eq!(judge("x/app:2", &new_only[..2]).0, 1, "without --new-only all count");
    }
    let empty = report.to_string().replace("\"asked\":\"1 of", "\"asked\":\"0 of");
    let mut unjudged: Value = serde_json::from_str(&empty).unwrap();
    unjudged["images"][0]["rules"] = Value::Array(vec![]);
    let (_folder, file) = written(unjudged.to_string());
    let (code, _, stderr) = judge("x/app:2", &["--baseline", &file, "--new-only"]);
    assert!(code == 2 && stderr.contains("holds no findings, which --new-only compares"), "{stderr}");
}

#[test]
fn options_that_need_a_baseline_and_bounds_that_are_none_are_mistakes() {
    for (arguments, said) in [
        (&["--max-growth", "5%"][..], "--baseline"),
        (&["--new-only"], "--baseline"),
        (&["--baseline-optional"], "--baseline"),
        (&["--baseline", "x.json", "--max-growth", "5 percent"], "\"5 percent\" is no threshold: write [SCOPE=]LIMIT"),
        (&["--save-baseline", "x", "--all-platforms"], "--all-platforms"),
    ] {
        let (code, stdout, stderr) = run(&[&["oci:none"], arguments].concat());
        assert!(code == 2 && stdout.is_empty() && stderr.contains(said), "{arguments:?}: {stderr}");
    }
}

fn save(images: &[&str], file: &Path) -> (i32, String) {
    let file = file.display().to_string();
    let (code, _, stderr) = run(&[&GATE[..], images, &["--save-baseline", &file]].concat());
    (code, stderr)
}

#[test]
fn a_baseline_is_saved_of_one_whole_image_and_else_stays() {
    let mut broken = app(10_000);
    broken.content.iter_mut().filter(|(_, kind, _)| kind.contains("layer")).for_each(|(.., bytes)| bytes[40] ^= 1);
    let images = vec![("x/app", "1", app(10_000)), ("x/app", "2", app(15_000)), ("y/app", "broken", broken)];
    let registry = Registry::of(images);
    let (one, two) = (registry.name("x/app:1"), registry.name("x/app:2"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.lock");
    let before = registry.server.requests().len();
    for (images, path, said) in [
        (&[&one[..], &two][..], file.clone(), "takes one image"),
        (&[&one], folder.path().join("none/app.lock"), "failed to write the baseline "),
        (&[&one], folder.path().to_owned(), "failed to write the baseline "),
    ] {
        let (code, stderr) = save(images, &path);
        assert!(code == 2 && stderr.contains(said), "{stderr}");
    }
    assert_eq!(registry.server.requests().len(), before, "nothing was read");
    assert_eq!(save(&[&one], &file).0, 0);
    let first = std::fs::read(&file).unwrap();
    let (code, stderr) = save(&[&registry.name("y/app:broken")], &file);
    assert!(code == 6 && stderr.contains("was not written: the image was not read to its end"), "{code} {stderr}");
    assert_eq!(std::fs::read(&file).unwrap(), first);

    let name = file.display().to_string();
    let (code, stderr) = save(&[&two, "--baseline", &name, "--max-growth", "1kB"], &file);
    assert!(code == 1 && stderr.contains("grew too much over it"), "{stderr}");
    assert_eq!(std::fs::read(&file).unwrap(), first, "what failed does not become the measure");
    assert_eq!(save(&[&two, "--baseline", &name, "--max-growth", "1MB"], &file).0, 0);
    assert_ne!(std::fs::read(&file).unwrap(), first);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no draft stays behind");
}

#[test]
fn diff_tells_what_changed_between_images_and_files() {
    let other = Image::written(&format!("{BASE}{}", file("/usr/base", 20_000)), &ARM.replace("arm64", "amd64")).unwrap();
    let (old, new) = (app(10_000), app(15_000));
    let images = vec![("x/app", "1", old.clone()), ("x/app", "2", new.clone()), ("x/app", "amd", other)];
    let registry = Registry::of(images);
    let (one, two) = (registry.name("x/app:1"), registry.name("x/app:2"));
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("app.lock");
    assert_eq!(save(&[&one], &saved).0, 0);
    let saved = saved.display().to_string();
    let diff = |old: &str, new: &str| {
        let (code, stdout, stderr) = run(&["diff", old, new, "--profile", "generic", "--format", "json"]);
        (code, serde_json::from_str::<Value>(&stdout).unwrap_or_default(), stderr)
    };
    let reads = registry.reads(&old);
    for (old, new, by) in [(&one, &two, 5_000), (&saved, &two, 5_000), (&two, &saved, -5_000), (&one, &saved, 0)] {
        let (code, document, stderr) = diff(old, new);
        assert_eq!((code, &document["schema"]), (0, &1.into()), "{old} {new}: {stderr}");
        let change = &document["delta"]["unpacked_bytes"];
        assert_eq!(change["new"].as_i64().unwrap() - change["old"].as_i64().unwrap(), by, "{old} {new}");
        assert!(document["delta"]["findings"].is_object(), "both are judged");
    }
    assert_eq!(registry.reads(&old)[0] - reads[0], 4, "the layer that both have is read once a run");
    let (code, _, stderr) = diff(&one, "missing.json");
    assert!(code == 2 && stderr.contains("there is no file missing.json"), "{stderr}");
    assert_eq!(diff(&registry.name("x/none:1"), &two).0, 3);
    let (code, document, stderr) = diff(&registry.name("x/app:amd"), &two);
    assert!(code == 0 && stderr.contains("linux/amd64"), "{stderr}");
    assert!(document["delta"]["notes"].to_string().contains("linux/amd64"));
}
