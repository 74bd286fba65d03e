//! SARIF 2.1.0 (OASIS, "Static Analysis Results Interchange Format"), as code scanning takes it: every result has exactly one
//! place in the repository, or the host rejects the whole file.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::place::{Fingerprints, repository};
use super::said::shown;
use super::table::familiar;
use super::{Finding, Image, Report, Rule};
use crate::finding::{Level, Outcome};
use crate::text::percent;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// What is known of a rule: what it wants in one line, and its documentation as Markdown.
pub type Docs<'a> = &'a dyn Fn(&str) -> Option<(&'static str, String)>;

/// Renders a report; `docs` knows the rules of this program.
pub fn render(report: &Report, docs: Docs<'_>) -> Vec<u8> {
    let rules = rules(report);
    let place: BTreeMap<&str, usize> = rules.iter().enumerate().map(|(at, rule)| (&*rule.id, at)).collect();
    let compared = report.findings().any(|(_, _, finding)| finding.known);
    let mut fingerprints = Fingerprints::default();
    let results = report.findings().map(|(image, rule, finding)| {
        let mut result = result(image, rule, finding, &fingerprints.of(image, &rule.id, finding));
        result["ruleIndex"] = place.get(&*rule.id).copied().into();
        if compared {
            // SARIF 3.27.24: of all results or of none.
            result["baselineState"] = if finding.known { "unchanged" } else { "new" }.into();
        }
        result
    });
    let results: Vec<Value> = results.collect();
    let driver = json!({
        "name": report.tool.name,
        "semanticVersion": report.tool.version,
        "rules": rules.iter().map(|rule| descriptor(rule, docs)).collect::<Vec<_>>(),
    });
    super::json::document(&json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": driver},
            "automationDetails": {"id": category(report)},
            "invocations": [invocation(report)],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    }))
}

/// The rules that found something, each once, in report order.
fn rules(report: &Report) -> Vec<&Rule> {
    let mut seen = std::collections::BTreeSet::new();
    report.findings().map(|(_, rule, _)| rule).filter(|rule| seen.insert(&rule.id)).collect()
}

fn descriptor(rule: &Rule, docs: Docs<'_>) -> Value {
    let id = shown(&rule.id);
    let (summary, markdown) =
        docs(&rule.id).map_or_else(|| (id.clone(), String::new()), |(summary, docs)| (summary.to_owned(), docs));
    let mut descriptor = json!({
        "id": id,
        "shortDescription": {"text": summary},
        "fullDescription": {"text": summary},
        "help": {"text": if markdown.is_empty() { &summary } else { &markdown }},
        "defaultConfiguration": {"level": level(rule.level)},
        "properties": {"tags": [rule.answers.word()]},
    });
    if !markdown.is_empty() {
        descriptor["help"]["markdown"] = markdown.into();
    }
    descriptor
}

fn result(image: &Image, rule: &Rule, finding: &Finding, fingerprint: &str) -> Value {
    let (file, line) = finding.mended();
    let physical = json!({
        "artifactLocation": {"uri": uri(file), "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": line.max(1)},
    });
    let mut result = json!({
        "ruleId": shown(&rule.id),
        "level": level(finding.level),
        "message": {"text": plain(&finding.lines(image).join("\n"))},
        "locations": [{"physicalLocation": physical, "logicalLocations": logical(image, finding)}],
        "partialFingerprints": {"primaryLocationLineHash": fingerprint},
    });
    if let Some(reason) = &finding.waived {
        result["suppressions"] = json!([{"kind": "external", "justification": shown(reason)}]);
    }
    result
}

/// Where in which image.
fn logical(image: &Image, finding: &Finding) -> Vec<Value> {
    let name = familiar(&image.reference);
    let location =
        |kind: &str, name: &str, whole: &str| json!({"name": shown(name), "fullyQualifiedName": shown(whole), "kind": kind});
    let mut places = vec![location("image", name, &image.reference)];
    if let Some(layer) = &finding.layer {
        places.push(location("layer", &format!("layer {}", layer.index.saturating_add(1)), &layer.diff_id));
    }
    if let Some(path) = &finding.path {
        places.push(location("path", path, &format!("{}{path}", image.reference)));
    }
    places
}

/// How the run ended, and what could not be looked at or judged.
fn invocation(report: &Report) -> Value {
    let failures = report.images.iter().filter_map(|image| Some((image, image.error.as_ref()?))).map(|(image, failure)| {
        json!({
            "level": "error",
            "message": {"text": plain(&format!("{}: {}", shown(&image.reference), shown(&failure.message)))},
            "descriptor": {"id": failure.kind},
        })
    });
    let read = report.images.iter().filter(|image| image.error.is_none());
    let unknown = read.flat_map(|image| image.rules.iter().map(move |rule| (image, rule)));
    let unknown = unknown.filter(|(_, rule)| rule.outcome == Outcome::Unknown).map(|(image, rule)| {
        let reason = shown(rule.reason.as_deref().unwrap_or_default());
        let said = format!("{}: {} could not be judged: {reason}", shown(&image.reference), shown(&rule.id));
        json!({"level": level(rule.level), "message": {"text": plain(&said)}, "descriptor": {"id": shown(&rule.id)}})
    });
    let notifications: Vec<Value> = failures.chain(unknown).collect();
    let mut invocation = Map::new();
    let looked = !report.images.is_empty() && report.images.iter().all(|image| image.complete && image.error.is_none());
    invocation.insert("executionSuccessful".into(), looked.into());
    invocation.insert("exitCode".into(), report.exit_code.into());
    invocation.insert("exitCodeDescription".into(), report.verdict.word().into());
    invocation.insert("toolExecutionNotifications".into(), notifications.into());
    invocation.into()
}

/// What tells the runs on one image from those on others: a host keeps the results of each (SARIF 3.17.3: what stands behind
/// the last `/` would tell one run from the next).
fn category(report: &Report) -> String {
    match &report.images[..] {
        [image] => {
            let platform = image.platform.as_deref().unwrap_or_default();
            let name = format!("{}/{platform}", repository(&image.reference));
            format!("lucid-verify/{}/", shown(name.trim_end_matches('/')))
        }
        _ => "lucid-verify/".to_owned(),
    }
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warn => "warning",
        Level::Info => "note",
        Level::Off => "none",
    }
}

/// A text in which nothing is a link (SARIF 3.11.6).
fn plain(text: &str) -> String {
    if text.contains("](") { text.replace('[', "\\[").replace(']', "\\]") } else { text.to_owned() }
}

/// A path as a relative reference (RFC 3986, 4.2).
fn uri(path: &str) -> String {
    percent(path, b"/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_relative_reference() {
        assert_eq!(uri("deploy/Dockerfile.arm64"), "deploy/Dockerfile.arm64");
        assert_eq!(uri("a b/c:d/é?#%"), "a%20b/c%3Ad/%C3%A9%3F%23%25");
    }

    #[test]
    fn no_text_of_an_image_is_a_link() {
        assert_eq!(plain("[x](https://x)"), "\\[x\\](https://x)");
        assert_eq!(plain("No module named ['x']"), "No module named ['x']");
    }
}
