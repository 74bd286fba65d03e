//! `fileContentTests` and `licenseTests`: what files hold.

use super::{finding, quoted};
use crate::finding::{Finding, Judgement, Place};
use crate::profile::structure::{Content, License, Pattern};
use crate::rules::Context;
use crate::vfs::{LayerPath, Tree};

/// Where Debian's packages have their licenses.
const DOC: &str = "/usr/share/doc";
/// The package that the original passes over.
const PASSED_OVER: &[u8] = b"libgnutls30";
/// Names of licenses that must not stand in a file, in capitals.
const REFUSED: [&[u8]; 2] = [b"AGPL", b"WTFPL"];

/// What keeps a file from being read.
enum Obstacle {
    /// It is not there.
    Gone(Box<Finding>),
    /// Its bytes are not at hand.
    Unread(String),
}

/// The bytes of the file that a path leads to.
fn read<'a>(context: &Context<'a>, path: &LayerPath) -> Result<&'a [u8], Obstacle> {
    let node = context.file(path).map_err(|absence| {
        let why = absence.why.as_ref().map_or_else(|| "it does not exist".into(), Clone::clone);
        let fix = absence.fix(format!("COPY {path} in"));
        Obstacle::Gone(Box::new(finding(format!("{path} cannot be opened: {why}"), &fix).at(absence.place)))
    })?;
    context.content(node).map_err(|why| Obstacle::Unread(format!("{path}: {why}")))
}

pub(super) fn judge(context: &Context<'_>, wanted: &Content) -> Judgement {
    let path = LayerPath::new(&wanted.path);
    let bytes = match read(context, &path) {
        Ok(bytes) => bytes,
        Err(Obstacle::Gone(gone)) => return Judgement::looked(1, vec![*gone]),
        Err(Obstacle::Unread(why)) => return Judgement::unknown(why),
    };
    // What is no UTF-8 is U+FFFD to a pattern of Go's.
    let text = String::from_utf8_lossy(bytes);
    let wrong = |pattern: &Pattern, should: bool| match &pattern.regex {
        Err(why) => Some(finding(why.as_str(), "correct the test")),
        Ok(regex) if regex.is_match(text.as_bytes()) == should => None,
        Ok(_) => {
            let written = quoted(&pattern.written);
            let (what, fix) = if should {
                (format!("nothing in {path} matches {written}"), "write into the file what is wanted")
            } else {
                (format!("something in {path} matches {written}"), "take out of the file what is not wanted")
            };
            Some(finding(what, fix))
        }
    };
    let expected = wanted.expected.iter().filter_map(|pattern| wrong(pattern, true));
    let found = expected.chain(wanted.excluded.iter().filter_map(|pattern| wrong(pattern, false)));
    let layer = context.tree.resolve(&path).ok().map(|node| context.tree.layer(node));
    let place = Place::path(&path, layer);
    Judgement::looked(1, found.map(|finding| finding.at(place.clone())).collect())
}

/// The license files that a test looks at, whether they are there or not.
pub(super) fn licenses<'a>(tree: &'a Tree, test: &'a License) -> impl Iterator<Item = LayerPath> + 'a {
    let doc = LayerPath::new(DOC);
    let node = tree.resolve(&doc).ok().filter(|_| test.debian);
    let packages = node.into_iter().flat_map(|node| tree.children(node));
    let packages = packages.filter(|(name, node)| tree.is_directory(*node) && *name != PASSED_OVER);
    let packages = packages.map(move |(name, _)| doc.join(name).join("copyright"));
    packages.chain(test.files.iter().map(LayerPath::new))
}

pub(super) fn judge_licenses(context: &Context<'_>, test: &License) -> Judgement {
    let doc = LayerPath::new(DOC);
    let is_there = context.tree.resolve(&doc).is_ok_and(|node| context.tree.is_directory(node));
    if test.debian && !is_there {
        let place = Place::path(&doc, context.blame(&doc));
        let gone = finding(format!("{doc} is not there: no license of a package can be looked at"), "keep it in the image");
        return Judgement::looked(1, vec![gone.at(place)]);
    }
    let (mut findings, mut unknown, mut looked) = (Vec::new(), None, 0);
    for path in licenses(context.tree, test) {
        looked += 1;
        match read(context, &path) {
            Err(Obstacle::Gone(gone)) => findings.push(*gone),
            Err(Obstacle::Unread(why)) => unknown = unknown.or(Some(why)),
            Ok(bytes) => {
                let capitals = bytes.to_ascii_uppercase();
                let refused = |name: &&&[u8]| capitals.windows(name.len()).any(|window| window == **name);
                if let Some(name) = REFUSED.iter().find(refused) {
                    let layer = context.tree.resolve(&path).ok().map(|node| context.tree.layer(node));
                    let message = format!("{path} names {}", String::from_utf8_lossy(name));
                    findings.push(finding(message, "leave out what has this license").at(Place::path(&path, layer)));
                }
            }
        }
    }
    // The original's test of nothing passes, too.
    Judgement::looked(looked.max(1), findings).but(unknown)
}
