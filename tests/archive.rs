//! Images in archives: the same image as in a layout, and whatever is wrong with an archive, never a verdict on it.
#![allow(missing_docs, clippy::unwrap_used)]

#[path = "support/archives.rs"]
mod archives;
#[path = "support/layout.rs"]
mod layout;
#[path = "support/load.rs"]
mod load;
#[path = "support/tarball.rs"]
#[allow(dead_code, reason = "archives need less of it than layers")]
mod tarball;

use std::path::Path;

use archives::{large, modern, neutral, oci, pack, saved, two};
use layout::Layout;
use lucid_verify::digest::Digest;
use lucid_verify::finding::Level;
use lucid_verify::profile::Policy;
use lucid_verify::report::{Image, Report};
use lucid_verify::rules;
use lucid_verify::verify::{self, Asking};
use serde_json::{Value, json};
use tarball::{Header, Tarball};

/// Exit code and report of what the reference names.
fn look(reference: &str) -> (u8, Image) {
    let policy = Policy::builtin("generic", &rules::known()).unwrap();
    let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
    let asking = Asking::all(&policy, today);
    let image = verify::verify(&reference.parse().unwrap(), &load::reading(), &asking, &load::Unwatched).image;
    let report = Report::new(vec![image], Some(Level::Error), today);
    (report.exit_code, report.images.into_iter().next().unwrap())
}

/// What is said of an archive, and why it could not be looked at.
fn look_at(transport: &str, tar: &[u8], name: &str) -> (u8, String) {
    let directory = tempfile::tempdir().unwrap();
    let (code, image) = look(&format!("{transport}:{}{name}", write(directory.path(), tar)));
    let told = image.error.map(|error| format!("{} {}", error.message, error.hint.unwrap_or_default())).unwrap_or_default();
    (code, told)
}

fn write(directory: &Path, tar: &[u8]) -> String {
    let path = directory.join("x.tar");
    std::fs::write(&path, tar).unwrap();
    path.display().to_string()
}

#[test]
fn an_image_in_an_archive_is_the_image_in_the_layout() {
    let directory = tempfile::tempdir().unwrap();
    Layout::small().write(directory.path());
    let (wanted, in_layout) = look(&format!("oci:{}", directory.path().display()));
    let file = write(directory.path(), &pack(&oci(&Layout::small())));
    for name in ["", ":tag"] {
        let (code, image) = look(&format!("oci-archive:{file}{name}"));
        assert!(code == wanted && code <= 1, "exit {code}");
        assert_eq!(image.digest, in_layout.digest);
        let json = |image| neutral(serde_json::to_value(image).unwrap());
        assert_eq!(json(&image), json(&in_layout));
    }
}

#[test]
fn an_image_of_docker_save_has_no_digest_but_its_configurations() {
    let members = saved(&Layout::small(), "x/a:1");
    let directory = tempfile::tempdir().unwrap();
    let file = write(directory.path(), &pack(&members));
    for name in ["", ":x/a:1", ":docker.io/x/a:1"] {
        let (code, image) = look(&format!("docker-archive:{file}{name}"));
        assert!(code <= 1, "exit {code}: {:?}", image.error);
        assert_eq!((image.digest, image.config_digest), (None, Some(Digest::sha256(&members[1].1).to_string())));
        assert_eq!(image.layers[0].digest, image.layers[0].diff_id);
    }
}

/// What is said of an image in an archive, less what depends on how it is packed.
fn said(transport: &str, tar: &[u8]) -> Value {
    let directory = tempfile::tempdir().unwrap();
    let (code, image) = look(&format!("{transport}:{}", write(directory.path(), tar)));
    assert!(code <= 1, "{transport}: exit {code}: {:?}", image.error);
    neutral(serde_json::to_value(image).unwrap())
}

