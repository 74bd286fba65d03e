//! `hygiene/special`

use super::super::{Context, declare_rule, words};
use crate::finding::{Judgement, Level};
use crate::vfs::{Kind, LayerPath};

declare_rule! {
    /// There are no devices and no pipes
    ///
    /// # What it checks
    /// No entry is a device node or a named pipe. Below `/dev` they are no more than a remark: a container has a `/dev` of
    /// its own.
    ///
    /// # Why
    /// Who unpacks an image without being root cannot make devices, and runtimes that try refuse the image. A device that
    /// comes to be is a way past every file's mode.
    ///
    /// # Symptom
    /// `operation not permitted`, when the image is pulled by a rootless engine.
    ///
    /// # Fix
    /// Leave `/dev` out of the tar that the base was made from, and make pipes at run time.
    ///
    /// # Options
    /// None.
    RULE = "hygiene/special", Safe, Warn, since "0.1.0", needs Tree,
    unit "entry, not a device or a pipe" | "entries, no device and no pipe among them", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let (tree, devices) = (context.tree, LayerPath::new("/dev"));
    let mut looked = 0;
    let offenders = tree.iter().skip(1).filter_map(|node| {
        looked += 1;
        let kind = match tree.kind(node) {
            Kind::Device { block: true, .. } => "block device",
            Kind::Device { block: false, .. } => "character device",
            Kind::Fifo => "named pipe",
            _ => return None,
        };
        let level = if tree.path(node).is_within(&devices) { Level::Info } else { Level::Warn };
        Some((node, (level, kind)))
    });
    let groups = context.crowd(offenders);
    let findings = groups.iter().map(|(group, _)| {
        let (level, kind) = group.what;
        let what = words::count(group.count(), kind, &format!("{kind}s"));
        let fix = "leave it out of what is copied or unpacked; runtimes make the devices that a container needs";
        group.finding(level, format!("{what} (first: {})", group.first()), fix)
    });
    Judgement::looked(looked, findings.collect())
}
