//! `python/version-consistent`

use std::collections::BTreeSet;

use super::super::platform::objects::module;
use super::super::{Context, declare_rule, words};
use crate::facts::python::Runtime;
use crate::facts::python::interpreter::minor;
use crate::finding::{Finding, Judgement, Level, Place};
use crate::vfs::{LayerPath, NodeId};

declare_rule! {
    /// The packages are of the interpreter's version
    ///
    /// # What it checks
    /// Every site directory on `sys.path` whose path names a minor version (`lib/python3.12/site-packages`), and the one of
    /// `[expect]`, names that of the interpreter that the command leads to. Where it leads to none, one of those that are
    /// there. It is a warning where no extension module in the directory is tagged for its version: such packages may run.
    ///
    /// # Why
    /// Extension modules are built for one minor version, and pip chooses what it installs by it. A builder and a base that
    /// are updated one without the other drift apart without a word.
    ///
    /// # Symptom
    /// `ModuleNotFoundError: No module named '…'`, for the first compiled module.
    ///
    /// # Fix
    /// The same minor version in the builder's and in the runtime's FROM.
    ///
    /// # Options
    /// None beside `site-packages` of `[expect]`.
    RULE = "python/version-consistent", Starts, Error, since "0.1.0", needs Tree,
    unit "directory of packages is of the interpreter's version" | "directories of packages are of their interpreter's version",
    check check
}

fn check(context: &Context<'_>) -> Judgement {
    let runtimes = match context.runtimes() {
        Ok(runtimes) => runtimes,
        Err(skip) => return skip,
    };
    let tree = context.tree;
    let wanted = context.site_wanted().ok().and_then(|path| tree.resolve(&path).ok());
    let read = runtimes.iter().flat_map(|runtime| runtime.path.directories(tree));
    let sites: BTreeSet<NodeId> = read.chain(wanted).filter(|node| tree.is_directory(*node)).collect();
    let (mut looked, mut findings) = (0, Vec::new());
    for site in sites {
        let path = tree.path(site);
        let is_site = [&b"site-packages"[..], b"dist-packages"].contains(&path.name());
        let Some(minor) = minor(path.parent().unwrap_or_default().name()).filter(|_| is_site) else { continue };
        looked += 1;
        if !runtimes.iter().any(|runtime| runtime.interpreter.version.is(minor)) {
            findings.push(finding(context, site, &path, minor, &runtimes[0]));
        }
    }
    Judgement::looked(looked, findings)
}

fn finding(context: &Context<'_>, site: NodeId, path: &LayerPath, (major, minor): (u32, u32), runtime: &Runtime) -> Finding {
    let python = &runtime.interpreter;
    let tag = format!(".cpython-{major}{minor}-");
    let is_tagged = |name: &[u8]| name.ends_with(b".so") && String::from_utf8_lossy(name).contains(&tag);
    let tagged: Vec<NodeId> = context.tree.walk(site).filter(|node| is_tagged(context.tree.name(*node))).collect();
    // Of several, nothing says which is imported first.
    let lost = tagged.first().filter(|_| tagged.len() == 1).and_then(|node| module(&context.tree.path(*node), path));
    let (level, tagged) = match tagged.len() as u64 {
        0 => (Level::Warn, String::new()),
        count => {
            (Level::Error, format!("; {} cpython-{major}{minor}", words::count(count, "module is tagged", "modules are tagged")))
        }
    };
    let message = format!("{path} is of {major}.{minor}, the interpreter {} is {}{tagged}", python.path, python.version);
    let fix = format!("the same minor version in the builder and the runtime: python {}", python.version.directory());
    let mut found = Finding::new(level, message, fix).at(Place::path(path, context.tree.layer(site)));
    found.predicts = lost.map(|name| format!("ModuleNotFoundError: No module named '{name}'"));
    found.contrast(format!("{major}.{minor}"), format!("{}.{}", python.version.major, python.version.minor))
}
