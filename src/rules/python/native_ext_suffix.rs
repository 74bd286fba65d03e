//! `python/native-ext-suffix`

use std::collections::BTreeSet;

use super::super::platform::objects::{is_data, module};
use super::super::{Context, Group, Offence, declare_rule, words};
use super::suffix::Runtime;
use crate::finding::{Finding, Judgement, Level};
use crate::text::escape;

declare_rule! {
    /// Extension modules have names that the image's Python imports
    ///
    /// # What it checks
    /// The tag in the name of every extension module in a site directory (`cpython-312-aarch64-linux-gnu.so`) is of the
    /// version of the interpreter that reads the directory, or that the directory is for, of the image's machine and C
    /// library; or there is another file by which Python can import the module. A package whose wheel is for any platform brings modules for all of them: a remark.
    ///
    /// # Why
    /// Python looks for files of its own tag. One of another tag does not exist for it, whatever is in the file.
    ///
    /// # Symptom
    /// `ModuleNotFoundError: No module named '…'`, of a module that is there.
    ///
    /// # Fix
    /// Install in a builder of the same minor version of Python, architecture and C library.
    ///
    /// # Options
    /// None.
    RULE = "python/native-ext-suffix", Starts, Error, since "0.1.0", needs Tree,
    unit "extension module has a name that Python imports" | "extension modules have names that Python imports", check check
}

/// What offenders of one finding share: level, distribution, ending, and what is wanted instead.
type Shared = (Level, Option<String>, String, String);

fn check(context: &Context<'_>) -> Judgement {
    let (platform, libc, owners) = (context.platform(), context.libc(), context.owners);
    let (mut seen, mut offences) = (BTreeSet::new(), Vec::new());
    for site in &context.facts.python.sites {
        let reader = context.facts.runtimes.iter().find(|runtime| runtime.path.holds(context.tree, site.node));
        let version = reader.map(|runtime| runtime.interpreter.version);
        let Some(runtime) = Runtime::of(&site.path, version, &platform.architecture, libc) else { continue };
        for (node, ending) in runtime.foreign(context.tree, site.node, &mut seen) {
            let path = context.tree.path(node);
            let owner = owners.owner(node);
            let is_for_any = owner.is_some_and(|owner| owner.tags.iter().any(|tag| tag.ends_with("-any")));
            let level = if is_for_any || is_data(&path) { Level::Info } else { Level::Error };
            let owner = owner.map(|owner| escape(owner.name.as_bytes()));
            let what: Shared = (level, owner, escape(ending.as_bytes()), runtime.wanted());
            offences.push(Offence { path, layer: Some(context.tree.content_layer(node)), what });
        }
    }
    let findings = context.group(offences).iter().map(|group| finding(context, group)).collect();
    Judgement::looked(seen.len(), findings)
}

fn finding(context: &Context<'_>, group: &Group<Shared>) -> Finding {
    let (level, owner, ending, wanted) = &group.what;
    let modules = words::count(group.count(), "module ends", "modules end");
    let whose = owner.as_ref().map(|owner| format!("{owner}: ")).unwrap_or_default();
    let message = format!("{whose}{modules} in .{ending}, which Python here does not import (first: {})", group.first());
    let fix = "install in a builder of the same minor version of Python, architecture and C library as the image";
    let mut finding = group.finding(*level, message, fix).of(owner.clone()).contrast(format!(".{ending}"), wanted);
    let name = group.paths.first().and_then(|path| {
        let site = context.facts.python.sites.iter().rfind(|site| path.is_within(&site.path))?;
        module(path, &site.path)
    });
    finding.predicts =
        name.filter(|_| *level == Level::Error).map(|name| format!("ModuleNotFoundError: No module named '{name}'"));
    finding
}
