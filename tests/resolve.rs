//! From a reference to one image: what documents may claim of each other, in a registry and in a layout directory.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/registry.rs"]
mod registry;

use std::path::Path;
use std::time::Duration;

use lucid_verify::digest::{Digest, Verified};
use lucid_verify::error::{Error, Kind, Result};
use lucid_verify::image::Resolved;
use lucid_verify::limits::Limits;
use lucid_verify::reference::{Platform, Reference};
use lucid_verify::source::{self, Access};
use registry::{Fixture, Image, MANIFEST, Reply, Server, scripted};

const ARM64: &str = r#","platform":{"os":"linux","architecture":"arm64"}"#;
const AMD64: &str = r#","platform":{"os":"linux","architecture":"amd64"}"#;

fn resolve_with(reference: &str, platform: Option<&str>, limits: &Limits) -> Result<Resolved> {
    let access = Access { retries: 0, timeout: Duration::from_secs(5), ..Access::default() };
    let reference: Reference = reference.parse()?;
    let platform: Option<Platform> = platform.map(str::parse).transpose()?;
    let source = source::open(&reference, &access, limits)?;
    source::resolve(&*source, &reference, platform.as_ref(), limits, access.retries)
}

fn serve(image: &Image) -> Server {
    let image = image.clone();
    scripted(move |request| image.reply(request))
}

fn pulled(image: &Image, platform: Option<&str>) -> Result<Resolved> {
    let server = serve(image);
    resolve_with(&format!("{}/a:1", server.host()), platform, &Limits::default())
}

fn image() -> Image {
    Image::new("arm64", &[b"layer"])
}

/// The image with a piece of its manifest replaced.
fn edited(mut image: Image, from: &str, to: &str) -> Image {
    let manifest = String::from_utf8(image.manifest.clone()).unwrap();
    assert!(manifest.contains(from), "{manifest}");
    image.manifest = manifest.replacen(from, to, 1).into();
    image
}

fn fails(result: Result<Resolved>, kind: Kind, want: &str) -> Error {
    let error = result.unwrap_err();
    assert_eq!(error.kind, kind, "{error}");
    assert!(error.to_string().contains(want) && error.to_string().contains("resolve "), "{error}");
    error
}

#[test]
fn nested_indexes_are_followed_to_the_image_of_the_platform() {
    let nested = image().indexed(ARM64).indexed("");
    let resolved = pulled(&nested, Some("linux/arm64/v8")).unwrap();
    assert_eq!(resolved.digest, Some(image().digest()));
    assert_eq!(resolved.index_digest, Some(nested.digest()));
    assert_eq!(resolved.index_platform.unwrap().to_string(), "linux/arm64");
    assert_eq!(resolved.manifest.layers.len(), 1);

    let deep = (0..5).fold(image(), |image, _| image.indexed(""));
    let error = fails(pulled(&deep, None), Kind::Limit, "nested deeper than 4");
    assert!(error.hint.unwrap().contains("--limit index-depth="));
}

#[test]
fn a_single_manifest_is_taken_whatever_the_platform() {
    assert_eq!(pulled(&image(), Some("linux/amd64")).unwrap().index_digest, None);
    fails(pulled(&image().indexed(AMD64), Some("linux/arm64")), Kind::NotFound, "it has linux/amd64");
}

#[test]
fn an_index_that_disagrees_with_the_configuration_is_left_to_the_rules() {
    let resolved = pulled(&image().indexed(AMD64), Some("linux/amd64")).unwrap();
    assert_eq!(resolved.index_platform.unwrap().to_string(), "linux/amd64");
    assert_eq!(resolved.config.platform().to_string(), "linux/arm64");
    assert_eq!(resolved.notes, [""; 0]);
}

