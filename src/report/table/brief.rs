//! What an image says that holds: what was looked at, and what is worth mending, a line each.

use super::cause::Cause;
use super::known::known;
use super::page::Page;
use crate::finding::{Level, Outcome};
use crate::report::Image;
use crate::report::figures::{count, grouped};

/// Causes at info level that are shown beside findings.
const INFOS: usize = 3;

/// Lines that are left to what is worth mending, if there is something.
const MEND: usize = 2;

/// Whether there is nothing to say of an image but that it holds.
pub(super) fn is_quiet(image: &Image) -> bool {
    rows(image).is_empty()
}

/// Causes, what could not be judged, and notes.
fn rows(image: &Image) -> Vec<(&'static str, Level, String)> {
    let mut rows = Vec::new();
    for cause in Cause::of(image) {
        rows.push((cause.finding.level.word(), cause.finding.level, format!("{}: {}", cause.rule.id, cause.finding.message)));
    }
    for rule in image.rules.iter().filter(|rule| rule.outcome == Outcome::Unknown) {
        rows.push(("unknown", rule.level, format!("{}: {}", rule.id, rule.reason.as_deref().unwrap_or_default())));
    }
    rows.extend(known(image).map(|(number, rules)| ("known", Level::Info, baseline(number, &rules))));
    rows.extend(image.notes.iter().map(|note| ("note", Level::Info, note.clone())));
    rows
}

/// What is said of findings that the baseline has, too.
pub(super) fn baseline(number: u64, rules: &[&str]) -> String {
    format!("{} that the baseline has, too: {}", count(number, "finding"), rules.join(", "))
}

/// What was looked at, then causes, what could not be judged, and notes, in at most `most` lines.
pub(super) fn held(page: &mut Page, image: &Image, most: usize) {
    let rows = rows(image);
    let room = most.saturating_sub(rows.len().min(MEND)).max(1);
    for phrases in (1..=image.looked.len()).rev() {
        let before = page.len();
        looked(page, &image.looked[..phrases]);
        if page.len() - before <= room {
            break;
        }
        page.truncate(before);
    }
    let room = most.saturating_sub(page.len()).max(1);
    let shown = if rows.len() > room { room - 1 } else { rows.len() };
    for (word, level, text) in &rows[..shown] {
        page.row(word, *level, text);
    }
    if rows.len() > shown {
        page.line("  ", &format!("and {} more: -v lists them", grouped((rows.len() - shown) as u64)));
    }
}

/// Causes at info level, a line each.
pub(super) fn infos(page: &mut Page, infos: &[&Cause<'_>]) {
    if infos.is_empty() {
        return;
    }
    page.separate();
    for cause in infos.iter().take(INFOS) {
        page.row(Level::Info.word(), Level::Info, &format!("{}: {}", cause.rule.id, cause.finding.message));
    }
    if infos.len() > INFOS {
        page.line("  ", &format!("and {} more at info level: -v lists them", grouped((infos.len() - INFOS) as u64)));
    }
}

/// How much was looked at: what makes `held` believable.
pub(super) fn looked(page: &mut Page, phrases: &[String]) {
    if !phrases.is_empty() {
        page.paragraph("  ", "  ", &phrases.join("; "));
    }
}
