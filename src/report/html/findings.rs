//! What is wrong, with its evidence; then what could not be judged, and what holds.

use std::collections::BTreeMap;

use super::markup::{Column, Field, Html};
use crate::finding::{Level, Outcome};
use crate::report::figures::{count, grouped};
use crate::report::table::Cause;
use crate::report::{Finding, Image, Rule};

/// Findings of one rule that are shown; the rest is counted.
const OF_A_RULE: usize = 100;

pub(super) fn write(html: &mut Html, image: &Image) {
    matrix(html, image);
    if !image.rules.is_empty() {
        html.tag("section class=findings", |html| {
            html.leaf("h2", "Findings");
            if image.complete || image.rules.iter().any(|rule| !rule.findings.is_empty()) {
                causes(html, image);
                others(html, image);
            }
            outcomes(html, image);
        });
    }
    notes(html, image);
}

fn causes(html: &mut Html, image: &Image) {
    let causes = Cause::of(image);
    if causes.is_empty() {
        html.leaf("p class=quiet", "None that stands.");
    }
    list(html, image, causes.iter().map(|cause| (cause.rule, cause.finding, Some(cause))));
}

/// The findings that another one explains, and those that do not stand.
fn others(html: &mut Html, image: &Image) {
    let causes: Vec<*const Finding> = Cause::of(image).iter().map(|cause| std::ptr::from_ref(cause.finding)).collect();
    let found = || image.rules.iter().flat_map(|rule| rule.findings.iter().map(move |finding| (rule, finding, None)));
    let (open, closed): (Vec<Found<'_>>, Vec<Found<'_>>) = found().partition(|(_, finding, _)| finding.is_open());
    let explained: Vec<Found<'_>> =
        open.into_iter().filter(|(_, finding, _)| !causes.contains(&std::ptr::from_ref(*finding))).collect();
    for (what, found) in [("explained by those above", explained), ("waived, known, or turned off", closed)] {
        if !found.is_empty() {
            html.tag("details", |html| {
                html.leaf("summary", &format!("{} {what}", count(found.len() as u64, "finding")));
                list(html, image, found.into_iter());
            });
        }
    }
}

/// A finding, its rule, and what it explains.
type Found<'a> = (&'a Rule, &'a Finding, Option<&'a Cause<'a>>);

fn list<'a>(html: &mut Html, image: &Image, found: impl Iterator<Item = Found<'a>>) {
    let mut of_rule: BTreeMap<&str, usize> = BTreeMap::new();
    let mut left = 0;
    for (rule, one, cause) in found {
        let shown = of_rule.entry(&rule.id).or_default();
        *shown += 1;
        if *shown <= OF_A_RULE {
            finding(html, image, rule, one, cause);
        } else {
            left += 1;
        }
    }
    if left > 0 {
        html.leaf("p class=quiet", &format!("and {} of these rules: --format json has them", count(left, "more finding")));
    }
}

fn finding(html: &mut Html, image: &Image, rule: &Rule, finding: &Finding, cause: Option<&Cause<'_>>) {
    let tag = match finding.level {
        _ if !finding.is_open() => "section class=finding",
        Level::Error => "section class=\"finding error\"",
        Level::Warn => "section class=\"finding warn\"",
        Level::Info | Level::Off => "section class=finding",
    };
    html.tag(tag, |html| {
        html.tag("h3", |html| {
            html.leaf("span class=level", finding.level.word());
            html.raw(" ");
            html.leaf("code", &rule.id);
            html.raw(" ");
            let layer = finding
                .layer
                .as_ref()
                .map(|layer| format!(" · layer {} of {}", layer.index.saturating_add(1), image.layers.len()));
            html.leaf("small", &format!("{}{}", rule.answers.word(), layer.unwrap_or_default()));
        });
        html.leaf("p", &finding.message);
        html.tag("dl", |html| evidence(html, finding, cause));
    });
}

