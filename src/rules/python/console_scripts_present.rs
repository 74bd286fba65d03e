//! `python/console-scripts-present`

use super::super::{Context, Offence, declare_rule, words};
use super::scripts::{Script, installed};
use crate::finding::{Finding, Judgement, Level};
use crate::text::{escape, lossless};
use crate::vfs::LayerPath;

declare_rule! {
    /// The commands of the installed packages are there
    ///
    /// # What it checks
    /// Every command that RECORD lists in a `bin` directory is there: at its path, or by its name in the directories of
    /// commands and in `PATH`. Of a distribution without RECORD, every command that `entry_points.txt` declares. Commands of
    /// Debian's own packages are Debian's business.
    ///
    /// # Why
    /// Packages install commands into a second directory, which a COPY of the packages alone forgets.
    ///
    /// # Symptom
    /// `exec: "uvicorn": executable file not found in $PATH`.
    ///
    /// # Fix
    /// Copy the builder's directory of commands too; or say with `pruned` that nobody calls them.
    ///
    /// # Options
    /// - `pruned`: globs of the names of commands that may be taken away; `*` where the image starts modules only.
    RULE = "python/console-scripts-present", Whole, Warn, since "0.1.0", needs Tree,
    unit "command of a package is there" | "commands of packages are there",
    options { "pruned": Globs }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let (scripts, unknown) = installed(context);
    let pruned = context.globs("pruned");
    let missing = scripts.iter().filter(|(path, script)| script.node.is_none() && !pruned.is_match(lossless(path.name())));
    let offences = missing.map(|(path, _)| Offence { path: path.clone(), layer: context.blame(path), what: () });
    let groups = context.group(offences);
    let findings = groups.iter().map(|group| {
        let names: Vec<String> = group.paths.iter().map(|path| escape(path.name())).collect();
        let owner = |path: &LayerPath| scripts.get(path).map(|Script { owner, .. }| owner.clone());
        let owner = group.paths.first().and_then(owner).unwrap_or_default();
        let message = format!(
            "{} of {} missing: {} (first: {} of {owner})",
            group.count(),
            words::count(scripts.len() as u64, "command is", "commands are"),
            words::list(&names, 5),
            group.first(),
        );
        finding(context, group.finding(Level::Warn, message, ""), group.paths.first())
    });
    let findings = findings.collect();
    if scripts.is_empty() && unknown.is_empty() {
        return Judgement::skip("no Python package has commands");
    }
    Judgement::looked(scripts.len(), findings).but((!unknown.is_empty()).then(|| words::list(&unknown, 3)))
}

/// The finding with what to do about it, which is the same for all that are missing.
fn finding(context: &Context<'_>, mut finding: Finding, first: Option<&LayerPath>) -> Finding {
    let removed = first.is_some_and(|path| context.tree.trail().removal(path).is_some());
    finding.fix = if removed {
        "take out the RUN or COPY that removes them".into()
    } else {
        let bin = first.and_then(LayerPath::parent).unwrap_or_default();
        format!("COPY --from=builder {}<builder's directory of commands> {bin}", context.chown())
    };
    finding
}
