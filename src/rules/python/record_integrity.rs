//! `python/record-integrity`

use std::collections::BTreeSet;

use super::super::{Context, Group, Offence, declare_rule, words};
use super::record::{Fault, Part, fault};
use crate::facts::python::distribution::NoRecord;
use crate::finding::{Finding, Judgement, Level};
use crate::vfs::LayerPath;

declare_rule! {
    /// Installed Python files are those that pip installed
    ///
    /// # What it checks
    /// Every row of every RECORD is there, with its SHA-256 or, without one, its size. Compiled files are passed over, and so
    /// are rows that lead out of the site directory (commands). Unit: files compared.
    ///
    /// # Why
    /// RECORD is what the installer wrote of each file of a distribution. A COPY that was cut short, a `rm` that went too
    /// far, an overlapping COPY and a tampered module all show here, and nowhere else.
    ///
    /// # Symptom
    /// `ModuleNotFoundError` or `ImportError` deep inside a package; or none at all, where the code was altered.
    ///
    /// # Fix
    /// Copy the whole directory. Look in the layer that is named for a RUN or COPY that touches it.
    ///
    /// # Options
    /// - `pruned`: globs, below the site directory, of files that may be taken away: a distribution that lacks nothing
    ///   else is reported as information.
    RULE = "python/record-integrity", Whole, Error, since "0.1.0", needs Tree,
    options { "pruned": Globs }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let parts: Vec<Part<'_>> = context.facts.python.sites.iter().flat_map(Part::of).collect();
    let mut unknown = Vec::new();
    for part in &parts {
        match part.record {
            Err(NoRecord::Unreadable(why)) => unknown.push(format!("RECORD of {}: {why}", part.name)),
            Ok(record) if record.rows.iter().any(|row| row.other_algorithm) => {
                unknown.push(format!("RECORD of {}: hashes of an algorithm other than SHA-256", part.name));
            }
            _ => {}
        }
    }
    let matching: BTreeSet<&LayerPath> =
        parts.iter().flat_map(Part::rows).filter(|row| fault(context.tree, row).is_none()).map(|row| &row.path).collect();
    let pruned = context.globs("pruned");
    let mut offences = Vec::new();
    let mut examined = 0;
    for part in &parts {
        let faults = part.faults(context, &matching, &pruned);
        examined += part.rows().count();
        offences.extend(faults.into_iter().map(|(path, layer, fault)| Offence { path, layer, what: (part.name.clone(), fault) }));
    }
    let rows = |name: &str| parts.iter().filter(|part| part.name == name).map(|part| part.rows().count()).sum();
    let findings = context.group(offences).iter().map(|group| finding(group, rows(&group.what.0))).collect();
    if examined == 0 && unknown.is_empty() {
        return Judgement::skip("no distribution has a RECORD");
    }
    Judgement::looked(examined, findings).but((!unknown.is_empty()).then(|| words::list(&unknown, 3)))
}

fn finding(group: &Group<(String, Fault)>, rows: usize) -> Finding {
    let (name, fault) = &group.what;
    let (k, first) = (group.paths.len(), group.first());
    let whole = "copy the whole directory; look for a RUN that deletes or a COPY that overlaps";
    match fault {
        Fault::Missing => group.finding(Level::Error, format!("{name}: {k} of {rows} files missing (first: {first})"), whole),
        Fault::Changed => {
            let fix = "install it again; look for what wrote to this path after pip did";
            group.finding(Level::Error, format!("{name}: {k} of {rows} files changed since installation (first: {first})"), fix)
        }
        Fault::Overlap => {
            let fix = "install only one of the distributions that own this path, or accept that the last one won";
            group.finding(
                Level::Warn,
                format!("{name}: another distribution owns and wrote {k} of its files (first: {first})"),
                fix,
            )
        }
        Fault::Pruned => {
            group.finding(Level::Info, format!("{name}: {k} of {rows} files pruned (first: {first})"), "nothing to do")
        }
        Fault::Shebang => {
            let what = format!("{name}: the first line of {k} scripts may have been rewritten (first: {first})");
            group.finding(Level::Info, what, "nothing to do if the interpreter was moved on purpose")
        }
    }
}
