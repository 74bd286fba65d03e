//! `hygiene/name-encoding`

use super::super::{Context, declare_rule, words};
use crate::finding::{Judgement, Level};
use crate::text::holds_acting;

declare_rule! {
    /// Names are text that can be shown and unpacked
    ///
    /// # What it checks
    /// Every name is UTF-8, holds no control character and no mark that turns the direction of writing, and has 255 bytes at
    /// most.
    ///
    /// # Why
    /// Tools differ in what they make of other names: PAX headers have none but UTF-8, Python cannot print them, a
    /// terminal acts on them. Linux makes no file of a longer name.
    ///
    /// # Symptom
    /// `File name too long` when the image is unpacked; a `UnicodeEncodeError` where a service lists a directory.
    ///
    /// # Fix
    /// Rename the file. Archives that were packed on Windows: `unzip -O CP437`.
    ///
    /// # Options
    /// None.
    RULE = "hygiene/name-encoding", Whole, Warn, since "0.1.0", needs Tree,
    unit "name can be shown" | "names can be shown", check check
}

/// Bytes of the longest name that Linux's file systems hold (limits.h, `NAME_MAX`).
const LONGEST: usize = 255;

fn check(context: &Context<'_>) -> Judgement {
    let tree = context.tree;
    let mut looked = 0;
    let offenders = tree.iter().skip(1).filter_map(|node| {
        looked += 1;
        Some((node, fault(tree.name(node))?))
    });
    let groups = context.crowd(offenders);
    let findings = groups.iter().map(|(group, _)| {
        let names = words::count(group.count(), "name", "names");
        group.finding(Level::Warn, format!("{names} {} (first: {})", group.what, group.first()), "rename it, or leave it out")
    });
    Judgement::looked(looked, findings.collect())
}

fn fault(name: &[u8]) -> Option<&'static str> {
    match std::str::from_utf8(name) {
        _ if name.len() > LONGEST => Some("of more than 255 bytes, which Linux makes no file of"),
        Err(_) => Some("that is not UTF-8"),
        Ok(text) if holds_acting(text) => Some("with characters that a terminal acts on"),
        Ok(_) => None,
    }
}
