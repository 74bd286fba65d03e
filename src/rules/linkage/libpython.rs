//! `linkage/libpython`

use super::super::{Context, Offence, declare_rule, words};
use super::lost::{is_libpython, lost, predicted};
use super::objects::Objects;
use crate::facts::command::program::is_python;
use crate::finding::{Judgement, Level};
use crate::text::escape;

declare_rule! {
    /// No module needs an interpreter's library that the image does not have
    ///
    /// # What it checks
    /// No extension module and no library that is loaded needs a `libpython3.N.so` which the loader does not find. That of
    /// an interpreter itself is the business of python/foreign-interpreter.
    ///
    /// # Why
    /// Extension modules are not linked with the interpreter, which is loaded before them. Some builds link them all the
    /// same, and Debian's interpreter is static: there is no such library.
    ///
    /// # Symptom
    /// `ImportError: libpython…: cannot open shared object file: No such file or directory`
    ///
    /// # Fix
    /// Build the module without `-lpython`, or with the interpreter that the image has.
    ///
    /// # Options
    /// None.
    RULE = "linkage/libpython", Starts, Error, since "0.1.0", needs Tree,
    unit "ELF object needs no interpreter's library that is not there" | "ELF objects need no interpreter's library that is not there",
    check check
}

fn check(context: &Context<'_>) -> Judgement {
    let objects = match Objects::of(context) {
        Ok(objects) => objects,
        Err(judgement) => return judgement,
    };
    let all = lost(context, objects);
    let is_asked = |name: &[u8]| !is_python(name);
    let found: Vec<_> = all
        .iter()
        .filter(|lost| lost.level > Level::Info && is_libpython(lost.name) && is_asked(context.tree.name(lost.by.node)))
        .collect();
    let offences = found.iter().map(|lost| {
        let what = (lost.level, lost.by.whose(), escape(lost.name));
        Offence { path: lost.by.path.clone(), layer: Some(context.tree.content_layer(lost.by.node)), what }
    });
    let groups = context.group(offences);
    let findings = groups.iter().map(|group| {
        let (level, owner, library) = &group.what;
        let whose = owner.as_ref().map(|owner| format!("{owner}: ")).unwrap_or_default();
        let who = words::count(group.count(), "object needs", "objects need");
        let message = format!("{whose}{who} {library}, and the image has no such library (first: {})", group.first());
        let fix = "build it without -lpython, or with the interpreter that the image has";
        let mut finding = group.finding(*level, message, fix).of(owner.clone());
        let first = group.paths.first().and_then(|path| objects.at(context, path));
        finding.found = Some(library.clone());
        finding.predicts = first.map(|judged| predicted(context, judged, library.as_bytes()));
        finding
    });
    Judgement::looked(objects.reached().count(), findings.collect())
}
