//! `labels/version`

use std::sync::LazyLock;

use regex::Regex;

use super::super::{Context, declare_rule};
use super::labelled;
use crate::finding::{Finding, Judgement, Level};
use crate::text::escape;

declare_rule! {
    /// The label of the version is a version
    ///
    /// # What it checks
    /// The label that `label` names is a version of semantic versioning 2.0.0, with or without a `v` before it. An image without
    /// the label is the business of labels/required.
    ///
    /// # Why
    /// `latest`, `dev` and the name of a branch cannot be compared: no tool can say which of two images is the newer.
    ///
    /// # Symptom
    /// None at run time: nobody can tell which release is running.
    ///
    /// # Fix
    /// `--build-arg VERSION=$(git describe --tags --abbrev=0)`.
    ///
    /// # Options
    /// - `label`: the name of the label; without it the rule does not apply.
    RULE = "labels/version", Conforms, Info, since "0.1.0", needs Config,
    unit "label is a version" | "labels are versions",
    options { "label": Text }, check check
}

/// <https://semver.org/spec/v2.0.0.html>: three numbers without leading zeros, a pre-release, build metadata.
static VERSION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let number = "(0|[1-9][0-9]*)";
    let pre = "(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)";
    let build = "[0-9A-Za-z-]+";
    Regex::new(&format!(r"^v?{number}\.{number}\.{number}(-{pre}(\.{pre})*)?(\+{build}(\.{build})*)?$")).ok()
});

fn check(context: &Context<'_>) -> Judgement {
    let (label, said) = match labelled(context) {
        Ok(found) => found,
        Err(judgement) => return judgement,
    };
    let finding = (!is_version(said)).then(|| {
        let message = format!("{label}=\"{}\" is no semantic version", escape(said.as_bytes()));
        Finding::new(Level::Info, message, "--build-arg VERSION=1.2.3, and LABEL from that ARG in the last stage")
    });
    Judgement::looked(1, finding.into_iter().collect())
}

fn is_version(text: &str) -> bool {
    VERSION.as_ref().is_some_and(|version| version.is_match(text))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_version_is_one_of_semantic_versioning() {
        for version in ["1.0.0", "v0.10.2", "1.2.3-rc.1", "1.2.3-0a.-+5114f85.exp"] {
            assert!(super::is_version(version), "{version}");
        }
        for other in ["1.0", "01.0.0", "1.0.0-01", "1.0.0+", "latest", "1.0.0 ", "V1.0.0"] {
            assert!(!super::is_version(other), "{other}");
        }
    }
}
