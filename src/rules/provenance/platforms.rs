//! `provenance/platforms`

use std::collections::BTreeSet;

use super::super::{Context, declare_rule, words};
use crate::finding::{Finding, Judgement, Level};
use crate::text::escape;

declare_rule! {
    /// Each stage says for which platform its image is taken
    ///
    /// # What it checks
    /// Each FROM of the Dockerfile that names an image has `--platform`; which one is not asked. The images of the attestation
    /// were taken for the image's own platform. One of another platform is a warning where packages with machine code are in the
    /// image, else a remark.
    ///
    /// # Why
    /// Without the option the platform is that of whoever builds, unless the builder is told: what was compiled there is then for
    /// the wrong machine. Whether it is, platform/elf-arch sees in the code itself.
    ///
    /// # Symptom
    /// `exec format error`, or an `ImportError` of each module with machine code.
    ///
    /// # Fix
    /// `FROM --platform=$TARGETPLATFORM`, in every stage whose files are copied.
    ///
    /// # Options
    /// None.
    RULE = "provenance/platforms", Conforms, Warn, since "0.1.0", needs Tree,
    unit "image of the build looked at" | "images of the build looked at", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let dockerfile = context.facts.build.dockerfile.as_ref();
    let stages = dockerfile.map(|dockerfile| dockerfile.stages.iter().filter(|stage| stage.is_of_image()).collect::<Vec<_>>());
    let images = context.provenance().map(|provenance| provenance.images.as_slice()).unwrap_or_default();
    let stages = stages.unwrap_or_default();
    if stages.is_empty() && images.is_empty() {
        return context.untold("for which platform its images were taken");
    }
    let name = dockerfile.map(|dockerfile| dockerfile.name.as_str()).unwrap_or_default();
    let bare: Vec<String> = stages
        .iter()
        .filter(|stage| stage.platform.is_none())
        .map(|stage| words::excerpt(&format!("FROM {} ({name}:{})", stage.reference(), stage.line)))
        .collect();
    let flags = (!bare.is_empty()).then(|| {
        let has = if bare.len() == 1 { "has" } else { "have" };
        let message = format!("{} {has} no --platform", words::list(&bare, 3));
        let mut finding = Finding::new(Level::Warn, message, "FROM --platform=$TARGETPLATFORM");
        (finding.count, finding.examples) = (bare.len() as u64, bare.clone());
        finding
    });
    let own = context.facts.config.platform();
    let native = native(context);
    let foreign = images.iter().filter_map(|image| {
        let platform = image.platform.as_ref().filter(|platform| !platform.serves(&own) && !own.serves(platform))?;
        let brought = if native.is_empty() { String::new() } else { format!("; with machine code: {}", words::list(&native, 4)) };
        let level = if native.is_empty() { Level::Info } else { Level::Warn };
        let message = format!("{} was taken for {platform}, the image is {own}{brought}", words::excerpt(&image.reference()));
        Some(Finding::new(level, message, "FROM --platform=$TARGETPLATFORM, where what is compiled is copied"))
    });
    Judgement::looked(stages.len() + images.len(), flags.into_iter().chain(foreign).collect())
}

/// Distributions with machine code, fit to show.
fn native(context: &Context<'_>) -> Vec<String> {
    let owners = context.facts.objects.iter().filter_map(|object| context.owners.owner(object.node));
    let names: BTreeSet<String> = owners.map(|owner| escape(owner.name.as_bytes())).collect();
    names.into_iter().collect()
}
