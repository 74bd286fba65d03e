//! Symbol versions that objects want and the libraries of the image do not have.

use std::collections::BTreeSet;

use super::super::{Context, Group, Offence, words};
use super::objects::{Judged, Objects};
use crate::facts::loader::Reach;
use crate::finding::{Finding, Judgement, Level};
use crate::text::escape;
use crate::vfs::{FileKind, NodeId};

/// The start of the names that the C library gives to its versions.
pub(super) const GLIBC: &[u8] = b"GLIBC_";

/// What offenders of one finding share.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Shared {
    level: Level,
    /// Whose they are.
    owner: Option<String>,
    /// The library that lacks a version; the first, where several do.
    library: NodeId,
    /// The first version that it lacks, which the loader complains about.
    first: Vec<u8>,
    /// The highest that is wanted, and the highest of its kind that there is.
    wanted: Vec<u8>,
    highest: Vec<u8>,
}

/// The judgement of the versions that `is_asked` selects. `fix` says what to change, given the library.
pub(super) fn judgement(context: &Context<'_>, is_asked: fn(&[u8]) -> bool, fix: &str) -> Judgement {
    let objects = match Objects::of_glibc(context) {
        Ok(objects) => objects,
        Err(judgement) => return judgement,
    };
    let (mut examined, mut offences) = (0, Vec::new());
    for judged in objects.reached() {
        let wanted: Vec<_> = wanted(judged)
            .into_iter()
            .map(|(library, versions)| (library, versions.iter().map(|version| &version[..]).filter(|version| is_asked(version))))
            .map(|(library, versions)| (library, versions.collect::<Vec<_>>()))
            .filter(|(_, versions)| !versions.is_empty())
            .collect();
        examined += wanted.len();
        let lacking = wanted.iter().find_map(|(library, versions)| lacking(context, judged, *library, versions));
        offences.extend(lacking.map(|what| {
            let layer = Some(context.tree.content_layer(judged.node));
            Offence { path: judged.path.clone(), layer, what }
        }));
    }
    let groups = context.group(offences);
    let findings = groups.iter().map(|group| finding(context, objects, group, fix)).collect();
    let unknown = objects.unknown(|judged| judged.object.elf.versions.unknown);
    Judgement::looked(examined, findings).but(unknown)
}

/// The versions that an object wants, by the library that it would load for them.
fn wanted<'o>(judged: &Judged<'o>) -> Vec<(NodeId, &'o [Box<[u8]>])> {
    let wanted = &judged.object.elf.versions.wanted;
    let of = |file: &[u8]| {
        let at = judged.object.elf.needed().iter().position(|name| **name == *file)?;
        judged.links.needs.get(at)?.loaded()
    };
    wanted.iter().filter_map(|wanted| Some((of(&wanted.file)?, &wanted.versions[..]))).collect()
}

/// What a library lacks of the versions that an object wants of it.
fn lacking(context: &Context<'_>, judged: &Judged<'_>, library: NodeId, versions: &[&[u8]]) -> Option<Shared> {
    let has = defined(context, library).filter(|has| !has.is_empty())?;
    let missing: Vec<&[u8]> = versions.iter().filter(|version| !has.contains(*version)).copied().collect();
    let (first, wanted) = (*missing.first()?, missing.iter().max_by_key(|version| number(version))?);
    let kind = &wanted[..wanted.iter().rposition(|byte| *byte == b'_').map_or(0, |at| at + 1)];
    let highest = has.iter().filter(|has| has.starts_with(kind)).max_by_key(|version| number(version));
    Some(Shared {
        level: judged.level(context),
        owner: judged.whose(),
        library,
        first: first.to_vec(),
        wanted: wanted.to_vec(),
        highest: highest.map_or_else(Vec::new, |highest| highest.to_vec()),
    })
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
    let Shared { level, owner, library, first, wanted, highest } = &group.what;
    let (version, highest, library) = (escape(wanted), escape(highest), context.tree.path(*library));
    let whose = owner.as_ref().map(|owner| format!("{owner}: ")).unwrap_or_default();
    let has = if highest.is_empty() { "has none of that kind".into() } else { format!("has {highest} at most") };
    let needs = match group.count() {
        1 => format!("{} needs {version}", group.first()),
        count => format!("{} need {version} (first: {})", words::count(count, "object", "objects"), group.first()),
    };
    let message = format!("{whose}{needs}, {library} {has}");
    let finding = group.finding(*level, message, fix).of(owner.clone()).contrast(highest, version.clone());
    let judged = group.paths.first().and_then(|path| objects.at(context, path));
    let line = format!("{library}: version `{}' not found (required by {})", escape(first), group.first());
    finding.predicts(match judged.map(|judged| (judged.links.reach, judged.links.root)) {
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
