//! `python/requires-python`

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Context, Offence, declare_rule, words};
use crate::facts::python::Versions;
use crate::finding::{Judgement, Level};
use crate::text::escape;
use crate::vfs::LayerPath;

declare_rule! {
    /// The installed packages are for the image's Python
    ///
    /// # What it checks
    /// `Requires-Python` of every distribution on `sys.path` admits the version of the interpreter. Where its patch version is
    /// not known and would decide, that is a remark. Packages of the system are left to its package manager.
    ///
    /// # Why
    /// pip installs nothing that is not for the Python it runs on: in the builder, not in the image.
    ///
    /// # Symptom
    /// Whatever the package takes for granted: `SyntaxError: invalid syntax`, `ImportError: cannot import name '…' from '…' (…)`
    ///
    /// # Fix
    /// The same version of Python in the builder and in the image, or a version of the package that is for both.
    ///
    /// # Options
    /// None.
    RULE = "python/requires-python", Starts, Warn, since "0.1.0", needs Tree,
    unit "package is for this Python" | "packages are for this Python", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let runtimes = match context.runtimes() {
        Ok(runtimes) => runtimes,
        Err(skip) => return skip,
    };
    let (mut asked, mut said) = (BTreeMap::<&LayerPath, Option<Level>>::new(), BTreeMap::new());
    let mut unread = BTreeSet::new();
    for runtime in runtimes {
        for found in runtime.installed(context.tree, &context.facts.python).into_values().filter(|found| !found.is_of_system()) {
            unread.extend(found.unread.as_deref());
            let Some(written) = &found.requires_python else { continue };
            let versions = Versions::parse(written);
            let level = match runtime.versions().map(|version| versions.admit(&version) == Some(false)) {
                [true, true] => Some(Level::Warn),
                [false, false] => None,
                _ => Some(Level::Info),
            };
            // A virtual environment and its base both read some: one that admits it will do.
            asked.entry(&found.path).and_modify(|worst| *worst = (*worst).min(level)).or_insert(level);
            let text = format!("{} requires Python {}", found.shown(), escape(versions.written.as_bytes()));
            said.insert(&found.path, (text, runtime.interpreter.version, found));
        }
    }
    let offences = asked.iter().filter_map(|(path, level)| {
        let (_, _, found) = said.get(path)?;
        Some(Offence { path: (*path).clone(), layer: Some(found.layer), what: (*level)? })
    });
    let findings = context.group(offences).into_iter().filter_map(|group| {
        let of: Vec<_> = group.paths.iter().filter_map(|path| said.get(path)).collect();
        let (_, version, found) = of.first()?;
        let texts: Vec<&str> = of.iter().map(|(text, ..)| text.as_str()).collect();
        let perhaps = if group.what == Level::Warn { "" } else { ", and nothing tells which patch version it is" };
        let message = format!("{}; runtime is {version}{perhaps}", words::list(&texts, 3));
        let fix = format!("install with Python {version}, or pin a version of the package that is for it");
        let only = (of.len() == 1).then(|| escape(found.name.as_bytes()));
        Some(group.finding(group.what, message, fix).of(only))
    });
    Judgement::looked(asked.len(), findings.collect()).but(words::unread(&unread))
}
