//! `files`: what stands at paths.

use std::collections::BTreeMap;

use super::{finding, nothing};
use crate::digest::hex;
use crate::facts::elf::Isa;
use crate::finding::{Finding, Judgement, Place};
use crate::profile::Check;
use crate::profile::check::{FileType, Files};
use crate::rules::words::{bytes, count, excerpt};
use crate::rules::{Context, Offence};
use crate::text::escape;
use crate::vfs::{FileKind, Kind, LayerPath, NodeId, Tree};

/// What is wrong with a path: offenders that share it are one finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Fault {
    /// `owner 0:0, want 101:101`.
    what: String,
    found: String,
    want: String,
    fix: String,
}

/// What matches, by the path under which it matched.
fn matching(tree: &Tree, files: &Files) -> Vec<(LayerPath, NodeId)> {
    let root = LayerPath::new(&files.root);
    let Some(glob) = &files.glob else {
        let is_meant = !files.except.is_match(&files.written);
        return tree.resolve_parent(&root).ok().filter(|_| is_meant).map(|node| (root, node)).into_iter().collect();
    };
    let Ok(top) = tree.resolve(&root) else { return Vec::new() };
    let above = tree.path(top).components().count();
    let below = tree.walk(top).map(|node| {
        let real = tree.path(node);
        let relative: Vec<&[u8]> = real.components().skip(above).collect();
        (root.join(relative.join(&b'/')), node)
    });
    let is_meant = |path: &LayerPath| {
        let text = path.to_string();
        glob.is_match(&text) && !files.except.is_match(&text)
    };
    below.filter(|(path, _)| is_meant(path)).collect()
}

/// The regular files that what matches leads to.
pub(super) fn regular(tree: &Tree, files: &Files) -> Vec<(LayerPath, NodeId)> {
    leading(tree, &matching(tree, files))
}

fn leading(tree: &Tree, matched: &[(LayerPath, NodeId)]) -> Vec<(LayerPath, NodeId)> {
    let lead = |(path, node): &(LayerPath, NodeId)| {
        let end = if matches!(tree.kind(*node), Kind::Symlink(_)) { tree.resolve(path).ok()? } else { *node };
        tree.trace(end).map(|_| (path.clone(), end))
    };
    matched.iter().filter_map(lead).collect()
}

pub(super) fn judge(context: &Context<'_>, check: &Check, files: &Files) -> Judgement {
    let tree = context.tree;
    let matched = matching(tree, files);
    let pattern = escape(files.written.as_bytes());
    if !files.exists {
        let fault = |_: &(LayerPath, NodeId)| fault("there, and not wanted", "", "", "take it out of the image");
        let offences = matched.iter().map(|at| offence(tree, at, fault(at)));
        return Judgement::looked(matched.len().max(1), grouped(context, check, matched.len(), &pattern, offences));
    }
    if matched.is_empty() {
        let absent = nothing(check, &format!("nothing is at {pattern}"));
        let place = context.blame(&LayerPath::new(&files.root)).map(|layer| Place { path: None, layer: Some(layer) });
        let findings = absent.findings.into_iter().map(|finding| finding.at(place.clone().unwrap_or_default())).collect();
        return Judgement { findings, ..absent };
    }
    let regular = leading(tree, &matched);
    let mut offences: Vec<Offence<Fault>> = Vec::new();
    for at in &matched {
        offences.extend(of_name(tree, files, at.1, matched.len() == 1).into_iter().map(|fault| offence(tree, at, fault)));
    }
    let mut unknown = None;
    for at in &regular {
        match of_content(context, files, at.1) {
            Ok(faults) => offences.extend(faults.into_iter().map(|fault| offence(tree, at, fault))),
            Err(why) => unknown = unknown.or(Some(format!("{}: {why}", at.0))),
        }
    }
    let wants_files = files.wants_content() || files.sha256.is_some() || files.elf.is_some();
    let mut findings = grouped(context, check, matched.len(), &pattern, offences.into_iter());
    findings.extend(whole(context, check, files, &matched, &pattern));
    if wants_files && regular.is_empty() {
        findings.push(finding(check, format!("no regular file is at {pattern}"), "COPY the file in"));
    }
    Judgement::looked(matched.len(), findings).but(unknown)
}

fn fault(what: impl Into<String>, found: impl Into<String>, want: impl Into<String>, fix: impl Into<String>) -> Fault {
    Fault { what: what.into(), found: found.into(), want: want.into(), fix: fix.into() }
}

fn offence(tree: &Tree, (path, node): &(LayerPath, NodeId), what: Fault) -> Offence<Fault> {
    Offence { path: path.clone(), layer: Some(tree.layer(*node)), what }
}

/// The findings about offenders: those of one layer with one fault are one.
fn grouped(
    context: &Context<'_>,
    check: &Check,
    matched: usize,
    pattern: &str,
    offences: impl Iterator<Item = Offence<Fault>>,
) -> Vec<Finding> {
    let groups = context.group(offences).into_iter();
    let one = |group: crate::rules::Group<Fault>| {
        let Fault { what, found, want, fix } = &group.what;
        let message = match matched {
            1 => format!("{}: {what}", group.first()),
            _ => format!("{} of {} at {pattern}: {what} (first: {})", group.count(), matched, group.first()),
        };
        let finding = group.finding(check.level, message, fix);
        if want.is_empty() { finding } else { finding.contrast(found, want) }
    };
    groups.map(one).collect()
}

