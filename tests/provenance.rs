//! Attestations are read from wherever an index is, held against their digests, and stop nothing.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test may panic, and nothing here is public")]

#[path = "support/cli.rs"]
mod cli;
#[path = "support/image/mod.rs"]
mod image;
#[path = "support/registry.rs"]
mod registry;
#[path = "support/run.rs"]
mod run;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use registry::{Fixture, Image, scripted};
use serde_json::{Value, json};

/// An empty tar.
const EMPTY: &[u8] = &[0; 1024];

const DOCKERFILE: &str = "FROM --platform=$TARGETPLATFORM python:3.11-slim-bookworm AS builder\nRUN python3 -m py_compile x.py\n\
    FROM --platform=$TARGETPLATFORM gcr.io/distroless/python3-debian12\nCOPY a /b\n";

fn plain() -> Image {
    Image::new("arm64", &[EMPTY])
}

/// What BuildKit attests of an image, in either version, with everything that `mode=max` tells.
fn statement(version: &str, image: &Image) -> Value {
    let args = json!({"build-arg:VERSION": "1.0.0"});
    let materials = json!([
        {"uri": "pkg:docker/python@3.11-slim-bookworm?platform=linux%2Farm64", "digest": {"sha256": "1".repeat(64)}},
        {"uri": "pkg:docker/gcr.io/distroless/python3-debian12@latest?platform=linux%2Farm64", "digest": {"sha256": "2".repeat(64)}},
    ]);
    let info = json!({"filename": "Dockerfile", "language": "Dockerfile", "data": STANDARD.encode(DOCKERFILE)});
    let metadata = json!({"vcs": {"revision": "4f1c2d9"}, "source": {"infos": [info]}});
    let predicate = match version {
        "v0.2" => json!({
            "buildType": "https://mobyproject.org/buildkit@v1",
            "invocation": {"configSource": {"entryPoint": "Dockerfile"}, "parameters": {"frontend": "dockerfile.v0", "args": args}},
            "materials": materials,
            "metadata": {"https://mobyproject.org/buildkit@v1#metadata": metadata},
        }),
        _ => json!({
            "buildDefinition": {
                "externalParameters": {"configSource": {"path": "Dockerfile"}, "request": {"frontend": "dockerfile.v0", "args": args}},
                "resolvedDependencies": materials,
            },
            "runDetails": {"metadata": {"buildkit_metadata": metadata}},
        }),
    };
    json!({
        "_type": "https://in-toto.io/Statement/v0.1",
        "subject": [{"name": "pkg:docker/x@1?platform=linux%2Farm64", "digest": {"sha256": image.digest().hex()}}],
        "predicateType": format!("https://slsa.dev/provenance/{version}"),
        "predicate": predicate,
    })
}

/// An index of an image and of what is attested of it.
fn attested(image: &Image, statement: &Value) -> Image {
    let kind = statement["predicateType"].as_str().unwrap();
    let mut all = image.clone();
    let config = all.add("application/vnd.docker.attestation.config.v1+json", b"{}".to_vec());
    let mut layer = all.add("application/vnd.in-toto+json", statement.to_string().into());
    layer["annotations"] = json!({"in-toto.io/predicate-type": kind});
    let manifest = json!({"schemaVersion": 2, "mediaType": registry::MANIFEST, "config": config, "layers": [layer]});
    let mut attestation = all.add(registry::MANIFEST, manifest.to_string().into());
    attestation["platform"] = json!({"os": "unknown", "architecture": "unknown"});
    attestation["annotations"] = json!({
        "vnd.docker.reference.type": "attestation-manifest",
        "vnd.docker.reference.digest": image.digest().to_string(),
    });
    let mut own = all.add(registry::MANIFEST, image.manifest.clone());
    own["platform"] = json!({"os": "linux", "architecture": "arm64"});
    all.manifest = json!({"schemaVersion": 2, "mediaType": registry::INDEX, "manifests": [own, attestation]}).to_string().into();
    all
}

/// Exit code and report of the rules about the build.
fn verify(reference: &str, more: &[&str], input: &[u8]) -> (i32, Value) {
    let rules = ["--rule", "provenance/*", "--rule", "history/latest-base", "--profile", "lucid", "--format", "json"];
    let output = cli::lucid(&[&[reference], &rules[..], more].concat()).write_stdin(input).output().unwrap();
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", output.stderr.escape_ascii()));
    (output.status.code().unwrap(), report)
}

fn outcomes(report: &Value) -> Vec<(&str, &str)> {
    let rules = report["images"][0]["rules"].as_array().unwrap().iter();
    rules.map(|rule| (rule["id"].as_str().unwrap(), rule["outcome"].as_str().unwrap())).collect()
}

/// The base image of the test is named `latest`, which is a remark.
const JUDGED: [(&str, &str); 7] = [
    ("history/latest-base", "fail"),
    ("provenance/present", "pass"),
    ("provenance/subject", "pass"),
    ("provenance/builder-base", "pass"),
    ("provenance/platforms", "pass"),
    ("provenance/builder-verify", "pass"),
    ("provenance/build-args-secret", "pass"),
];

