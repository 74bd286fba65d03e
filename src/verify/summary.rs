//! What was found, as a report holds it.

use super::Loaded;
use crate::error::Error;
use crate::facts::{Facts, OddityKind};
use crate::finding::{Finding, Level, Outcome, Question};
use crate::profile::Profile;
use crate::reference::Reference;
use crate::report;
use crate::rules::{Identity, Judged, RULES, inquiries};
use crate::size::Breakdown;
use crate::text;

/// Oddities of one image that are shown; the rest is counted.
const NOTES: usize = 20;

/// The report of an image that was read.
pub(super) fn image(loaded: &Loaded, facts: &Facts, sizes: &Breakdown, profile: &Profile, judged: &[Judged]) -> report::Image {
    let image = unjudged(loaded, facts, sizes);
    let rules: Vec<report::Rule> = judged.iter().map(|judged| rule(judged, profile, &image.layers, facts)).collect();
    report::Image {
        looked: looked(judged),
        policy: policy(Some(profile), &rules),
        answers: report::Answers::of(&rules),
        rules,
        ..image
    }
}

/// What an image that was read is and weighs, and nothing of what any profile wants.
pub(super) fn unjudged(loaded: &Loaded, facts: &Facts, sizes: &Breakdown) -> report::Image {
    let config = &facts.config;
    report::Image {
        reference: loaded.image.reference.to_string(),
        services: Vec::new(),
        digest: loaded.image.digest.as_ref().map(ToString::to_string),
        index_digest: loaded.image.index_digest.as_ref().map(ToString::to_string),
        config_digest: Some(config.digest.to_string()),
        platform: Some(config.platform().to_string()),
        created: config.created.clone(),
        complete: loaded.gap.is_none(),
        error: loaded.gap.as_ref().map(report::Failure::from),
        notes: notes(loaded),
        looked: Vec::new(),
        policy: policy(None, &[]),
        verdict: report::Verdict::Incomplete,
        answers: report::Answers::of(&[]),
        layers: layers(loaded, facts),
        sizes: measured(sizes, loaded),
        map: None,
        delta: None,
        matrix: None,
        rules: Vec::new(),
    }
}

/// The report of an image that could not be read.
pub(super) fn unread(
    reference: &Reference,
    error: &Error,
    profile: Option<&Profile>,
    asked: &dyn Fn(&Identity) -> bool,
) -> report::Image {
    let checks = profile.map_or(&[][..], |profile| &profile.checks);
    let unread = |rule: Identity| {
        let level = profile.map_or(rule.level, |profile| profile.level(&rule.id, rule.level));
        let (outcome, reason) = match level {
            Level::Off => (Outcome::Skip, "off in this profile".to_owned()),
            _ => (Outcome::Unknown, error.to_string()),
        };
        report::Rule {
            id: rule.id,
            answers: rule.question,
            level,
            outcome,
            examined: 0,
            reason: Some(reason),
            findings: Vec::new(),
        }
    };
    let inquiries = inquiries(checks).into_iter().filter(|inquiry| asked(&inquiry.rule));
    let rules: Vec<report::Rule> = inquiries.map(|inquiry| unread(inquiry.rule)).collect();
    report::Image {
        policy: policy(profile, &rules),
        answers: report::Answers::of(&rules),
        rules,
        ..report::Image::unread(reference.to_string(), error.into())
    }
}

fn policy(profile: Option<&Profile>, rules: &[report::Rule]) -> report::Policy {
    let waived = rules.iter().flat_map(|rule| &rule.findings).filter(|finding| finding.waived.is_some()).count() as u64;
    report::Policy {
        profile: profile.map_or_else(|| "none".to_owned(), |profile| profile.name.clone()),
        chosen: profile.map_or_else(|| "could not be chosen".to_owned(), |profile| profile.chosen.clone()),
        digest: profile.map(|profile| profile.digest.to_string()),
        service: profile.and_then(|profile| profile.service.as_ref()).map(|service| service.name.clone()),
        asked: format!("{} of {}", rules.len(), RULES.len() + profile.map_or(0, |profile| profile.checks.len())),
        waived,
        known: 0,
    }
}

fn layers(loaded: &Loaded, facts: &Facts) -> Vec<report::Layer> {
    let layers = loaded.image.manifest.layers.iter().zip(&loaded.image.config.rootfs.diff_ids).zip(&loaded.layers);
    layers
        .zip(loaded.contents())
        .enumerate()
        .map(|(index, (((descriptor, diff_id), read), content))| report::Layer {
            index,
            digest: descriptor.digest.to_string(),
            diff_id: diff_id.to_string(),
            media_type: descriptor.media_type.clone(),
            compressed_bytes: descriptor.size,
            bytes: read.as_ref().map(|read| read.raw_size),
            entries: read.as_ref().map(|read| read.entries.len() as u64),
            files_bytes: content.map(|content| content.bytes),
            hidden_bytes: content.map(|content| content.hidden),
            created_by: facts.instruction(index),
        })
        .collect()
}

