//! Symbol versions that objects want and the libraries of the image do not have.

use std::collections::BTreeSet;

use super::super::{Context, Group, Offence, words};
use super::objects::{Judged, Objects};
use crate::facts::loader::Reach;
use crate::finding::{Finding, Judgement, Level};
use crate::layer::elf::{Elf, Versions};
use crate::text::escape;
use crate::vfs::{FileKind, NodeId};

/// The start of the names that the C library gives to its versions.
pub(super) const GLIBC: &[u8] = b"GLIBC_";

/// What offenders of one finding share: level, whose they are, the library, the version that is wanted, and the highest
/// of its kind that there is.
type Shared = (Level, Option<String>, NodeId, Vec<u8>, Vec<u8>);

/// The judgement of the versions that `is_asked` selects. `fix` says what to change, given the library.
pub(super) fn judgement(context: &Context<'_>, is_asked: fn(&[u8]) -> bool, fix: &str) -> Judgement {
    let objects = match Objects::of_glibc(context) {
        Ok(objects) => objects,
        Err(judgement) => return judgement,
    };
    let (mut examined, mut offences) = (0, Vec::new());
    for judged in objects.reached() {
        for (library, versions) in wanted(judged) {
            let asked: Vec<&[u8]> = versions.iter().map(|version| &version[..]).filter(|version| is_asked(version)).collect();
            examined += usize::from(!asked.is_empty());
            let Some(has) = defined(context, library).filter(|has| !has.is_empty()) else { continue };
            let missing = asked.into_iter().filter(|version| !has.contains(version));
            let Some(version) = missing.max_by_key(|version| number(version)) else { continue };
            let kind = &version[..version.iter().rposition(|byte| *byte == b'_').map_or(0, |at| at + 1)];
            let highest = has.iter().filter(|has| has.starts_with(kind)).max_by_key(|version| number(version));
            let highest = highest.map_or_else(Vec::new, |highest| highest.to_vec());
            let what: Shared = (judged.level(context), judged.whose(), library, version.to_vec(), highest);
            offences.push(Offence { path: judged.path.clone(), layer: Some(context.tree.content_layer(judged.node)), what });
        }
    }
    let groups = context.group(offences);
    let findings = groups.iter().map(|group| finding(context, &objects, group, fix)).collect();
    let unknown = objects.unknown(|judged| judged.object.elf.versions.unknown);
    Judgement::looked(examined, findings).but(unknown)
}

/// The versions that an object wants, by the library that it would load for them.
fn wanted<'o>(judged: &Judged<'o>) -> Vec<(NodeId, &'o [Box<[u8]>])> {
    let Elf { versions: Versions { wanted, .. }, .. } = &judged.object.elf;
    let of = |file: &[u8]| {
        let at = judged.object.elf.needed().iter().position(|name| **name == *file)?;
        judged.links.needs.get(at)?.loaded()
    };
    wanted.iter().filter_map(|wanted| Some((of(&wanted.file)?, &wanted.versions[..]))).collect()
}

fn defined<'t>(context: &Context<'t>, library: NodeId) -> Option<BTreeSet<&'t [u8]>> {
    match &context.tree.trace(library)?.kind {
        FileKind::Elf(elf) if elf.versions.unknown.is_none() => {
            Some(elf.versions.defined.iter().map(|version| &version[..]).collect())
        }
        _ => None,
    }
}

/// The numbers in a version, for comparing: 2.4 comes before 2.38.
fn number(version: &[u8]) -> Vec<u64> {
    let digits = version.rsplit(|byte| *byte == b'_').next().unwrap_or_default();
    let text = String::from_utf8_lossy(digits);
    text.split('.').map(|part| part.parse().unwrap_or_default()).collect()
}

fn finding(context: &Context<'_>, objects: &Objects<'_>, group: &Group<Shared>, fix: &str) -> Finding {
    let (level, owner, library, version, highest) = &group.what;
    let (version, highest, library) = (escape(version), escape(highest), context.tree.path(*library));
    let whose = owner.as_ref().map(|owner| format!("{owner}: ")).unwrap_or_default();
    let has = if highest.is_empty() { "has none of that kind".into() } else { format!("has {highest} at most") };
    let needs = match group.count() {
        1 => format!("{} needs {version}", group.first()),
        count => format!("{} need {version} (first: {})", words::count(count, "object", "objects"), group.first()),
    };
    let message = format!("{whose}{needs}, {library} {has}");
    let finding = group.finding(*level, message, fix).of(owner.clone()).contrast(highest, version.clone());
    let first = objects.all.iter().find(|judged| group.paths.first() == Some(&judged.path));
    let line = format!("{library}: version `{version}' not found (required by {})", group.first());
    finding.predicts(match first.map(|judged| (judged.links.reach, judged.links.root)) {
        Some((Reach::Command | Reach::Called, root)) => format!("{}: {line}", context.tree.path(root)),
        _ => format!("ImportError: {line}"),
    })
}

#[cfg(test)]
#[test]
fn versions_are_compared_by_their_numbers() {
    assert!(number(b"GLIBC_2.38") > number(b"GLIBC_2.4") && number(b"GLIBC_2.4.1") > number(b"GLIBC_2.4"));
    assert!(number(b"GLIBCXX_3.4.30") > number(b"GLIBCXX_3.4.9"));
}
