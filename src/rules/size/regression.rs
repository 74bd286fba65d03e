//! `size/regression`

use super::super::{Context, declare_rule};
use super::grown;
use crate::finding::{Judgement, Level};
use crate::size::growth::Broken;
use crate::size::{Scope, Threshold};

declare_rule! {
    /// The image has not grown by more than it may
    ///
    /// # What it checks
    /// What `--baseline` names (another image, a JSON report, or what `--save-baseline` wrote) is compared with the image: nothing
    /// that `max-growth` of `[size]`, or `--max-growth`, bounds grew by more than that: the files of all layers and their blobs,
    /// each; a layer; a directory; a package. All bounds on one of them must be passed, or with `any = true` one. Where nobody
    /// sets a bound, more than 5 % and 10 MB is a warning. What the baseline does not say is not judged, nor is growth of blobs
    /// where the layers of one side are packed otherwise than those of the other, as in an archive of `docker save`.
    ///
    /// # Why
    /// No pull request makes an image slow to pull; thirty of them do. The one that adds the bytes knows what they are for.
    ///
    /// # Symptom
    /// None at run time: pulls take longer from release to release.
    ///
    /// # Fix
    /// The finding names the packages and directories that grew most, and the layer: pin the release before, narrow the COPY; or,
    /// if the bytes are meant, take a new baseline.
    ///
    /// # Options
    /// None beside `max-growth` and `any` of `[size]`; without `--baseline` the rule does not apply.
    RULE = "size/regression", Lean, Error, since "0.1.0", needs Tree,
    unit "bound of growth held" | "bounds of growth held", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let growth = match context.growth {
        Ok(growth) => growth,
        Err(judgement) => return judgement.clone(),
    };
    let is_set = !growth.thresholds.is_empty();
    let usual = Threshold::usual();
    let bounds = if is_set { growth.thresholds } else { &usual };
    let mut outcome = growth.judge(bounds);
    let is_packed = |broken: &Broken| broken.scope == Scope::Compressed;
    let is_bound = bounds.iter().any(|bound| bound.scope.as_ref().is_none_or(|scope| *scope == Scope::Compressed));
    let is_broken = outcome.broken.iter().any(is_packed);
    if let Some(why) = grown::incomparable(context, growth.delta, is_broken).filter(|_| is_bound) {
        outcome.broken.retain(|broken| !is_packed(broken));
        outcome.examined = outcome.examined.saturating_sub(1);
        outcome.unknown.extend(is_set.then(|| why.to_owned()));
    }
    let level = if is_set { Level::Error } else { Level::Warn };
    let findings = outcome.broken.iter().map(|broken| grown::finding(context, &growth, broken, level)).collect();
    Judgement::looked(outcome.examined, findings).but((!outcome.unknown.is_empty()).then(|| outcome.unknown.join("; ")))
}
