//! `marker/nonempty`

use super::super::names::Names;
use super::super::{Context, declare_rule};
use super::blank::Blank;
use super::markers;
use crate::finding::{Finding, Judgement, Level, Place};
use crate::text::escape;
use crate::vfs::{LayerPath, NodeId, Trace};

declare_rule! {
    /// Markers hold text
    ///
    /// # What it checks
    /// Every marker that the service declares, and every file below `roots` whose name is one of `names`, holds more than
    /// white space, NUL bytes and a byte order mark. Files that Python distributions own are no markers, and a marker that
    /// is not there is the business of the rule that asks for it.
    ///
    /// # Why
    /// `touch marker` and `echo "" > marker` make files that exist and prove nothing: a COPY that lost their content, or
    /// a cached layer from before the install, looks just the same. Tests of the size take a lone newline for content.
    ///
    /// # Symptom
    /// None at run time: the proof of a good build is worth nothing.
    ///
    /// # Fix
    /// Write text that says what was done, and when: `echo "…_$(date +%s)" > marker`.
    ///
    /// # Options
    /// - `names`: globs of the names that markers have.
    /// - `roots`: the directories below which they are looked for.
    RULE = "marker/nonempty", Whole, Error, since "0.1.0", needs Tree,
    unit "marker holds text" | "markers hold text",
    options { "names": Globs, "roots": Texts }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let names = Names::of(context, "names");
    let found = markers(context, &names);
    let blank = found.iter().filter(|(_, (_, trace))| trace.blank);
    let findings = blank.map(|(path, (node, trace))| finding(context, path, *node, trace));
    Judgement::looked(found.len(), findings.collect())
}

fn finding(context: &Context<'_>, path: &LayerPath, node: NodeId, trace: &Trace) -> Finding {
    let size = context.tree.stat(node).size;
    let blank = Blank::of(size, trace);
    let name = escape(path.name());
    let fix = format!("in the builder, when what it marks is in place: RUN echo \"<what is in place>_$(date +%s)\" > …/{name}");
    Finding::new(Level::Error, format!("{path} is empty ({})", blank.said), fix)
        .at(Place::path(path, context.tree.content_layer(node)))
        .contrast(blank.shown, "text")
}
