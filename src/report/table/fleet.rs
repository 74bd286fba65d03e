//! Several images on one page: how each came off, what is wrong with them together, and where they differ.

use super::grid::{self, Side};
use super::head::short;
use super::page::Page;
use super::pull;
use crate::finding::{Level, Outcome, Question};
use crate::report::figures::count;
use crate::report::fleet::{Common, Drift, Fleet};
use crate::report::{Answer, Image, Report, Verdict};
use crate::text::terminal;

/// Causes that are told.
const CAUSES: usize = 20;
/// Packages that are told.
const PACKAGES: usize = 10;
/// Versions of one package that are told.
const VERSIONS: usize = 4;
/// Images of a version that are named; of more it is said how many.
const FEW: usize = 3;

pub(super) fn write(page: &mut Page, report: &Report, fleet: &Fleet) {
    page.paragraph(&format!("{}  ", report.verdict.word().to_uppercase()), "  ", &fleet.counts());
    page.blank();
    grid::write(page, &answers(fleet), Side::Left);
    for (place, image) in report.images.iter().enumerate() {
        unanswered(page, image, &fleet.label(place));
    }
    causes(page, fleet);
    drift(page, fleet);
    if let Some(pull) = &report.pull {
        let is_whole = page.is_verbose();
        page.blank();
        pull::block(page, pull, is_whole);
    }
    if !page.is_verbose() {
        next(page, fleet);
    }
}

/// A head, and a row an image.
fn answers(fleet: &Fleet) -> Vec<Vec<String>> {
    let words = |first: String, verdict: &str, answers: &dyn Fn(Question) -> &'static str| {
        let answers = Question::ALL.into_iter().map(|question| answers(question).to_owned());
        [first, verdict.to_owned()].into_iter().chain(answers).collect::<Vec<String>>()
    };
    let head = words("image".to_owned(), "verdict", &|question| question.word());
    let row = |(place, member): (usize, &crate::report::Member)| {
        let word = |question: Question| match member.answers.to(question) {
            Answer::No => "NO",
            Answer::NotAsked => "-",
            other => other.word(),
        };
        words(terminal(&fleet.label(place)), member.verdict.word(), &word)
    };
    std::iter::once(head).chain(fleet.images.iter().enumerate().map(row)).collect()
}

/// Why an image could not be looked at, or not be judged.
fn unanswered(page: &mut Page, image: &Image, name: &str) {
    if let Some(failure) = &image.error {
        page.blank();
        page.headline("error", Level::Error, failure.kind, &format!("exit {}", failure.exit_code));
        page.paragraph("  ", "  ", name);
        page.paragraph("  ", "  ", &failure.message);
        if let Some(hint) = &failure.hint {
            page.paragraph("  hint  ", "        ", hint);
        }
    } else if image.verdict == Verdict::Undecided {
        let unknown: Vec<_> = image.rules.iter().filter(|rule| rule.outcome == Outcome::Unknown).collect();
        let worst = unknown.iter().max_by_key(|rule| rule.level);
        page.blank();
        page.headline("unknown", Level::Warn, worst.map_or("", |rule| &rule.id), &count(unknown.len() as u64, "rule"));
        page.paragraph("  ", "  ", name);
        if let Some(reason) = worst.and_then(|rule| rule.reason.as_deref()) {
            page.paragraph("  ", "  ", reason);
        }
    }
}

fn causes(page: &mut Page, fleet: &Fleet) {
    let (infos, weighty): (Vec<&Common>, Vec<&Common>) = fleet.causes.iter().partition(|cause| cause.level == Level::Info);
    for cause in weighty.iter().take(CAUSES) {
        page.blank();
        let images = format!("{}  {} of {} images", cause.answers.word(), cause.images.len(), fleet.images.len());
        page.headline(cause.level.word(), cause.level, &cause.rule, &images);
        if let Some(made) = cause.created_by.as_deref().filter(|made| !cause.message.contains(made)) {
            page.instruction(made);
        }
        page.paragraph("  ", "  ", &cause.message);
        if let Some(path) = cause.path.as_deref().filter(|path| !cause.message.contains(path)) {
            page.paragraph("  at        ", "            ", path);
        }
        let layer = cause.layer.as_deref().filter(|_| cause.images.len() > 1);
        let layer = layer.map(|layer| format!(" (all in layer {})", short(layer, 12))).unwrap_or_default();
        page.paragraph("  in        ", "            ", &format!("{}{layer}", fleet.some(&cause.images)));
        if !cause.fix.is_empty() {
            page.paragraph("  fix       ", "            ", &cause.fix);
        }
    }
    let more = weighty.len().saturating_sub(CAUSES) as u64;
    let rest: Vec<String> = [(more, "more cause"), (infos.len() as u64, "remark")]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| count(number, what))
        .collect();
    if !rest.is_empty() {
        page.blank();
        page.paragraph("", "", &format!("and {}: -v lists them image by image", rest.join(", ")));
    }
}

