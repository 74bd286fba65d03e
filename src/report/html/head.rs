//! Verdict, identity, the five answers, why an image could not be looked at, and the totals.

use super::markup::Html;
use crate::finding::Question;
use crate::report::figures::{bytes, grouped, percent};
use crate::report::{Answer, Image, Verdict};

pub(super) fn write(html: &mut Html, image: &Image) {
    let is_judged = !image.rules.is_empty();
    html.tag("header", |html| {
        if is_judged || image.error.is_some() {
            verdict(html, image.verdict);
        }
        html.leaf("h1", &image.reference);
        html.tag("dl class=identity", |html| identity(html, image));
    });
    failure(html, image);
    if is_judged {
        answers(html, image);
    }
    if image.complete {
        totals(html, image);
    }
}

fn verdict(html: &mut Html, verdict: Verdict) {
    let tag = match verdict {
        Verdict::Held => "span class=\"verdict good\"",
        Verdict::Findings | Verdict::Incomplete => "span class=\"verdict bad\"",
        Verdict::Undecided => "span class=\"verdict open\"",
    };
    html.leaf(tag, verdict.word());
}

/// A term and what is said of it.
pub(super) fn item(html: &mut Html, term: &str, said: &str) {
    html.tag("div", |html| {
        html.leaf("dt", term);
        html.leaf("dd", said);
    });
}

fn identity(html: &mut Html, image: &Image) {
    let policy = &image.policy;
    let profile = (!image.rules.is_empty()).then(|| format!("{} ({})", policy.profile, policy.chosen));
    let digest = policy.digest.as_ref().filter(|_| profile.is_some());
    let rows = [
        ("digest", &image.digest),
        ("index", &image.index_digest),
        ("config", &image.config_digest),
        ("platform", &image.platform),
        ("created", &image.created),
        ("profile", &profile),
        ("policy", &digest.cloned()),
        ("service", &policy.service),
    ];
    for (term, said) in rows {
        if let Some(said) = said {
            item(html, term, said);
        }
    }
}

fn failure(html: &mut Html, image: &Image) {
    let Some(failure) = &image.error else { return };
    html.tag("section class=\"finding error\"", |html| {
        html.leaf("h2", &format!("{}, exit {}", failure.kind, failure.exit_code));
        html.leaf("p", &failure.message);
        if let Some(hint) = &failure.hint {
            html.leaf("p class=quiet", &format!("hint: {hint}"));
        }
    });
}

fn answers(html: &mut Html, image: &Image) {
    html.tag("dl class=answers aria-label=Answers", |html| {
        for question in Question::ALL {
            let answer = image.answers.to(question);
            let tag = match answer {
                Answer::Yes => "div class=good",
                Answer::No => "div class=bad",
                Answer::Unknown => "div class=open",
                Answer::NotAsked => "div",
            };
            html.tag(tag, |html| {
                html.leaf("dt", question.word());
                html.leaf("dd", answer.word());
            });
        }
    });
}

fn totals(html: &mut Html, image: &Image) {
    let sizes = &image.sizes;
    let waste = format!("{} ({} %)", bytes(sizes.waste.bytes), percent(sizes.waste.bytes, sizes.unpacked_bytes));
    html.tag("dl class=totals aria-label=Size", |html| {
        item(html, "in the final tree", &bytes(sizes.bytes));
        item(html, "in all layers", &bytes(sizes.unpacked_bytes));
        item(html, "packed", &bytes(sizes.compressed_bytes));
        item(html, "files", &grouped(sizes.files));
        item(html, "layers", &image.layers.len().to_string());
        item(html, "shipped and not seen, or twice", &waste);
    });
}
