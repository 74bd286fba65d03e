//! `size` on a small image on disk.
#![allow(missing_docs, clippy::unwrap_used)]

#[path = "support/cli.rs"]
mod cli;
#[path = "support/layout.rs"]
mod layout;

use cli::{lucid, run};
use layout::{Layout, tar};
use serde_json::{Value, json};
use tempfile::TempDir;

/// 60,000 bytes that a later layer removes, 3,000 that are there twice, and a distribution of 5,000.
fn on_disk() -> (TempDir, String) {
    let dist = "usr/local/lib/python3.11/site-packages/six-1.17.0.dist-info";
    let metadata = b"Metadata-Version: 2.1\nName: six\nVersion: 1.17.0\n";
    let record = format!("six.py,,5000\n{0}/METADATA,,\n{0}/RECORD,,\n", dist.rsplit('/').next().unwrap());
    let layers = vec![
        tar(&[("app/large.bin", &[7; 60_000]), ("app/one.txt", &[b'1'; 3_000])]),
        tar(&[
            ("usr/local/lib/python3.11/site-packages/six.py", &[b'#'; 5_000]),
            (&format!("{dist}/METADATA"), metadata),
            (&format!("{dist}/RECORD"), record.as_bytes()),
        ]),
        tar(&[("app/.wh.large.bin", b""), ("app/two.txt", &[b'1'; 3_000])]),
    ];
    let made = ["COPY . /app", "RUN pip install six", "RUN rm /app/large.bin && cp /app/one.txt /app/two.txt"];
    let history: Vec<Value> = made.iter().map(|made| json!({"created_by": made})).collect();
    let config = json!({"architecture": "arm64", "os": "linux", "config": {"Cmd": ["/run"]}, "history": history});
    let folder = tempfile::tempdir().unwrap();
    Layout { layers, config }.write(folder.path());
    let reference = format!("oci:{}", folder.path().display());
    (folder, reference)
}

fn sum(rows: &Value) -> u64 {
    rows.as_array().unwrap().iter().map(|row| row["bytes"].as_u64().unwrap()).sum()
}

#[test]
fn every_list_of_the_document_adds_up() {
    let (_folder, reference) = on_disk();
    let (code, stdout, stderr) = run(&["size", "--format", "json", "--top", "0", &reference]);
    let report: Value = serde_json::from_str(&stdout).unwrap();
    let image = &report["images"][0];
    let sizes = &image["sizes"];
    assert_eq!((code, &stderr[..], &report["verdict"]), (0, "", &json!("held")));
    assert_eq!((&image["rules"], &image["policy"]["profile"]), (&json!([]), &json!("none")));
    let bytes = sizes["bytes"].as_u64().unwrap();
    assert_eq!(sizes["unpacked_bytes"].as_u64().unwrap(), bytes + 60_000);
    assert_eq!(sum(&sizes["packages"]) + sizes["unowned"]["bytes"].as_u64().unwrap(), bytes);
    assert_eq!([sum(&sizes["kinds"]), sum(&sizes["largest"])], [bytes; 2]);
    assert_eq!(sizes["waste"]["bytes"], 63_000);
    assert_eq!(sizes["packages"][0]["name"], "six");
    assert!(sizes["dive"]["wasted_bytes"].is_u64(), "{sizes}");
}

#[test]
fn the_overview_names_what_weighs_most_and_who_wasted_it() {
    let (_folder, reference) = on_disk();
    for columns in ["80", "40"] {
        let output = lucid(&["size", &reference]).env("COLUMNS", columns).output().unwrap();
        let shown = String::from_utf8(output.stdout).unwrap();
        let width = columns.parse().unwrap();
        assert!(shown.lines().all(|line| line.chars().count() <= width), "{shown}");
        assert!(shown.starts_with("SIZE  oci:"), "{shown}");
        assert!(
            ["\nlayers  3 ship", "\npackages  1 own", "\nkinds ", "\nwaste  "].iter().all(|list| shown.contains(list)),
            "{shown}"
        );
        assert!(shown.contains("six 1.17.0") && shown.contains("\n    fix  "), "{shown}");
    }
    let (_, shown, _) = run(&["size", &reference]);
    assert!(shown.contains("removed by layer 3\n    RUN rm ") && shown.contains("do not copy it in layer 1"), "{shown}");
}

#[test]
fn one_list_is_chosen_by_what_tells_bytes_apart() {
    let (_folder, reference) = on_disk();
    let list = |arguments: &[&str]| run(&[&["size"], arguments, &[&reference[..]]].concat()).1;
    assert!(list(&["--by", "layer"]).contains("\n    RUN pip install six\n"));
    assert!(list(&["--by", "package"]).contains("2 files that no package owns"));
    assert!(list(&["--by", "kind", "--top", "1"]).contains("more kind"));
    assert!(list(&["--by", "file", "--top", "1"]).contains("and 4 more files"));
    assert!(!list(&["--by", "file", "--top", "0"]).contains("more file"));
    let [shallow, deep] = [&["--depth", "1"][..], &["--depth", "9"]].map(|depth| list(&[&["--by", "directory"], depth].concat()));
    assert!(shallow.contains("  /usr\n") && !shallow.contains("site-packages"), "{shallow}");
    assert!(deep.contains("  /usr/local/lib/python3.11/site-packages\n"), "{deep}");
    let (code, stdout, stderr) = run(&["size", "--by", "layr", &reference]);
    assert!(code == 2 && stdout.is_empty() && stderr.contains("did you mean layer?"), "{stderr}");
    assert_eq!(run(&["size", "--depth", "0", &reference]).0, 2);
}

#[test]
fn a_comment_is_found_again_by_its_first_line() {
    let (_folder, reference) = on_disk();
    let (code, size, _) = run(&["size", "--format", "markdown", &reference]);
    assert!(code == 0 && size.starts_with("<!-- lucid-verify oci:") && size.contains("| `six` `1.17.0` |"), "{size}");
    let (_, report, _) = run(&["--format", "markdown", "--profile", "generic", &reference]);
    assert_eq!(size.lines().next(), report.lines().next());
    assert!(report.contains("\n| whole | starts | safe | conforms | lean |\n"), "{report}");
}

#[test]
fn what_cannot_be_read_is_no_measure() {
    let (_folder, reference) = on_disk();
    let (code, stdout, _) = run(&["size", &format!("{reference}/nothing"), &reference]);
    assert_eq!(code, 3, "{stdout}");
    assert!(stdout.contains("\nerror  not-found ") && stdout.contains("SIZE  oci:"), "{stdout}");
    let (code, stdout, _) = run(&["size", "--format", "json", &format!("{reference}/nothing")]);
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, &report["verdict"]), (3, &json!("incomplete")));
}
