//! `layout/user-local`

use super::super::{Context, declare_rule, words};
use super::weight;
use crate::finding::{Finding, Judgement, Level, Place};
use crate::vfs::{LayerPath, NodeId};

declare_rule! {
    /// What `pip install --user` installed is where the user can reach it
    ///
    /// # What it checks
    /// The user of the image can enter every directory on the way to each of `paths` that holds a file, and that itself.
    ///
    /// # Why
    /// `pip install --user` installs below the home of who runs it: root's, in a builder. Copied to the same place, it is
    /// behind a door that only root can open.
    ///
    /// # Symptom
    /// `ModuleNotFoundError` for a package that is in the image.
    ///
    /// # Fix
    /// `COPY --from=builder --chown=UID:GID /root/.local/lib/… /usr/local/lib/…`, and likewise its `bin`.
    ///
    /// # Options
    /// - `paths`: the directories.
    RULE = "layout/user-local", Conforms, Warn, since "0.1.0", needs Tree,
    unit "directory of a user holds nothing that another needs" | "directories of users hold nothing that another needs",
    options { "paths": Texts }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let paths: Vec<LayerPath> = context.texts("paths").iter().map(LayerPath::new).collect();
    match &context.facts.user.identity {
        _ if paths.is_empty() => Judgement::skip("the profile names no directory"),
        Err(why) => Judgement::unknown(format!("nobody knows as whom it runs: {why}")),
        Ok(user) => {
            let findings =
                paths.iter().filter_map(|path| finding(context, path, |node| user.may_search(&context.tree.stat(node))));
            Judgement::looked(paths.len(), findings.collect())
        }
    }
}

fn finding(context: &Context<'_>, path: &LayerPath, may_search: impl Fn(NodeId) -> bool) -> Option<Finding> {
    let (tree, mut passed) = (context.tree, Vec::new());
    let node = tree.resolve_through(path, &mut |node| passed.push(node)).ok()?;
    let (files, bytes) = weight(tree, node);
    passed.push(node);
    let barred = passed.into_iter().find(|node| tree.is_directory(*node) && !may_search(*node)).filter(|_| files > 0)?;
    let (files, bytes, stat) = (words::count(files, "file", "files"), words::bytes(bytes), tree.stat(barred));
    let at = tree.path(barred);
    let door = format!("{at} is {:04o} {}:{}", stat.mode, stat.uid, stat.gid);
    let message = format!("{path} holds {files}, {bytes}, which the user cannot reach: {door}");
    let fix = format!("copy what is below {path} to where the interpreter and PATH look for it, with --chown");
    Some(Finding::new(Level::Warn, message, fix).at(Place::path(path, tree.layer(node))))
}
