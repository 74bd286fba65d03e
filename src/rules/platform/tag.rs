//! `platform/tag`

use super::super::{Context, declare_rule};
use crate::finding::{Finding, Judgement, Level};
use crate::reference::Platform;
use crate::text::escape;

declare_rule! {
    /// The tag names the platform that the image is for
    ///
    /// # What it checks
    /// A tag that is an architecture, or ends with one behind a hyphen (`latest-arm64`), names that of the configuration. Tags that
    /// name none are passed over.
    ///
    /// # Why
    /// Who pulls by such a tag asks for no platform, and gets what was pushed last.
    ///
    /// # Symptom
    /// `exec …: exec format error` on the machine that the tag is for.
    ///
    /// # Fix
    /// Build for the platform that the tag names, or push it under another.
    ///
    /// # Options
    /// None.
    RULE = "platform/tag", Starts, Warn, since "0.1.0", needs Config,
    unit "tag names the platform" | "tags name the platform", check check
}

/// What tags call architectures.
const NAMES: [&str; 12] =
    ["386", "aarch64", "amd64", "arm64", "arm64v8", "armhf", "armv6", "armv7", "ppc64le", "riscv64", "s390x", "x86_64"];

fn check(context: &Context<'_>) -> Judgement {
    let Some(tag) = &context.facts.name.tag else {
        return Judgement::skip("the image has no tag");
    };
    let Some(said) =
        NAMES.iter().find(|name| tag.strip_suffix(**name).is_some_and(|rest| rest.is_empty() || rest.ends_with('-')))
    else {
        return Judgement::skip("the tag names no architecture");
    };
    let claimed = context.facts.config.platform();
    let meant = match *said {
        "arm64v8" => "arm64",
        "armv6" => "arm/v6",
        "armv7" => "arm/v7",
        other => other,
    };
    if format!("linux/{meant}").parse::<Platform>().is_ok_and(|said| claimed.serves(&said)) {
        return Judgement::looked(1, vec![]);
    }
    let (tag, is) = (escape(tag.as_bytes()), claimed.to_string());
    let fix = format!("docker buildx build --platform linux/{meant}, or another tag");
    let mut finding = Finding::new(Level::Warn, format!("the tag {tag} points to {is}"), fix).contrast(is, (*said).to_owned());
    let program = context.facts.command.chain.last().map(|step| &step.path);
    finding.predicts = program.map(|path| format!("exec {path}: exec format error"));
    Judgement::looked(1, vec![finding])
}
