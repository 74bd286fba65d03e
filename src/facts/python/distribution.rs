//! Installed distributions (packaging.python.org, "Recording installed projects"), and those of setuptools before it
//! (`*.egg-info`).

use std::collections::BTreeSet;

use super::entry_points;
use super::record::{self, Record};
use super::{is_identifier, module, requirement};
use crate::facts::contents::Contents;
use crate::facts::fields::{field, head, values};
use crate::layer::LayerPath;
use crate::text::escape;
use crate::vfs::{LayerIndex, NodeId, Tree};

/// One `*.dist-info` directory, or one `*.egg-info` directory or file.
#[derive(Debug, Clone)]
pub struct Distribution {
    /// The name as METADATA spells it; without METADATA, as the directory does.
    pub name: String,
    /// The name as it is compared (PEP 503): lower case, runs of `-`, `_` and `.` as one `-`.
    pub normalized: String,
    /// The version, likewise.
    pub version: String,
    /// The `.dist-info` directory; or the `.egg-info`.
    pub path: LayerPath,
    /// The layer that last wrote it.
    pub layer: LayerIndex,
    /// Whether METADATA (of an `.egg-info`, PKG-INFO) exists and names the project; also true where it was not kept.
    pub has_metadata: bool,
    /// Why what METADATA says is not known, where it is there: then nothing is known of what it requires either.
    pub unread: Option<String>,
    /// `Tag` lines of WHEEL.
    pub tags: Vec<String>,
    /// Names of `top_level.txt`, as far as they are names: setuptools wrote it, and not always rightly.
    pub top_level: Vec<String>,
    /// `Requires-Dist` lines of METADATA, as they are written; of an `.egg-info` without any, those of `requires.txt`.
    pub requires: Vec<String>,
    /// `Requires-Python` of METADATA, as it is written.
    pub requires_python: Option<String>,
    /// The names of the commands that it declares in `entry_points.txt`, or why they are not known.
    pub commands: Result<Vec<String>, String>,
    /// RECORD, or why it is not known.
    pub record: Result<Record, NoRecord>,
}

/// Why a RECORD is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoRecord {
    /// There is none that speaks of what is installed (those of Debian's packages do not).
    Absent,
    /// It is there and could not be read.
    Unreadable(String),
}

/// A name as it is compared (PEP 503): lower case, runs of `-`, `_` and `.` as one `-`.
pub fn normalized(name: &str) -> String {
    name.chars().fold(String::with_capacity(name.len()), |mut out, character| {
        if !matches!(character, '-' | '_' | '.') {
            out.extend(character.to_lowercase());
        } else if !out.ends_with('-') {
            out.push('-');
        }
        out
    })
}

impl Distribution {
    /// Name and version, fit to show.
    pub fn shown(&self) -> String {
        escape(format!("{} {}", self.name, self.version).trim().as_bytes())
    }

    /// Whether a package of the system brought it: what those declare, its package manager sees to. No installer of Python's
    /// writes there without a RECORD.
    pub fn is_of_system(&self) -> bool {
        ["/usr/lib", "/usr/lib64"].iter().any(|path| self.path.is_within(&(*path).into())) && self.record == Err(NoRecord::Absent)
    }

    /// What can be imported of it: the first names of the rows of RECORD; without a RECORD those of `top_level.txt`.
    pub fn imports(&self) -> BTreeSet<String> {
        let Ok(record) = &self.record else { return self.top_level.iter().cloned().collect() };
        let site = self.path.parent().unwrap_or_default();
        let within = record.rows.iter().filter(|row| !row.is_outside && row.path.is_within(&site));
        let names = within.filter_map(|row| {
            let mut parts = row.path.components().skip(site.components().count());
            let (first, rest) = (parts.next()?, parts.next());
            let name = if rest.is_some() { Some(first).filter(|name| is_identifier(name)) } else { module(first) };
            name.filter(|name| *name != b"__pycache__").map(|name| String::from_utf8_lossy(name).into_owned())
        });
        names.collect()
    }
}

