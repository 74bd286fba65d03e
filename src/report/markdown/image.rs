//! What is said of one image.

use std::cmp::Reverse;

use super::code::{block, cell, span};
use super::rows::line;
use super::sheet::Sheet;
use super::{ROWS, changed, folded, rows, title};
use crate::finding::{Level, Outcome, Question};
use crate::report::figures::{bytes, count};
use crate::report::lists::size::waste;
use crate::report::table::{Cause, counts, familiar, first_of_a_rule, known, short, told, totals};
use crate::report::{Answer, Image, Report, Rule, Verdict};

/// The images of a report and their answers.
pub(super) fn several(report: &Report) -> String {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let head = line(&[words(&["Image", "Verdict"]), questions(), words(&["Packed"])].concat());
    let mut lines = vec![head, format!("|---|---|{}---:|", "---|".repeat(Question::ALL.len()))];
    for image in &report.images {
        let name = vec![cell(familiar(&image.reference)), image.verdict.word().to_owned()];
        lines.push(line(&[name, answered(image), vec![bytes(image.sizes.compressed_bytes)]].concat()));
    }
    lines.join("\n")
}

fn questions() -> Vec<String> {
    Question::ALL.iter().map(|question| question.word().to_owned()).collect()
}

fn answered(image: &Image) -> Vec<String> {
    let word = |answer: Answer| if answer == Answer::No { "**NO**" } else { answer.word() };
    Question::ALL.iter().map(|question| word(image.answers.to(*question)).to_owned()).collect()
}

/// Writes an image: verdict, identity, answers, what it weighs, causes, and what is folded.
pub(super) fn write(sheet: &mut Sheet, image: &Image) {
    sheet.put("image", &head(image));
    failure(sheet, image);
    sheet.put("answer", &answers(image));
    if let Some(delta) = &image.delta {
        changed(sheet, delta);
    }
    for note in &image.notes {
        sheet.put("note", &format!("Note: {}", span(note)));
    }
    causes(sheet, image);
    if image.complete {
        unknown(sheet, image);
        let wasted = waste(&image.sizes, ROWS);
        if !wasted.rows.is_empty() {
            sheet.put("list", &folded(&title(&wasted), &rows::table(&wasted)));
        }
        sheet.put("total", &totals(&image.sizes));
    }
    if !image.rules.is_empty() {
        sheet.put("total", &counts(image));
    }
}

/// The verdict, and what it is about.
fn head(image: &Image) -> String {
    let verdict = match image.verdict {
        Verdict::Held => "Held",
        Verdict::Findings => "Findings",
        Verdict::Undecided => "Undecided",
        Verdict::Incomplete => "Incomplete",
    };
    let digest = image.digest.as_deref().or(image.config_digest.as_deref()).map(|digest| short(digest, 12));
    let identity: Vec<String> = digest.into_iter().chain(image.platform.clone()).map(|text| span(&text)).collect();
    let policy = &image.policy;
    let profile = format!("profile {} ({})", span(&policy.profile), span(&policy.chosen));
    let words: Vec<String> = identity.into_iter().chain([profile]).collect();
    format!("### {verdict}: {}\n\n{}", span(familiar(&image.reference)), words.join(", "))
}

/// Why an image could not be looked at.
pub(super) fn failure(sheet: &mut Sheet, image: &Image) {
    if let Some(failure) = &image.error {
        let hint = failure.hint.as_deref().map(|hint| format!("\n\nHint: {}", span(hint))).unwrap_or_default();
        let message = block(&crate::report::fill(&crate::text::terminal(&failure.message), "", "", 100));
        sheet.put("error", &format!("**error** {} (exit {})\n\n{message}{hint}", failure.kind, failure.exit_code));
    }
}

fn answers(image: &Image) -> String {
    if Question::ALL.iter().all(|question| image.answers.to(*question) == Answer::NotAsked) {
        return String::new();
    }
    format!("{}\n|{}\n{}", line(&questions()), "---|".repeat(Question::ALL.len()), line(&answered(image)))
}

/// The causes, worst first; those at info level are counted.
fn causes(sheet: &mut Sheet, image: &Image) {
    let causes = Cause::of(image);
    let (infos, weighty): (Vec<&Cause<'_>>, _) = causes.iter().partition(|cause| cause.worst == Level::Info);
    let (shown, more) = first_of_a_rule(weighty);
    for cause in shown {
        let rule = cause.rule;
        let layer =
            cause.finding.layer.as_ref().map(|layer| format!(", layer {}/{}", layer.index.saturating_add(1), image.layers.len()));
        let headline = format!(
            "**{}** {} ({}{})",
            cause.finding.level.word(),
            span(&rule.id),
            rule.answers.word(),
            layer.unwrap_or_default()
        );
        sheet.put("cause", &format!("{headline}\n\n{}", block(&told(cause))));
    }
    if more > 0 {
        sheet.put("total", &format!("And {} of these rules.", count(more, "more finding")));
    }
    if !infos.is_empty() {
        sheet.put("total", &format!("And {} at info level.", count(infos.len() as u64, "cause")));
    }
    if let Some((number, rules)) = known(image) {
        let rules: Vec<String> = rules.iter().map(|rule| span(rule)).collect();
        sheet.put("total", &format!("{} that the baseline has, too: {}", count(number, "finding"), rules.join(", ")));
    }
}

/// Rules that could not be judged, the heaviest first.
fn unknown(sheet: &mut Sheet, image: &Image) {
    let mut unknown: Vec<&Rule> = image.rules.iter().filter(|rule| rule.outcome == Outcome::Unknown).collect();
    unknown.sort_by_key(|rule| Reverse(rule.level));
    let point = |rule: &&Rule| format!("- {}: {}", span(&rule.id), span(rule.reason.as_deref().unwrap_or_default()));
    let mut lines: Vec<String> = unknown.iter().take(ROWS).map(point).collect();
    if unknown.len() > ROWS {
        lines.push(format!("- and {} more", unknown.len() - ROWS));
    }
    if !lines.is_empty() {
        sheet.put(
            "list",
            &format!("**unknown**: {} could not be judged\n\n{}", count(unknown.len() as u64, "rule"), lines.join("\n")),
        );
    }
}
