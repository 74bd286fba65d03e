//! An image of 200,000 files in 60 layers: it is weighed and judged, its sums agree, and what is printed of it stays small.
//! Built by code, in debug that takes a minute: only where `LUCID_REAL=1` asks for it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/image/mod.rs"]
mod image;
#[path = "support/large.rs"]
mod large;
#[path = "support/registry.rs"]
mod registry;
#[path = "support/run.rs"]
mod run;

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use large::Last;
use registry::{Fixture as _, Image};
use run::{asked, lucid_verify};
use serde_json::Value;
use tempfile::TempDir;

/// Memory that verifying takes, at most: so much, and so much for each entry of a layer. Of the 64 MiB that it may take for itself,
/// the program as it ships takes 16 for the smallest image; as it is built for tests it is larger than that, so that what it takes
/// for the smallest image is measured, and the rest of the 64 MiB counts.
const MEMORY: u64 = (64 - 16) << 20;
const MEMORY_PER_ENTRY: u64 = 256;

/// Layouts of the image before and after, written once a process.
fn layouts() -> &'static [String; 2] {
    static LAYOUTS: OnceLock<(TempDir, [String; 2])> = OnceLock::new();
    let (_, names) = LAYOUTS.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, last: Last| {
            let (path, image) = (folder.path().join(name), large::image(last));
            image.write_layout(&path, &[&image.entry("")]);
            format!("oci:{}", path.display())
        };
        let names = [write("before", large::BEFORE), write("after", large::AFTER)];
        (folder, names)
    });
    names
}

/// What the program prints, and the most memory that it took, in bytes (time(1), `%M`).
fn measured(arguments: &[&str]) -> (Vec<u8>, u64) {
    let folder = tempfile::tempdir().unwrap();
    let note = folder.path().join("peak");
    let mut command = Command::new("/usr/bin/time");
    command.args(["-q", "-f", "%M", "-o"]).arg(&note).arg(lucid_verify().get_program()).args(arguments).arg("--no-cache");
    let output = command.env("SOURCE_DATE_EPOCH", "1763661840").current_dir(Path::new("/")).output().unwrap();
    let peak: u64 = std::fs::read_to_string(note).unwrap().trim().parse().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{arguments:?}: {}", output.stderr.escape_ascii());
    (output.stdout, peak << 10)
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn sum(list: &Value, field: &str) -> u64 {
    list.as_array().unwrap().iter().map(|row| number(&row[field])).sum()
}

/// Files and bytes of a package.
fn package(sizes: &Value, kind: &str, name: &str) -> (u64, u64) {
    let packages = sizes["packages"].as_array().unwrap().iter();
    let found = packages.clone().find(|package| package["kind"] == kind && package["name"] == name);
    let found = found.unwrap_or_else(|| panic!("{name} is not among {} packages", packages.len()));
    (number(&found["files"]), number(&found["bytes"]))
}

#[test]
fn two_hundred_thousand_files_in_sixty_layers_are_judged_and_their_sums_agree() {
    if !asked("two_hundred_thousand_files_in_sixty_layers_are_judged_and_their_sums_agree") {
        return;
    }
    let [before, _] = layouts();
    let (document, peak) = measured(&[before, "--profile", "generic", "--format", "json"]);
    let report: Value = serde_json::from_slice(&document).unwrap();
    let image = &report["images"][0];
    assert_eq!((image["complete"].as_bool(), image["layers"].as_array().unwrap().len()), (Some(true), large::LAYERS));
    let unknown = image["rules"].as_array().unwrap().iter().find(|rule| rule["outcome"] == "unknown");
    assert!(unknown.is_none(), "{unknown:?}");
    let (sizes, entries) = (&image["sizes"], sum(&image["layers"], "entries"));
    assert!(number(&sizes["files"]) > 200_000, "{} files", sizes["files"]);
    let folder = tempfile::tempdir().unwrap();
    let least = Image::new("arm64", &[&[0; 1024]]);
    least.write_layout(folder.path(), &[&least.entry("")]);
    let (_, least) = measured(&[&format!("oci:{}", folder.path().display()), "--profile", "generic", "--format", "json"]);
    let bound = MEMORY + MEMORY_PER_ENTRY * entries;
    assert!(peak < least + bound, "{peak} bytes of memory for {entries} entries, {least} for none");

    let (bytes, waste) = (number(&sizes["bytes"]), &sizes["waste"]);
    let owned = sum(&sizes["packages"], "bytes") + number(&sizes["unowned"]["bytes"]);
    assert_eq!((owned, sum(&sizes["kinds"], "bytes")), (bytes, bytes));
    let files = sum(&sizes["packages"], "files") + number(&sizes["unowned"]["files"]);
    assert_eq!((files, sum(&sizes["kinds"], "files")), (number(&sizes["files"]), number(&sizes["files"])));
    let hidden = ["removed", "overwritten", "metadata_only"].map(|kind| number(&waste[kind]));
    assert!(hidden.iter().all(|kind| *kind > 0) && number(&waste["duplicates"]) > 0, "{waste}");
    assert_eq!(number(&sizes["unpacked_bytes"]), bytes + hidden.iter().sum::<u64>());
    assert_eq!(package(sizes, "python", "dist007"), large::distribution("dist007", "1.0", 0));
    assert_eq!(package(sizes, "python", "bumped"), large::distribution("bumped", "1.0", 0));
    assert!(document.len() < 4 << 20, "{} bytes of JSON", document.len());
}

#[test]
fn what_changed_in_a_large_image_is_told_to_the_byte_and_what_is_printed_stays_small() {
    if !asked("what_changed_in_a_large_image_is_told_to_the_byte_and_what_is_printed_stays_small") {
        return;
    }
    let [before, after] = layouts();
    let (document, _) = measured(&["diff", before, after, "--profile", "generic", "--rule", "size/*", "--format", "json"]);
    let delta = &serde_json::from_slice::<Value>(&document).unwrap()["delta"];
    let packages: Vec<&Value> = delta["packages"].as_array().unwrap().iter().collect();
    let bytes = |name: &str, side: &str| {
        let package = packages.iter().find(|package| package["name"] == name).unwrap_or_else(|| panic!("{name}: {packages:?}"));
        number(&package["bytes"][side])
    };
    let weighed = |name, version, more| large::distribution(name, version, more).1;
    assert_eq!((bytes("bumped", "old"), bytes("bumped", "new")), (weighed("bumped", "1.0", 0), weighed("bumped", "1.1", 10)));
    assert_eq!((bytes("gained", "old"), bytes("gained", "new")), (0, weighed("gained", "3.0", 0)));
    assert_eq!((packages.len(), &delta["unowned_bytes"]["old"]), (2, &delta["unowned_bytes"]["new"]));
    let same = delta["layers"].as_array().unwrap().iter().filter(|layer| layer["same"] == true).count();
    assert_eq!(same, large::LAYERS - 1);

    for (verb, format, most) in [("size", "table", 20_000), ("size", "markdown", 60_000), ("diff", "markdown", 60_000)] {
        let (text, _) = measured(&[verb, before, after, "--format", format]);
        let text = String::from_utf8(text).unwrap();
        assert!((1_000..=most).contains(&text.chars().count()), "{verb} {format}: {} characters", text.chars().count());
        assert!(verb == "diff" || text.contains("o pull all 2 images"), "{text}");
    }
    let (page, _) = measured(&["size", after, "--format", "html"]);
    assert!((10_000..3_000_000).contains(&page.len()), "{} bytes of a page", page.len());
}