fn rule(judged: &Judged, profile: &Profile, layers: &[report::Layer], facts: &Facts) -> report::Rule {
    let judgement = &judged.judgement;
    let failing = judgement.findings.iter().filter(|finding| finding.waived.is_none());
    report::Rule {
        id: judged.rule.id.clone(),
        answers: judged.rule.question,
        level: failing.map(|finding| finding.level).max().unwrap_or(judged.level),
        outcome: judgement.outcome(),
        examined: judgement.examined,
        reason: judgement.reason().map(ToOwned::to_owned),
        findings: judgement.findings.iter().map(|found| finding(found, profile, layers, facts)).collect(),
    }
}

fn finding(finding: &Finding, profile: &Profile, layers: &[report::Layer], facts: &Facts) -> report::Finding {
    let blame = finding.place.layer.and_then(|index| layers.get(index));
    report::Finding {
        level: finding.level,
        message: text::mask(&finding.message),
        fix: text::mask(&finding.fix),
        predicts: finding.predicts.clone(),
        because: finding.because.clone(),
        waived: finding.waived.and_then(|index| profile.waivers.get(index)).map(|waiver| waiver.reason.clone()),
        known: false,
        path: finding.place.path.clone(),
        found: finding.found.as_deref().map(text::mask),
        want: finding.want.clone(),
        count: finding.count,
        examples: finding.examples.clone(),
        layer: blame.map(|layer| report::Blame {
            index: layer.index,
            digest: layer.digest.clone(),
            diff_id: layer.diff_id.clone(),
            created_by: layer.created_by.clone(),
            dockerfile_line: facts.build.lines.get(layer.index).copied().flatten(),
        }),
        source: None,
    }
}

fn notes(loaded: &Loaded) -> Vec<String> {
    let mut notes = loaded.image.notes.clone();
    let read = loaded.layers.iter().enumerate().filter_map(|(index, layer)| Some((index, layer.as_ref()?)));
    let odd: Vec<String> = read
        .flat_map(|(index, layer)| layer.oddities.iter().map(move |oddity| (index, oddity)))
        // Of those a rule tells.
        .filter(|(_, oddity)| oddity.kind != OddityKind::Capabilities)
        .map(|(index, oddity)| {
            let path = oddity.path.as_ref().map(|path| format!("{path}: ")).unwrap_or_default();
            format!("layer {}/{}: {path}{}", index + 1, loaded.layers.len(), oddity.what)
        })
        .collect();
    notes.extend(odd.iter().take(NOTES).cloned());
    if odd.len() > NOTES {
        notes.push(format!("and {} more oddities of this kind", odd.len() - NOTES));
    }
    notes
}

fn measured(sizes: &Breakdown, loaded: &Loaded) -> report::Sizes {
    report::Sizes {
        compressed_bytes: loaded.image.manifest.layers.iter().map(|layer| layer.size).sum(),
        unpacked_bytes: sizes.unpacked_bytes,
        bytes: sizes.bytes,
        stored_bytes: sizes.stored_bytes,
        files: sizes.files,
        directories: sizes.directories.clone(),
        packages: sizes.packages.clone(),
        unowned: sizes.unowned,
        kinds: sizes.kinds.clone(),
        largest: Vec::new(),
        waste: sizes.waste.clone(),
        dive: None,
    }
}

/// Phrases of what was looked at: more make nobody believe more.
const LOOKED: usize = 6;

/// How much the rules that found nothing looked at: of each question what weighs most and looked at most, then what is next.
fn looked(judged: &[Judged]) -> Vec<String> {
    let passed = |judged: &&Judged| judged.judgement.outcome() == Outcome::Pass && judged.judgement.findings.is_empty();
    let of = |question: &Question| {
        let mut telling: Vec<&Judged> = judged.iter().filter(passed).filter(|judged| judged.rule.question == *question).collect();
        telling.sort_by_key(|judged| std::cmp::Reverse((judged.level, judged.judgement.examined)));
        telling
    };
    let telling = Question::ALL.map(|question| of(&question));
    let turns = (0..LOOKED).flat_map(|turn| telling.iter().filter_map(move |telling| telling.get(turn)));
    turns.map(|judged| judged.rule.unit.count(judged.judgement.examined)).take(LOOKED).collect()
}
