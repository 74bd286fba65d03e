//! `config/path-dirs`

use std::collections::BTreeSet;

use super::super::{Context, declare_rule};
use super::path::{unnamed, wrong};
use crate::finding::Judgement;

declare_rule! {
    /// PATH names directories that are there and can be entered
    ///
    /// # What it checks
    /// Every entry of PATH is the absolute path of a directory that the user may enter; those of every system's default may be
    /// missing. The commands of the packages in the site directory of `[expect]` lie in directories of PATH.
    ///
    /// # Why
    /// What lies below root's home is behind a door that only root can open. An empty or relative entry is another directory
    /// wherever the process starts.
    ///
    /// # Symptom
    /// `exec: "…": executable file not found in $PATH`, where something calls what lies there.
    ///
    /// # Fix
    /// Copy commands to `/usr/local/bin`, and name that in PATH.
    ///
    /// # Options
    /// None.
    RULE = "config/path-dirs", Starts, Warn, since "0.1.0", needs Tree,
    unit "entry of PATH is right" | "entries of PATH are right", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let Some(value) = context.facts.config.env("PATH").filter(|value| !value.is_empty()) else {
        return Judgement::skip("PATH is not set: runtimes have a default");
    };
    let mut seen = BTreeSet::new();
    let entries: Vec<&str> = value.split(':').filter(|entry| seen.insert(*entry)).take(MAX_ENTRIES).collect();
    let wrong = entries.iter().filter_map(|entry| wrong(context, entry));
    Judgement::looked(entries.len(), wrong.chain(unnamed(context)).collect())
}

/// Entries that are looked at; real images have fewer than twenty.
const MAX_ENTRIES: usize = 256;
