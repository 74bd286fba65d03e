//! `toolchain/deleted-but-shipped`

use super::super::{Context, Offence, declare_rule, words};
use super::names;
use crate::facts::tools::holds_commands;
use crate::finding::{Judgement, Level};
use crate::text::{escape, lossless};
use crate::vfs::{Change, Event, LayerIndex, LayerPath, NodeId};

declare_rule! {
    /// No build tool was removed by another layer than the one that brought it
    ///
    /// # What it checks
    /// No compiler, no part of one and no build system was written to a directory of commands by one layer and taken away
    /// by a later one. Short names that other programs carry too do not count: of what is gone, only the name is left.
    ///
    /// # Why
    /// A layer adds and hides, it never takes back: what a later RUN removes is still in the earlier layer, is still
    /// stored, pulled and unpacked, and can still be taken out of it.
    ///
    /// # Symptom
    /// `gcc: not found`, in an image that is as large as one with it.
    ///
    /// # Fix
    /// Install, build and remove in one RUN; or build in a stage of its own, and copy what it made.
    ///
    /// # Options
    /// None.
    RULE = "toolchain/deleted-but-shipped", Lean, Warn, since "0.1.0", needs Tree,
    unit "command of all layers, not a deleted tool" | "commands of all layers, no deleted tool among them", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let trail = context.tree.trail();
    let is_command = |path: &LayerPath| path.parent().is_some_and(|directory| holds_commands(&directory));
    let commands: Vec<(&LayerPath, &[Event])> = trail.changed().filter(|(path, _)| is_command(path)).collect();
    let (tree, mut last) = (context.tree, None);
    let mut is_in_commands = |node: NodeId| {
        // Most names lie in the same directory as the one before.
        let directory = tree.parent(node);
        let known = last.filter(|(known, _)| *known == directory).map(|(_, holds)| holds);
        let holds = known.unwrap_or_else(|| holds_commands(&tree.path(directory)));
        last = Some((directory, holds));
        holds
    };
    let lone = trail.lone().filter(|node| is_in_commands(*node)).count();
    let gone = commands.iter().filter(|(path, _)| is_tool(path)).filter_map(|(path, events)| {
        let (shipped, removed, _) = deleted(events)?;
        Some(Offence { path: (*path).clone(), layer: Some(shipped), what: removed })
    });
    let findings = context.group(gone).into_iter().map(|group| {
        let names: Vec<String> = group.paths.iter().map(|path| escape(path.name())).collect();
        let removed = group.paths.iter().filter_map(|path| deleted(&trail.of(path)));
        let bytes = removed.fold(0_u64, |sum, (.., bytes)| sum.saturating_add(bytes));
        let by = context.facts.instructions.get(group.what).and_then(Option::as_deref).map(words::excerpt);
        let by = by.unwrap_or_else(|| format!("layer {}", group.what + 1));
        let what = format!("{} removed by {by}: still shipped, {}", words::list(&names, 4), words::bytes(bytes));
        group.finding(
            Level::Warn,
            what,
            "install, build and remove in one RUN, or build in another stage and COPY --from=builder",
        )
    });
    Judgement::looked(commands.len() + lone, findings.collect())
}

fn is_tool(path: &LayerPath) -> bool {
    let name = names::plain(&lossless(path.name()));
    let lists = [names::COMPILERS, names::INTERNAL, names::BUILD_SYSTEMS];
    lists.iter().any(|list| list.contains(&name.as_str())) && !names::SHORT.contains(&name.as_str())
}

/// The layer that shipped a file which is gone, the later one that removed it, and its bytes: directories and links have
/// none.
fn deleted(events: &[Event]) -> Option<(LayerIndex, LayerIndex, u64)> {
    let [.., shipped, removed] = events else { return None };
    let is_removed = matches!(removed.change, Change::Removed(_)) && removed.bytes > 0;
    is_removed.then_some((shipped.layer, removed.layer, removed.bytes))
}
