//! What `deploy/` holds, run as the runners of GitHub and GitLab, git and pre-commit run it: with bash, the files of the
//! environment, and servers that answer as theirs do. The registry is a real one where those are asked for.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "deploy/comments.rs"]
mod comments;
#[path = "deploy/documents.rs"]
mod documents;
#[path = "deploy/expression.rs"]
mod expression;
#[path = "deploy/github.rs"]
mod github;
#[path = "deploy/gitlab.rs"]
mod gitlab;
#[path = "deploy/hooks.rs"]
mod hooks;
#[path = "deploy/hosts.rs"]
mod hosts;
#[path = "support/image/mod.rs"]
mod image;
#[path = "deploy/install.rs"]
mod install;
#[path = "support/registry.rs"]
mod registry;
#[path = "deploy/runner.rs"]
mod runner;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use lucid_verify::serve::Image;

/// The token of every job.
const TOKEN: &str = "ghs_canary0123456789";

/// What is wanted of the images here.
const PROFILE: &str = r#"extends = "generic"

[[check]]
id = "own/owner"
files = "/srv/**"
want = { owner = "0:0" }

[[check]]
id = "own/note"
label = "note"
want = { equals = "plain" }
optional = true
"#;

/// Arguments of every run: what is asked, and no patience.
const ARGS: &str = "--rule=own/*\n--rule=size/regression\n--timeout=2\n--retries=0\n";

const CONFIG: &str = r#"{"os":"linux","architecture":"arm64","config":{"User":"65532:65532"}}"#;

/// An image that holds.
fn good() -> Image {
    written("f 0644 0:0 /srv/index.html \"a page\"\n", CONFIG)
}

/// One that someone made to be read by a pipeline: a file of another owner, and names that are commands, Markdown and HTML.
fn hostile() -> Image {
    let config = CONFIG.replace(
        r#""User""#,
        r#""Labels":{"note":"x\n::error file=planted::planted\n##[stop-commands]planted\n</details>@planted `$(touch planted)`"},"User""#,
    );
    written(
        "f 0644 7:7 /srv/::error::planted##[error]planted \"a page\"\nf 0644 7:7 /srv/$(touch${IFS}planted) \"a page\"\n",
        &config,
    )
}

fn written(lines: &str, config: &str) -> Image {
    Image::written(&format!("layer COPY srv /srv\nd 0755 0:0 /srv\n{lines}"), config).unwrap()
}

/// Whether the programs are here that every runner has; says so where they are not, past the capture of the test harness.
fn has_tools() -> bool {
    let is_here = |tool: &&str| ["/usr/local/bin", "/usr/bin", "/bin"].iter().any(|folder| Path::new(folder).join(tool).exists());
    let missing: Vec<&str> = ["bash", "curl", "jq"].into_iter().filter(|tool| !is_here(tool)).collect();
    let is_real = std::env::var_os("LUCID_REAL").is_some_and(|value| value == "1");
    assert!(missing.is_empty() || !is_real, "{missing:?} are not installed");
    if !missing.is_empty() {
        let _ = writeln!(std::io::stderr(), "skipped: a pipeline needs {missing:?}");
    }
    missing.is_empty()
}

/// The folder of the program.
fn bin() -> PathBuf {
    assert_cmd::cargo::cargo_bin!("lucid-verify").parent().unwrap().to_owned()
}
