//! `integrity/layer-count`

use super::super::{Context, declare_rule};
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// The history speaks of as many layers as there are
    ///
    /// # What it checks
    /// As many lines of the configuration's history made a layer as the image has layers. That the configuration lists as many
    /// `diff_ids` is held while it is read: a run that finds another number ends there.
    ///
    /// # Why
    /// Only then it can be told which instruction made which layer: what is found in this image names no instruction.
    ///
    /// # Symptom
    /// `docker history` shows lines without a size, or sizes beside the wrong lines.
    ///
    /// # Fix
    /// Build without `--squash`, and with a builder that writes the history of what it makes.
    ///
    /// # Options
    /// None.
    RULE = "integrity/layer-count", Whole, Warn, since "0.1.0", needs Config,
    unit "layer has its line of history" | "layers have their lines of history", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let (history, layers) = (&context.facts.config.history, context.facts.layers.len());
    if history.is_empty() {
        return Judgement::skip("the image has no history");
    }
    let made = history.iter().filter(|line| !line.empty_layer).count();
    let finding = (made != layers).then(|| {
        let message = format!("the history speaks of {made} layers, the image has {layers}: none can be told its instruction");
        let fix = "build without --squash, with a builder that writes the history of what it makes";
        Finding::new(Level::Warn, message, fix).contrast(made.to_string(), layers.to_string())
    });
    Judgement::looked(layers.max(1), finding.into_iter().collect())
}