/// What is wrong with what stands at a name: its type, its owner, its mode, its target. `alone`: nothing else matches.
fn of_name(tree: &Tree, files: &Files, node: NodeId, alone: bool) -> Vec<Fault> {
    let (stat, kind) = (tree.stat(node), tree.kind(node));
    let mut faults = Vec::new();
    let is = file_type(kind).word();
    if let Some(want) = files.kind.map(FileType::word).filter(|want| *want != is) {
        faults.push(fault(format!("a {is}, want a {want}"), is, want, "COPY in what is wanted there"));
    }
    if let Some((uid, gid)) = files.owner.filter(|(uid, gid)| *uid != stat.uid || gid.is_some_and(|gid| gid != stat.gid)) {
        let want = gid.map_or_else(|| uid.to_string(), |gid| format!("{uid}:{gid}"));
        let found = format!("{}:{}", stat.uid, stat.gid);
        faults.push(fault(format!("owner {found}, want {want}"), found, &want, format!("COPY --chown={want}")));
    }
    let is_link = matches!(kind, Kind::Symlink(_));
    if let Some(mode) = files.mode.as_ref().filter(|mode| !is_link && !mode.holds(stat.mode)) {
        let (found, want) = (format!("{:04o}", stat.mode), escape(mode.written.as_bytes()));
        let is_octal = want.bytes().all(|byte| byte.is_ascii_digit());
        let fix = if is_octal { format!("COPY --chmod={want}") } else { format!("RUN chmod {want} before the COPY") };
        // Files of many modes are one finding: each is only not what it should be.
        faults.push(if alone {
            fault(format!("mode {found}, want {want}"), &found, &want, fix)
        } else {
            fault(format!("mode is not {want}"), "", "", fix)
        });
    }
    if let Some(want) = &files.link {
        let target = if let Kind::Symlink(target) = kind { Some(target) } else { None };
        if target.is_none_or(|target| *target != *want.as_bytes()) {
            let found = target.map_or_else(|| format!("a {is}"), |target| format!("a link to {}", escape(target)));
            let want = escape(want.as_bytes());
            faults.push(fault(format!("{found}, want a link to {want}"), found, &want, format!("ln -s {want}")));
        }
    }
    faults
}

/// What is wrong with the bytes of a regular file, or why they cannot be judged.
fn of_content(context: &Context<'_>, files: &Files, node: NodeId) -> Result<Vec<Fault>, String> {
    let Some(trace) = context.tree.trace(node) else { return Ok(Vec::new()) };
    let mut faults = Vec::new();
    if let Some(want) = files.sha256.filter(|want| *want != trace.sha256) {
        let (found, want) = (hex(&trace.sha256), hex(&want));
        faults.push(fault(format!("SHA-256 {found}, want {want}"), found, &want, "COPY in the file that is wanted"));
    }
    if let Some(architecture) = &files.elf {
        let isa =
            Isa::of_architecture(architecture).ok_or_else(|| format!("{architecture:?} is no architecture that is known"))?;
        let found = if let FileKind::Elf(elf) = &trace.kind { Some(Isa::of(elf)) } else { None };
        if found != Some(isa) {
            let found = found.map_or_else(|| "no ELF object".into(), |found| found.to_string());
            let fix = "build it for the architecture that is wanted";
            faults.push(fault(format!("{found}, want {isa}"), found, isa.to_string(), fix));
        }
    }
    if files.wants_content() {
        let bytes = context.content(node)?;
        let has = |text: &String| holds(bytes, text);
        for text in files.contains.iter().filter(|text| !has(text)) {
            let shown = excerpt(text);
            faults.push(fault(format!("without \"{shown}\""), "nothing of it", shown, "write the text into the file"));
        }
        for text in files.excludes.iter().filter(|text| has(text)) {
            faults.push(fault(format!("with \"{}\"", excerpt(text)), "", "", "take the text out of the file"));
        }
    }
    Ok(faults)
}

/// Whether bytes are found in others, in time that does not depend on what they are.
fn holds(content: &[u8], text: &str) -> bool {
    regex::bytes::Regex::new(&regex::escape(text)).is_ok_and(|literal| literal.is_match(content))
}

/// What is wrong with all that matched together: how many there are, and how large.
fn whole(context: &Context<'_>, check: &Check, files: &Files, matched: &[(LayerPath, NodeId)], pattern: &str) -> Vec<Finding> {
    let tree = context.tree;
    let counts = |node: NodeId| files.kind.map_or(!tree.is_directory(node), |kind| kind == file_type(tree.kind(node)));
    let number = matched.iter().filter(|(_, node)| counts(*node)).count() as u64;
    let mut findings = Vec::new();
    if let Some(least) = files.min_count.filter(|least| number < *least) {
        let message = format!("{} at {pattern}, want {least} at least", count(number, "file is", "files are"));
        findings
            .push(finding(check, message, "COPY in the files that are missing").contrast(number.to_string(), least.to_string()));
    }
    let inodes: BTreeMap<_, u64> = matched.iter().map(|(_, node)| (tree.inode(*node), tree.stat(*node).size)).collect();
    let sum = inodes.values().fold(0, |sum: u64, size| sum.saturating_add(*size));
    if let Some(most) = files.max_bytes.filter(|most| sum > *most) {
        let message = format!("{} at {pattern}, want {} at most", bytes(sum), bytes(most));
        findings.push(finding(check, message, "leave out what is not needed").contrast(bytes(sum), bytes(most)));
    }
    findings
}

fn file_type(kind: Kind<'_>) -> FileType {
    match kind {
        Kind::File(_) => FileType::File,
        Kind::Directory => FileType::Directory,
        Kind::Symlink(_) => FileType::Link,
        Kind::Device { .. } => FileType::Device,
        Kind::Fifo => FileType::Pipe,
    }
}
