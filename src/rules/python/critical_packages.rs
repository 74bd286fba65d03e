//! `python/critical-packages`

use std::collections::BTreeMap;

use super::super::{Context, Offence, declare_rule, words};
use super::presence::{Packages, State};
use crate::finding::{Finding, Judgement, Level};
use crate::vfs::LayerPath;

declare_rule! {
    /// The packages that the service needs are there
    ///
    /// # What it checks
    /// Every name in `packages` of the service, be it that of a distribution or of what is imported: the distribution is
    /// installed and its modules are found, or something of that name can be imported. A directory without `__init__` that
    /// no distribution made so is no package. A module that another distribution than the one meant brings is a warning.
    ///
    /// # Why
    /// Requirements drift, an install without its dependencies succeeds, and a COPY may leave out what the builder had.
    ///
    /// # Symptom
    /// `ModuleNotFoundError: No module named '…'`, at start or at its first use.
    ///
    /// # Fix
    /// Add the package to the requirements, install them all in the builder, and copy the whole directory.
    ///
    /// # Options
    /// None beside `packages` of the service.
    RULE = "python/critical-packages", Whole, Error, since "0.1.0", needs Tree,
    unit "package of the service is there" | "packages of the service are there", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let declared = context.profile.service.as_ref().and_then(|service| service.packages.as_ref());
    let Some(names) = declared.filter(|names| !names.is_empty()) else {
        return Judgement::skip("no service says which packages it needs");
    };
    let runtimes = match context.runtimes() {
        Ok(runtimes) => runtimes,
        Err(skip) => return skip,
    };
    let packages = Packages::of(context, runtimes);
    let (mut offences, mut said, mut unknown) = (Vec::new(), BTreeMap::<LayerPath, String>::new(), Vec::new());
    for name in names {
        let (path, layer, level, text) = match packages.state(name) {
            State::Present => continue,
            State::Unknown(why) => {
                unknown.push(why);
                continue;
            }
            State::Absent(path, text) => (path.clone(), context.blame(&path), Level::Error, text),
            State::Mistaken(node, text) => (context.tree.path(node), Some(context.tree.layer(node)), Level::Warn, text),
        };
        if said.insert(path.clone(), text).is_none() {
            offences.push(Offence { path, layer, what: level });
        }
    }
    let findings = context.group(offences).into_iter().map(|group| {
        let texts: Vec<&str> = group.paths.iter().filter_map(|path| said.get(path)).map(String::as_str).collect();
        let fix = match group.what {
            Level::Error => "add it to the requirements, install them in the builder, and copy the whole directory",
            _ => "name the distribution that is meant in the requirements, and take the other out",
        };
        let message = match texts.len() {
            0 | 1 => words::list(&texts, 1),
            several => format!("{several} of {} packages: {}", names.len(), words::list(&texts, 5)),
        };
        let predicts = group.paths.first().map(|path| packages.module_at(path)).filter(|_| group.what == Level::Error);
        let finding: Finding = group.finding(group.what, message, fix);
        Finding { predicts: predicts.map(|name| format!("ModuleNotFoundError: No module named '{name}'")), ..finding }
    });
    let findings = findings.collect();
    Judgement::looked(names.len(), findings).but((!unknown.is_empty()).then(|| words::list(&unknown, 3)))
}
