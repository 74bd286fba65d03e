//! dpkg's database (dpkg(1), deb822(5)): `status`, and `status.d` of distroless images, one file a package.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::payload::{Listed, Lists};
use super::{Format, Found, Package};
use crate::facts::contents::Contents;
use crate::facts::fields::{field, paragraphs};
use crate::layer::LayerPath;
use crate::vfs::{NodeId, Tree};

const STATUS: &str = "/var/lib/dpkg/status";
const STATUS_D: &str = "/var/lib/dpkg/status.d";
const INFO: &str = "/var/lib/dpkg/info";

/// Reads `status`; the files of each package are those of `info/<package>.list`, and the configuration files that its
/// paragraph names.
pub(super) fn status(tree: &Tree, contents: &Contents<'_>, found: &mut Found) {
    let Some((node, text)) = found.open(contents, &STATUS.into()) else { return };
    found.databases += 1;
    let (info, mut lists) = (LayerPath::from(INFO), Lists::new(tree, contents));
    for paragraph in paragraphs(text) {
        let Some(mut package) = package(tree, node, paragraph) else { continue };
        let mut read = |name: &str| lists.read(&info.join(format!("{name}.list")), |line| Some(line));
        let listed = read(&package.name).or_else(|| {
            let architecture = field(paragraph, "Architecture")?;
            read(&format!("{}:{architecture}", package.name))
        });
        package.bring(listed);
        package.files = with_conffiles(tree, contents, package.files, paragraph);
        found.add(package);
    }
}

/// Reads `status.d`; the files of each package are those of its `.md5sums`.
pub(super) fn status_d(tree: &Tree, contents: &Contents<'_>, found: &mut Found) {
    let Some(directory) = tree.resolve(&STATUS_D.into()).ok().filter(|node| tree.is_directory(*node)) else { return };
    let (mut lists, mut seen, mut read) = (Lists::new(tree, contents), BTreeSet::new(), false);
    for (name, child) in tree.children(directory) {
        if name.ends_with(b".md5sums") || tree.is_directory(child) || !seen.insert(tree.inode(child)) {
            continue;
        }
        let path = tree.path(child);
        let Some((node, text)) = found.open(contents, &path) else { continue };
        read = true;
        if let Some(mut package) = paragraphs(text).next().and_then(|paragraph| package(tree, node, paragraph)) {
            let sums = [path.as_bytes(), b".md5sums"].concat();
            package.bring(lists.read(&LayerPath::new(sums), summed));
            found.add(package);
        }
    }
    found.databases += usize::from(read);
}

/// A package whose files are there: the last word of `Status` is its state. Files of `status.d` need not have one.
fn package(tree: &Tree, database: NodeId, paragraph: &[u8]) -> Option<Package> {
    let state = field(paragraph, "Status");
    if state.is_some_and(|state| state.split_ascii_whitespace().next_back() != Some("installed")) {
        return None;
    }
    Some(Package {
        format: Format::Deb,
        name: field(paragraph, "Package")?,
        version: field(paragraph, "Version").unwrap_or_default(),
        database: tree.path(database),
        layer: tree.layer(database),
        payload: None,
        files: Arc::default(),
    })
}

impl Package {
    fn bring(&mut self, listed: Option<Listed>) {
        if let Some(Listed { payload, files }) = listed {
            (self.payload, self.files) = (Some(payload), files);
        }
    }
}

/// Files and those that `Conffiles` names: a path and a digest a line, and what a later version no longer brings as well.
fn with_conffiles(tree: &Tree, contents: &Contents<'_>, files: Arc<[NodeId]>, paragraph: &[u8]) -> Arc<[NodeId]> {
    let text = field(paragraph, "Conffiles").unwrap_or_default();
    let paths = text.split_ascii_whitespace().filter(|word| word.starts_with('/'));
    let nodes = paths.filter_map(|path| tree.resolve_parent(&path.into()).ok());
    let more: BTreeSet<NodeId> = nodes.filter(|node| tree.trace(*node).is_some() && files.binary_search(node).is_err()).collect();
    if more.is_empty() || contents.charge((files.len() + more.len()) * size_of::<NodeId>()).is_err() {
        return files;
    }
    files.iter().copied().chain(more).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The path of a line of md5sum(1): after the digest, two blanks, or a blank and a `*`.
fn summed(line: &[u8]) -> Option<&[u8]> {
    let (_, rest) = line.split_at_checked(line.iter().position(|byte| *byte == b' ')?)?;
    rest.get(2..)
}
