//! A pull request that makes an image grow, through the program: one package comes, another is bumped, and the job turns red
//! with both names and their exact bytes in every format.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/cli.rs"]
mod cli;
#[path = "support/registry.rs"]
mod registry;
#[path = "support/tags.rs"]
mod tags;
#[path = "support/tarball.rs"]
#[allow(dead_code, reason = "one sparse file needs little of it")]
mod tarball;

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cli::run;
use lucid_verify::serve::Image;
use registry::Fixture as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tags::Registry;
use tarball::{Header, Tarball};

const SITE: &str = "/usr/local/lib/python3.11/site-packages";
const CONFIG: &str = r#"{"os":"linux","architecture":"arm64","config":{"User":"65532:65532"}}"#;

/// What the base holds, and what the distributions weigh, RECORD and all: a thousand bytes have one unit and three digits, so
/// that every format shows them exactly.
const BASE: usize = 49_000;
const BUMPED: [usize; 2] = [1_000, 1_160];
const GAINED: usize = 640;

/// Asks the gate alone.
const GATE: [&str; 4] = ["--profile", "generic", "--rule", "size/regression"];

/// A registry that holds `app` under these tags.
fn registry(images: Vec<(&'static str, Image)>) -> Registry {
    Registry::of(images.into_iter().map(|(tag, image)| ("team/app", tag, image)).collect())
}

/// The lines of a distribution whose files weigh so many bytes.
fn distribution(name: &str, version: &str, bytes: usize) -> String {
    let info = format!("{name}-{version}.dist-info");
    let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n");
    let files = |module: usize| {
        let files = [(format!("{name}/__init__.py"), "#".repeat(module)), (format!("{info}/METADATA"), metadata.clone())];
        let mut record = String::new();
        for (path, content) in &files {
            let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(content));
            let _ = writeln!(record, "{path},sha256={digest},{}", content.len());
        }
        let _ = writeln!(record, "{info}/RECORD,,");
        [&files[..], &[(format!("{info}/RECORD"), record)]].concat()
    };
    let weight = |module: &usize| files(*module).iter().map(|(_, content)| content.len()).sum::<usize>() == bytes;
    let module = (0..bytes).find(weight).unwrap();
    files(module).iter().fold(String::new(), |text, (path, content)| text + &format!("f 0644 0:0 {SITE}/{path} {content:?}\n"))
}

/// An image of the base and what `pip` installs.
fn app(distributions: &str) -> Image {
    let base = "b".repeat(BASE);
    let text = format!("layer ADD rootfs.tar /\nf 0644 0:0 /usr/share/base \"{base}\"\nlayer RUN pip install\n{distributions}");
    Image::written(&text, CONFIG).unwrap()
}

/// The image before, the one of the pull request, and the one without what it brought in.
fn versions() -> Vec<(&'static str, Image)> {
    let (before, after) = (distribution("bumped", "1.0", BUMPED[0]), distribution("bumped", "1.1", BUMPED[1]));
    let gained = distribution("gained", "3.0", GAINED);
    vec![("1", app(&before)), ("2", app(&format!("{after}{gained}"))), ("3", app(&after))]
}

