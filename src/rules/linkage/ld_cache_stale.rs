//! `linkage/ld-cache-stale`

use std::collections::BTreeSet;

use super::super::{Context, Offence, declare_rule, words};
use super::objects::Objects;
use crate::finding::{Judgement, Level};
use crate::vfs::LayerPath;

declare_rule! {
    /// The loader's cache knows the libraries that came after it
    ///
    /// # What it checks
    /// Where the image has `/etc/ld.so.cache`: it names every shared library (`*.so.N` with a name of its own) that a later
    /// layer put into a directory which the loader looks in, or of which the cache names others.
    ///
    /// # Why
    /// The cache is written by ldconfig, which an image without a shell does not run.
    ///
    /// # Symptom
    /// `ctypes.util.find_library` finds nothing; what lies outside of the loader's own directories is not found at all.
    ///
    /// # Fix
    /// Run ldconfig in the builder and COPY the cache with the libraries.
    ///
    /// # Options
    /// None.
    RULE = "linkage/ld-cache-stale", Starts, Info, since "0.1.0", needs Tree,
    unit "library is in the cache, or older than it" | "libraries are in the cache, or older than it", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let objects = match Objects::of_glibc(context) {
        Ok(objects) => objects,
        Err(judgement) => return judgement,
    };
    let (Some(cache), Ok(file)) = (&objects.linkage.cache, context.tree.resolve(&"/etc/ld.so.cache".into())) else {
        return Judgement::skip("the image has no /etc/ld.so.cache");
    };
    let directories: BTreeSet<_> = objects.linkage.directories.iter().copied().collect();
    // The loader itself is no library of a program.
    let is_library = |path: &LayerPath| path.name().starts_with(b"lib") && path.name().windows(4).any(|part| part == b".so.");
    let libraries: Vec<_> = objects
        .all
        .iter()
        .filter(|judged| directories.contains(&context.tree.parent(judged.node)) && is_library(&judged.path))
        .filter_map(|judged| Some((judged, judged.object.elf.soname()?)))
        .collect();
    let new = libraries.iter().filter(|(judged, name)| {
        cache.of(name).is_empty() && context.tree.content_layer(judged.node) > context.tree.content_layer(file)
    });
    let offences = new.map(|(judged, _)| {
        let layer = Some(context.tree.content_layer(judged.node));
        Offence { path: judged.path.clone(), layer, what: () }
    });
    let groups = context.group(offences);
    let findings = groups.iter().map(|group| {
        let libraries = words::count(group.count(), "library is", "libraries are");
        let message = format!(
            "{libraries} not in /etc/ld.so.cache, which is older: ctypes.util.find_library finds none (first: {})",
            group.first()
        );
        group.finding(Level::Info, message, "run ldconfig in the builder and COPY /etc/ld.so.cache with the libraries")
    });
    Judgement::looked(libraries.len(), findings.collect())
}
