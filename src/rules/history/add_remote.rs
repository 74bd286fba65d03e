//! `history/add-remote`

use super::super::{Context, declare_rule, words};
use crate::facts::history::Step;
use crate::finding::{Finding, Judgement, Level, Place};

declare_rule! {
    /// No ADD fetches from the network without a checksum
    ///
    /// # What it checks
    /// No source of an ADD is a URL or a Git repository, unless `--checksum` says what must come.
    ///
    /// # Why
    /// What the address answers can change from build to build, and nothing in the image says what it was.
    ///
    /// # Symptom
    /// None; two builds of one commit that differ.
    ///
    /// # Fix
    /// `ADD --checksum=sha256:…`, or fetch it in the builder stage and hold it against its checksum there.
    ///
    /// # Options
    /// None.
    RULE = "history/add-remote", Safe, Info, since "0.1.0", needs Config,
    unit "ADD fetches nothing unchecked" | "ADDs fetch nothing unchecked", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let adds: Vec<&Step> = context.facts.history.steps.iter().filter(|step| step.keyword == "ADD").collect();
    let remote = adds.iter().filter(|step| step.flag("checksum").is_none() && step.text.split_whitespace().any(is_remote));
    let findings = remote.map(|step| {
        let message = format!("{} fetches what nothing was held against", words::excerpt(&step.said));
        let place = Place { path: step.destination().map(|to| to.to_string()), layer: step.layer };
        Finding::new(Level::Info, message, "ADD --checksum=sha256:…, or fetch and check it in the builder stage").at(place)
    });
    Judgement::looked(adds.len(), findings.collect())
}

fn is_remote(word: &str) -> bool {
    ["http://", "https://", "ftp://", "git://", "git@", "ssh://"].iter().any(|scheme| word.starts_with(scheme))
}