/// A document without its tags, on one line.
fn plain(document: &str) -> String {
    let mut text = String::new();
    let mut is_tag = false;
    for character in document.chars() {
        match character {
            '<' => (is_tag = true, text.push(' ')).1,
            '>' if is_tag => is_tag = false,
            '\n' | '\u{a0}' => text.push(' '),
            character if !is_tag => text.push(character),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn rule(report: &Value) -> &Value {
    report["images"][0]["rules"].as_array().unwrap().iter().find(|rule| rule["id"] == "size/regression").unwrap()
}

/// What each package weighed, and weighs.
fn packages(report: &Value) -> Vec<(String, u64, u64)> {
    let packages = report["images"][0]["delta"]["packages"].as_array().unwrap().iter();
    let bytes = |package: &Value, side: &str| package["bytes"][side].as_u64().unwrap();
    let of = |package: &Value| (package["name"].as_str().unwrap().to_owned(), bytes(package, "old"), bytes(package, "new"));
    let mut packages: Vec<_> = packages.map(of).collect();
    packages.sort();
    packages
}

#[test]
fn a_pull_request_that_makes_the_image_grow_is_red_and_names_the_packages_in_every_format() {
    let server = registry(versions());
    let name = |tag: &str| server.name(&format!("team/app:{tag}"));
    let judge = |tag: &str, format: &str| {
        run(&[&GATE[..], &[&name(tag), "--baseline", &name("1"), "--max-growth", "1%", "--format", format]].concat())
    };
    for format in ["table", "markdown", "html"] {
        let (code, document, said) = judge("2", format);
        assert_eq!(code, 1, "{format}: {said}");
        let text = plain(&document);
        for wanted in ["bumped", "gained", "+160 B", "+640 B", "+800 B (+1.6 %)", "50.0 kB", "50.8 kB"] {
            assert!(text.contains(wanted), "{format} has no {wanted}: {text}");
        }
    }
    let (_, table, _) = judge("2", "table");
    assert!(plain(&table).contains("50.0 kB → 50.8 kB, +800 B (+1.6 %)"), "{table}");
    let (code, document, said) = judge("2", "json");
    let report: Value = serde_json::from_str(&document).unwrap();
    assert_eq!((code, &rule(&report)["outcome"]), (1, &"fail".into()), "{said}");
    let [old, new] = BUMPED.map(|bytes| bytes as u64);
    assert_eq!(packages(&report), [("bumped".into(), old, new), ("gained".into(), 0, GAINED as u64)]);
    assert_eq!(report["images"][0]["delta"]["findings"]["new"], json!([]), "growth is no finding of one image");

    let (code, document, said) = judge("3", "json");
    assert_eq!(code, 0, "without the package: {said}\n{document}");
}

#[test]
fn a_saved_baseline_and_a_report_say_the_same_as_the_image() {
    let server = registry(versions());
    let name = |tag: &str| server.name(&format!("team/app:{tag}"));
    let folder = tempfile::tempdir().unwrap();
    let inside = |name: &str| folder.path().join(name).display().to_string();
    let (lock, json) = (inside("app.lock"), inside("app.json"));
    let (code, document, said) = run(&[&GATE[..], &[&name("1"), "--save-baseline", &lock, "--format", "json"]].concat());
    assert_eq!(code, 0, "{said}");
    std::fs::write(&json, document).unwrap();
    let judge = |tag: &str, baseline: &str| {
        let gate = ["--baseline", baseline, "--max-growth", "1%", "--format", "json"];
        let (code, document, said) = run(&[&GATE[..], &[&name(tag)], &gate].concat());
        let report: Value = serde_json::from_str(&document).unwrap_or_else(|_| panic!("{baseline}: {said}"));
        let messages = rule(&report)["findings"].as_array().unwrap().iter().map(|finding| finding["message"].clone());
        (code, packages(&report), messages.collect::<Vec<_>>())
    };
    let of_image = judge("2", &name("1"));
    assert!(of_image.0 == 1 && !of_image.2.is_empty(), "{of_image:?}");
    assert_eq!(of_image, judge("2", &lock));
    assert_eq!(of_image, judge("2", &json));
    for baseline in [&lock, &json] {
        assert_eq!(judge("3", baseline).0, 0);
    }
}

#[test]
fn the_first_run_has_no_baseline_and_says_so() {
    let server = registry(versions());
    let name = server.name("team/app:1");
    let missing = ["--baseline", "no-such.lock", "--baseline-optional", "--max-growth", "1%"];
    let (code, document, said) = run(&[&GATE[..], &[&name, "--format", "json"], &missing].concat());
    let report: Value = serde_json::from_str(&document).unwrap();
    assert_eq!((code, &rule(&report)["outcome"]), (0, &"skip".into()), "{said}");
    assert!(rule(&report)["reason"].as_str().unwrap().contains("no baseline"), "{report}");
}

/// A layer of files of zeros, of which nothing is stored (pax, "GNU sparse format 1.0"): name and bytes.
fn zeros(files: &[(&str, u64)]) -> Vec<u8> {
    let sparse = |tar: Tarball, (name, bytes): &(&str, u64)| {
        let size = bytes.to_string();
        let records = [("major", "1"), ("minor", "0"), ("name", *name), ("realsize", &size)];
        let records = records.map(|(key, value)| (format!("GNU.sparse.{key}"), value));
        let records: Vec<(&str, &[u8])> = records.iter().map(|(key, value)| (&key[..], value.as_bytes())).collect();
        let map = format!("1\n{bytes}\n0\n");
        let mut block = map.into_bytes();
        block.resize(512, 0);
        tar.pax(&records).header(&Header::new("sparse", b'0', 512)).body(&block)
    };
    files.iter().fold(Tarball::default(), sparse).end()
}

#[test]
fn the_line_reads_as_people_write_it() {
    let kept = zeros(&[("usr/lib/kept", 572_000_000)]);
    let old = Image::new("arm64", &[&kept, &zeros(&[("usr/lib/gcc", 246_000_000)])]);
    let server = registry(vec![("single-stage", old), ("multi-stage", Image::new("arm64", &[&kept]))]);
    let name = |tag: &str| server.name(&format!("team/app:{tag}"));
    let (old, new) = (name("single-stage"), name("multi-stage"));
    let (code, table, said) = run(&[&GATE[..], &[&new, "--baseline", &old, "--max-growth", "1%"]].concat());
    assert_eq!(code, 0, "{said}");
    assert!(plain(&table).contains("818 MB → 572 MB, −246 MB (−30 %)"), "{table}");
    let (code, table, said) = run(&["diff", &old, &new]);
    assert!(code == 0 && table.starts_with("818 MB → 572 MB, −246 MB (−30 %)"), "{said}{table}");
}
