//! `linkage/usr-local-lib`

use super::super::{Context, Offence, declare_rule};
use super::lost::lost;
use super::objects::Objects;
use crate::finding::{Judgement, Level};
use crate::text::escape;
use crate::vfs::LayerPath;

declare_rule! {
    /// Libraries that are needed are not where no loader looks
    ///
    /// # What it checks
    /// No library that something loaded needs lies in `/usr/local/lib`, `/usr/local/lib64` or a `lib` of `/opt` alone, while
    /// the loader does not look there: no cache names it, and neither `LD_LIBRARY_PATH` nor the object does.
    ///
    /// # Why
    /// glibc's loader finds `/usr/local/lib` by `/etc/ld.so.cache` alone, which ldconfig writes. An image without that
    /// program has no cache, or that of its base.
    ///
    /// # Symptom
    /// `…: cannot open shared object file: No such file or directory`, of a library that is there.
    ///
    /// # Fix
    /// COPY it into the system's directory of libraries, or set `LD_LIBRARY_PATH`.
    ///
    /// # Options
    /// None.
    RULE = "linkage/usr-local-lib", Starts, Warn, since "0.1.0", needs Tree,
    unit "needed library is where the loader looks" | "needed libraries are where the loader looks", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let objects = match Objects::of(context) {
        Ok(objects) => objects,
        Err(judgement) => return judgement,
    };
    let lost = lost(context, objects);
    let local = lost.iter().filter_map(|lost| Some((lost, lost.elsewhere.as_ref().filter(|path| is_local(path))?)));
    let offences = local.map(|(lost, path)| {
        let layer = context.tree.get(path).map(|node| context.tree.content_layer(node));
        Offence { path: path.clone(), layer, what: escape(lost.name) }
    });
    let groups = context.group(offences);
    let findings = groups.iter().map(|group| {
        let has_cache = context.facts.linkage.cache.is_some();
        let why = if has_cache { "/etc/ld.so.cache does not name it" } else { "there is no /etc/ld.so.cache" };
        let message = format!("{} is never looked at: {why}", group.first());
        let directory = context.facts.linkage.defaults.first().map(|node| context.tree.path(*node));
        let to = directory.map(|directory| format!("COPY it to {directory}, or ")).unwrap_or_default();
        let above = group.paths.first().and_then(LayerPath::parent).unwrap_or_default();
        let mut finding = group.finding(Level::Warn, message, format!("{to}ENV LD_LIBRARY_PATH={above}"));
        finding.count = 1;
        finding.examples.truncate(1);
        finding.found = Some(group.what.clone());
        finding
    });
    let needs = objects.reached().map(|judged| judged.links.needs.len()).sum();
    Judgement::looked(needs, findings.collect())
}

fn is_local(path: &LayerPath) -> bool {
    let is_library = || path.parent().is_some_and(|directory| directory.name().starts_with(b"lib"));
    ["/usr/local/lib", "/usr/local/lib64"].iter().any(|directory| path.parent() == Some((*directory).into()))
        || path.is_within(&"/opt".into()) && is_library()
}
