//! `size/max-image`

use super::super::{Context, declare_rule, words};
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// The image is not larger than it may be
    ///
    /// # What it checks
    /// The regular files of all layers, which is what `docker images` shows, come to no more than `max-bytes` of `[size]`, and
    /// the blobs of all layers to no more than `max-compressed`. A layer that lies uncompressed, as in an archive of
    /// `docker save`, weighs more than in a registry: a limit that only such layers break is not judged.
    ///
    /// # Why
    /// What is pulled on every node, over every line, decides how fast a service is back.
    ///
    /// # Symptom
    /// None at run time: pulls take longer from release to release.
    ///
    /// # Fix
    /// The report says which directories and packages are large; narrow a COPY, or raise the limit.
    ///
    /// # Options
    /// None beside `max-bytes` and `max-compressed` of `[size]`; without either the rule does not apply.
    RULE = "size/max-image", Lean, Error, since "0.1.0", needs Tree,
    unit "size is within its limit" | "sizes are within their limits", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let (size, layers) = (&context.profile.size, &context.facts.layers);
    let packed = layers.iter().fold(0_u64, |sum, layer| sum.saturating_add(layer.size));
    let over = |what: &str, key: &str, is: u64, most: u64| {
        let message = format!(
            "{what} come to {}, {} over the limit of {} ({key})",
            words::bytes(is),
            words::bytes(is.saturating_sub(most)),
            words::bytes(most)
        );
        let fix = format!("see in the report which directories and packages are large; narrow a COPY, or raise {key} of [size]");
        Finding::new(Level::Error, message, fix).contrast(words::bytes(is), words::bytes(most))
    };
    let (mut examined, mut findings, mut unknown) = (0, Vec::new(), None);
    if let Some(most) = size.max_bytes {
        examined += 1;
        let is = context.sizes.unpacked_bytes;
        findings.extend((is > most).then(|| over("the files of all layers", "max-bytes", is, most)));
    }
    if let Some(most) = size.max_compressed {
        let is_plain = !layers.is_empty() && layers.iter().all(|layer| layer.media_type.ends_with("tar"));
        if packed > most && is_plain {
            unknown = Some("the layers lie here uncompressed: what they weigh in a registry is not known".to_owned());
        } else {
            examined += 1;
            findings.extend((packed > most).then(|| over("the blobs of all layers", "max-compressed", packed, most)));
        }
    }
    if examined == 0 && unknown.is_none() {
        return Judgement::skip("[size] of the profile sets neither max-bytes nor max-compressed");
    }
    Judgement::looked(examined, findings).but(unknown)
}
