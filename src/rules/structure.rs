//! Tests of container-structure-test, judged as its release 1.19.1 does with the driver `tar`; where that looks at the
//! machine that it runs on instead of the image, the image counts (docs/structure-test.md).

mod content;
mod existence;
mod metadata;

use super::{Context, Evidence, Unit};
use crate::finding::{Finding, Judgement, Level};
use crate::profile::structure::Test;
use crate::text::escape;
use crate::vfs::{NodeId, Tree};

/// Why a command test is skipped.
const NOT_RUN: &str = "nothing is run: a command test needs a container, and container-structure-test with the driver docker";

/// What a test needs, and what it counts.
pub(super) fn described(test: &Test) -> (Evidence, Unit) {
    let unit = |one, many| Unit { one, many };
    match test {
        Test::Existence(_) => (Evidence::Tree, unit("path is as a test wants it", "paths are as a test wants them")),
        Test::Content(_) => (Evidence::Tree, unit("file holds what a test wants", "files hold what a test wants")),
        Test::License(_) => {
            (Evidence::Tree, unit("license file is one that a test allows", "license files are such as a test allows"))
        }
        Test::Metadata(_) | Test::Command => {
            (Evidence::Config, unit("setting is as a test wants it", "settings are as a test wants them"))
        }
    }
}

/// The files whose bytes a test looks into.
pub(super) fn looks_into(tree: &Tree, test: &Test) -> Vec<NodeId> {
    match test {
        Test::Content(test) => tree.resolve(&test.path.as_str().into()).into_iter().collect(),
        Test::License(test) => content::licenses(tree, test).filter_map(|path| tree.resolve(&path).ok()).collect(),
        Test::Existence(_) | Test::Metadata(_) | Test::Command => Vec::new(),
    }
}

/// Judges a test.
pub(super) fn judge(context: &Context<'_>, test: &Test) -> Judgement {
    match test {
        Test::Existence(test) => existence::judge(context, test),
        Test::Content(test) => content::judge(context, test),
        Test::License(test) => content::judge_licenses(context, test),
        Test::Metadata(test) => metadata::judge(context, test),
        Test::Command => Judgement::skip(NOT_RUN),
    }
}

/// A finding of a test.
fn finding(message: impl Into<String>, fix: &str) -> Finding {
    Finding::new(Level::Error, message, fix)
}

/// A text in quotes, fit to show and not too long.
fn quoted(text: &str) -> String {
    format!("\"{}\"", super::words::excerpt(text))
}

/// A text fit to show.
fn shown(text: &str) -> String {
    escape(text.as_bytes())
}

#[cfg(test)]
mod tests;
