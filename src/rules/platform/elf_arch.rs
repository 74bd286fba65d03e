//! `platform/elf-arch`

use std::collections::BTreeSet;

use super::super::{Context, Group, Offence, declare_rule, words};
use super::objects::{Map, Role};
use crate::facts::elf::Isa;
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// Machine code is for the machine that the image is for
    ///
    /// # What it checks
    /// Every ELF executable and shared object is for the architecture of `platform` in `[expect]`, else for the one that
    /// the image claims. Foreign ones are an error where the command leads through them, in the directories of commands and
    /// libraries, below `roots`, where Python imports them, and where one of these needs them; others (test data, tools for
    /// other machines) are one remark.
    ///
    /// # Why
    /// A builder that runs on the build machine's own architecture installs wheels for that, and a COPY takes them along.
    ///
    /// # Symptom
    /// `exec …: exec format error`; `ImportError: …: cannot open shared object file: No such file or directory`; of a module
    /// that is there under another machine's name, `ModuleNotFoundError: No module named '…'`; of a library,
    /// `…: error while loading shared libraries: …: cannot open shared object file: No such file or directory`; behind an init,
    /// `[FATAL tini (…)] exec … failed: …`.
    ///
    /// # Fix
    /// Build the builder stage for the target too: `FROM --platform=$TARGETPLATFORM`.
    ///
    /// # Options
    /// - `roots`: more directories whose objects are the service's own.
    RULE = "platform/elf-arch", Starts, Error, since "0.1.0", needs Tree,
    unit "ELF object is for the machine" | "ELF objects are for the machine",
    options { "roots": Texts }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let platform = context.platform();
    let Some(wanted) = Isa::of_architecture(&platform.architecture) else {
        return Judgement::unknown(format!("the machine code of {platform} is not known"));
    };
    let map = Map::of(context, &platform.architecture);
    let objects = &context.facts.objects;
    let foreign: Vec<_> = objects
        .iter()
        .filter(|object| Isa::of(&object.elf) != wanted)
        .map(|object| {
            let path = context.tree.path(object.node);
            (map.role(object.node, &path), map.owner(&path), path, object)
        })
        .collect();
    let loaded: BTreeSet<&String> =
        foreign.iter().filter(|(role, ..)| *role != Role::Other).map(|(_, owner, ..)| owner).collect();
    let offences = foreign.iter().map(|(_, owner, path, object)| {
        let owner = loaded.contains(owner).then(|| owner.clone());
        Offence { path: path.clone(), layer: Some(context.tree.content_layer(object.node)), what: (owner, Isa::of(&object.elf)) }
    });
    let groups = context.group(offences);
    let findings = groups.iter().map(|group| finding(context, group, wanted, &map));
    Judgement::looked(objects.len(), findings.collect())
}

fn finding(context: &Context<'_>, group: &Group<(Option<String>, Isa)>, wanted: Isa, map: &Map<'_>) -> Finding {
    let (owner, isa) = &group.what;
    let (k, first) = (group.count(), group.first());
    let finding = if let Some(owner) = owner {
        let total = map.total(context, owner);
        let are = if total == 1 { "object is" } else { "objects are" };
        let message = format!("{owner}: {k} of {total} ELF {are} {isa}, want {wanted} (first: {first})");
        let mut finding = group.finding(Level::Error, message, map.fix(owner)).of(map.distribution(owner));
        finding.predicts = group.paths.iter().find_map(|path| map.predicts(context, context.tree.get(path)?, path));
        finding
    } else {
        let (objects, bytes) = (words::count(k, "object", "objects"), words::bytes(context.bytes(&group.paths)));
        let message = format!("{objects} for {isa} that nothing loads here, {bytes} (first: {first})");
        group.finding(Level::Info, message, "leave them out if nothing needs them")
    };
    finding.contrast(isa.to_string(), wanted.to_string())
}