#[test]
fn what_docker_saves_since_version_25_is_the_same_image_under_both_names() {
    let (old, new) = (pack(&saved(&large(), "x/a:1")), pack(&modern(&large(), "x/a:1")));
    let wanted = said("docker-archive", &old);
    assert_eq!(said("docker-archive", &new), wanted);
    assert_eq!(said("oci-archive", &new), wanted);
}

#[test]
fn a_compressed_layer_in_an_archive_is_known_by_its_own_digest() {
    let mut members = saved(&Layout::small(), "x/a:1");
    members[0].1 = tarball::gzip(&members[0].1);
    let directory = tempfile::tempdir().unwrap();
    let (code, image) = look(&format!("docker-archive:{}", write(directory.path(), &pack(&members))));
    assert!(code <= 1, "{:?}", image.error);
    assert_eq!(image.layers[0].digest, Digest::sha256(&members[0].1).to_string());
    assert_eq!(image.layers[0].media_type.rsplit('.').next(), Some("gzip"));
}

#[test]
fn of_two_images_one_must_be_named() {
    let tar = pack(&two());
    for (name, wanted) in [("", "it holds 2 images"), (":x/c:1", "no image named x/c:1")] {
        let (code, told) = look_at("docker-archive", &tar, name);
        assert_eq!(code, 3, "{told}");
        assert!(told.contains(wanted) && told.contains("docker-archive:FILE:REF: x/a:1, x/b:1"), "{told}");
    }
    for name in [":x/a:1", ":x/b:1"] {
        assert!(look_at("docker-archive", &tar, name).0 <= 1, "{name}");
    }
    let (code, told) = look_at("oci-archive", &pack(&oci(&Layout::small())), ":other");
    assert!(code == 3 && told.contains("oci-archive:FILE:REF: tag"), "{code} {told}");
}

#[test]
fn an_archive_that_ends_early_is_never_judged() {
    for (transport, members) in [("oci-archive", oci(&Layout::small())), ("docker-archive", saved(&Layout::small(), "x/a:1"))] {
        let tar = pack(&members);
        for length in (0..tar.len()).step_by(512).chain([tar.len() - 1]) {
            let (code, told) = look_at(transport, &tar[..length], "");
            assert_eq!(code, 6, "{length} bytes of {transport}: {told}");
        }
    }
}

#[test]
fn a_flipped_bit_never_changes_what_is_said_of_an_image() {
    for (transport, members) in [("oci-archive", oci(&Layout::small())), ("docker-archive", saved(&Layout::small(), "x/a:1"))] {
        let directory = tempfile::tempdir().unwrap();
        let tar = pack(&members);
        let file = write(directory.path(), &tar);
        let reference = format!("{transport}:{file}");
        let said = || {
            let (code, image) = look(&reference);
            (code, serde_json::to_value(image).unwrap())
        };
        let whole = said();
        assert!(whole.0 <= 1);
        for bit in (0..tar.len() * 8).step_by(23) {
            let mut damaged = tar.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&file, damaged).unwrap();
            let found = said();
            assert!(found.0 >= 3 || found == whole, "bit {bit} of {transport}: exit {}", found.0);
        }
    }
}

#[test]
fn of_members_of_one_name_the_last_counts() {
    let mut members = saved(&Layout::small(), "x/a:1");
    members.insert(0, ("./manifest.json".into(), b"[]".to_vec()));
    assert!(look_at("docker-archive", &pack(&members), "").0 <= 1);
    members.push(("manifest.json".into(), b"[]".to_vec()));
    let (code, told) = look_at("docker-archive", &pack(&members), "");
    assert!(code == 3 && told.contains("lists no image"), "{code} {told}");
}

