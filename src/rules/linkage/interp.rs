//! `linkage/interp`

use std::collections::BTreeSet;

use super::super::{Context, Offence, declare_rule, words};
use super::objects::{Judged, Objects};
use crate::facts::loader::Reach;
use crate::finding::{Judgement, Level};
use crate::text::escape;
use crate::vfs::LayerPath;

declare_rule! {
    /// The loader that an executable names is in the image
    ///
    /// # What it checks
    /// `PT_INTERP` of what the command and the health check start, and of every executable in a directory of commands, leads
    /// to a file. What only could be called is a warning. Of what machine the loader is, platform/interpreter-arch asks.
    ///
    /// # Why
    /// The kernel starts the loader, not the program. Where it is missing, the kernel says "no such file" of the program,
    /// which is there: an executable of Alpine on Debian, or one of Debian on an image from scratch.
    ///
    /// # Symptom
    /// `exec …: no such file or directory`, of a file that is there.
    ///
    /// # Fix
    /// Build for the architecture and the C library of the image, or link statically.
    ///
    /// # Options
    /// None.
    RULE = "linkage/interp", Starts, Error, since "0.1.0", needs Tree,
    unit "executable has its loader" | "executables have their loader", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let objects = match Objects::of(context) {
        Ok(objects) => objects,
        Err(judgement) => return judgement,
    };
    let named = objects.reached().filter_map(|judged| {
        let loader = judged.object.elf.interpreter.as_deref()?;
        let is_executed = judged.links.root == judged.node && matches!(judged.links.reach, Reach::Command | Reach::Called);
        is_executed.then_some((judged, loader))
    });
    let named: Vec<_> = named.collect();
    let missing = || named.iter().filter(|(_, loader)| context.tree.resolve(&LayerPath::new(loader)).is_err());
    let is_of_command = |judged: &Judged<'_>| judged.links.reach == Reach::Command;
    let told: BTreeSet<&[u8]> = missing().filter(|(judged, _)| is_of_command(judged)).map(|(_, loader)| *loader).collect();
    // What the command lacks is said once, of the command.
    let offending = missing().filter(|(judged, loader)| is_of_command(judged) || !told.contains(loader));
    let offences = offending.map(|(judged, loader)| {
        let level = if is_of_command(judged) { Level::Error } else { Level::Warn };
        let layer = Some(context.tree.content_layer(judged.node));
        Offence { path: judged.path.clone(), layer, what: (level, escape(loader)) }
    });
    let groups = context.group(offences);
    let findings = groups.iter().map(|group| {
        let (level, loader) = &group.what;
        let others = words::count(group.count(), "executable wants", "executables want");
        let message = match group.count() {
            1 => format!("{} wants the loader {loader}, which is not in the image", group.first()),
            _ => format!("{others} the loader {loader}, which is not in the image (first: {})", group.first()),
        };
        let fix = "build it for the architecture and the C library of the image, or link it statically";
        let finding = group.finding(*level, message, fix).contrast(loader.clone(), "a loader that the image has");
        finding.predicts(format!("exec {}: no such file or directory", group.first()))
    });
    Judgement::looked(named.len(), findings.collect())
}
