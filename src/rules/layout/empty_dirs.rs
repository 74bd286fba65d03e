//! `layout/empty-dirs`

use super::super::{Context, declare_rule};
use crate::finding::{Finding, Judgement, Level, Place};
use crate::vfs::NodeId;

declare_rule! {
    /// The directories of the pattern are not empty
    ///
    /// # What it checks
    /// Each directory of `paths` that is there holds something other than directories, at any depth.
    ///
    /// # Why
    /// WORKDIR makes a directory, and so does the COPY of an empty one: the place is there, and what belongs into it is not.
    ///
    /// # Symptom
    /// `ModuleNotFoundError`, or `can't open file '/app/main.py'`.
    ///
    /// # Fix
    /// Copy the directory itself, from where the builder has it.
    ///
    /// # Options
    /// - `paths`: the directories.
    RULE = "layout/empty-dirs", Whole, Warn, since "0.1.0", needs Tree,
    unit "directory holds something" | "directories hold something",
    options { "paths": Texts }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let directories = context.directories("paths");
    let findings = directories.iter().filter_map(|directory| finding(context, *directory));
    Judgement::looked(directories.len(), findings.collect())
}

fn finding(context: &Context<'_>, directory: NodeId) -> Option<Finding> {
    let tree = context.tree;
    if tree.walk(directory).any(|node| !tree.is_directory(node)) {
        return None;
    }
    let path = tree.path(directory);
    let emptied = context.emptied(directory);
    let (why, fix) = match emptied {
        Some(_) => ("; a later layer took away what was there", "take out the RUN or COPY that removes it".to_owned()),
        None => ("", format!("COPY into {path} what belongs there")),
    };
    let layer = emptied.or_else(|| context.blame(&path)).unwrap_or_else(|| tree.layer(directory));
    Some(Finding::new(Level::Warn, format!("{path} holds nothing{why}"), fix).at(Place::path(&path, layer)))
}
