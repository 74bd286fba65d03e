//! `platform/index`

use super::super::last_line::{self, Errno};
use super::super::{Context, declare_rule};
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// Index and configuration name the same platform
    ///
    /// # What it checks
    /// Operating system, architecture and variant of the index entry that led to the image are those of its configuration; a
    /// variant that one of them leaves out is no contradiction. An image without an index has nothing to compare.
    ///
    /// # Why
    /// A runtime chooses from the index by the one, and believes the other.
    ///
    /// # Symptom
    /// `exec …: exec format error` where the index is believed; where it does not name the machine,
    /// `no matching manifest for … in the manifest list entries`.
    ///
    /// # Fix
    /// Push what `docker buildx build --platform` builds, and write no index by hand.
    ///
    /// # Options
    /// None.
    RULE = "platform/index", Starts, Error, since "0.1.0", needs Config,
    unit "index entry names the platform of the configuration" | "index entries name the platform of the configuration", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let Some(listed) = &context.facts.index_platform else {
        return Judgement::skip("no index names a platform of the image");
    };
    let mut claimed = context.facts.config.platform();
    let is_open = |variant: &Option<String>| variant.as_deref().unwrap_or_default().is_empty();
    if is_open(&listed.variant) || is_open(&claimed.variant) {
        claimed.variant.clone_from(&listed.variant);
    }
    if claimed.serves(listed) {
        return Judgement::looked(1, vec![]);
    }
    let claimed = context.facts.config.platform().to_string();
    let fix = format!("docker buildx build --platform {listed} --push");
    let wanted = context.platform();
    let predicted = if listed.serves(&wanted) {
        context.refused(Errno::NoExec)
    } else {
        format!("no matching manifest for {} in the manifest list entries", last_line::host(&wanted))
    };
    let finding =
        Finding::new(Level::Error, format!("index says {listed}, configuration says {claimed}"), fix).predicts(predicted);
    Judgement::looked(1, vec![finding.contrast(claimed, listed.to_string())])
}
