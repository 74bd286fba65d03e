//! `ownership/roots`

use super::super::{Context, Offence, declare_rule, words};
use crate::finding::{Judgement, Level};
use crate::vfs::{LayerPath, Stat};

declare_rule! {
    /// The user can write where it must
    ///
    /// # What it checks
    /// The user that the image names can make files in each directory of `writable`. A directory that is not there is left
    /// to whoever mounts one.
    ///
    /// # Why
    /// WORKDIR and VOLUME make directories that are root's, and a volume takes its owner from the image.
    ///
    /// # Symptom
    /// `PermissionError: [Errno 13] Permission denied`; `No usable temporary directory found`.
    ///
    /// # Fix
    /// `COPY --chown` of a directory with that owner, or a volume whose owner is said at run time.
    ///
    /// # Options
    /// - `writable`: the directories.
    RULE = "ownership/roots", Conforms, Warn, since "0.1.0", needs Tree,
    unit "directory can be written" | "directories can be written", options { "writable": Texts }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let (tree, directories) = (context.tree, context.directories("writable"));
    if directories.is_empty() {
        return Judgement::skip("the image has no directory that the profile names");
    }
    let identity = match &context.facts.user.identity {
        Ok(identity) => identity,
        Err(why) => return Judgement::unknown(format!("nobody knows as whom it runs: {why}")),
    };
    let may = |stat: &Stat| identity.may_write(stat) && identity.may_search(stat);
    let offences = directories.iter().filter(|node| !may(&tree.stat(**node))).map(|node| {
        let stat = tree.stat(*node);
        let what = format!("{:04o} {}:{}", stat.mode, stat.uid, stat.gid);
        Offence { path: tree.path(*node), layer: Some(tree.layer(*node)), what }
    });
    let groups = context.group(offences);
    let findings = groups.iter().map(|group| {
        let paths: Vec<String> = group.paths.iter().map(LayerPath::to_string).collect();
        let message = format!("{} is {}: uid {} cannot make files there", words::list(&paths, 3), group.what, identity.uid);
        let fix = format!("COPY --chown={}:{} of an empty directory, or mount a volume", identity.uid, identity.gid);
        group.finding(Level::Warn, message, fix)
    });
    Judgement::looked(directories.len(), findings.collect())
}
