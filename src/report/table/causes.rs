//! What is wrong: the causes, or everything.

use std::collections::BTreeMap;

use super::Style;
use super::brief;
use super::cause::Cause;
use super::known::known;
use super::page::{Page, clip};
use crate::finding::{Level, Outcome};
use crate::report::figures::{count, grouped};
use crate::report::{Finding, Image, Rule};

/// Findings of one rule that are shown in full; the rest is counted.
const OF_A_RULE: usize = 3;
/// Characters of a value that was found or wanted.
const VALUE: usize = 160;
/// Paths in a message from which on their list would say the same again.
const NAMED: usize = 2;
/// Rules that are named in a list.
const IDS: usize = 8;
/// Groups of rules that could not be judged.
const UNKNOWN: usize = 5;

/// The causes in full, those at info level in one line each, then what could not be judged.
pub(super) fn folded(page: &mut Page, image: &Image) {
    let causes = Cause::of(image);
    let (infos, weighty): (Vec<&Cause<'_>>, _) = causes.iter().partition(|cause| cause.worst == Level::Info);
    let (shown, more) = first_of_a_rule(weighty);
    for cause in shown {
        page.separate();
        finding(page, image, cause.rule, cause.finding);
        explains(page, cause);
    }
    if more > 0 {
        page.separate();
        page.paragraph("", "", &format!("and {} of these rules: -v lists them", count(more, "more finding")));
    }
    if image.complete {
        unknown(page, image, UNKNOWN);
    }
    brief::infos(page, &infos);
    if let Some((number, rules)) = known(image) {
        page.separate();
        page.row("known", Level::Info, &brief::baseline(number, &rules));
    }
}

/// The first causes of each rule, and how many more there are.
pub(in crate::report) fn first_of_a_rule<'a, 'b>(causes: Vec<&'b Cause<'a>>) -> (Vec<&'b Cause<'a>>, u64) {
    let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
    let (first, more): (Vec<_>, Vec<_>) = causes.into_iter().partition(|cause| {
        let of_rule = shown.entry(&cause.rule.id).or_default();
        *of_rule += 1;
        *of_rule <= OF_A_RULE
    });
    (first, more.len() as u64)
}

/// What is said of a cause below its headline, as lines in which nothing acts.
pub(in crate::report) fn told(cause: &Cause<'_>) -> Vec<String> {
    let mut page = Page::new(&Style { width: 100, color: false, verbose: false });
    body(&mut page, cause.finding);
    explains(&mut page, cause);
    page.into_lines().into_iter().map(|line| line.strip_prefix("  ").map(str::to_owned).unwrap_or(line)).collect()
}

/// Every failed rule with every finding, waived ones too, then every rule that could not be judged.
pub(super) fn all(page: &mut Page, image: &Image) {
    for rule in &image.rules {
        for found in &rule.findings {
            page.separate();
            finding(page, image, rule, found);
            if let Some(because) = &found.because {
                field(page, "because", because);
            }
            if let Some(reason) = &found.waived {
                field(page, "waived", reason);
            }
        }
    }
    unknown(page, image, usize::MAX);
    if !image.notes.is_empty() || !image.looked.is_empty() {
        page.separate();
    }
    for note in &image.notes {
        page.paragraph("note   ", "       ", note);
    }
    brief::looked(page, &image.looked);
}

fn field(page: &mut Page, name: &str, text: &str) {
    page.paragraph(&format!("  {name:<8}  "), "            ", text);
}

fn finding(page: &mut Page, image: &Image, rule: &Rule, finding: &Finding) {
    let layer = finding.layer.as_ref().map(|layer| format!("  layer {}/{}", layer.index.saturating_add(1), image.layers.len()));
    let word = match (&finding.waived, finding.known) {
        (Some(_), _) => "waived",
        (None, true) => "known",
        (None, false) => finding.level.word(),
    };
    page.headline(word, finding.level, &rule.id, &format!("{}{}", rule.answers.word(), layer.unwrap_or_default()));
    body(page, finding);
}

/// What is said of a finding below its headline.
fn body(page: &mut Page, finding: &Finding) {
    let said = |text: &str| finding.message.contains(text);
    if let Some(made) = finding.layer.as_ref().and_then(|layer| layer.created_by.as_deref()).filter(|made| !said(made)) {
        page.instruction(made);
    }
    page.paragraph("  ", "  ", &finding.message);
    if let Some(line) = finding.layer.as_ref().and_then(|layer| layer.dockerfile_line) {
        field(page, "made in", &format!("Dockerfile:{line}"));
    }
    if let Some(path) = finding.path.as_deref().filter(|path| !said(path) && finding.examples.len() < 2) {
        field(page, "at", path);
    }
    let value = |value: &Option<String>| match value.as_deref() {
        Some("") => Some("\"\"".to_owned()),
        value => value.map(|value| clip(value, VALUE)),
    };
    match (value(&finding.found), value(&finding.want)) {
        (Some(found), Some(want)) if !said(&found) || !said(&want) => field(page, "found", &format!("{found}, wanted {want}")),
        (Some(found), None) if !said(&found) => field(page, "found", &found),
        (None, Some(want)) if !said(&want) => field(page, "wanted", &want),
        _ => {}
    }
    let named = finding.examples.iter().filter(|path| said(path)).count();
    if finding.examples.len() > 1 && (named < NAMED || page.is_verbose()) {
        let rest = finding.count.saturating_sub(finding.examples.len() as u64);
        let more = if rest > 0 { format!(" and {} more", grouped(rest)) } else { String::new() };
        field(page, "paths", &format!("{}{more}", finding.examples.join(", ")));
    }
    if let Some(line) = &finding.predicts {
        field(page, "at start", line);
    }
    if !finding.fix.is_empty() {
        field(page, "fix", &finding.fix);
    }
}

/// The first ids, and how many more there are.
fn some(ids: &[&str], most: usize) -> String {
    let named = ids[..ids.len().min(most)].join(", ");
    if ids.len() > most { format!("{named} and {} more", ids.len() - most) } else { named }
}

fn explains(page: &mut Page, cause: &Cause<'_>) {
    if cause.explained == 0 {
        return;
    }
    let findings = count(cause.explained as u64, "finding");
    let worse = if cause.worst > cause.finding.level { format!(", up to {}", cause.worst.word()) } else { String::new() };
    field(page, "explains", &format!("{} ({findings}{worse})", some(&cause.explains, IDS)));
}

/// Rules that could not be judged, those with the same reason together.
fn unknown(page: &mut Page, image: &Image, most: usize) {
    let mut groups: Vec<(&str, Vec<&Rule>)> = Vec::new();
    for rule in image.rules.iter().filter(|rule| rule.outcome == Outcome::Unknown) {
        let reason = rule.reason.as_deref().unwrap_or_default();
        match groups.iter_mut().find(|(other, _)| *other == reason) {
            Some((_, rules)) => rules.push(rule),
            None => groups.push((reason, vec![rule])),
        }
    }
    groups.sort_by_key(|(_, rules)| std::cmp::Reverse(rules.iter().map(|rule| rule.level).max()));
    for (reason, rules) in groups.iter().take(most) {
        page.separate();
        let level = rules.iter().map(|rule| rule.level).max().unwrap_or(Level::Info);
        let answers = rules.first().map(|rule| rule.answers.word()).unwrap_or_default();
        let same = rules.iter().all(|rule| rule.answers.word() == answers);
        let ids: Vec<&str> = rules.iter().map(|rule| &*rule.id).collect();
        page.headline("unknown", level, ids.first().copied().unwrap_or_default(), if same { answers } else { "" });
        if !reason.is_empty() {
            page.paragraph("  ", "  ", reason);
        }
        if ids.len() > 1 {
            field(page, "also", &some(&ids[1..], if most == usize::MAX { most } else { IDS }));
        }
    }
    if groups.len() > most {
        page.separate();
        page.paragraph("", "", &format!("and {} more that could not be judged: -v lists them", groups.len() - most));
    }
}
