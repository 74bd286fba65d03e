//! apk's database (apk-package(5), `installed`): one letter a field, files by `F:` (directory) and `R:` (name in it).

use super::payload::Listed;
use super::{Format, Found, Package};
use crate::facts::contents::Contents;
use crate::facts::fields::paragraphs;
use crate::vfs::Tree;

const INSTALLED: &str = "/lib/apk/db/installed";

/// Reads the database.
pub(super) fn installed(tree: &Tree, contents: &Contents<'_>, found: &mut Found) {
    let Some((node, text)) = found.open(contents, &INSTALLED.into()) else { return };
    found.databases += 1;
    for paragraph in paragraphs(text) {
        let Some(name) = value(paragraph, b"P:") else { continue };
        let files = files(contents, paragraph);
        let listed = files.and_then(|files| Listed::of(tree, contents, &files.iter().map(Vec::as_slice).collect::<Vec<_>>()));
        found.add(Package {
            format: Format::Apk,
            name,
            version: value(paragraph, b"V:").unwrap_or_default(),
            database: tree.path(node),
            layer: tree.layer(node),
            payload: listed.as_ref().map(|listed| listed.payload),
            files: listed.map(|listed| listed.files).unwrap_or_default(),
        });
    }
}

/// The first value of a field. Case counts: `P:` is the package, `p:` what it provides.
fn value(paragraph: &[u8], field: &[u8]) -> Option<String> {
    let value = paragraph.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(field))?;
    Some(String::from_utf8_lossy(value.trim_ascii()).into_owned()).filter(|value| !value.is_empty())
}

/// The files of a package, by their full paths; `None` where these are too many bytes to hold.
fn files(contents: &Contents<'_>, paragraph: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (mut directory, mut files) = (&b""[..], Vec::new());
    for line in paragraph.split(|byte| *byte == b'\n') {
        if let Some(path) = line.strip_prefix(b"F:") {
            directory = path;
        } else if let Some(name) = line.strip_prefix(b"R:") {
            contents.charge(directory.len() + name.len()).ok()?;
            files.push([directory, b"/", name].concat());
        }
    }
    Some(files)
}
