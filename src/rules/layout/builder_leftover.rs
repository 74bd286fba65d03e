//! `layout/builder-leftover`

use super::super::names::start;
use super::super::{Context, Offence, declare_rule, words};
use super::weight;
use crate::finding::{Judgement, Level};
use crate::text::escape;
use crate::vfs::LayerPath;

declare_rule! {
    /// Nothing of the builder was left over
    ///
    /// # What it checks
    /// No path matches one of `paths`, but for directories without a file.
    ///
    /// # Why
    /// The directory that was built in, lists of requirements and the source of what is installed are what a COPY of too much
    /// brings along. Nothing reads them, and what is imported from them is not what was installed.
    ///
    /// # Symptom
    /// None at run time: a larger image; or a change that has no effect, because the other copy is the one that runs.
    ///
    /// # Fix
    /// Copy from the builder what the service needs, directory by directory.
    ///
    /// # Options
    /// - `paths`: globs of paths; `*` stops at `/`.
    RULE = "layout/builder-leftover", Conforms, Warn, since "0.1.0", needs Tree,
    unit "place holds nothing of the builder's" | "places hold nothing of the builder's",
    options { "paths": Globs }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let (tree, globs) = (context.tree, context.globs("paths"));
    if globs.is_empty() {
        return Judgement::skip("the profile names no path");
    }
    let starts: Vec<String> = context.texts("paths").iter().map(|glob| start(glob).to_owned()).collect();
    let may_hold = |path: &str| starts.iter().any(|start| start.starts_with(path) || path.starts_with(start));
    let (mut offences, mut todo) = (Vec::<Offence<()>>::new(), vec![(tree.root(), "/".to_owned())]);
    while let Some((node, path)) = todo.pop() {
        if globs.is_match(&path) && (!tree.is_directory(node) || weight(tree, node).0 > 0) {
            offences.push(Offence { path: tree.path(node), layer: Some(tree.layer(node)), what: () });
        } else if may_hold(&path) {
            let above = path.trim_end_matches('/');
            todo.extend(tree.children(node).rev().map(|(name, child)| (child, format!("{above}/{}", escape(name)))));
        }
    }
    let findings = context.group(offences).into_iter().map(|group| {
        let weights = group.paths.iter().filter_map(|path| tree.get(path)).map(|node| weight(tree, node));
        let (files, bytes) = weights.fold((0, 0_u64), |(files, bytes), (more, size)| (files + more, bytes.saturating_add(size)));
        let files = words::count(files, "file", "files");
        let names: Vec<String> = group.paths.iter().map(LayerPath::to_string).collect();
        let message = format!("left over from the builder: {}, {files}, {}", words::list(&names, 5), words::bytes(bytes));
        group.finding(Level::Warn, message, "COPY --from=builder only what the service needs, directory by directory")
    });
    Judgement::looked(globs.len(), findings.collect())
}
