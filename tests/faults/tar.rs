//! What a tar stream holds. Each case is an image of one layer, on disk.

#[path = "tar/go.rs"]
mod go;
#[path = "tar/headers.rs"]
mod headers;
#[path = "../support/image/mod.rs"]
mod image;
#[path = "tar/members.rs"]
mod members;
#[path = "../fuzz/mutate.rs"]
mod mutate;
#[path = "tar/peers.rs"]
mod peers;
#[path = "tar/stream.rs"]
mod stream;
#[path = "../../fuzz/targets/tar_bytes.rs"]
#[allow(dead_code, reason = "its seeds are wanted here")]
mod tar_bytes;

use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::layout::Layout;
use crate::run::Ran;
use crate::table::{Row, rows};
use crate::tarball::{self, Tarball};
use headers::*;
use members::*;
use peers::peers;
use stream::*;

rows! {
    T01 "A size on a header that has no content" => sizes_without_content;
    T02 "Sizes in records and in headers (TARmageddon)" => two_sizes;
    T03 "Malformed PAX records" => malformed_records;
    T04 "Names that are given twice" => names_given_twice;
    T05 "Huge special headers" => huge_special_headers;
    T06 "Global PAX records" => global_records;
    T07 "Numbers in every form" => numbers;
    T08 "Owner's name and number" => names_of_owners;
    T09 "Checksums" => checksums;
    T10 "How an archive ends" => ends_of_archives;
    T11 "A content that is cut off" => cut_off;
    T12 "Sparse files" => sparse_files;
    T13 "Types that no runtime unpacks" => refused_types;
    T14 "A slash behind a name" => slashes;
    T15 "Names of all kinds" => names;
    T16 "Extended attributes" => attributes;
    T17 "Modes and devices" => modes_and_devices;
    T18 "Times" => times;
    T19 "Too many entries" => many_entries;
    T20 "Archives of other readers' tests" => peers;
}

/// The rule that tells of what readers of tars and runtimes differ on.
const PORTABILITY: &str = "integrity/portability";

/// An image of one layer, and its reference.
fn written(tar: &[u8]) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let config = json!({"architecture": "arm64", "os": "linux", "config": {"User": "65532:65532", "Cmd": ["/run"]}});
    Layout { layers: vec![tar.to_vec()], config }.write(folder.path());
    let reference = format!("oci:{}", folder.path().display());
    (folder, reference)
}

/// Verifies an image whose layer is this tar.
fn verify<'r>(row: &'r Row, case: &'r str, tar: &[u8]) -> Ran<'r> {
    verify_with(row, case, tar, &[])
}

fn verify_with<'r>(row: &'r Row, case: &'r str, tar: &[u8], options: &[&str]) -> Ran<'r> {
    let (_folder, reference) = written(tar);
    options.iter().fold(row.verify(case, &reference), |run, option| run.option(option)).run()
}

/// It is read, and nothing is odd about it.
fn read(row: &Row, case: &str, tar: Tarball, wanted: &[&str]) {
    let tar = tar.end();
    let ran = verify(row, case, &tar);
    assert_eq!(ran.rule(PORTABILITY), Some("pass"), "{case}: {}", ran.stdout);
    ran.ends(0);
    lists(&tar, wanted);
}

/// It is read, and a warning says what is odd about it.
fn odd(row: &Row, case: &str, tar: Tarball, words: &str, wanted: &[&str]) {
    let tar = tar.end();
    let ran = verify(row, case, &tar).ends(0).judges(PORTABILITY, "fail");
    let findings = ran.findings(PORTABILITY);
    assert!(findings.iter().any(|finding| finding.contains(words)), "{case}: {findings:?}");
    lists(&tar, wanted);
}

/// It is refused, with the layer and the words.
fn refused(row: &Row, case: &str, tar: &[u8], code: i32, words: &str) {
    verify(row, case, tar).ends(code).says("layer 1/1 sha256:").says(words);
}

/// The tree has these lines: type, mode, owner, size and path.
fn lists(tar: &[u8], wanted: &[&str]) {
    let (folder, reference) = written(tar);
    let mut ls = Command::new(assert_cmd::cargo::cargo_bin!("lucid-verify"));
    let output = ls.args(["ls", "-R", "--format", "json", "--no-cache", &reference]).env("HOME", folder.path()).output().unwrap();
    let rows: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let lines: Vec<String> = rows
        .iter()
        .map(|row| {
            format!(
                "{} {} {}:{} {} {}",
                text(row, "type"),
                text(row, "mode"),
                row["uid"],
                row["gid"],
                row["size"],
                text(row, "path")
            )
        })
        .collect();
    for wanted in wanted {
        assert!(lines.iter().any(|line| line == wanted), "{wanted} is not in {lines:#?}");
    }
}
