//! `layout/minimal`

use std::collections::BTreeSet;

use super::super::{Context, Offence, declare_rule, words};
use super::weight;
use crate::finding::{Judgement, Level};
use crate::vfs::LayerPath;

declare_rule! {
    /// Nothing but the service's own directories was copied
    ///
    /// # What it checks
    /// Where the service declares its directories, every directory in `roots` that holds a file is one of them, or holds or
    /// lies in one. Those of its markers and configuration files count as declared.
    ///
    /// # Why
    /// A COPY of the whole source tree brings what other services and builds need, and what was lying about.
    ///
    /// # Symptom
    /// None at run time: a larger image, and more of it to keep up to date.
    ///
    /// # Fix
    /// One COPY for each directory that the service needs.
    ///
    /// # Options
    /// - `roots`: the directories that hold those of the service.
    RULE = "layout/minimal", Conforms, Info, since "0.1.0", needs Tree,
    unit "directory is the service's own" | "directories are the service's own",
    options { "roots": Texts }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let tree = context.tree;
    let Some(service) = context.profile.service.as_ref().filter(|service| !service.app.is_empty()) else {
        return Judgement::skip("no directory of the service is declared");
    };
    let beside = service.markers.iter().chain(service.config.keys()).filter_map(|file| LayerPath::new(file).parent());
    let declared: Vec<LayerPath> = service.app.iter().map(LayerPath::new).chain(beside).collect();
    let own: BTreeSet<LayerPath> = declared.iter().flat_map(|path| tree.resolve(path)).map(|node| tree.path(node)).collect();
    let children = context.directories("roots").into_iter().flat_map(|root| tree.children(root));
    let found = children.filter(|(_, node)| tree.is_directory(*node) && weight(tree, *node).0 > 0);
    let (mut looked, mut offences) = (0, Vec::new());
    for (_, node) in found {
        looked += 1;
        let path = tree.path(node);
        if !own.iter().any(|own| own.is_within(&path) || path.is_within(own)) {
            offences.push(Offence { path, layer: Some(tree.layer(node)), what: () });
        }
    }
    let findings = context.group(offences).into_iter().map(|group| {
        let sizes = group.paths.iter().filter_map(|path| tree.get(path)).map(|node| weight(tree, node).1);
        let bytes = sizes.fold(0, u64::saturating_add);
        let names: Vec<String> = group.paths.iter().map(ToString::to_string).collect();
        let are = words::count(group.count(), "directory is none", "directories are none");
        let message = format!("{are} of the service's, {}: {}", words::bytes(bytes), words::list(&names, 5));
        group.finding(Level::Info, message, "COPY the directories that the service needs, one by one")
    });
    Judgement::looked(looked, findings.collect())
}
