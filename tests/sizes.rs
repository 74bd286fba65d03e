//! Whose the bytes of a real image are: our report against what pip's and dpkg's notes say of the files that umoci unpacks,
//! worked out there by other means (`support/owned.py`). Runs as root with `LUCID_REAL=1`.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test may panic, and nothing here is public")]

#[path = "support/image/mod.rs"]
mod image;
#[path = "support/run.rs"]
mod run;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::process::Command;

use serde_json::Value;

use image::debian::run as output_of;
use image::folder::below;
use image::layout::{Family, TAG};
use image::lucid::parts;
use image::pack::{Compression, cache};
use image::slim::System;
use image::{Content, Entry, Image};
use run::{asked, json};

/// Bytes and files of each package, of what nobody owns, and of all.
type Amounts = BTreeMap<String, (u64, u64)>;

fn add(amounts: &mut Amounts, name: String, bytes: &Value, files: &Value) {
    let amount = amounts.entry(name).or_default();
    amount.0 += bytes.as_u64().unwrap();
    amount.1 += files.as_u64().unwrap();
}

/// What our report says.
fn ours(report: &Value) -> Amounts {
    let sizes = &report["images"][0]["sizes"];
    let mut amounts = Amounts::new();
    for package in sizes["packages"].as_array().unwrap() {
        let word = |field: &str| package[field].as_str().unwrap();
        let name = format!("{} {} {}", word("kind"), word("name"), word("version"));
        add(&mut amounts, name, &package["bytes"], &package["files"]);
    }
    add(&mut amounts, "unowned".into(), &sizes["unowned"]["bytes"], &sizes["unowned"]["files"]);
    add(&mut amounts, "total".into(), &sizes["bytes"], &sizes["files"]);
    let mut kinds = Amounts::new();
    for kind in sizes["kinds"].as_array().unwrap() {
        add(&mut kinds, "all".into(), &kind["bytes"], &kind["files"]);
    }
    assert_eq!(kinds["all"], amounts["total"], "the kinds make up everything");
    amounts
}

/// What the notes in the unpacked image say.
fn noted(found: &Value) -> Amounts {
    let mut amounts = Amounts::new();
    for row in found["packages"].as_array().unwrap() {
        let word = |at: usize| row[at].as_str().unwrap();
        add(&mut amounts, format!("{} {} {}", word(0), word(1), word(2)), &row[3], &row[4]);
    }
    for name in ["unowned", "total"] {
        add(&mut amounts, name.into(), &found[name][0], &found[name][1]);
    }
    amounts
}

/// Where two differ, a line each.
fn differences(ours: &Amounts, noted: &Amounts) -> String {
    let names: BTreeSet<&String> = ours.keys().chain(noted.keys()).collect();
    let mut table = String::new();
    for name in names.into_iter().filter(|name| ours.get(*name) != noted.get(*name)) {
        let shown = |amounts: &Amounts| {
            amounts.get(name).map_or("not there".to_owned(), |(bytes, files)| format!("{bytes} B in {files} files"))
        };
        let _ = writeln!(table, "{name:50} ours {:32} noted {}", shown(ours), shown(noted));
    }
    table
}

/// Verifies an image and unpacks it; both amounts.
fn measured(image: &Image) -> (Amounts, Amounts) {
    let folder = tempfile::tempdir_in(cache()).unwrap();
    let (layout, bundle) = (folder.path().join("image"), folder.path().join("bundle"));
    image.write_layout(&layout, Compression::None, Family::Oci);
    let named = format!("{}:{TAG}", layout.display());
    let (_, report) = json(&[&format!("oci:{named}")]);
    assert_eq!(report["images"][0]["complete"], true);
    output_of(Command::new("umoci").args(["unpack", "--image", &named]).arg(&bundle));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/owned.py");
    let found = output_of(Command::new("python3").arg(script).arg(bundle.join("rootfs")));
    (ours(&report), noted(&serde_json::from_slice(&found).unwrap()))
}

/// Says why nothing is compared, if nothing is.
fn can_compare(test: &str) -> bool {
    let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    if asked(test) && !is_root {
        let _ = writeln!(std::io::stderr(), "skipped: {test}: only root can unpack an image and look at it from inside");
    }
    asked(test) && is_root
}

#[test]
fn packages_of_the_real_image_own_what_their_own_lists_say() {
    if !can_compare("packages_of_the_real_image_own_what_their_own_lists_say") {
        return;
    }
    let (ours, noted) = measured(&parts().image());
    let owning = noted.iter().filter(|(_, (_, files))| *files > 0);
    assert!(owning.clone().filter(|(name, _)| name.starts_with("python ")).count() > 20, "{noted:#?}");
    assert!(owning.filter(|(name, _)| name.starts_with("deb ")).count() > 20, "{noted:#?}");
    let table = differences(&ours, &noted);
    assert!(table.is_empty(), "\n{table}");
}

/// A Debian with its own database and a merged `/usr`, Python and a distribution out of Debian's packages, others from the
/// Python package index, and what builds leave behind: compiled modules, a replaced program, a second name.
fn debian() -> Image {
    let mut system = System::slim();
    system.install(&["python3", "python3-idna"], vec![]);
    let mut image = system.image;
    let service = parts().image();
    let site = "usr/local/lib/python3.11/site-packages";
    let installed = service.layers().flat_map(image::Layer::entries).filter(|entry| entry.path.starts_with(site)).cloned();
    image.append("RUN pip install", below(Entry::directory("usr/local/lib/python3.11")).into_iter().chain(installed).collect());
    let left = [
        Entry::file("usr/local/lib/python3.11/site-packages/fastapi/__pycache__/params.cpython-311.pyc", "compiled"),
        Entry::file("usr/local/lib/python3.11/site-packages/fastapi/__pycache__/nothing.cpython-311.pyc", "of no module"),
        Entry::file("usr/lib/python3/dist-packages/idna/__pycache__/core.cpython-311.opt-2.pyc", "compiled, too"),
        Entry::file("usr/bin/sed", "replaced"),
        Entry { content: Content::Hardlink("usr/bin/sed".into()), ..Entry::file("usr/bin/again", "") },
        Entry::file("opt/model.bin", "nobody's"),
    ];
    let mut entries: Vec<Entry> = Vec::new();
    for entry in left.into_iter().flat_map(below) {
        if !entries.iter().any(|known| known.path == entry.path) {
            entries.push(entry);
        }
    }
    image.append("RUN make install", entries);
    image
}

#[test]
fn packages_of_a_debian_own_what_its_database_and_their_records_say() {
    if !can_compare("packages_of_a_debian_own_what_its_database_and_their_records_say") {
        return;
    }
    let (ours, noted) = measured(&debian());
    let of = |start: &str| noted.iter().find(|(name, _)| name.starts_with(start)).map(|(_, amount)| *amount).unwrap();
    assert_eq!(of("python idna 3.3"), (0, 0), "what Debian brought is Debian's");
    assert!(of("deb python3-idna ").1 > 5 && of("python fastapi ").1 > 20, "{noted:#?}");
    let table = differences(&ours, &noted);
    assert!(table.is_empty(), "\n{table}");
}
