//! `python/record-integrity`

use std::cell::LazyCell;
use std::collections::BTreeSet;

use super::super::{Context, Group, Offence, declare_rule, words};
use super::record::{Fault, Part, fault};
use crate::finding::{Finding, Judgement, Level};
use crate::vfs::LayerPath;

declare_rule! {
    /// Installed Python files are those that pip installed
    ///
    /// # What it checks
    /// Every row of every RECORD is there, with its SHA-256 or, without one, its size. Compiled files are passed over, and so
    /// are rows that lead out of the site directory (commands).
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
    unit "file equals its RECORD" | "files equal their RECORD",
    options { "pruned": Globs }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let parts: Vec<Part<'_>> = context.facts.python.sites.iter().flat_map(Part::of).collect();
    let unknown: Vec<String> = parts.iter().filter_map(Part::unknown).collect();
    let rows = || parts.iter().flat_map(Part::rows);
    let matching = LazyCell::new(|| -> BTreeSet<&LayerPath> {
        rows().filter(|row| fault(context.tree, row).is_none()).map(|row| &row.path).collect()
    });
    let pruned = context.globs("pruned");
    let mut offences = Vec::new();
    let mut examined = 0;
    for part in &parts {
        let (rows, faults) = part.faults(context, &|path| matching.contains(path), &pruned);
        examined += rows;
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
    let (level, what, fix) = match fault {
        Fault::Missing => {
            (Level::Error, "missing", "copy the whole directory; look for a RUN that deletes or a COPY that overlaps")
        }
        Fault::Changed => {
            (Level::Error, "changed since installation", "take out the RUN or COPY that writes over installed files")
        }
        Fault::Overlap => {
            (Level::Warn, "owned and written by another distribution too", "install only one of those that own this path")
        }
        Fault::Pruned => (Level::Info, "pruned", "nothing to do if that was meant"),
        Fault::Shebang => (Level::Info, "rewritten in their first line (shebang)", "nothing to do if that was meant"),
    };
    let distribution = name.rsplit_once(' ').map_or(name.as_str(), |(name, _)| name);
    group.finding(level, format!("{name}: {k} of {rows} files {what} (first: {first})"), fix).of(Some(distribution))
}