#[test]
fn counts_and_sizes_are_bounded() {
    let server = serve(&image().indexed(""));
    for (limit, what) in [
        ("manifest=100", "larger than 100"),
        ("config=10", "configuration has"),
        ("index-entries=0", "1 entries"),
        ("layers=0", "1 layers"),
    ] {
        let mut limits = Limits::default();
        limits.set(limit).unwrap();
        let error = fails(resolve_with(&format!("{}/a", server.host()), None, &limits), Kind::Limit, what);
        assert!(error.hint.unwrap().contains(limit.split('=').next().unwrap()));
    }
    let endless = scripted(|_| Reply::new(200, vec![b' '; 1 << 16]).with("content-type", MANIFEST).endless());
    fails(resolve_with(&format!("{}/a", endless.host()), None, &Limits::default()), Kind::Limit, "larger than 4194304");
}

#[test]
fn documents_are_held_against_every_digest_that_is_claimed() {
    let good = image();
    let wrong = Digest::sha256(b"another");
    let claim = |claimed: String| {
        let image = image();
        let server = scripted(move |request| {
            if request.path.contains("/manifests/") {
                Reply::new(200, image.manifest.clone()).with("docker-content-digest", &claimed)
            } else {
                image.reply(request)
            }
        });
        resolve_with(&format!("{}/a", server.host()), None, &Limits::default())
    };
    let error = fails(claim(wrong.to_string()), Kind::Corrupt, &wrong.to_string());
    assert!(error.what.contains(&good.digest().to_string()), "{error}");
    fails(claim(format!("sha512:{}", "0".repeat(128))), Kind::Corrupt, "sha512:");
    assert!(claim(String::new()).unwrap().notes.is_empty());
    assert!(claim("md5:x".into()).unwrap().notes[0].contains("is not checked"));

    // Whatever document the server hands out for the pinned digest.
    let server = scripted(move |_| Reply::new(200, image().manifest));
    let pinned = resolve_with(&format!("{}/a:1@{wrong}", server.host()), None, &Limits::default());
    fails(pinned, Kind::Corrupt, &format!("wanted {wrong}"));
    assert!(server.paths()[0].ends_with(&wrong.to_string()));
}

