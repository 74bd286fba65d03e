//! What refers to an image: `inspect` lists it, from every place that knows of it, and nothing else asks.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/cli.rs"]
mod cli;
#[path = "support/image/mod.rs"]
mod image;
#[path = "support/registry.rs"]
mod registry;
#[path = "support/run.rs"]
#[allow(unused_imports, reason = "a part of it is used")]
mod run;

use std::path::Path;

use lucid_verify::digest::Digest;
use registry::{Fixture, INDEX, Image, MANIFEST, Reply, Request, Server, scripted};
use serde_json::{Value, json};

const SIGNATURE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

fn subject() -> Image {
    Image::written("layer ADD rootfs.tar /\nd 0755 0:0 /etc\n", r#"{"os":"linux","architecture":"arm64"}"#).unwrap()
}

/// A descriptor of what refers.
fn entry(kind: &str, number: u8) -> Value {
    let digest = Digest::sha256(&[number]).to_string();
    let annotations = json!({"org.opencontainers.image.created": "2026-11-20T18:04:00Z"});
    json!({"mediaType": MANIFEST, "artifactType": kind, "digest": digest, "size": 700, "annotations": annotations})
}

fn index(entries: &[Value]) -> Reply {
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries});
    Reply::new(200, index.to_string()).with("content-type", INDEX)
}

