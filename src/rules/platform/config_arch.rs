//! `platform/config-arch`

use super::super::{Context, declare_rule};
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// The image is for the platform that it should be for
    ///
    /// # What it checks
    /// Operating system, architecture and variant of the configuration are `platform` of `[expect]`; `arm64` and
    /// `arm64/v8` are the same.
    ///
    /// # Why
    /// A runtime picks an image by what it says of itself, and starts it even where that is wrong.
    ///
    /// # Symptom
    /// `no matching manifest for linux/arm64 in the manifest list entries`; or a warning that the platforms do not match.
    ///
    /// # Fix
    /// `docker buildx build --platform linux/arm64`.
    ///
    /// # Options
    /// None beside `platform` of `[expect]`.
    RULE = "platform/config-arch", Starts, Error, since "0.1.0", needs Config,
    unit "platform is the one asked for" | "platforms are those asked for", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let Some(wanted) = &context.expect().platform else {
        return Judgement::skip("the profile names no platform");
    };
    let claimed = context.facts.config.platform();
    if claimed.serves(wanted) {
        return Judgement::looked(1, vec![]);
    }
    let names_any = !claimed.os.is_empty() && !claimed.architecture.is_empty();
    let found = if names_any { claimed.to_string() } else { "for no platform".into() };
    let fix = format!("docker buildx build --platform {wanted}");
    let finding = Finding::new(Level::Error, format!("image is {found}, want {wanted}"), fix);
    Judgement::looked(1, vec![finding.contrast(found, wanted.to_string())])
}
