//! What is written of the pipelines is true of them: scripts, inputs, pages.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::gitlab;
use crate::runner::{Document, Machine};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The YAML blocks of a page.
fn blocks(page: &str) -> Vec<BTreeMap<String, Value>> {
    let text = fs::read_to_string(root().join("docs").join(page)).unwrap();
    let blocks = text.split("```yaml\n").skip(1).map(|block| block.split("```").next().unwrap());
    blocks.map(|block| serde_saphyr::from_str(block).unwrap_or_else(|error| panic!("{page}: {error}\n{block}"))).collect()
}

/// The steps of all jobs of a workflow.
fn steps(workflow: &BTreeMap<String, Value>) -> Vec<Value> {
    let jobs = workflow.get("jobs").and_then(Value::as_object);
    let steps = jobs.into_iter().flat_map(|jobs| jobs.values()).filter_map(|job| job["steps"].as_array().cloned());
    steps.flatten().collect()
}

#[test]
fn workflows_of_the_page_give_the_action_what_it_takes_and_no_more_rights_than_it_needs() {
    let document: Document = Machine::new("").document;
    let pages = blocks("ci-github.md");
    let mut uses = 0;
    for workflow in &pages {
        assert!(workflow.contains_key("permissions"), "{workflow:?}");
        for step in
            steps(workflow).iter().filter(|step| step["uses"].as_str().is_some_and(|action| action.contains("lucid-verify")))
        {
            uses += 1;
            for name in step["with"].as_object().into_iter().flat_map(|with| with.keys()) {
                assert!(document.inputs.contains_key(name), "{name} is no input");
            }
        }
    }
    assert!(uses >= 2, "{pages:?}");
}

#[test]
fn pipelines_of_the_page_give_the_template_what_it_takes() {
    let (header, _) = gitlab::template();
    let mut given = 0;
    for pipeline in blocks("ci-gitlab.md") {
        for include in pipeline.get("include").and_then(Value::as_array).into_iter().flatten() {
            for name in include["inputs"].as_object().into_iter().flat_map(|inputs| inputs.keys()) {
                assert!(header.spec.inputs.contains_key(name), "{name} is no input");
                given += 1;
            }
        }
    }
    assert!(given >= 3);
}

#[test]
fn every_input_and_output_is_on_its_page() {
    let document: Document = Machine::new("").document;
    let page = fs::read_to_string(root().join("docs/ci-github.md")).unwrap();
    assert_eq!(document.runs.using, "composite");
    let names = document.inputs.iter().map(|(name, input)| (name, &input.description));
    for (name, description) in names.chain(document.outputs.iter().map(|(name, output)| (name, &output.description))) {
        assert!(page.contains(&format!("| `{name}` |")) && !description.is_empty(), "{name}");
    }
    let page = fs::read_to_string(root().join("docs/ci-gitlab.md")).unwrap();
    for name in gitlab::template().0.spec.inputs.keys() {
        assert!(page.contains(&format!("| `{name}` |")), "{name}");
    }
}

#[test]
fn what_is_downloaded_is_what_a_release_is_called() {
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(Machine::new("").document.inputs["version"].default, version);
    assert_eq!(gitlab::template().0.spec.inputs["version"].default, version);
    let manifest: toml::Table = fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    let package = &manifest["package"];
    let url = package["metadata"]["binstall"]["pkg-url"].as_str().unwrap();
    assert_eq!(url, "{ repo }/releases/download/v{ version }/{ name }-{ version }-{ target }.tar.gz");
    let releases = format!("{}/releases/download", package["repository"].as_str().unwrap());
    for (file, asset) in [
        ("github/install.sh", "asset=lucid-verify-$VERSION-$target.$archive"),
        ("gitlab/lucid-verify.gitlab-ci.yml", "asset=lucid-verify-$LUCID_VERSION-$(uname -m)-unknown-linux-musl.tar.gz"),
    ] {
        let script = fs::read_to_string(root().join("deploy").join(file)).unwrap();
        assert!(script.contains(&releases) && script.contains(asset), "{file}");
    }
}

#[test]
fn no_expression_stands_in_a_script() {
    for step in &Machine::new("").document.runs.steps {
        let run = step.run.as_deref().unwrap_or_default();
        assert!(!run.contains("${{") && !run.contains('\n'), "{}", step.name);
    }
    let (_, jobs) = gitlab::template();
    let (_, script) = jobs.split_once("  script:\n").unwrap();
    let (script, _) = script.split_once("  retry:\n").unwrap();
    assert!(!script.contains("$[["), "an input is text of the script");
}

#[test]
fn shellcheck_finds_no_fault() {
    let asked = std::env::var_os("LUCID_REAL").is_some_and(|value| value == "1");
    if !asked {
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), "skipped: shellcheck of the scripts needs LUCID_REAL=1");
        return;
    }
    let (_, jobs) = gitlab::template();
    let jobs: BTreeMap<String, Value> = serde_saphyr::from_str(&jobs).unwrap();
    let script = jobs.values().next().unwrap()["script"].as_array().unwrap();
    let script: Vec<&str> = script.iter().filter_map(Value::as_str).collect();
    let folder = tempfile::tempdir().unwrap();
    let template = folder.path().join("template.sh");
    fs::write(&template, format!("#!/bin/bash\nset -eo pipefail\n{}", script.join("\n"))).unwrap();
    let scripts = ["prepare.sh", "install.sh", "run.sh", "comment.sh"].map(|name| root().join("deploy/github").join(name));
    let hook = root().join("deploy/hooks/verify-build");
    let files: Vec<&Path> = scripts.iter().map(PathBuf::as_path).chain([&*hook, &*template]).collect();
    let output = Command::new("shellcheck").args(files).output().expect("shellcheck is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