fn absent() -> Reply {
    Reply::new(404, r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#)
}

/// A registry of the one image `x/app:1` that answers whatever else is asked by `answer`.
fn registry(image: Image, answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Server {
    scripted(move |request| {
        let last = request.path.rsplit('/').next().unwrap_or_default();
        let digest = image.digest().to_string();
        if last == "1" || (last == digest && !request.path.contains("/referrers/")) || request.path.contains("/blobs/") {
            return image.reply(request);
        }
        answer(request)
    })
}

/// The document of `inspect`.
fn inspect(image: &str) -> Value {
    let (code, stdout, stderr) = cli::run(&["inspect", image, "--format", "json", "--no-cache", "--retries", "0"]);
    assert_eq!(code, 0, "{stderr}");
    serde_json::from_str(&stdout).unwrap()
}

fn kinds(document: &Value) -> Vec<&str> {
    document["referrers"].as_array().unwrap().iter().map(|referrer| referrer["artifact_type"].as_str().unwrap()).collect()
}

fn name(server: &Server) -> String {
    format!("{}/x/app:1", server.host())
}

#[test]
fn a_registry_is_asked_page_by_page_and_never_elsewhere() {
    let server = registry(subject(), |request| match request.path.split_once('?') {
        None if request.path.contains("/referrers/") => {
            index(&[entry(SIGNATURE, 1)]).with("link", "<http://127.0.0.1:1/v2/evil?n=1&last=2>; rel=\"next\"")
        }
        Some((path, "n=1&last=2")) if path.contains("/x/app/referrers/sha256:") => index(&[entry("application/spdx+json", 2)]),
        _ => absent(),
    });
    let document = inspect(&name(&server));
    assert_eq!(kinds(&document), [SIGNATURE, "application/spdx+json"]);
    let first = &document["referrers"][0];
    assert_eq!((&first["bytes"], &first["created"], &first["tag"]), (&700.into(), &"2026-11-20T18:04:00Z".into(), &Value::Null));
    assert_eq!((&first["subject"], &first["digest"]), (&document["digest"], &Digest::sha256(&[1]).to_string().into()));
    assert_eq!(document["notes"], json!([]));
    let (code, table, _) = cli::run(&["inspect", &name(&server), "--no-cache"]);
    assert_eq!((code, table.contains("2 referrers, listed and not judged")), (0, true), "{table}");
}

#[test]
fn a_registry_that_knows_no_referrers_is_asked_for_the_tags_that_stand_for_them() {
    let image = subject();
    let tag = image.digest().to_string().replace(':', "-");
    let server = registry(image, move |request| match request.path.rsplit_once('/').unwrap() {
        (_, last) if last == tag => index(&[entry("application/vnd.example", 1)]),
        (_, last) if last == format!("{tag}.sig") => {
            Reply::new(200, "{}").with("docker-content-digest", Digest::sha256(b"{}")).with("content-type", MANIFEST)
        }
        _ => absent(),
    });
    let document = inspect(&name(&server));
    assert_eq!(kinds(&document), ["application/vnd.example", "cosign signature"]);
    let signature = &document["referrers"][1];
    assert!(signature["tag"].as_str().unwrap().contains(".sig"), "{signature}");
    assert_eq!(signature["digest"], Digest::sha256(b"{}").to_string());
    assert_eq!(document["notes"], json!([]));
}

#[test]
fn what_a_registry_gets_wrong_is_a_note_and_the_list_is_bounded() {
    let refused = |status: u16, body: &'static str| {
        registry(subject(), move |request| {
            let asked = request.path.contains("/referrers/");
            if asked { Reply::new(status, body).with("content-type", "application/json") } else { absent() }
        })
    };
    for (status, body) in [(200, "<html>"), (200, "{\"manifests\": 7}"), (403, "{}"), (405, "")] {
        let server = refused(status, body);
        let document = inspect(&name(&server));
        assert_eq!(kinds(&document), NOTHING, "{status}");
        let notes = document["notes"].to_string();
        assert!(notes.contains("list what refers to"), "{status} {body}: {notes}");
    }
    assert_eq!(inspect(&name(&refused(200, "{\"manifests\": null}")))["notes"], json!([]));

    // Pages without end, of entries without end.
    let entries: Vec<Value> = (0..100).map(|number| entry("x", number)).collect();
    let server = registry(subject(), move |request| {
        let page = || index(&entries).with("link", "</v2/x/app/referrers/x?again>; rel=\"next\"");
        if request.path.contains("/referrers/") { page() } else { absent() }
    });
    let document = inspect(&name(&server));
    assert_eq!(kinds(&document).len(), 1000);
    assert!(document["notes"].to_string().contains("the first 1000 are listed"), "{}", document["notes"]);
    assert!(server.paths().iter().filter(|path| path.contains("/referrers/")).count() <= 20);
}

const NOTHING: [&str; 0] = [];

#[test]
fn the_index_that_led_to_an_image_is_asked_about_too() {
    let child = subject();
    let whole = registry::Fixture::indexed(child.clone(), r#","platform":{"os":"linux","architecture":"arm64"}"#);
    let of_index = format!("/referrers/{}", whole.digest());
    let answer = move |request: &Request| if request.path.contains(&of_index) { index(&[entry(SIGNATURE, 1)]) } else { absent() };
    let server = scripted(move |request| {
        let last = request.path.rsplit('/').next().unwrap_or_default();
        if request.path.contains("/referrers/") || last.starts_with("sha256-") { answer(request) } else { whole.reply(request) }
    });
    let document = inspect(&name(&server));
    assert_eq!((kinds(&document), &document["referrers"][0]["subject"]), (vec![SIGNATURE], &document["index_digest"]));
    let (_, table, _) = cli::run(&["inspect", &name(&server), "--no-cache"]);
    assert!(table.contains("of the index"), "{table}");
}

#[test]
fn only_inspect_asks() {
    let server = registry(subject(), |_| absent());
    for verb in [&["verify", "--profile", "generic"][..], &["size"], &["ls"], &["inspect", "--facts"]] {
        cli::run(&[verb, &[&name(&server), "--no-cache"]].concat());
    }
    assert!(!server.paths().is_empty());
    for path in server.paths() {
        assert!(!path.contains("referrers") && !path.contains("sha256-"), "{path}");
    }
}

#[test]
fn a_layout_lists_what_names_the_image_as_its_subject() {
    let (image, folder) = (subject(), tempfile::tempdir().unwrap());
    let put = |document: &Value| {
        let bytes = document.to_string();
        let digest = Digest::sha256(bytes.as_bytes());
        std::fs::write(folder.path().join("blobs/sha256").join(digest.hex()), &bytes).unwrap();
        json!({"mediaType": MANIFEST, "digest": digest.to_string(), "size": bytes.len()}).to_string()
    };
    image.write_layout(folder.path(), &[&image.entry("")]);
    let empty = json!({"mediaType": "application/vnd.oci.empty.v1+json", "digest": Digest::sha256(b"{}").to_string(), "size": 2});
    let referring = |about: &Digest, kind: &str| {
        let about = json!({"mediaType": MANIFEST, "digest": about.to_string(), "size": 1});
        json!({"schemaVersion": 2, "artifactType": kind, "config": empty, "layers": [], "subject": about})
    };
    let (mine, other) = (referring(&image.digest(), "application/mine"), referring(&Digest::sha256(b"x"), "application/other"));
    let named = r#","annotations":{"org.opencontainers.image.ref.name":"app"}"#;
    let entries = [image.entry(named), put(&mine), put(&other)];
    image.write_layout(folder.path(), &entries.iter().map(|entry| &entry[..]).collect::<Vec<_>>());
    let document = inspect(&format!("oci:{}:app", folder.path().display()));
    assert_eq!(kinds(&document), ["application/mine"]);
}

#[test]
fn a_real_registry_without_the_interface_is_asked_for_tags() {
    if !run::asked("a_real_registry_without_the_interface_is_asked_for_tags") {
        return;
    }
    let (image, folder) = (subject(), tempfile::tempdir().unwrap());
    let named = format!(r#","annotations":{{"org.opencontainers.image.ref.name":"{}"}}"#, image::layout::TAG);
    image.write_layout(Path::new(folder.path()), &[&image.entry(&named)]);
    let registry = image::registry::Registry::start();
    let name = registry.push(folder.path(), "x/app");
    assert_eq!(kinds(&inspect(&name)), NOTHING);
    let tag = image.digest().to_string().replace(':', "-");
    let list = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}).to_string();
    registry.put("x/app", &format!("{tag}.att"), INDEX, list.as_bytes());
    let manifest = json!({"mediaType": MANIFEST, "digest": image.digest().to_string(), "size": image.manifest.len(), "artifactType": "application/x"});
    let list = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [manifest]}).to_string();
    registry.put("x/app", &tag, INDEX, list.as_bytes());
    let document = inspect(&name);
    assert_eq!(kinds(&document), ["application/x", "cosign attestation"]);
    assert_eq!(document["notes"], json!([]));
}