/// The distribution that a name in a site directory stands for, if it stands for one.
pub(super) fn read(tree: &Tree, contents: &Contents<'_>, node: NodeId) -> Option<Distribution> {
    let name = String::from_utf8_lossy(tree.name(node));
    if !name.ends_with(".dist-info") && !name.ends_with(".egg-info") {
        return None;
    }
    let path = tree.path(node);
    let is_directory = tree.target(node).is_ok_and(|target| tree.is_directory(target));
    if let Some(stem) = name.strip_suffix(".dist-info").filter(|_| is_directory) {
        let wheel = contents.read(&path.join("WHEEL")).ok().flatten().map_or(&b""[..], |(_, text)| text);
        let head = head(wheel);
        let mut found = described(tree, contents, node, stem, &path.join("METADATA"));
        found.commands = commands(contents, &path);
        found.tags = values(head, "Tag").filter(|tag| !tag.is_empty()).collect();
        found.record = record(tree, contents, &path);
        found.top_level = top_level(contents, &path);
        return Some(found);
    }
    let stem = name.strip_suffix(".egg-info")?;
    let metadata = if is_directory { path.join("PKG-INFO") } else { path.clone() };
    let mut found = described(tree, contents, node, stem, &metadata);
    found.top_level = top_level(contents, &path);
    found.commands = commands(contents, &path);
    if found.requires.is_empty() {
        let text = contents.read(&path.join("requires.txt")).ok().flatten().map_or(&b""[..], |(_, text)| text);
        found.requires = requirement::of_sections(&String::from_utf8_lossy(text));
    }
    Some(found)
}

/// The names of `top_level.txt`; some lines are paths below one.
fn top_level(contents: &Contents<'_>, path: &LayerPath) -> Vec<String> {
    let text = contents.read(&path.join("top_level.txt")).ok().flatten().map_or(&b""[..], |(_, text)| text);
    let names = text.split(|byte| *byte == b'\n').filter_map(|line| line.trim_ascii().split(|byte| *byte == b'/').next());
    let mut names: Vec<String> =
        names.filter(|name| is_identifier(name)).map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    names.dedup();
    names
}

fn commands(contents: &Contents<'_>, path: &LayerPath) -> Result<Vec<String>, String> {
    let text = contents.read(&path.join("entry_points.txt"))?;
    text.map_or(Ok(Vec::new()), |(_, text)| entry_points::commands(text, contents))
}

/// Where Debian's own packages install. The RECORD in them is that of their build, before debhelper stripped libraries and
/// moved commands; it was never true of what is installed, and no INSTALLER says that it is.
const DEBIAN: &str = "/usr/lib/python3/dist-packages";

/// Installers that never leave a distribution without a RECORD.
const RECORDERS: [&[u8]; 4] = [b"pip", b"uv", b"poetry", b"pdm"];

/// The RECORD of a `.dist-info` directory. Where it is gone or empty, nothing is known of the files.
fn record(tree: &Tree, contents: &Contents<'_>, path: &LayerPath) -> Result<Record, NoRecord> {
    let site = path.parent().unwrap_or_default();
    let installer = contents.read(&path.join("INSTALLER")).ok().flatten().map(|(_, name)| name.trim_ascii());
    if installer.is_none() && site == DEBIAN.into() {
        return Err(NoRecord::Absent);
    }
    match contents.read(&path.join("RECORD")).map_err(NoRecord::Unreadable)? {
        Some((_, text)) => match record::parse(text, &site, tree, contents).map_err(NoRecord::Unreadable)? {
            Record { rows } if rows.is_empty() => Err(NoRecord::Unreadable("it lists no file, not even itself".into())),
            record => Ok(record),
        },
        None => match installer.filter(|name| RECORDERS.contains(name)) {
            Some(name) => Err(NoRecord::Unreadable(format!("it is gone, and {} writes one", escape(name)))),
            None => Err(NoRecord::Absent),
        },
    }
}

/// What core metadata says; what it does not say, the file name does: `name-version`, of eggs `name-version-py3.12`.
fn described(tree: &Tree, contents: &Contents<'_>, node: NodeId, stem: &str, metadata: &LayerPath) -> Distribution {
    let mut parts = stem.splitn(3, '-');
    let by_file = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let text = contents.read(metadata);
    let head = text.as_ref().ok().copied().flatten().map(|(_, text)| head(text)).unwrap_or_default();
    let name = field(head, "Name");
    let has_metadata = text.is_err() || name.is_some();
    let name = name.unwrap_or_else(|| by_file.0.to_owned());
    Distribution {
        normalized: normalized(&name),
        name,
        version: field(head, "Version").unwrap_or_else(|| by_file.1.to_owned()),
        path: tree.path(node),
        layer: tree.layer(node),
        has_metadata,
        unread: text.err(),
        tags: Vec::new(),
        top_level: Vec::new(),
        requires: values(head, "Requires-Dist").filter(|line| !line.is_empty()).collect(),
        requires_python: field(head, "Requires-Python"),
        commands: Ok(Vec::new()),
        record: Err(NoRecord::Absent),
    }
}
