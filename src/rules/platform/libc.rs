//! `platform/libc`

use super::super::{Context, Offence, declare_rule, words};
use super::objects::{Map, Role};
use crate::facts::elf::{Isa, Libc};
use crate::finding::{Judgement, Level};
use crate::text::escape;

declare_rule! {
    /// Machine code is linked with the C library that the image has
    ///
    /// # What it checks
    /// No object that is started or loaded needs the library or the loader of another C library than Python's, or the command's,
    /// and which the image does not have: `libc.musl-*` and `ld-musl-*` where that is glibc, `ld-linux*` where it is musl.
    ///
    /// # Why
    /// What a builder on Alpine compiles or downloads is for musl, which a Debian does not have; and the reverse.
    ///
    /// # Symptom
    /// `ImportError: …: cannot open shared object file: No such file or directory`; `ModuleNotFoundError: No module named '…'`;
    /// `…: error while loading shared libraries: …: cannot open shared object file: No such file or directory`.
    ///
    /// # Fix
    /// Take a builder stage with the C library of the last one.
    ///
    /// # Options
    /// None.
    RULE = "platform/libc", Starts, Error, since "0.1.0", needs Tree,
    unit "object is for the C library" | "objects are for the C library", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let architecture = context.platform().architecture;
    let Some((libc, isa)) = context.libc().zip(Isa::of_architecture(&architecture)) else {
        return Judgement::skip("no program of the image names the loader of one C library");
    };
    let map = Map::of(context, &architecture);
    let names = context.tree.iter().map(|node| context.tree.name(node));
    let there: std::collections::BTreeSet<&[u8]> = names.filter(|name| is_foreign(name, libc)).collect();
    let here = context.facts.objects.iter().filter(|object| Isa::of(&object.elf) == isa);
    let mut loaded: Vec<_> = here.map(|object| (object, context.tree.path(object.node))).collect();
    loaded.retain(|(object, path)| map.role(object.node, path) != Role::Other);
    let offences = loaded.iter().filter_map(|(object, path)| {
        let needed = object.elf.needed().iter().find(|name| is_foreign(name, libc) && !there.contains(&name[..]))?;
        let what = (map.owner(path), escape(needed));
        Some(Offence { path: path.clone(), layer: Some(context.tree.content_layer(object.node)), what })
    });
    let (has, fix) = match libc {
        Libc::Glibc => ("glibc", "use a builder with glibc: Debian's, not Alpine's"),
        Libc::Musl => ("musl", "use a builder with musl: Alpine's, not Debian's"),
    };
    let groups = context.group(offences);
    let findings = groups.iter().map(|group| {
        let (owner, needed) = &group.what;
        let objects = words::count(group.count(), "object needs", "objects need");
        let message = format!("{owner}: {objects} {needed}, and the image has {has} (first: {})", group.first());
        let mut finding = group.finding(Level::Error, message, fix).of(map.distribution(owner)).contrast(needed, has);
        let roles = group.paths.iter().filter_map(|path| Some((map.role(context.tree.get(path)?, path), path.to_string())));
        let shown = roles.min_by_key(|(role, _)| !matches!(role, Role::Extension(_)));
        finding.predicts = shown.map(|(role, path)| predicted(&role, &path, needed));
        finding
    });
    Judgement::looked(loaded.len(), findings.collect())
}

/// Whether a name is that of the other C library. musl's loader answers to `libc.so.6` itself (ldso/dynlink.c, `load_library`).
fn is_foreign(name: &[u8], libc: Libc) -> bool {
    let is_musl = name.starts_with(b"libc.musl-") || Libc::of_loader(name) == Some(Libc::Musl);
    if libc == Libc::Glibc { is_musl } else { Libc::of_loader(name) == Some(Libc::Glibc) }
}

/// The last line that a user would see. Interpreters look for modules with the tag of their own C library, or without one.
fn predicted(role: &Role, path: &str, needed: &str) -> String {
    let gone = "cannot open shared object file: No such file or directory";
    match role {
        Role::Extension(name) if path.contains("-linux-") => format!("ModuleNotFoundError: No module named '{name}'"),
        Role::Extension(_) => format!("ImportError: {needed}: {gone}"),
        _ => format!("{path}: error while loading shared libraries: {needed}: {gone}"),
    }
}