#[test]
fn children_and_embedded_data_must_be_what_their_descriptors_say() {
    let size = format!(r#""size":{}"#, image().manifest.len());
    fails(pulled(&edited(image().indexed(""), &size, r#""size":7"#), None), Kind::Corrupt, "the index says 7");
    let docker = "application/vnd.docker.distribution.manifest.v2+json";
    let entry = format!(r#"[{{"mediaType":"{MANIFEST}""#);
    let renamed = edited(image().indexed(""), &entry, &entry.replace(MANIFEST, docker));
    fails(pulled(&renamed, None), Kind::Unsupported, "ambiguous");

    let size = format!(r#""size":{}"#, b"layer".len());
    let with_data = |data: &str| edited(image(), &size, &format!(r#"{size},"data":"{data}""#));
    assert!(pulled(&with_data("bGF5ZXI="), None).is_ok());
    for wrong in ["bGF5ZXM=", "bGF5ZXI=AAAA", "!"] {
        fails(pulled(&with_data(wrong), None), Kind::Corrupt, "embeds");
    }
}

#[test]
fn a_digest_that_is_none_causes_no_request() {
    let config = image().content[0].0.to_string();
    let server = serve(&edited(image(), &config, "sha256:../../../other/blobs/x"));
    fails(resolve_with(&format!("{}/a", server.host()), None, &Limits::default()), Kind::Unsupported, "not a digest");
    assert_eq!(server.paths(), ["/v2/a/manifests/latest"]);
}

#[test]
fn a_configuration_that_was_altered_is_corrupt() {
    let server = scripted(|request| {
        if request.path.contains("/blobs/") {
            Reply::new(200, vec![b' '; image().content[0].2.len()])
        } else {
            image().reply(request)
        }
    });
    let error = fails(resolve_with(&format!("{}/a", server.host()), None, &Limits::default()), Kind::Corrupt, "has digest");
    assert!(error.to_string().contains(&image().content[0].0.to_string()), "{error}");
}

fn layout(write: impl Fn(&Path)) -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path());
    let reference = format!("oci:{}", directory.path().display());
    (directory, reference)
}

fn read(reference: &str) -> Result<Resolved> {
    resolve_with(reference, Some("linux/arm64"), &Limits::default())
}

fn named(name: &str) -> String {
    format!(r#","annotations":{{"org.opencontainers.image.ref.name":"{name}"}}"#)
}

#[test]
fn a_layouts_sole_entry_is_taken_and_others_are_named() {
    let other = Image::new("amd64", &[b"other"]);
    let (_keep, sole) = layout(|path| other.write_layout(path, &[&other.entry(AMD64)]));
    assert_eq!(read(&sole).unwrap().digest, Some(other.digest()));

    let (_keep, index) = layout(|path| {
        let index = image().indexed(ARM64);
        index.write_layout(path, &[&index.entry(&named("1"))]);
    });
    assert_eq!(read(&index).unwrap().digest, Some(image().digest()));
    assert_eq!(read(&format!("{index}:1")).unwrap().digest, Some(image().digest()));

    let (_keep, two) = layout(|path| {
        other.write_layout(path, &[]);
        image().write_layout(path, &[&other.entry(&named("b")), &image().entry(&named("a"))]);
    });
    assert_eq!(read(&format!("{two}:a")).unwrap().digest, Some(image().digest()));
    for (reference, want) in [(two.clone(), "it holds 2 images"), (format!("{two}:c"), "no image named c")] {
        let error = read(&reference).unwrap_err();
        assert_eq!(error.kind, Kind::NotFound);
        assert!(error.what.contains(want) && error.hint.unwrap().ends_with("b, a"));
    }
}

#[test]
fn entries_without_names_are_chosen_by_platform() {
    let other = Image::new("amd64", &[b"other"]);
    for name in ["", "1"] {
        let extra = |platform: &str| if name.is_empty() { platform.to_owned() } else { platform.to_owned() + &named(name) };
        let (_keep, reference) = layout(|path| {
            other.write_layout(path, &[]);
            image().write_layout(path, &[&other.entry(&extra(AMD64)), &image().entry(&extra(ARM64))]);
        });
        let reference = if name.is_empty() { reference } else { format!("{reference}:{name}") };
        assert_eq!(read(&reference).unwrap().digest, Some(image().digest()));
    }
}

#[test]
fn a_broken_layout_says_what_is_missing() {
    let whole = |path: &Path| image().write_layout(path, &[&image().entry("")]);
    assert_eq!(read("oci:/nowhere/at/all").unwrap_err().kind, Kind::NotFound);
    let (directory, reference) = layout(whole);
    std::fs::remove_file(directory.path().join("blobs/sha256").join(image().content[0].0.hex())).unwrap();
    fails(read(&reference), Kind::NotFound, &image().content[0].0.hex());
    let (directory, reference) = layout(whole);
    std::fs::write(directory.path().join("blobs/sha256").join(image().digest().hex()), "{}").unwrap();
    fails(read(&reference), Kind::Corrupt, "index.json says");
    let (directory, reference) = layout(whole);
    std::fs::write(directory.path().join("oci-layout"), r#"{"imageLayoutVersion":"2.0.0"}"#).unwrap();
    assert!(read(&reference).unwrap_err().what.contains("version 2.0.0"));
    let (_keep, empty) = layout(|path| image().write_layout(path, &[]));
    assert_eq!(read(&empty).unwrap_err().kind, Kind::NotFound);
}

#[test]
fn a_layouts_blob_is_read_from_an_offset() {
    let (_keep, reference) = layout(|path| image().write_layout(path, &[&image().entry("")]));
    let resolved = read(&reference).unwrap();
    let access = Access { retries: 0, timeout: Duration::from_secs(5), ..Access::default() };
    let source = source::open(&resolved.reference, &access, &Limits::default()).unwrap();
    let layer = &resolved.manifest.layers[0];
    let rest = std::io::read_to_string(source.blob(layer, 2).unwrap()).unwrap();
    assert_eq!(rest, "yer");
    assert_eq!(Verified::new(source::blob(&*source, layer, 0).unwrap(), &layer.digest, layer.size).drain().unwrap(), 5);
}
