//! `--all-platforms`: each image of an index, wherever the index is.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/cli.rs"]
mod cli;
#[path = "support/registry.rs"]
mod registry;

use cli::lucid;
use registry::{Fixture, Image, scripted};
use serde_json::{Value, json};

const ATTESTATION: &str = r#","platform":{"os":"unknown","architecture":"unknown"}"#;

fn platform(architecture: &str) -> String {
    format!(r#","platform":{{"os":"linux","architecture":"{architecture}"}}"#)
}

/// An empty tar: these images differ by their configurations alone.
const EMPTY: &[u8] = &[0; 1024];

/// An index over these images, the content of all in one place.
fn index(entries: &[(&Image, String)]) -> Image {
    let mut all = Image::default();
    let descriptors: Vec<String> = entries.iter().map(|(image, extra)| image.entry(extra)).collect();
    for (image, _) in entries {
        all.content.extend(image.content.clone());
        let media_type = if image.entry("").contains("index") { registry::INDEX } else { registry::MANIFEST };
        all.content.push((image.digest(), media_type, image.manifest.clone()));
    }
    let manifests: Vec<Value> = descriptors.iter().map(|entry| serde_json::from_str(entry).unwrap()).collect();
    all.manifest = json!({"schemaVersion": 2, "mediaType": registry::INDEX, "manifests": manifests}).to_string().into();
    all
}

/// Two platforms, one of them within an index of its own and listed twice, an attestation, and one that is missing.
fn several() -> Image {
    let (arm, amd) = (Image::new("arm64", &[EMPTY]), Image::new("amd64", &[EMPTY]));
    let nested = index(&[(&amd, platform("amd64"))]);
    let lost = Image::new("riscv64", &[EMPTY]);
    let mut all = index(&[
        (&nested, String::new()),
        (&arm, platform("arm64")),
        (&amd, platform("amd64")),
        (&Image::new("unknown", &[EMPTY]), ATTESTATION.into()),
        (&lost, platform("riscv64")),
    ]);
    all.content.retain(|(digest, ..)| *digest != lost.digest());
    all
}

/// Exit code, and digest, platform and error of each image.
fn verify(reference: &str, more: &[&str], input: &[u8]) -> (i32, Vec<(Value, Value, bool)>) {
    let arguments = [&[reference, "--profile", "generic", "--format", "json"], more].concat();
    let output = lucid(&arguments).write_stdin(input).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let images = report["images"].as_array().unwrap().iter();
    let images = images.map(|image| {
        assert_eq!(image["reference"], report["images"][0]["reference"], "one reference for all");
        (image["digest"].clone(), image["platform"].clone(), image["error"].is_null())
    });
    (output.status.code().unwrap(), images.collect())
}

fn wanted() -> Vec<(Value, Value, bool)> {
    let digest = |architecture| json!(Image::new(architecture, &[EMPTY]).digest());
    vec![
        (digest("amd64"), "linux/amd64".into(), true),
        (digest("arm64"), "linux/arm64".into(), true),
        (Value::Null, "linux/riscv64".into(), false),
    ]
}

#[test]
fn each_platform_is_an_image_of_the_report_and_one_that_fails_hides_none() {
    let server = scripted(|request| several().reply(request));
    let folder = tempfile::tempdir().unwrap();
    several().write_layout(folder.path(), &[&several().entry("")]);
    let mut tar = tar::Builder::new(Vec::new());
    tar.append_dir_all(".", folder.path()).unwrap();
    let tar = tar.into_inner().unwrap();
    let layout = format!("oci:{}", folder.path().display());
    for (reference, input) in [(&format!("{}/x:1", server.host())[..], &b""[..]), (&layout, b""), ("oci-archive:-", &tar)] {
        let (code, images) = verify(reference, &["--all-platforms"], input);
        assert_eq!((code, images), (3, wanted()), "{reference}");
    }
    assert_eq!(verify(&layout, &["--platform", "linux/arm64"], b"").1, wanted()[1..2]);
}

#[test]
fn an_image_without_an_index_is_itself() {
    let image = Image::new("arm64", &[EMPTY]);
    let server = scripted(move |request| image.reply(request));
    let reference = format!("{}/x:1", server.host());
    let alone = verify(&reference, &[], b"");
    assert_eq!(verify(&reference, &["--all-platforms"], b""), alone);
    assert_eq!(alone.1, wanted()[1..2]);
}

#[test]
fn what_leads_to_no_image_is_one_failure() {
    let nothing = index(&[(&Image::new("unknown", &[EMPTY]), ATTESTATION.into())]);
    let deep = (0..5).fold(Image::new("arm64", &[EMPTY]), |image, _| image.indexed(""));
    for (image, code) in [(nothing, 3), (deep, 8)] {
        let server = scripted(move |request| image.reply(request));
        let (found, images) = verify(&format!("{}/x:1", server.host()), &["--all-platforms"], b"");
        assert_eq!((found, images.len()), (code, 1));
    }
    let of = |names: [&str; 2]| {
        let [one, other] = names.map(|name| Image::new(name, &[EMPTY]));
        index(&[(&one, platform(names[0])), (&other, platform(names[1]))])
    };
    let (one, other) = (of(["arm64", "amd64"]), of(["arm", "riscv64"]));
    let six = index(&[(&one, String::new()), (&other, String::new())]);
    let server = scripted(move |request| six.reply(request));
    let verify = |limit| verify(&format!("{}/x:1", server.host()), &["--all-platforms", "--limit", limit], b"");
    assert_eq!(verify("index-entries=6").1.len(), 4);
    assert_eq!(verify("index-entries=5").0, 8, "the entries of all count together");
}

#[test]
fn all_platforms_and_one_exclude_each_other() {
    let (code, _, stderr) = cli::run(&["a/x", "--all-platforms", "--platform", "linux/arm64"]);
    assert!(code == 2 && stderr.contains("--platform"), "{stderr}");
}
