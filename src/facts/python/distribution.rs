//! Installed distributions (packaging.python.org, "Recording installed projects"), and those of setuptools before it
//! (`*.egg-info`).

use super::record::{self, Record};
use crate::facts::contents::Contents;
use crate::facts::fields::{field, paragraphs, values};
use crate::layer::LayerPath;
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
    /// `Tag` lines of WHEEL.
    pub tags: Vec<String>,
    /// RECORD, or why it is not known.
    pub record: Result<Record, NoRecord>,
}

/// Why a RECORD is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoRecord {
    /// There is none (distributions from Debian packages have none).
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

/// The distribution that a name in a site directory stands for, if it stands for one.
pub(super) fn read(tree: &Tree, contents: &Contents<'_>, node: NodeId) -> Option<Distribution> {
    let path = tree.path(node);
    let name = String::from_utf8_lossy(tree.name(node)).into_owned();
    let is_directory = tree.resolve(&path).is_ok_and(|target| tree.is_directory(target));
    if let Some(stem) = name.strip_suffix(".dist-info").filter(|_| is_directory) {
        let wheel = contents.read(&path.join("WHEEL")).ok().flatten().map_or(&b""[..], |(_, text)| text);
        let head = paragraphs(wheel).next().unwrap_or_default();
        let mut found = described(tree, contents, node, stem, &path.join("METADATA"));
        found.tags = values(head, "Tag").filter(|tag| !tag.is_empty()).collect();
        found.record = match contents.read(&path.join("RECORD")) {
            Ok(None) => Err(NoRecord::Absent),
            Ok(Some((_, text))) => {
                let site = path.parent().unwrap_or_default();
                record::parse(text, &site, tree, contents).map_err(NoRecord::Unreadable)
            }
            Err(why) => Err(NoRecord::Unreadable(why)),
        };
        return Some(found);
    }
    let stem = name.strip_suffix(".egg-info")?;
    let metadata = if is_directory { path.join("PKG-INFO") } else { path };
    Some(described(tree, contents, node, stem, &metadata))
}

/// What core metadata says; what it does not say, the file name does: `name-version`, of eggs `name-version-py3.12`.
fn described(tree: &Tree, contents: &Contents<'_>, node: NodeId, stem: &str, metadata: &LayerPath) -> Distribution {
    let mut parts = stem.splitn(3, '-');
    let by_file = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let text = contents.read(metadata);
    let head = text.as_ref().ok().copied().flatten().and_then(|(_, text)| paragraphs(text).next()).unwrap_or_default();
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
        tags: Vec::new(),
        record: Err(NoRecord::Absent),
    }
}
