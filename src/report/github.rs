//! Annotations: workflow commands of GitHub Actions (docs.github.com, "Workflow commands for GitHub Actions"; the runner's
//! `ActionCommand.cs`). A step shows ten of each level, and drops what follows.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::figures::count;
use super::said::shown;
use super::table::{Cause, familiar};
use super::{Image, Report, Verdict};
use crate::finding::Level;
use crate::text;

/// Annotations of a level: one less than a step shows, because the job adds that it failed.
const MOST: usize = 9;

/// Causes of one rule that come before those of others.
const OF_A_RULE: usize = 3;

/// Images that are named where several have the same fault.
const NAMED: usize = 3;

/// What an annotation is about, and what it says.
struct Annotation {
    level: Level,
    title: String,
    place: Option<(String, u64)>,
    /// Lines.
    said: Vec<String>,
    /// Findings that it explains.
    explained: usize,
    /// Whether its rule has so many others before it that those of other rules are better worth the room.
    is_late: bool,
    /// The images that it is about.
    images: Vec<String>,
}

/// Renders a report: a line on each image, then an annotation on each cause, worst first.
pub fn render(report: &Report) -> Vec<u8> {
    let mut lines: Vec<String> = report.images.iter().map(head).collect();
    let mut annotations = annotations(report);
    annotations.sort_by_key(|annotation| {
        (Reverse(annotation.level), annotation.is_late, Reverse((annotation.images.len(), annotation.explained)))
    });
    for level in [Level::Error, Level::Warn, Level::Info] {
        let of_level: Vec<&Annotation> = annotations.iter().filter(|annotation| annotation.level == level).collect();
        let shown = if of_level.len() > MOST { MOST - 1 } else { of_level.len() };
        lines.extend(of_level.iter().take(shown).map(|annotation| annotation.command(report.images.len())));
        if of_level.len() > shown {
            let more = count((of_level.len() - shown) as u64, "more cause");
            let said = format!("{more} of level {}: --format table and the job summary have all of them", level.word());
            lines.push(command(level, "lucid-verify", None, &said));
        }
    }
    let mut out = lines.join("\n");
    out.push('\n');
    out.into_bytes()
}

/// The plain line on an image.
fn head(image: &Image) -> String {
    let policy = &image.policy;
    let line = format!(
        "lucid-verify: {} {} (profile {}, {} rules)",
        image.verdict.word(),
        shown(familiar(&image.reference)),
        shown(&policy.profile),
        policy.asked
    );
    text::unheard(&line)
}

/// The causes of all images, those that say the same of several images together.
fn annotations(report: &Report) -> Vec<Annotation> {
    let mut known: BTreeMap<(Level, String, Vec<String>), usize> = BTreeMap::new();
    let mut annotations: Vec<Annotation> = Vec::new();
    for image in &report.images {
        let name = shown(familiar(&image.reference));
        for annotation in of(report, image) {
            let key = (annotation.level, annotation.title.clone(), annotation.said.clone());
            let at = *known.entry(key).or_insert(annotations.len());
            match annotations.get_mut(at) {
                Some(same) => same.images.push(name.clone()),
                None => annotations.push(Annotation { images: vec![name.clone()], ..annotation }),
            }
        }
    }
    annotations
}

/// What is said of an image.
fn of(report: &Report, image: &Image) -> Vec<Annotation> {
    let plain = |level, title: &str, said| Annotation {
        level,
        title: title.to_owned(),
        place: None,
        said,
        explained: 0,
        is_late: false,
        images: Vec::new(),
    };
    let failure = image.error.iter().map(|failure| {
        let hint = failure.hint.iter().map(|hint| format!("hint: {}", shown(hint)));
        plain(Level::Error, failure.kind, [shown(&failure.message)].into_iter().chain(hint).collect())
    });
    let mut of_rules: BTreeMap<&str, usize> = BTreeMap::new();
    let causes = Cause::of(image).into_iter().map(|cause| {
        let of_rule = of_rules.entry(&cause.rule.id).or_default();
        *of_rule += 1;
        let is_late = *of_rule > OF_A_RULE;
        let mut said = cause.finding.lines(image);
        if cause.explained > 0 {
            said.push(format!("explains: {} of {}", count(cause.explained as u64, "finding"), cause.explains.join(", ")));
        }
        let place = cause.finding.source.as_ref().map(|source| (source.file.clone(), source.line));
        Annotation { place, is_late, explained: cause.explained, ..plain(cause.worst, &shown(&cause.rule.id), said) }
    });
    let unknown: Vec<String> = image.undecided(report.fail_on).map(|rule| shown(&rule.id)).collect();
    let undecided = (image.verdict == Verdict::Undecided && !unknown.is_empty()).then(|| {
        let said = format!("could not be judged: {}", unknown.join(", "));
        plain(Level::Warn, "undecided", vec![said])
    });
    failure.chain(causes).chain(undecided).collect()
}

impl Annotation {
    fn command(&self, images: usize) -> String {
        let mut said = self.said.join("\n");
        if images > 1 {
            let named = self.images.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
            let rest = self.images.len().saturating_sub(NAMED);
            let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
            said = format!("{named}{more}: {said}");
        }
        command(self.level, &self.title, self.place.as_ref(), &said)
    }
}

/// One line that a runner makes an annotation of.
fn command(level: Level, title: &str, place: Option<&(String, u64)>, said: &str) -> String {
    let name = match level {
        Level::Error => "error",
        Level::Warn => "warning",
        Level::Info | Level::Off => "notice",
    };
    let place = place.map(|(file, line)| format!("file={},line={line},", property(file))).unwrap_or_default();
    format!("::{name} {place}title={}::{}", property(title), data(said))
}

/// A text behind the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