fn served(image: Image) -> lucid_verify::serve::Server {
    scripted(move |request| image.reply(request))
}

#[test]
fn what_is_attested_is_read_from_registries_layouts_and_archives() {
    for version in ["v0.2", "v1"] {
        let all = attested(&plain(), &statement(version, &plain()));
        let folder = tempfile::tempdir().unwrap();
        all.write_layout(folder.path(), &[&all.entry("")]);
        let mut tar = tar::Builder::new(Vec::new());
        tar.append_dir_all(".", folder.path()).unwrap();
        let tar = tar.into_inner().unwrap();
        let server = served(all);
        let (layout, host) = (format!("oci:{}", folder.path().display()), format!("{}/x:1", server.host()));
        for (reference, input) in [(&host[..], &b""[..]), (&layout, b""), ("oci-archive:-", &tar)] {
            let (code, report) = verify(reference, &[], input);
            assert_eq!((code, outcomes(&report)), (0, JUDGED.to_vec()), "{version} {reference}: {report:#}");
        }
    }
}

#[test]
fn an_attestation_of_another_image_is_an_error() {
    let other = Image::new("amd64", &[EMPTY]);
    let server = served(attested(&plain(), &statement("v1", &other)));
    let (code, report) = verify(&format!("{}/x:1", server.host()), &[], b"");
    assert_eq!(code, 1);
    assert!(outcomes(&report).contains(&("provenance/subject", "fail")));
    let (_, stdout, _) = cli::run(&[&format!("{}/x:1", server.host()), "--rule", "provenance/subject"]);
    assert!(stdout.contains("the attestation speaks of sha256:"), "{stdout}");
}

#[test]
fn what_is_attached_and_cannot_be_read_is_unknown_and_stops_nothing() {
    let all = attested(&plain(), &statement("v1", &plain()));
    let is_statement = |media_type: &str| media_type.ends_with("in-toto+json");
    let mut lost = all.clone();
    lost.content.retain(|(_, media_type, _)| !is_statement(media_type));
    let mut altered = all.clone();
    for (_, media_type, bytes) in &mut altered.content {
        if is_statement(media_type) {
            bytes[0] = b'[';
        }
    }
    let no_statement = attested(&plain(), &json!({"predicateType": "https://slsa.dev/provenance/v1", "predicate": 7}));
    for (image, limit, why) in [
        (lost, "manifest=4MiB", "blob unknown"),
        (altered, "manifest=4MiB", "digest"),
        (all, "manifest=1kB", "--limit manifest="),
    ] {
        let server = served(image);
        let (code, report) = verify(&format!("{}/x:1", server.host()), &["--limit", limit], b"");
        let image = &report["images"][0];
        assert_eq!((code, &image["complete"], &image["error"]), (9, &json!(true), &Value::Null), "{why}: {report:#}");
        assert!(outcomes(&report).contains(&("provenance/subject", "unknown")), "{report:#}");
        let notes = image["notes"].to_string();
        assert!(notes.contains("read the attestation sha256:"), "{why}: {notes}");
    }
    let server = served(no_statement);
    let (code, report) = verify(&format!("{}/x:1", server.host()), &[], b"");
    assert_eq!(code, 9, "a statement without subjects: {report:#}");
}

#[test]
fn where_nothing_is_attested_nothing_is_asked_and_it_is_said_why() {
    let all = attested(&plain(), &statement("v1", &plain()));
    let server = served(all);
    let digest = plain().digest();
    let (code, report) = verify(&format!("{}/x@{digest}", server.host()), &[], b"");
    let rules = &report["images"][0]["rules"];
    assert_eq!(code, 0);
    assert!(outcomes(&report).iter().all(|(_, outcome)| *outcome == "skip"), "{report:#}");
    assert!(rules[1]["reason"].as_str().unwrap().contains("no index"), "{rules:#}");
    let bare = served(plain().indexed(""));
    let (code, report) = verify(&format!("{}/x:1", bare.host()), &[], b"");
    assert_eq!(code, 0);
    assert!(report["images"][0]["rules"][1]["reason"].as_str().unwrap().contains("lists no attestation"), "{report:#}");
}

#[test]
fn a_registry_hands_out_what_was_pushed_beside_the_image() {
    if !run::asked("a_registry_hands_out_what_was_pushed_beside_the_image") {
        return;
    }
    let registry = image::registry::Registry::start();
    for version in ["v0.2", "v1"] {
        let all = attested(&plain(), &statement(version, &plain()));
        let folder = tempfile::tempdir().unwrap();
        all.write_layout(folder.path(), &[&all.entry("")]);
        let reference = registry.push(folder.path(), &format!("x/{}", version.replace('.', "-")));
        let (code, report) = verify(&reference, &[], b"");
        assert_eq!((code, outcomes(&report)), (0, JUDGED.to_vec()), "{version}: {report:#}");
    }
}
