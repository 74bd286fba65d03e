//! `linkage/needed`

use std::collections::BTreeMap;

use super::super::{Context, Offence, declare_rule};
use super::lost::{Lost, is_libpython, lost};
use super::objects::Objects;
use super::words::{finding, idle, shared};
use crate::finding::{Judgement, Level};

declare_rule! {
    /// The libraries that machine code needs are where the loader looks
    ///
    /// # What it checks
    /// Every `DT_NEEDED` of the command, of the health check and of the extension modules that the interpreter of the command
    /// can import, and of the libraries that these load, is found as ld.so(8) looks, or as musl does: `DT_RPATH`,
    /// `LD_LIBRARY_PATH`, `DT_RUNPATH`, `/etc/ld.so.cache`, the loader's own directories. What lies among a package's own
    /// files counts as loaded by it. A module of a package that has others is a warning, unless the service declares the
    /// package; other objects are one remark.
    ///
    /// # Why
    /// A package is built where its libraries are, and copied without them; "manylinux" says that some are left to the
    /// system, and small images have no such system.
    ///
    /// # Symptom
    /// `ImportError: …: cannot open shared object file: No such file or directory`; of executables
    /// `…: error while loading shared libraries: …: cannot open shared object file: No such file or directory`.
    ///
    /// # Fix
    /// COPY the library from a builder of the same release of the system, or install a wheel that bundles it.
    ///
    /// # Options
    /// None.
    RULE = "linkage/needed", Starts, Error, since "0.1.0", needs Tree,
    unit "ELF object has the libraries that it needs" | "ELF objects have the libraries that they need", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let objects = match Objects::of(context) {
        Ok(objects) => objects,
        Err(judgement) => return judgement,
    };
    let mut all = lost(context, objects);
    all.retain(|lost| !is_libpython(lost.name));
    let offences = all.iter().map(|lost| {
        let layer = Some(context.tree.content_layer(lost.by.node));
        Offence { path: lost.by.path.clone(), layer, what: shared(lost) }
    });
    let groups = context.group(offences);
    let mut sharing: BTreeMap<_, Vec<&Lost<'_, '_>>> = BTreeMap::new();
    for lost in &all {
        sharing.entry(shared(lost)).or_default().push(lost);
    }
    let findings = groups.iter().map(|group| {
        let of_group = |lost: &&&Lost<'_, '_>| group.paths.binary_search(&lost.by.path).is_ok();
        let lost: Vec<&Lost<'_, '_>> = sharing.get(&group.what).into_iter().flatten().filter(of_group).copied().collect();
        if group.what.0 == Level::Info { idle(context, group) } else { finding(context, objects, group, &lost) }
    });
    let unknown = objects.unknown(|judged| judged.object.elf.unread());
    Judgement::looked(objects.reached().count(), findings.collect()).but(unknown)
}