fn drift(page: &mut Page, fleet: &Fleet) {
    if fleet.drift.is_empty() {
        return;
    }
    page.blank();
    page.paragraph("", "", &format!("{} in different versions", count(fleet.drift.len() as u64, "package")));
    for package in fleet.drift.iter().take(PACKAGES) {
        page.paragraph("  ", "    ", &format!("{} {}: {}", package.kind, package.name, spread(fleet, package)));
    }
    let more = fleet.drift.len().saturating_sub(PACKAGES) as u64;
    if more > 0 {
        page.paragraph("  ", "    ", &format!("and {}: --format json lists them", count(more, "more package")));
    }
}

/// `0.115.6 in 28 images; 0.104.1 in auth:1, billing:1`.
fn spread(fleet: &Fleet, package: &Drift) -> String {
    let version = |version: &crate::report::Version| {
        let images = match version.images.len() {
            ..=FEW => fleet.some(&version.images),
            many => format!("{many} images"),
        };
        format!("{} in {images}", version.version)
    };
    let mut versions: Vec<String> = package.versions.iter().take(VERSIONS).map(version).collect();
    let more = package.versions.len().saturating_sub(VERSIONS) as u64;
    versions.extend((more > 0).then(|| count(more, "more version")));
    versions.join("; ")
}

fn next(page: &mut Page, fleet: &Fleet) {
    let cause = fleet.causes.first().filter(|cause| cause.level > Level::Info);
    let rule = cause.map(|cause| format!("lucid-verify rules {}   ·   ", cause.rule)).unwrap_or_default();
    page.blank();
    page.paragraph("", "      ", &format!("next: {rule}-v tells each image in full"));
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;
    use crate::error::{Error, Kind};
    use crate::report::Failure;
    use crate::report::fleet::tests::{finding, image, package, report};
    use crate::report::table::{Style, render};

    fn page(images: Vec<Image>, width: usize) -> String {
        String::from_utf8(render(&report(images), &Style { width, color: false, verbose: false })).unwrap()
    }

    #[test]
    fn a_page_has_a_row_an_image_and_each_cause_once() {
        let unowned = |layer: &str| ("ownership/readable", finding(Level::Error, "/app/main.py", layer, "COPY app /app"));
        let mut images = vec![
            image("docker.io/x/auth:1", vec![unowned("sha256:1")]),
            image("docker.io/x/billing:1", vec![unowned("sha256:2"), ("a/b", finding(Level::Info, "/x", "sha256:2", "RUN"))]),
            image("docker.io/x/web:1", vec![]),
            Image::unread("docker.io/x/none:1".into(), Failure::from(&Error::new(Kind::NotFound, "no such").hint("look"))),
        ];
        for (image, version) in images.iter_mut().zip(["1", "1", "2"]) {
            image.sizes.packages = vec![package("python", "fastapi", version)];
        }
        let wanted = "\
INCOMPLETE  4 images: 1 held, 2 with findings, 1 incomplete

  image      verdict     whole  starts  safe  conforms  lean
  auth:1     findings    -      NO      -     -         -
  billing:1  findings    -      NO      -     -         -
  none:1     incomplete  -      -       -     -         -
  web:1      held        -      -       -     -         -

error  not-found                                                          exit 3
  none:1
  no such
  hint  look

error  ownership/readable                                  starts  2 of 4 images
  COPY app /app
  it cannot be read
  at        /app/main.py
  in        auth:1, billing:1
  fix       add --chown

and 1 remark: -v lists them image by image

1 package in different versions
  python fastapi: 1 in auth:1, billing:1; 2 in web:1

next: lucid-verify rules ownership/readable   ·   -v tells each image in full
";
        let page = page(images, 80);
        assert_eq!(page, wanted);
    }

    #[test]
    fn nothing_is_wider_than_the_page_and_nothing_acts() {
        let hostile = "日本語\u{1b}[31m".repeat(30);
        let mut images: Vec<Image> = (0..40)
            .map(|number| image(&format!("x/{number}{hostile}:1"), vec![("a/b", finding(Level::Error, &hostile, "l", &hostile))]))
            .collect();
        for (number, image) in images.iter_mut().enumerate() {
            image.services = vec![hostile.clone()];
            image.sizes.packages = vec![package("deb", &hostile, &format!("{number}{hostile}"))];
        }
        for width in [24, 80, 100] {
            let page = page(images.clone(), width);
            assert!(page.lines().all(|line| line.width() <= width.max(24)), "{page}");
            assert!(!page.contains('\u{1b}'));
        }
    }
}
