//! `hygiene/pycache`

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::super::{Context, declare_rule, words};
use crate::facts::python::Bytecode;
use crate::facts::python::interpreter::minor;
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// Compiled modules are those of their sources, and few
    ///
    /// # What it checks
    /// The header of every module in a `__pycache__` has the time and the size of its source (modules that go by a hash are
    /// taken as they are), and its format is that of a Python that is in the image. What all of them together take is a remark.
    ///
    /// # Why
    /// A module that is not of its source is compiled again, at each start, where the user cannot write the result. Builders
    /// that set all times to one, for the same bytes in each build, make every module such a one.
    ///
    /// # Symptom
    /// A slow start; 40 % more bytes than the packages need.
    ///
    /// # Fix
    /// `pip install --no-compile`, and `PYTHONDONTWRITEBYTECODE=1`; or `python -m compileall --invalidation-mode unchecked-hash`.
    ///
    /// # Options
    /// - `min-bytes`: fewer bytes are not worth a remark.
    RULE = "hygiene/pycache", Lean, Warn, since "0.1.0", needs Tree,
    unit "compiled module is of its source" | "compiled modules are of their sources",
    options { "min-bytes": Count }, check check
}

const FIX: &str = "pip install --no-compile, or python -m compileall --invalidation-mode unchecked-hash as the last step";

fn check(context: &Context<'_>) -> Judgement {
    let (tree, modules) = (context.tree, &context.facts.python.compiled);
    let commands = context.facts.executables.iter().filter_map(|executable| minor(executable.path.name()));
    let started = context.facts.runtimes.iter().map(|runtime| runtime.interpreter.version);
    let pythons: BTreeSet<(u32, u32)> = commands.chain(started.map(|version| (version.major, version.minor))).collect();
    let groups = context.crowd(modules.iter().filter_map(|module| Some((module.node, fault(context, module, &pythons)?))));
    let findings = groups.iter().map(|(group, nodes)| {
        let what = words::count(group.count(), "compiled module is", "compiled modules are");
        let bytes = words::bytes(context.weight(nodes));
        group.finding(Level::Warn, format!("{what} {}, {bytes} (first: {})", group.what, group.first()), FIX)
    });
    let mut findings: Vec<Finding> = findings.collect();
    let bytes = modules.iter().fold(0_u64, |sum, module| sum.saturating_add(tree.stat(module.node).size));
    if context.count("min-bytes").is_some_and(|least| bytes >= least && bytes > 0) {
        let what = words::count(modules.len() as u64, "compiled module takes", "compiled modules take");
        let mut finding = Finding::new(Level::Info, format!("{what} {}", words::bytes(bytes)), FIX);
        finding.count = modules.len() as u64;
        findings.push(finding);
    }
    Judgement::looked(modules.len(), findings)
}

fn fault(context: &Context<'_>, module: &Bytecode, pythons: &BTreeSet<(u32, u32)>) -> Option<Cow<'static, str>> {
    match module.minor {
        _ if module.is_stale(context.tree) => {
            Some("of another time or size of the source, and compiled again at each start".into())
        }
        _ if module.is_of_another_format() => {
            Some("of another format than the name says, and compiled again at each start".into())
        }
        Some((major, minor)) if !pythons.is_empty() && !pythons.contains(&(major, minor)) => {
            Some(format!("for Python {major}.{minor}, which is not in the image").into())
        }
        _ => None,
    }
}
