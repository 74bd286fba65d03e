//! Verdict, identity, policy, the five answers, and why an image could not be looked at.

use chrono::{DateTime, Utc};

use super::page::Page;
use crate::finding::{Level, Question};
use crate::report::figures;
use crate::report::{Answer, Image, Verdict};

impl Verdict {
    /// The word that stands in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Findings => "findings",
            Self::Undecided => "undecided",
            Self::Incomplete => "incomplete",
        }
    }
}

pub(super) fn write(page: &mut Page, image: &Image) {
    title(page, image.verdict.word(), image);
    page.items(&policy(image));
    failure(page, image);
    if Question::ALL.iter().any(|question| image.answers.to(*question) != Answer::NotAsked) {
        page.blank();
        page.items(&answers(image));
    }
}

/// A word, and which image it is said of.
pub(super) fn title(page: &mut Page, word: &str, image: &Image) {
    page.paragraph(&format!("{}  ", word.to_uppercase()), "  ", familiar(&image.reference));
    page.items(&identity(image));
}

/// Why an image could not be looked at.
pub(super) fn failure(page: &mut Page, image: &Image) {
    if let Some(failure) = &image.error {
        page.blank();
        page.headline("error", Level::Error, failure.kind, &format!("exit {}", failure.exit_code));
        page.paragraph("  ", "  ", &failure.message);
        if let Some(hint) = &failure.hint {
            page.paragraph("  hint  ", "        ", hint);
        }
    }
}

/// The reference as people write it.
pub(in crate::report) fn familiar(reference: &str) -> &str {
    let short = reference.strip_prefix("docker.io/").unwrap_or(reference);
    short.strip_prefix("library/").filter(|_| short.len() < reference.len()).unwrap_or(short)
}

/// The algorithm and the first digits.
pub(in crate::report) fn short(digest: &str, digits: usize) -> String {
    match digest.split_once(':') {
        Some((algorithm, hex)) => format!("{algorithm}:{}", hex.chars().take(digits).collect::<String>()),
        None => digest.to_owned(),
    }
}

fn identity(image: &Image) -> Vec<String> {
    let digest = image.digest.as_deref().map(|digest| short(digest, 12));
    let config = || image.config_digest.as_deref().map(|digest| format!("config {}", short(digest, 12)));
    let packed = image.sizes.compressed_bytes;
    [
        digest.or_else(config),
        image.platform.clone(),
        image.created.as_deref().map(built),
        (packed > 0).then(|| format!("{} packed", figures::bytes(packed))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn built(created: &str) -> String {
    match DateTime::parse_from_rfc3339(created) {
        Ok(time) => time.with_timezone(&Utc).format("built %Y-%m-%d %H:%MZ").to_string(),
        Err(_) => format!("built {}", created.chars().take(30).collect::<String>()),
    }
}

fn policy(image: &Image) -> Vec<String> {
    let policy = &image.policy;
    let asked = policy.asked.split_once(" of ").is_some_and(|(asked, all)| asked != all);
    let read = image.layers.iter().filter(|layer| layer.bytes.is_some()).count();
    [
        Some(format!("profile {} ({})", policy.profile, policy.chosen)),
        policy.service.as_deref().map(|service| format!("service {service}")),
        policy.digest.as_deref().map(|digest| format!("policy {}", short(digest, 8))),
        asked.then(|| format!("{} rules asked", policy.asked)),
        (!image.layers.is_empty()).then(|| format!("{read} of {} layers read", image.layers.len())),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn answers(image: &Image) -> Vec<String> {
    let answer = |question: Question| {
        let answer = image.answers.to(question);
        let word = if answer == Answer::No { "NO" } else { answer.word() };
        format!("{:<12}", format!("{} {word}", question.word()))
    };
    Question::ALL.into_iter().map(answer).collect()
}
