//! What is predicted of an image's start, against what happens when its own interpreter runs its command. Runs as root
//! where `LUCID_REAL=1` asks for it: everything is fetched from the archives of Debian and Python packages.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test may panic, and nothing here is public")]

#[path = "support/breakages/mod.rs"]
mod breakages;
#[path = "support/each.rs"]
mod each;
#[path = "support/execute.rs"]
mod execute;
#[path = "support/image/mod.rs"]
mod image;
#[path = "support/run.rs"]
mod run;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use breakages::{Breakage, SERVICE, breakages};
use each::each;
use execute::{Outcome, Root};
use image::Image;
use image::lucid::parts;
use lucid_verify::finding::{Level, Question};
use lucid_verify::rules::RULES;
use run::asked;
use serde_json::Value;

/// Breakages whose rule does not speak of the start, and that are executed all the same: so much can be wrong with an image
/// that runs; or the start fails of what that rule explains.
const ALSO: [&str; 5] = ["marker-empty", "module-tampered", "builder-shebang", "pip-shipped", "package-of-directories-alone"];

/// What was done to an image, what is said of it, and what happens.
struct Row {
    done: &'static str,
    rule: &'static str,
    answer: String,
    predicted: BTreeSet<String>,
    outcome: Outcome,
}

impl Row {
    fn of(done: &'static str, rule: &'static str, image: &Image) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let profile = folder.path().join("lucid-verify.toml");
        fs::write(&profile, SERVICE).unwrap();
        let (_, report) = run::verify(image, &["--profile", profile.to_str().unwrap()]);
        let image_report = &report["images"][0];
        let starts = image_report["rules"].as_array().unwrap().iter().filter(|rule| rule["answers"] == "starts");
        let findings = starts.flat_map(|rule| rule["findings"].as_array().unwrap());
        let errors: Vec<&Value> = findings.filter(|finding| finding["level"] == "error").collect();
        let is_cause = |finding: &&Value| finding["because"].is_null();
        let is_told = errors.iter().any(is_cause);
        let telling = errors.iter().filter(|finding| !is_told || is_cause(finding));
        let predicted = telling.filter_map(|finding| finding["predicts"].as_str().map(ToOwned::to_owned)).collect();
        let answer = |report: &Value| report["answers"]["starts"].as_str().unwrap().to_owned();
        Self { done, rule, answer: answer(image_report), predicted, outcome: executed(image) }
    }

    /// Whether what happened is what was said; of some starts, nobody can say the last line.
    fn is_true(&self) -> bool {
        match &self.outcome {
            Outcome::Started => self.answer == "yes" && self.predicted.is_empty(),
            Outcome::Ended(line) => self.answer == "no" && (self.predicted.is_empty() || self.predicted.contains(line)),
        }
    }

    fn line(&self) -> String {
        let code = |text: &str| format!("`{}`", text.replace('|', "\\|"));
        let predicted = match self.predicted.is_empty() {
            true if self.answer == "yes" => "it starts".to_owned(),
            true => "it does not start".to_owned(),
            false => self.predicted.iter().map(|line| code(line)).collect::<Vec<_>>().join(" or "),
        };
        let happened = match &self.outcome {
            Outcome::Started => "it starts".to_owned(),
            Outcome::Ended(line) => code(line),
        };
        format!("| {} | {} | {predicted} | {happened} |\n", self.done, self.rule)
    }
}

/// What happens when the image is started; where its health check was changed, what happens to that.
fn executed(image: &Image) -> Outcome {
    let root = Root::of(image);
    let is_same = image.config["Healthcheck"] == parts().image().config["Healthcheck"];
    if is_same { root.command(image) } else { root.probe(image) }
}

/// Whether a breakage is one of those that are executed.
fn is_executed(breakage: &Breakage) -> bool {
    // Where the platform that the configuration names is another than that of the files, the host decides what happens.
    if breakage.rule == "platform/config-arch" {
        return false;
    }
    let rule = RULES.iter().find(|rule| rule.id == breakage.rule).unwrap();
    rule.question == Question::Starts && breakage.level == Level::Error.word() || ALSO.contains(&breakage.name)
}

#[test]
fn what_is_predicted_is_what_happens() {
    if !asked("what_is_predicted_is_what_happens") {
        return;
    }
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        let _ = writeln!(std::io::stderr(), "skipped: only root can unpack an image with its owners and change its root");
        return;
    }
    let executed: Vec<Option<&Breakage>> =
        [None].into_iter().chain(breakages().filter(|one| is_executed(one)).map(Some)).collect();
    let rows = each(&executed, |breakage| {
        let mut image = parts().image();
        match breakage {
            None => Row::of("did nothing", "none", &image),
            Some(breakage) => {
                (breakage.edit)(&mut image, parts());
                Row::of(breakage.done, breakage.rule, &image)
            }
        }
    });
    let mut page = String::from(
        "# What is predicted, and what happens\n\n\
         `tests/truth.rs` unpacks the good image and each broken one that is said not to start, and a few that are said to, and\n\
         runs its command with its own arm64 interpreter. What `predicts` says is what is then read last, word for word. This page is\n\
         generated (`LUCID_REAL=1 LUCID_UPDATE=1 cargo test --test truth`).\n\n\
         | someone … | rule | predicted | what happens |\n|---|---|---|---|\n",
    );
    page.extend(rows.iter().map(Row::line));
    let _ = writeln!(std::io::stderr(), "{page}");
    let wrong: Vec<String> =
        rows.iter().filter(|row| !row.is_true()).map(|row| format!("starts {}: {}", row.answer, row.line())).collect();
    assert!(wrong.is_empty(), "{}", wrong.concat());
    assert!(rows.iter().filter(|row| !row.predicted.is_empty()).count() >= 20, "too few are foretold");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/truth.md");
    if std::env::var_os("LUCID_UPDATE").is_some_and(|value| value == "1") {
        fs::write(&file, &page).unwrap();
    }
    assert_eq!(fs::read_to_string(&file).unwrap_or_default(), page, "LUCID_UPDATE=1 writes docs/truth.md anew");
}
