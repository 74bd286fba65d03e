//! `integrity/portability`

use super::super::{Context, Offence, declare_rule, runtimes, words};
use crate::facts::OddityKind;
use crate::finding::{Finding, Judgement, Level, Place};
use crate::text::escape;
use crate::vfs::Divergence;

declare_rule! {
    /// Every runtime lays the same tree
    ///
    /// # What it checks
    /// The tree that the other rules look at is the one of the image specification. Where a layer writes through a symbolic
    /// link of a lower one, writes what it removes, links to a file of a lower layer, or does anything else that overlayfs may
    /// take otherwise, the tree that layers show which are unpacked one by one and mounted over one another is worked out, too:
    /// it is the same. And no tar entry is one that readers take for different things, or that some refuse: names that climb above
    /// the root or have parts of over 255 bytes, devices 0:0, owners and device numbers too large, global and repeated extended
    /// headers, attributes of overlayfs itself.
    ///
    /// # Why
    /// containerd, Docker and Podman unpack each layer by itself and mount them over one another (overlayfs); builders and tools
    /// such as umoci unpack them into one directory. What an image holds must not depend on that. A rule that would judge
    /// otherwise of the mounted tree is unknown.
    ///
    /// # Symptom
    /// Files are missing, or back, depending on where the image runs; or a runtime cannot unpack it at all, which is an error.
    ///
    /// # Fix
    /// Name directories by their real paths where layers are made by hand; `docker buildx build` does so by itself.
    ///
    /// # Options
    /// None.
    RULE = "integrity/portability", Whole, Error, since "0.1.0", needs Tree,
    unit "layer that every runtime lays alike" | "layers that every runtime lays alike", check check
}

/// Why runtimes differ.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    Mounted(Divergence),
    Read(String),
}

fn check(context: &Context<'_>) -> Judgement {
    let mounted = context.facts.mounted.as_deref();
    let refused = mounted.and_then(|mounted| mounted.as_ref().err()).map(|refusal| {
        let message = format!("runtimes that mount layers cannot unpack this one: {}: {}", refusal.path, refusal.why);
        let fix =
            "let a layer hold what its hard links lead to, and nothing that it hides; docker buildx build makes such layers";
        Finding::new(Level::Error, message, fix).at(Place::path(&refusal.path, refusal.layer))
    });
    let mounted = mounted.and_then(|mounted| mounted.as_ref().ok());
    let differences = || mounted.into_iter().flat_map(|mounted| &mounted.differences);
    let shown = differences().map(|difference| Offence {
        path: difference.path.clone(),
        layer: Some(difference.layer),
        what: Why::Mounted(difference.cause.clone()),
    });
    let odd = context.facts.verified.oddities.iter().filter(|(_, odd)| odd.kind == OddityKind::Entry);
    let read = odd.filter_map(|(layer, odd)| {
        Some(Offence { path: odd.path.clone()?, layer: Some(*layer), what: Why::Read(odd.what.clone()) })
    });
    let groups = context.group(shown.chain(read));
    let findings = groups.iter().map(|group| {
        let (k, first) = (group.count(), group.first());
        let message = match &group.what {
            Why::Mounted(cause) => {
                let of_first = differences().find(|difference| Some(&difference.path) == group.paths.first());
                let told = of_first.zip(mounted).map(|(first, mounted)| runtimes::told(context.tree, mounted, first));
                let (named, does) = (words::count(k, "path is", "paths are"), runtimes::does(context.tree, cause));
                format!("{named} not the same where layers are mounted: {does} (first: {first}: {})", told.unwrap_or_default())
            }
            Why::Read(what) => format!("{}: {} (first: {first})", words::count(k, "entry", "entries"), escape(what.as_bytes())),
        };
        group.finding(Level::Warn, message, "name directories by their real paths, or build with docker buildx build")
    });
    Judgement::looked(context.facts.layers.len(), refused.into_iter().chain(findings).collect())
}
