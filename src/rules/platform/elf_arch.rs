//! `platform/elf-arch`

use std::collections::BTreeSet;

use super::super::{Context, Group, Offence, declare_rule, words};
use super::objects::{Map, Role};
use crate::facts::elf::Isa;
use crate::finding::{Finding, Judgement, Level};
use crate::vfs::LayerPath;

declare_rule! {
    /// Machine code is for the machine that the image is for
    ///
    /// # What it checks
    /// Every ELF executable and shared object is for the architecture of `platform` in `[expect]`, else for the one that
    /// the image claims. Foreign ones are an error in the directories of commands and libraries, below `roots`, and where
    /// Python imports them; others (test data, tools for other machines) are one remark. Unit: ELF objects.
    ///
    /// # Why
    /// A builder that runs on the build machine's own architecture installs wheels for that, and a COPY takes them along.
    ///
    /// # Symptom
    /// `exec format error`; `ImportError: …: cannot open shared object file`; `ModuleNotFoundError` for a module that is
    /// there under another machine's name.
    ///
    /// # Fix
    /// Build the builder stage for the target too: `FROM --platform=$TARGETPLATFORM`.
    ///
    /// # Options
    /// - `roots`: more directories whose objects are the service's own.
    RULE = "platform/elf-arch", Starts, Error, since "0.1.0", needs Tree,
    options { "roots": Texts }, check check
}

/// Whose the objects are, where they are loaded, and what they are for. Only the first tells of what nobody loads.
type Shared = (Option<String>, Isa);

fn check(context: &Context<'_>) -> Judgement {
    let claimed = context.facts.config.platform();
    let platform = context.expect().platform.as_ref().unwrap_or(&claimed);
    let Some(wanted) = Isa::of_architecture(&platform.architecture) else {
        return Judgement::unknown(format!("the machine code of {platform} is not known"));
    };
    let map = Map::of(context);
    let objects = &context.facts.objects;
    let foreign: Vec<_> = objects
        .iter()
        .filter(|object| Isa::of(&object.elf) != wanted)
        .map(|object| {
            let path = context.tree.path(object.node);
            (map.role(&path), map.owner(&path), path, object)
        })
        .collect();
    let loaded: BTreeSet<&String> =
        foreign.iter().filter(|(role, ..)| *role != Role::Other).map(|(_, owner, ..)| owner).collect();
    let offences = foreign.iter().map(|(_, owner, path, object)| {
        let owner = loaded.contains(owner).then(|| owner.clone());
        Offence { path: path.clone(), layer: context.tree.content_layer(object.node), what: (owner, Isa::of(&object.elf)) }
    });
    let total = |owner: &str| objects.iter().filter(|object| map.owner(&context.tree.path(object.node)) == owner).count();
    let groups = context.group(offences);
    let findings = groups.iter().map(|group| finding(context, group, wanted, &map, &total));
    Judgement::looked(objects.len(), findings.collect())
}

fn finding(context: &Context<'_>, group: &Group<Shared>, wanted: Isa, map: &Map<'_>, total: &dyn Fn(&str) -> usize) -> Finding {
    let (owner, isa) = &group.what;
    let (k, first) = (group.paths.len(), group.first());
    let finding = if let Some(owner) = owner {
        let total = words::count(total(owner), "ELF object", "ELF objects");
        let is = if k == 1 { "is" } else { "are" };
        let fix = "build the stage that it comes from for the target: FROM --platform=$TARGETPLATFORM";
        let mut finding =
            group.finding(Level::Error, format!("{owner}: {k} of {total} {is} {isa}, want {wanted} (first: {first})"), fix);
        finding.predicts = group.paths.iter().find_map(|path| predicted(&map.role(path), path));
        finding
    } else {
        let bytes = words::bytes(context.bytes(&group.paths));
        let objects = words::count(k, "object", "objects");
        let message = format!("{objects} for {isa} that nothing loads here, {bytes} (first: {first})");
        group.finding(Level::Info, message, "leave them out if nothing needs them")
    };
    finding.contrast(isa.to_string(), wanted.to_string())
}

/// The last line that a user would see.
fn predicted(role: &Role, path: &LayerPath) -> Option<String> {
    // Interpreters look for their own tag, `.abi3.so` and `.so`; a file of another tag does not exist for them.
    let is_tagged = path.name().split(|byte| *byte == b'.').any(|part| part.starts_with(b"cpython-"));
    match role {
        Role::Extension(module) if is_tagged => Some(format!("ModuleNotFoundError: No module named '{module}'")),
        Role::Extension(_) => Some(format!("ImportError: {path}: cannot open shared object file: No such file or directory")),
        Role::System => Some(format!("exec {path}: exec format error")),
        Role::Other => None,
    }
}
