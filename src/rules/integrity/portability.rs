//! `integrity/portability`

use super::super::{Context, Offence, declare_rule, words};
use crate::facts::OddityKind;
use crate::finding::{Judgement, Level};
use crate::text::escape;
use crate::vfs::{Divergence, LayerPath};

declare_rule! {
    /// Every runtime lays the same tree
    ///
    /// # What it checks
    /// No layer writes or removes something through a symbolic link of a lower layer, none brings back a directory that it
    /// removes itself, and no tar entry is one that readers take for different things. The tree that the other rules look
    /// at is the one of the image specification.
    ///
    /// # Why
    /// Runtimes that unpack each layer by itself and mount them over each other (overlayfs, as Docker's and Podman's own stores
    /// do) put a directory in the place of the link, which hides everything behind it, and show again what was removed.
    ///
    /// # Symptom
    /// The image works where containerd unpacked it, and files are missing, or back, where Podman did.
    ///
    /// # Fix
    /// Name directories by their real paths where layers are made by hand; `docker buildx build` does so by itself.
    ///
    /// # Options
    /// None.
    RULE = "integrity/portability", Whole, Warn, since "0.1.0", needs Tree,
    unit "layer that every runtime lays alike" | "layers that every runtime lays alike", check check
}

/// Why runtimes differ.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    Mounted(Divergence),
    Read(String),
}

fn check(context: &Context<'_>) -> Judgement {
    let mounted = context.tree.trail().divergences().map(|(layer, path, divergence)| Offence {
        path: path.clone(),
        layer: Some(layer),
        what: Why::Mounted(divergence.clone()),
    });
    let odd = context.facts.verified.oddities.iter().filter(|(_, odd)| odd.kind == OddityKind::Entry);
    let read = odd.filter_map(|(layer, odd)| {
        Some(Offence { path: odd.path.clone()?, layer: Some(*layer), what: Why::Read(odd.what.clone()) })
    });
    let groups = context.group(mounted.chain(read));
    let findings = groups.iter().map(|group| {
        let (k, first) = (group.count(), group.first());
        let message = match &group.what {
            Why::Mounted(Divergence::ThroughLink(link)) => {
                let (target, named) = (target(context, link), words::count(k, "directory is", "directories are"));
                format!("{named} written through the link {link}{target} of a lower layer (first: {first})")
            }
            Why::Mounted(Divergence::BroughtBack) => {
                let named = words::count(k, "directory is", "directories are");
                format!("{named} removed and made again by one layer, without an opaque mark (first: {first})")
            }
            Why::Read(what) => format!("{}: {} (first: {first})", words::count(k, "entry", "entries"), escape(what.as_bytes())),
        };
        group.finding(Level::Warn, message, "name directories by their real paths, or build with docker buildx build")
    });
    Judgement::looked(context.facts.layers.len(), findings.collect())
}

/// Where a link that is still there leads.
fn target(context: &Context<'_>, link: &LayerPath) -> String {
    context.tree.resolve(link).map(|node| format!(" (to {})", context.tree.path(node))).unwrap_or_default()
}
