//! `ownership/setid`

use super::super::{Context, declare_rule, words};
use crate::finding::{Judgement, Level};
use crate::text::lossless;
use crate::vfs::{LayerIndex, Stat};

declare_rule! {
    /// No program runs as another than its caller
    ///
    /// # What it checks
    /// No file has a setuid or a setgid bit, or file capabilities. The programs that distributions have so (`su`, `passwd`,
    /// `mount`, …) are no finding in the layer that brought the base, and a remark in another.
    ///
    /// # Why
    /// Such a program is a way from the service's user to root. A service needs none.
    ///
    /// # Symptom
    /// None, until somebody uses it.
    ///
    /// # Fix
    /// `chmod u-s,g-s` in the RUN that installs it, or do not install it; run containers with `no-new-privileges`.
    ///
    /// # Options
    /// None.
    RULE = "ownership/setid", Safe, Warn, since "0.1.0", needs Tree,
    unit "file runs as its caller" | "files run as their caller", check check
}

/// What the base packages of Debian, Ubuntu, Alpine, Fedora and openSUSE have so.
#[rustfmt::skip]
const KNOWN: [&str; 27] = [
    "bbsuid", "bsd-write", "chage", "chfn", "chsh", "crontab", "dbus-daemon-launch-helper", "expiry", "fusermount3", "gpasswd",
    "grub2-set-bootflag", "mount", "newgidmap", "newgrp", "newuidmap", "pam_extrausers_chk", "pam_timestamp_check", "passwd",
    "pkexec", "polkit-agent-helper-1", "ssh-agent", "ssh-keysign", "su", "umount", "unix_chkpwd", "wall", "write",
];

fn check(context: &Context<'_>) -> Judgement {
    let (tree, verified) = (context.tree, &context.facts.verified);
    let base = context.facts.base.file.map(|file| tree.layer(file));
    let mut looked = 0;
    let offenders = tree.iter().filter(|node| tree.trace(*node).is_some()).filter_map(|node| {
        looked += 1;
        let what = privilege(&tree.stat(node), || verified.capabilities(tree.content_layer(node), &tree.path(node)))?;
        Some((node, (level(&lossless(tree.name(node)), tree.layer(node), base)?, what)))
    });
    let groups = context.crowd(offenders);
    let findings = groups.iter().map(|(group, _)| {
        let (level, what) = &group.what;
        let files = words::count(group.count(), "file", "files");
        let message = format!("{files} {what} (first: {})", group.first());
        group.finding(
            *level,
            message,
            "chmod u-s,g-s in the RUN that brings it, or leave it out; name it in an [[ignore]] if it is meant",
        )
    });
    Judgement::looked(looked, findings.collect())
}

fn privilege<'a>(stat: &Stat, capabilities: impl FnOnce() -> &'a str) -> Option<String> {
    match stat.mode {
        mode if mode & 0o4000 != 0 => Some(format!("setuid {}", stat.uid)),
        // Without the right to execute, the bit asks for mandatory locks (chmod(2)).
        mode if mode & 0o2010 == 0o2010 => Some(format!("setgid {}", stat.gid)),
        _ => stat.capable.then(|| format!("with file capabilities {}", capabilities()).trim_end().into()),
    }
}

fn level(name: &str, layer: LayerIndex, base: Option<LayerIndex>) -> Option<Level> {
    match KNOWN.contains(&name) {
        true if base == Some(layer) => None,
        true => Some(Level::Info),
        false => Some(Level::Warn),
    }
}