#[test]
fn a_layer_behind_a_link_is_found_and_behind_two_it_is_not() {
    let members = saved(&Layout::small(), "x/a:1");
    let link = |name: &str, kind, target: &str| Header::new(name, kind, 0).link(target);
    let rest = |tar: Tarball| members[1..].iter().fold(tar, |tar, (name, content)| tar.file(name, content)).end();
    let base = || Tarball::default().file("4567/layer.tar", &members[0].1);
    for (kind, target) in [(b'2', "../4567/layer.tar"), (b'1', "4567/layer.tar")] {
        assert!(look_at("docker-archive", &rest(base().header(&link("0000/layer.tar", kind, target))), "").0 <= 1, "{target}");
    }
    let twice = base().header(&link("a", b'1', "4567/layer.tar")).header(&link("0000/layer.tar", b'1', "a"));
    assert_eq!(look_at("docker-archive", &rest(twice), "").0, 7);
    let nowhere = base().header(&link("0000/layer.tar", b'2', "/etc/passwd"));
    let (code, told) = look_at("docker-archive", &rest(nowhere), "");
    assert!(code == 3 && told.contains("links to etc/passwd"), "{code} {told}");
}

#[test]
fn the_name_of_a_member_leads_nowhere() {
    let mut members = saved(&Layout::small(), "x/a:1");
    let manifest = String::from_utf8(members[2].1.clone()).unwrap().replace("0000/layer.tar", "../../etc/passwd");
    members[2].1 = manifest.into_bytes();
    let (code, told) = look_at("docker-archive", &pack(&members), "");
    assert!(code == 3 && told.contains("holds no ../../etc/passwd"), "{code} {told}");
    members[0].0 = "../../etc/passwd".into();
    assert!(look_at("docker-archive", &pack(&members), "").0 <= 1, "it is a name like any other");
}

#[test]
fn a_second_layer_that_claims_a_digest_is_held_against_it() {
    let Layout { layers, mut config } = Layout::small();
    let diff_id = Digest::sha256(&layers[0]);
    config["rootfs"] = json!({"type": "layers", "diff_ids": [diff_id, diff_id]});
    let manifest = json!([{"Config": "config", "RepoTags": null, "Layers": ["a", "b"]}]);
    let archive = |second: &[u8]| {
        let tar = Tarball::default().file("a", &layers[0]).file("b", second).file("config", config.to_string().as_bytes());
        tar.file("manifest.json", manifest.to_string().as_bytes()).end()
    };
    assert!(look_at("docker-archive", &archive(&layers[0]), "").0 <= 1);
    let (code, told) = look_at("docker-archive", &archive(&layout::tar(&[("bin/sh", b"hidden")])), "");
    assert!(code == 6 && told.contains("the member b"), "{code} {told}");
}

#[test]
fn a_configuration_that_is_not_its_name_is_corrupt() {
    let mut members = saved(&Layout::small(), "x/a:1");
    members[1].1.push(b'\n');
    let (code, told) = look_at("docker-archive", &pack(&members), "");
    assert!(code == 6 && told.contains("its name says"), "{code} {told}");
}

#[test]
fn what_is_no_archive_of_its_kind_is_refused_with_the_way_out() {
    let (oci, saved) = (pack(&oci(&Layout::small())), pack(&saved(&Layout::small(), "x/a:1")));
    let beyond = Tarball::default().header(&Header::new("big", b'0', 1 << 30)).end();
    for (transport, tar, code, wanted) in [
        ("oci-archive", tarball::gzip(&oci), 7, "gunzip"),
        ("docker-archive", tarball::zstd(&saved), 7, "unzstd"),
        ("oci-archive", saved, 7, "docker-archive:FILE"),
        ("docker-archive", oci, 7, "oci-archive:FILE"),
        ("docker-archive", beyond, 6, "big: it goes on beyond"),
        ("oci-archive", b"hello".repeat(200), 6, "header at byte 0"),
        ("oci-archive", Vec::new(), 6, "ends at byte 0"),
    ] {
        let (found, told) = look_at(transport, &tar, "");
        assert!(found == code && told.contains(wanted), "{found} {told}");
    }
    let directory = tempfile::tempdir().unwrap();
    let (code, image) = look(&format!("oci-archive:{}", directory.path().display()));
    assert!(code == 7 && image.error.unwrap().message.contains("no regular file"));
    assert_eq!(look("docker-archive:/nowhere.tar").0, 3);
}
