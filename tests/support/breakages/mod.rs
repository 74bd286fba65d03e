//! What people do to such images, and what must be said of it: the one table, which docs/breakages.md is made from.

#![allow(dead_code, reason = "each test takes what it needs")]

mod base;
mod config;
mod healthcheck;
mod history;
mod hygiene;
mod imports;
mod labels;
mod layout;
mod linkage;
mod marker;
mod ownership;
mod packages;
mod platform;
mod python;
mod requirements;
mod size;
mod starts;
mod toolchain;

use std::fmt::Write as _;
use std::sync::Arc;

use super::image::lucid::{Parts, SITE, installed};
use super::image::wheels::Builder;
use super::image::{Content, Entry, Image, NONROOT};

/// One thing that a person did to the good image.
pub struct Breakage {
    /// Its name.
    pub name: &'static str,
    /// What the person did.
    pub done: &'static str,
    /// Does it.
    pub edit: fn(&mut Image, &Parts),
    /// The rule whose one finding is the cause.
    pub rule: &'static str,
    /// The level of that finding; others of this level or above are explained by it.
    pub level: &'static str,
    /// The path that this finding names, if it is about a path.
    pub path: Option<&'static str>,
    /// Part of the instruction of the layer that it blames, if there is one to blame.
    pub layer: Option<&'static str>,
    /// Rules that may fail beside it, their findings explained by it or of a lower level.
    pub explains: &'static [&'static str],
}

/// What the image says of itself nowhere: the service that it is.
pub const SERVICE: &str = r#"extends = "lucid"

[service]
name = "auth"
packages = ["bcrypt", "cryptography", "fastapi", "grpcio", "motor", "PyJWT", "pydantic", "redis", "uvicorn"]
modules = ["main"]
app = ["/app"]
markers = ["/app/.lucid-source-marker"]
"#;

/// What a breakage is that has no path, no layer, and nothing that it explains.
const PLAIN: Breakage =
    Breakage { name: "", done: "", edit: |_, _| (), rule: "", level: "error", path: None, layer: None, explains: &[] };

const MARKER: &str = "usr/local/lib/python3.11/site-packages/.lucid-marker";
const MARKER_PATH: &str = "/usr/local/lib/python3.11/site-packages/.lucid-marker";
const SITE_PATH: &str = "/usr/local/lib/python3.11/site-packages";
const COPY_SITE: &str = "/root/.local/lib/python3.11/site-packages";
const COPY_BIN: &str = "/root/.local/bin";

/// Every breakage, in the order of the rules that find them.
pub fn breakages() -> impl Iterator<Item = &'static Breakage> {
    [
        marker::BREAKAGES,
        layout::BREAKAGES,
        python::BREAKAGES,
        starts::BREAKAGES,
        imports::BREAKAGES,
        packages::BREAKAGES,
        requirements::BREAKAGES,
        ownership::BREAKAGES,
        platform::BREAKAGES,
        linkage::BREAKAGES,
        base::BREAKAGES,
        toolchain::BREAKAGES,
        config::BREAKAGES,
        healthcheck::BREAKAGES,
        history::BREAKAGES,
        hygiene::BREAKAGES,
        labels::BREAKAGES,
        size::BREAKAGES,
    ]
    .into_iter()
    .flatten()
}

/// Takes an instruction and its layer out of the image.
fn leave_out(image: &mut Image, instruction: &str) {
    let before = image.steps.len();
    image.steps.retain(|step| !step.created_by.contains(instruction));
    assert_eq!(image.steps.len() + 1, before, "{instruction}");
}

/// Exchanges a file's content in the layer of an instruction.
fn rewrite(image: &mut Image, instruction: &str, path: &str, bytes: &[u8]) {
    image.layer_mut(instruction).change(path, |entry| entry.content = Content::File(Arc::from(bytes)));
}

/// Exchanges a package and its metadata for what another builder installs.
fn exchange(image: &mut Image, package: [&str; 2], by: &Builder<'_>) {
    let site = image.layer_mut(COPY_SITE);
    for folder in package {
        site.remove(&format!("{SITE}/{folder}"));
    }
    for entry in installed(by).site {
        site.put(entry);
    }
}

/// An entry behind the directories above it, which belong to whom they belonged to before.
fn below(entry: Entry) -> Vec<Entry> {
    let above = entry.path.match_indices('/').map(|(end, _)| &entry.path[..end]);
    let owned = |path: &str| Entry::directory(path).of(if path == "usr" { 0 } else { NONROOT });
    let mut entries: Vec<Entry> = above.map(owned).collect();
    entries.push(entry);
    entries
}

/// The table as Markdown: docs/breakages.md.
pub fn document() -> String {
    let mut text = String::from(
        "# Broken images, and what is said of them\n\n\
         `tests/real.rs` builds one good image out of Debian's and PyPI's own packages, breaks it in each of these ways, pushes\n\
         it to a real registry and verifies it with `--fail-on LEVEL`: exit 1, and one finding of that level that no other explains. This page is generated\n\
         from `tests/support/breakages` (`LUCID_UPDATE=1 cargo test --test real`).\n\n\
         | someone … | rule | level | path | layer blamed | may fail with it |\n|---|---|---|---|---|---|\n",
    );
    for Breakage { done, rule, level, path, layer, explains, .. } in breakages() {
        let code = |text: &str| format!("`{}`", text.replace('|', "\\|"));
        let or_none = |text: Option<&str>| text.map_or_else(|| "none".to_owned(), code);
        let explains = if explains.is_empty() { "nothing".into() } else { explains.join(", ") };
        writeln!(text, "| {done} | {rule} | {level} | {} | {} | {explains} |", or_none(*path), or_none(*layer)).unwrap();
    }
    text
}
