//! `provenance/builder-base`

use std::collections::BTreeSet;

use super::super::{Context, declare_rule, words};
use crate::facts::build::familiar;
use crate::finding::{Finding, Judgement, Level, Place};
use crate::text::lossless;
use crate::vfs::FileKind;

declare_rule! {
    /// The packages were installed on the base image that was asked for
    ///
    /// # What it checks
    /// One of `images` is the image that a builder stage of the Dockerfile begins with: of `--dockerfile`, else of the attested
    /// one. Without a Dockerfile it is among the images that the attestation lists. Without either, commands that name one of
    /// `interpreters` show that such an image installed them; that others do not, shows nothing.
    ///
    /// # Why
    /// What is compiled in the builder is for its libc and its Python. A newer release of Debian makes modules that the runtime
    /// image cannot load.
    ///
    /// # Symptom
    /// `ImportError: … version … not found`.
    ///
    /// # Fix
    /// The FROM of the builder stage.
    ///
    /// # Options
    /// - `images`: images as `NAME:TAG`, any of which will do.
    /// - `interpreters`: where these have their Python.
    RULE = "provenance/builder-base", Conforms, Warn, since "0.1.0", needs Tree,
    unit "sign of what the builder was" | "signs of what the builder was",
    options { "images": Texts, "interpreters": Globs }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let wanted = context.texts("images");
    if wanted.is_empty() {
        return Judgement::skip("the profile names no image of a builder");
    }
    let stages = context.facts.build.dockerfile.as_ref().map(|dockerfile| {
        let stages = dockerfile.builders().filter(|stage| stage.is_of_image());
        stages.map(|stage| (stage.reference().to_owned(), format!(" ({}:{})", dockerfile.name, stage.line))).collect()
    });
    let base = context.expect().base.as_deref();
    let listed = || {
        let images = context.provenance().ok()?.images.iter();
        let builders = images.filter(|image| base.is_none_or(|base| !image.name.ends_with(base)));
        Some(builders.map(|image| (image.reference(), String::new())).collect())
    };
    let Some(found): Option<Vec<(String, String)>> = stages.or_else(listed) else {
        let scripts = scripts(context);
        return if scripts == 0 { context.untold("what the builder was") } else { Judgement::looked(scripts, vec![]) };
    };
    let fits = |(name, _): &(String, String)| wanted.iter().any(|want| familiar(want) == name);
    if found.is_empty() || found.iter().any(fits) {
        return Judgement::looked(found.len(), vec![]);
    }
    let images: BTreeSet<String> = found.iter().map(|(name, place)| words::excerpt(&format!("{name}{place}"))).collect();
    let images = words::list(&images.into_iter().collect::<Vec<_>>(), 3);
    let message = format!("the builder was {images}, want {}", wanted.join(" or "));
    let finding = Finding::new(Level::Warn, message, format!("FROM {} AS builder", wanted.join(" or ")));
    Judgement::looked(found.len(), vec![finding.at(Place::default()).contrast(images, wanted.join(" or "))])
}

/// How many commands of distributions name an interpreter of the wanted image.
fn scripts(context: &Context<'_>) -> usize {
    let interpreters = context.globs("interpreters");
    let rows = context.distributions().flat_map(|found| found.record.iter().flat_map(|record| &record.rows));
    let files = rows.filter(|row| row.is_outside).filter_map(|row| context.tree.trace(row.node?));
    let named = files.filter(|trace| matches!(&trace.kind, FileKind::Script(line) if interpreters.is_match(lossless(line))));
    named.count()
}