fn evidence(html: &mut Html, finding: &Finding, cause: Option<&Cause<'_>>) {
    let mut row = |term: &str, said: Option<&str>| {
        if let Some(said) = said {
            html.tag("div", |html| {
                html.leaf("dt", term);
                html.tag("dd", |html| html.leaf("code", said));
            });
        }
    };
    let layer = finding.layer.as_ref();
    let line = layer.and_then(|layer| layer.dockerfile_line).map(|line| format!("Dockerfile:{line}"));
    row("made by", layer.and_then(|layer| layer.created_by.as_deref()));
    row("made in", line.as_deref());
    row("path", finding.path.as_deref());
    row("found", finding.found.as_deref());
    row("wanted", finding.want.as_deref());
    row("paths", paths(finding).as_deref());
    row("at start", finding.predicts.as_deref());
    row("fix", Some(&finding.fix[..]).filter(|fix| !fix.is_empty()));
    row("because", finding.because.as_deref());
    row("waived", finding.waived.as_deref());
    row("known", finding.known.then_some("the baseline has it, too"));
    let explains = cause.filter(|cause| cause.explained > 0);
    let explains = explains.map(|cause| format!("{} ({})", cause.explains.join(", "), count(cause.explained as u64, "finding")));
    row("explains", explains.as_deref());
}

/// The first offenders, where the path does not say it all.
fn paths(finding: &Finding) -> Option<String> {
    let is_said = finding.examples.len() < 2 && finding.examples.first() == finding.path.as_ref();
    let rest = finding.count.saturating_sub(finding.examples.len() as u64);
    let more = if rest > 0 { format!(" and {} more", grouped(rest)) } else { String::new() };
    (!finding.examples.is_empty() && !is_said).then(|| format!("{}{more}", finding.examples.join(", ")))
}

/// The rules that failed nothing, by what came of them. What could not be judged is open: nobody should overlook it.
fn outcomes(html: &mut Html, image: &Image) {
    for (outcome, tag, one, many) in [
        (Outcome::Unknown, "details open", "rule could not be judged", "rules could not be judged"),
        (Outcome::Pass, "details", "rule passes", "rules pass"),
        (Outcome::Skip, "details", "rule does not apply", "rules do not apply"),
    ] {
        let rules: Vec<&Rule> = image.rules.iter().filter(|rule| rule.outcome == outcome).collect();
        if rules.is_empty() {
            continue;
        }
        let row = |rule: &&Rule| {
            let (id, answers, level) = (Field::code(&*rule.id), Field::text(rule.answers.word()), Field::text(rule.level.word()));
            let last = match outcome {
                Outcome::Pass => Field::Count(rule.examined),
                _ => Field::text(rule.reason.as_deref().unwrap_or_default()),
            };
            vec![id, answers, level, last]
        };
        let last = if outcome == Outcome::Pass { Column::Number("looked at") } else { Column::Text("reason") };
        let columns = [Column::Text("rule"), Column::Text("answers"), Column::Text("level"), last];
        html.tag(tag, |html| {
            html.leaf("summary", &format!("{} {}", rules.len(), if rules.len() == 1 { one } else { many }));
            html.table("Rules", &columns, &rules.iter().map(row).collect::<Vec<_>>());
        });
    }
}

fn matrix(html: &mut Html, image: &Image) {
    let Some(matrix) = image.matrix.as_ref().filter(|matrix| !matrix.is_empty()) else { return };
    let columns = ["requirement", "outcome", "evidence", "judged from"].map(Column::Text);
    let rows: Vec<Vec<Field>> = matrix
        .iter()
        .map(|row| [&row.requirement, row.outcome.word(), &row.evidence, &row.judged_from].map(Field::text).into())
        .collect();
    html.tag("section", |html| {
        html.leaf("h2", "Compliance");
        html.table("Compliance matrix", &columns, &rows);
    });
}

fn notes(html: &mut Html, image: &Image) {
    if image.notes.is_empty() {
        return;
    }
    html.tag("section", |html| {
        html.leaf("h2", "Notes");
        html.tag("ul", |html| image.notes.iter().for_each(|note| html.leaf("li", note)));
    });
}
