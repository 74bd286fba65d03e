//! What a pull costs: said from the manifests, and held against what a registry sends.

#![allow(clippy::unwrap_used)]

#[path = "support/archives.rs"]
mod archives;
#[path = "support/cli.rs"]
mod cli;
#[path = "support/image/mod.rs"]
mod image;
#[path = "support/layout.rs"]
mod layout;
#[path = "support/registry.rs"]
mod registry;
#[path = "support/run.rs"]
mod run;
#[path = "support/tarball.rs"]
#[allow(dead_code, reason = "archives need less of it than layers")]
mod tarball;

use std::path::Path;
use std::process::Command;

use layout::{Layout, tar};
use lucid_verify::serve::Image;
use registry::Fixture as _;
use serde_json::{Value, json};

/// An image of layers that a text each is, so that equal texts are equal layers.
fn layered(texts: &[&str]) -> Layout {
    let layers = texts.iter().map(|text| tar(&[(text, text.repeat(1000).as_bytes())])).collect();
    Layout { layers, ..Layout::small() }
}

/// The report of several images, nothing asked but one rule.
fn report(references: &[&str]) -> Value {
    let asked = ["--profile", "generic", "--rule", "integrity/digests", "--format", "json"];
    let (code, document, said) = cli::run(&[references, &asked].concat());
    assert_eq!(code, 0, "{said}");
    serde_json::from_str(&document).unwrap()
}

#[test]
fn a_report_of_several_images_says_what_they_share() {
    let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    layered(&["base", "base", "old"]).write(old.path());
    layered(&["base", "new", "newer"]).write(new.path());
    let references = [old.path(), new.path()].map(|path| format!("oci:{}", path.display()));
    let references: Vec<&str> = references.iter().map(String::as_str).collect();
    let report = report(&references);
    let pull = &report["pull"];
    assert_eq!((&pull["layers"], pull["shared"].as_array().unwrap().len()), (&json!(4), 1), "{pull}");
    let sizes = |image: &Value| {
        let layers = report["images"].as_array().unwrap().iter().find(|found| found["reference"] == image["reference"]);
        let layers = layers.unwrap()["layers"].as_array().unwrap();
        layers.iter().map(|layer| layer["compressed_bytes"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    for (place, image) in pull["images"].as_array().unwrap().iter().enumerate() {
        let sizes = sizes(image);
        // What is named twice is pulled once; what the other image has is not its own.
        let is_old = sizes[0] == sizes[1];
        let own: u64 = sizes[if is_old { 2 } else { 1 }..].iter().sum();
        assert_eq!((&image["own_bytes"], &image["compressed_bytes"]), (&json!(own), &json!(own + sizes[0])), "{image}");
        let need = pull["needs"].as_array().unwrap().iter().find(|need| need["want"] == place).unwrap();
        assert_eq!(need["bytes"], own, "{need}");
    }
    let (_, table, _) = cli::run(&[&references[..], &["--profile", "generic"]].concat());
    assert!(table.contains("\nto pull all 2 images: ") && table.contains("\n  all others"), "{table}");
    let (_, alone, _) = cli::run(&[references[0], "--format", "json"]);
    assert!(alone.contains("\"pull\": null"), "one image has nothing to share");
}

#[test]
fn a_saved_image_shares_what_its_layers_unpack_to() {
    let (folder, image) = (tempfile::tempdir().unwrap(), layered(&["base", "more"]));
    image.write(&folder.path().join("layout"));
    let archive = folder.path().join("image.tar");
    std::fs::write(&archive, archives::pack(&archives::saved(&image, "app:1"))).unwrap();
    let references = [format!("oci:{}/layout", folder.path().display()), format!("docker-archive:{}", archive.display())];
    let pull = &report(&[&references[0], &references[1]])["pull"];
    assert_eq!(pull["layers"], 2, "{pull}");
    assert!(pull["needs"].as_array().unwrap().iter().all(|need| need["bytes"] == 0), "{pull}");
    assert!(pull["notes"][0].as_str().unwrap().contains("uncompressed"), "{pull}");
}

/// Copies an image of a registry into a layout, as a host pulls it.
fn copy(from: &str, to: &Path, name: &str) {
    let target = format!("oci:{}:{name}", to.display());
    image::debian::run(Command::new("skopeo").args([
        "copy",
        "-q",
        "--src-tls-verify=false",
        &format!("docker://{from}"),
        &target,
    ]));
}

#[test]
fn a_host_that_has_one_image_is_sent_exactly_what_it_needs_for_another() {
    if !run::asked("a_host_that_has_one_image_is_sent_exactly_what_it_needs_for_another") {
        return;
    }
    let registry = image::registry::Registry::start();
    let layer = |name: &str, size: usize| format!("layer COPY {name}\nf 0644 0:0 /{name} \"{}\"\n", name.repeat(size));
    let (base, libraries, app, other) = (layer("base", 22_000), layer("libs", 10_000), layer("app", 1000), layer("other", 100));
    let texts = [base.clone() + &libraries + &app, base.clone() + &libraries + &other, base + &app, other];
    let config = r#"{"os":"linux","architecture":"arm64"}"#;
    let pushed = texts.iter().enumerate().map(|(place, text)| {
        let (folder, image) = (tempfile::tempdir().unwrap(), Image::written(text, config).unwrap());
        image.write_layout(folder.path(), &[&image.entry("")]);
        registry.push(folder.path(), &format!("team/app{place}"))
    });
    let references: Vec<String> = pushed.collect();
    let report = report(&references.iter().map(String::as_str).collect::<Vec<_>>());
    let configs: Vec<&Value> = report["images"].as_array().unwrap().iter().map(|image| &image["config_digest"]).collect();
    let sent = || -> u64 {
        let layers = registry.sent().into_iter().filter(|(digest, _)| !configs.iter().any(|config| **config == digest[..]));
        layers.map(|(_, bytes)| bytes).sum()
    };
    sent();
    let needs = report["pull"]["needs"].as_array().unwrap();
    assert_eq!(needs.len(), 12);
    for need in needs {
        let (host, place) = (tempfile::tempdir().unwrap(), |field: &str| usize::try_from(need[field].as_u64().unwrap()).unwrap());
        copy(&references[place("have")], host.path(), "have");
        assert_eq!(sent(), report["pull"]["images"][place("have")]["compressed_bytes"], "{need}");
        copy(&references[place("want")], host.path(), "want");
        assert_eq!(sent(), need["bytes"], "{need}");
    }
}
