//! `lucid-verify demo`: a small faulty image that this process serves to itself, and verifies as any other.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::NaiveDate;
use lucid_verify::error::Result;
use lucid_verify::finding::Level;
use lucid_verify::limits::Limits;
use lucid_verify::profile::Policy;
use lucid_verify::report::{self, ExitCode, Report, fill};
use lucid_verify::rules;
use lucid_verify::serve::{Image, Repository, Server};
use lucid_verify::source::Access;
use lucid_verify::verify::{Asking, Reading, Shared};

use crate::args::{Common, Format};
use crate::images::Target;
use crate::{exit, fleet, output, reading, verify};

const LAYERS: &str = include_str!("demo/layers.txt");
const CONFIG: &str = include_str!("demo/config.json");
const NAME: &str = "pickme/lucid-demo";
const TAG: &str = "latest-arm64";

/// A fault of the image: the finding that must come of it.
struct Planted {
    title: &'static str,
    rule: &'static str,
    path: Option<&'static str>,
}

const PLANTED: &[Planted] = &[
    Planted {
        title: "a marker that holds nothing: echo \"\" > .lucid-marker",
        rule: "marker/nonempty",
        path: Some("/usr/local/bin/.lucid-marker"),
    },
    Planted {
        title: "a module that was changed after it was installed",
        rule: "python/record-integrity",
        path: Some("/usr/local/lib/python3.11/site-packages/uvicorn/main.py"),
    },
    Planted {
        title: "an x86-64 extension module in an arm64 image",
        rule: "platform/elf-arch",
        path: Some("/usr/local/lib/python3.11/site-packages/grpc/_cython/cygrpc.cpython-311-aarch64-linux-gnu.so"),
    },
    Planted {
        title: "a command whose interpreter stayed in the builder",
        rule: "config/argv0",
        path: Some("/usr/local/bin/uvicorn"),
    },
    Planted { title: "USER root", rule: "config/user", path: None },
    Planted { title: "a compiler that came along from the builder", rule: "toolchain/compilers", path: Some("/usr/bin/gcc-12") },
    Planted { title: "a shell in a distroless image", rule: "toolchain/shells", path: Some("/bin/sh") },
    Planted { title: "a COPY without --chown", rule: "ownership/tree", path: Some("/app/config") },
];

/// Runs the verb.
pub fn run(common: &Common) -> Result<ExitCode> {
    let repository = Repository { name: NAME, tag: TAG, image: Image::written(LAYERS, CONFIG)? };
    let server = Server::start(move |request| repository.reply(request))?;
    let reference = format!("{}/{NAME}:{TAG}", server.host()).parse()?;
    let access = Access { timeout: Duration::from_secs(common.timeout), ..Access::default() };
    let reading = Reading {
        platform: None,
        access,
        limits: Limits::default(),
        shared: Shared::new(reading::jobs(), true),
        cache: None,
        offline: false,
    };
    let policy = Policy::auto(&rules::known());
    // What is said of this image must not change with the years.
    let today = NaiveDate::from_ymd_opt(2025, 11, 21).unwrap_or_default();
    let asking = Asking { picture: common.format == Format::Html, ..Asking::all(&policy, today) };

    let read = fleet::verify(&[Target::of(reference)], false, &reading, &asking, common, &|_| ()).into_iter();
    let report = Report::new(read.map(|told| told.image).collect(), Some(Level::Error), today);
    verify::print(&report, common)?;
    let Some(image) = report.images.first().filter(|image| image.complete) else { return verify::code(report.exit_code) };
    let (missed, unplanted) = difference(&causes(image));
    if missed.is_empty() && unplanted.is_empty() {
        if !common.quiet {
            exit::talk(&talk(&server));
        }
        return Ok(ExitCode::Held);
    }
    let missed = missed.iter().map(|fault| format!("planted and not found: {fault}\n"));
    let unplanted = unplanted.iter().map(|fault| format!("found and not planted: {fault}\n"));
    exit::talk(&missed.chain(unplanted).collect::<String>());
    Ok(ExitCode::Findings)
}

/// A rule, and the path where it looked.
fn fault(rule: &str, path: Option<&str>) -> String {
    format!("{rule} {}", path.unwrap_or_default()).trim_end().to_owned()
}

/// What was found at error level. What another finding explains is no cause of its own.
fn causes(image: &report::Image) -> BTreeSet<String> {
    let findings = image.rules.iter().flat_map(|rule| rule.findings.iter().map(|finding| (&*rule.id, finding)));
    let causes = findings.filter(|(_, finding)| finding.level == Level::Error && finding.because.is_none());
    causes.map(|(rule, finding)| fault(rule, finding.path.as_deref())).collect()
}

/// What was planted and not found, and what was found and not planted.
fn difference(found: &BTreeSet<String>) -> (Vec<String>, Vec<String>) {
    let planted: BTreeSet<String> = PLANTED.iter().map(|planted| fault(planted.rule, planted.path)).collect();
    (planted.difference(found).cloned().collect(), found.difference(&planted).cloned().collect())
}

/// What to make of the report.
fn talk(server: &Server) -> String {
    let (width, planted, requests) = (output::width().min(80), PLANTED.len(), server.requests().len());
    let told = format!(
        "This image is part of the program. {planted} faults were planted in it; all of them were found, and no other error."
    );
    let read = format!(
        "A registry in this process, {}, answered {requests} requests over HTTP, and every byte was held against its \
         digest. Nothing was started, extracted or written.",
        server.host()
    );
    let mut lines = fill(&told, "", "", width);
    lines.push(String::new());
    let row = |planted: &Planted| fill(planted.title, &format!("  {:<24} ", planted.rule), &" ".repeat(27), width);
    lines.extend(PLANTED.iter().flat_map(row));
    lines.push(String::new());
    lines.extend(fill(&read, "", "", width));
    lines.push("\nnext: lucid-verify IMAGE".into());
    format!("\n{}\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_planted_fault_names_a_rule_and_no_two_are_alike() {
        let known: BTreeSet<&str> = rules::RULES.iter().map(|rule| rule.id).collect();
        let planted: BTreeSet<&str> = PLANTED.iter().map(|planted| planted.rule).collect();
        assert!(planted.is_subset(&known), "{planted:?}");
        assert_eq!(planted.len(), PLANTED.len());
    }

    #[test]
    fn what_is_missed_and_what_was_not_planted_is_told() {
        let mut found: BTreeSet<String> = PLANTED.iter().map(|planted| fault(planted.rule, planted.path)).collect();
        assert_eq!(difference(&found), (vec![], vec![]));
        found.remove("config/user");
        found.insert("config/cmd".into());
        assert_eq!(difference(&found), (vec!["config/user".into()], vec!["config/cmd".into()]));
    }
}
