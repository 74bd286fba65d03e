//! Running the program on images of this test's own making.

#![allow(dead_code, reason = "each test crate that includes this module uses a part of it")]

use std::io::Write as _;
use std::process::{Command, Output};

use serde_json::Value;

use crate::image::layout::{Family, TAG};
use crate::image::pack::{Compression, cache};
use crate::image::{self, Image};

/// Whether these tests are asked for; says so where they are not, past the capture of the test harness.
pub fn asked(test: &str) -> bool {
    let asked = std::env::var_os("LUCID_REAL").is_some_and(|value| value == "1");
    if !asked {
        let _ = writeln!(std::io::stderr(), "skipped: {test} needs LUCID_REAL=1");
    }
    asked
}

/// The program, on the day after the images were built.
pub fn lucid_verify() -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("lucid-verify"));
    command.current_dir(std::env::temp_dir()).env("SOURCE_DATE_EPOCH", (image::BUILT + 86_400).to_string());
    // What one test learned of an image is no other's business.
    for name in ["LUCID_VERIFY_CACHE", "XDG_CACHE_HOME", "HOME"] {
        command.env_remove(name);
    }
    command
}

/// Exit code and document, which is the whole of stdout.
pub fn json(arguments: &[&str]) -> (Option<i32>, Value) {
    let Output { status, stdout, stderr } = lucid_verify().args(arguments).args(["--format", "json"]).output().unwrap();
    let report = serde_json::from_slice(&stdout)
        .unwrap_or_else(|error| panic!("{arguments:?}: {status}, no report: {error}\n{}", stderr.escape_ascii()));
    (status.code(), report)
}

/// Verifies an image from a layout; exit code and report.
pub fn verify(image: &Image, options: &[&str]) -> (Option<i32>, Value) {
    // In the cache, so that blobs are linked and not copied.
    let folder = tempfile::tempdir_in(cache()).unwrap();
    image.write_layout(folder.path(), Compression::None, Family::Oci);
    json(&[&[&format!("oci:{}:{TAG}", folder.path().display())[..]], options].concat())
}

/// A finding of a report that no other finding explains.
pub struct Cause<'a> {
    pub rule: &'a str,
    pub level: &'a str,
    pub path: Option<&'a str>,
    pub message: &'a str,
}

/// The findings that are errors or warnings and that nothing explains, in report order.
pub fn causes(report: &Value) -> Vec<Cause<'_>> {
    let rules = report["images"][0]["rules"].as_array().unwrap().iter();
    let findings = rules.flat_map(|rule| rule["findings"].as_array().unwrap().iter().map(move |finding| (rule, finding)));
    let unexplained = findings.filter(|(_, finding)| finding["because"].is_null() && finding["level"] != "info");
    unexplained
        .map(|(rule, finding)| Cause {
            rule: rule["id"].as_str().unwrap_or_default(),
            level: finding["level"].as_str().unwrap_or_default(),
            path: finding["path"].as_str(),
            message: finding["message"].as_str().unwrap_or_default(),
        })
        .collect()
}

/// The rules of one outcome, in report order.
pub fn rules<'a>(report: &'a Value, outcome: &str) -> Vec<&'a str> {
    let rules = report["images"][0]["rules"].as_array().unwrap().iter();
    rules.filter(|rule| rule["outcome"] == outcome).filter_map(|rule| rule["id"].as_str()).collect()
}
