//! `hygiene/unstripped`

use std::collections::BTreeMap;

use super::super::{Context, Group, Offence, declare_rule, words};
use crate::facts::elf::Object;
use crate::finding::{Judgement, Level};
use crate::vfs::LayerPath;

declare_rule! {
    /// Machine code comes without what only debuggers read
    ///
    /// # What it checks
    /// How many bytes the sections of executables and shared objects have together that no loader maps: symbol tables and
    /// debugging information. Objects with less than 1 MB of them do not count.
    ///
    /// # Why
    /// strip(1) takes them away, and nothing misses them at run time. Of what a service compiles itself they are often more
    /// than the code.
    ///
    /// # Symptom
    /// A larger image.
    ///
    /// # Fix
    /// `strip --strip-unneeded` in the builder; `-ldflags="-s -w"` of Go, `strip = true` in a profile of Cargo.
    ///
    /// # Options
    /// - `min-bytes`: fewer bytes are not worth a remark.
    RULE = "hygiene/unstripped", Lean, Info, since "0.1.0", needs Tree,
    unit "ELF object's sections counted" | "ELF objects' sections counted", options { "min-bytes": Count }, check check
}

/// Bytes that one object may have.
const SMALL: u64 = 1_000_000;

fn check(context: &Context<'_>) -> Judgement {
    let (tree, objects) = (context.tree, &context.facts.objects);
    let large = objects.iter().filter(|object| object.elf.unloaded >= SMALL);
    let large: BTreeMap<LayerPath, &Object> = large.map(|object| (tree.path(object.node), object)).collect();
    let offence =
        |(path, object): (&LayerPath, &&Object)| Offence { path: path.clone(), layer: Some(tree.layer(object.node)), what: () };
    let groups = context.group(large.iter().map(offence));
    let bytes = |group: &Group<()>| {
        let objects = group.paths.iter().filter_map(|path| large.get(path));
        objects.map(|object| object.elf.unloaded).fold(0, u64::saturating_add)
    };
    let open = groups.iter().filter(|group| group.waived.is_none()).map(&bytes).fold(0, u64::saturating_add);
    if open < context.count("min-bytes").unwrap_or_default() {
        return Judgement::looked(objects.len(), vec![]);
    }
    let findings = groups.iter().map(|group| {
        let what = words::count(group.count(), "object carries", "objects carry");
        let bytes = words::bytes(bytes(group));
        let message = format!("{what} symbols and debugging information, {bytes} (first: {})", group.first());
        group.finding(Level::Info, message, "strip --strip-unneeded in the builder, before the COPY")
    });
    Judgement::looked(objects.len(), findings.collect())
}
