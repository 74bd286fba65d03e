//! Comments as they are, in `testdata/reports`, and what a parser makes of hostile ones. `LUCID_UPDATE=1` writes them anew.

use pulldown_cmark::{Event, Options, Parser, Tag};

use super::*;
use crate::error::{Error, Kind};
use crate::finding::{Level, Outcome, Question};
use crate::report::table::golden::{faulty, grown, held, image, made_by, rule, same, weighed};
use crate::report::{Answers, By, Failure, Finding, Image, Layer, Rule};
use crate::size::delta::PackageDelta;

fn report(images: Vec<Image>) -> Report {
    Report::new(images, Some(Level::Error), chrono::NaiveDate::from_ymd_opt(2026, 11, 21).unwrap())
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

fn golden(name: &str, bytes: Vec<u8>) -> String {
    let shown = text(bytes);
    same(&format!("{name}.md"), &shown);
    harmless(&shown);
    shown
}

const OPTIONS: Options =
    Options::ENABLE_TABLES.union(Options::ENABLE_STRIKETHROUGH).union(Options::ENABLE_TASKLISTS).union(Options::ENABLE_FOOTNOTES);

/// Asserts that a parser finds no link, no image, no foreign HTML, and, outside of code, nothing of an image, which calls
/// itself `evil` here.
fn harmless(markdown: &str) {
    let mut code = 0;
    for event in Parser::new_ext(markdown, OPTIONS) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => code += 1,
            Event::End(pulldown_cmark::TagEnd::CodeBlock) => code -= 1,
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::FootnoteDefinition(_)) | Event::FootnoteReference(_) => {
                panic!("{event:?} in\n{markdown}")
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                let ours = ["<!-- lucid-verify", "<details>", "<summary>", "</details>"];
                assert!(ours.iter().any(|tag| html.starts_with(tag)), "{html} in\n{markdown}");
                assert!(html.starts_with("<!--") || !html.contains("evil"), "{html}");
            }
            Event::Text(text) if code == 0 => {
                assert!(!text.contains("evil") && !text.contains(['@', '<', '`']), "{text:?} in\n{markdown}");
            }
            _ => {}
        }
    }
    assert_eq!(code, 0);
    assert!(
        markdown.chars().count() <= 60_000
            && !markdown.chars().any(|character| character != '\n' && crate::text::acts(character))
    );
}

/// How many cells each row of each table has.
fn tables(markdown: &str) -> Vec<Vec<usize>> {
    let (mut tables, mut cells) = (Vec::new(), 0);
    for event in Parser::new_ext(markdown, OPTIONS) {
        match event {
            Event::Start(Tag::Table(_)) => tables.push(Vec::new()),
            Event::Start(Tag::TableHead | Tag::TableRow) => cells = 0,
            Event::Start(Tag::TableCell) => cells += 1,
            Event::End(pulldown_cmark::TagEnd::TableHead | pulldown_cmark::TagEnd::TableRow) => {
                tables.last_mut().unwrap().push(cells);
            }
            _ => {}
        }
    }
    tables
}

#[test]
fn a_comment_on_a_pull_request_reads_as_people_write_it() {
    let shown = golden("delta", delta(&grown()));
    assert!(shown.starts_with("<!-- lucid-verify docker.io/pickme/lucid-auth linux/arm64/v8 -->\n"), "{shown}");
    assert!(shown.contains("| Version | Size | Reduction |\n|---|---|---|\n"), "{shown}");
    assert!(shown.contains("| `pickme/lucid-auth:1.0` | 818 MB | - |\n"), "{shown}");
    assert!(shown.contains("| `pickme/lucid-auth:1.1` | 572 MB | **−246 MB (−30 %)** |\n"), "{shown}");
    assert!(shown.contains("| `numpy` `1.26.4` → `2.1.0` | +28.4 MB | +28,412,345 |\n"), "{shown}");
}

#[test]
fn what_grew_and_what_stayed_says_so() {
    let mut larger = grown();
    std::mem::swap(&mut larger.unpacked_bytes.old, &mut larger.unpacked_bytes.new);
    larger.new.reference.clone_from(&larger.old.reference);
    let shown = text(delta(&larger));
    assert!(shown.contains("| Version | Size | Growth |") && shown.contains("**+246 MB (+43 %)**"), "{shown}");
    assert!(shown.contains("| `pickme/lucid-auth:1.0` `sha256:777777777777` |"), "{shown}");
    let nothing = text(delta(&Delta { old: larger.old.clone(), new: larger.old, ..Delta::default() }));
    assert!(nothing.contains("| 0 B | unchanged |") && nothing.ends_with("\nNothing changed.\n"), "{nothing}");
}

#[test]
fn a_report_has_verdict_answers_size_and_causes() {
    let mut failed = faulty();
    failed.delta = Some(grown());
    failed.sizes = weighed().sizes;
    failed.rules[0].findings[0].known = true;
    let shown = golden("findings", render(&report(vec![failed])));
    assert!(shown.contains("\n### Findings: `pickme/lucid-service-mesh-controller:latest-arm64`\n"), "{shown}");
    golden("held", render(&report(vec![held()])));
    let gone = Error::new(Kind::NotFound, "there is no tag v9").doing("resolve pickme/x:v9").hint("push it");
    let gone = Image::unread("docker.io/pickme/x:v9".into(), Failure::from(&gone));
    golden("several", render(&report(vec![held(), faulty(), gone])));
}

#[test]
fn the_breakdown_is_a_table_a_list() {
    golden("size", size(&report(vec![weighed()]), &View { by: None, top: 10 }));
    let shown = golden("size-layer", size(&report(vec![weighed()]), &View { by: Some(By::Layer), top: 2 }));
    assert!(tables(&shown).iter().flatten().all(|cells| *cells > 3), "{shown}");
}

const HOSTILE: [&str; 14] = [
    "evil ``` @everyone",
    "`evil`",
    "evil\\|x | evil | y",
    "<img src=x onerror=evil>",
    "](javascript:evil)",
    "![evil](https://evil.example/x.png)",
    "evil-->\n<script>",
    "</summary></details><b>evil",
    "\u{1b}[31mevil\u{202e}",
    "evil\r\n\r\n# evil",
    "https://evil.example www.evil.example evil@evil.example",
    "[^evil]: x",
    "~~~\nevil\\",
    "evil`",
];

#[test]
fn no_text_of_an_image_acts_in_a_comment() {
    for evil in HOSTILE {
        let bad = Finding {
            predicts: Some(evil.into()),
            path: Some(evil.into()),
            found: Some(evil.into()),
            want: Some(evil.into()),
            examples: vec![evil.into(), evil.into()],
            layer: Some(made_by(0, evil)),
            known: false,
            ..Finding::plain(Level::Error, evil, evil)
        };
        let known = Finding { known: true, ..bad.clone() };
        let unknown = Rule {
            outcome: Outcome::Unknown,
            reason: Some(evil.into()),
            ..rule("a/unknown", Question::Safe, Level::Error, vec![])
        };
        let rules = vec![rule("a/b", Question::Whole, Level::Error, vec![bad, known]), unknown];
        let mut hostile = Image { platform: Some(evil.into()), digest: Some(evil.into()), ..image(evil, rules) };
        hostile.answers = Answers::of(&hostile.rules);
        hostile.policy.chosen = evil.into();
        hostile.sizes = weighed().sizes;
        hostile.sizes.packages[0].name = evil.into();
        hostile.sizes.directories[0].path = format!("/{evil}");
        hostile.sizes.largest[0].path = evil.into();
        hostile.sizes.waste.causes[0].created_by = Some(evil.into());
        hostile.sizes.waste.causes[0].fix = evil.into();
        hostile.sizes.waste.copies[0].paths[0] = evil.into();
        hostile.layers[1] = Layer { created_by: Some(evil.into()), files_bytes: Some(9), ..hostile.layers[1].clone() };
        hostile.delta = Some(evil_delta(evil));
        let clean = text(render(&report(vec![faulty(), held()])));
        harmless(&clean);
        for shown in [
            render(&report(vec![hostile.clone(), held()])),
            delta(&evil_delta(evil)),
            size(&report(vec![hostile.clone()]), &View { by: None, top: 10 }),
            size(&report(vec![hostile.clone()]), &View { by: Some(By::Directory), top: 10 }),
            size(&report(vec![hostile.clone()]), &View { by: Some(By::File), top: 10 }),
            size(&report(vec![hostile.clone()]), &View { by: Some(By::Layer), top: 10 }),
        ] {
            let shown = text(shown);
            harmless(&shown);
            assert!(shown.contains("evil"), "{shown}");
            for table in tables(&shown) {
                assert!(table.iter().all(|cells| cells == &table[0]), "{table:?} in\n{shown}");
            }
        }
        let gone = Error::new(Kind::NotFound, evil).doing(evil).hint(evil);
        harmless(&text(render(&report(vec![Image::unread(evil.into(), Failure::from(&gone))]))));
    }
}

/// Puts a hostile text in the place of every text of a document that takes it: of words that a program chose it takes none.
fn taint(image: &Image, evil: &str) -> Image {
    fn texts(value: &serde_json::Value, at: String, found: &mut Vec<String>) {
        match value {
            serde_json::Value::String(_) => found.push(at),
            serde_json::Value::Array(list) => {
                list.iter().enumerate().for_each(|(index, value)| texts(value, format!("{at}/{index}"), found));
            }
            serde_json::Value::Object(fields) => {
                fields.iter().for_each(|(name, value)| texts(value, format!("{at}/{name}"), found));
            }
            _ => {}
        }
    }
    let (mut document, mut places) = (serde_json::to_value(image).unwrap(), Vec::new());
    texts(&document, String::new(), &mut places);
    for place in &places {
        let before = std::mem::replace(document.pointer_mut(place).unwrap(), evil.into());
        if serde_json::from_value::<Image>(document.clone()).is_err() {
            *document.pointer_mut(place).unwrap() = before;
        }
    }
    serde_json::from_value(document).unwrap()
}

#[test]
fn no_text_whatsoever_acts_in_a_comment() {
    let mut small = Image { delta: None, error: None, layers: faulty().layers[..3].to_vec(), ..faulty() };
    small.sizes = weighed().sizes;
    // Nothing keeps what is asked of sizes alone.
    (small.sizes.dive, small.sizes.largest) = (None, vec![]);
    for evil in [
        "evil ``` @everyone #1\n::error::evil",
        "</summary></details>|evil|\n\n# evil\n",
        "evil-->![evil](https://evil.example)<b>",
    ] {
        let mut tainted = taint(&small, evil);
        assert!(tainted.rules.iter().all(|rule| rule.id == evil) && tainted.policy.asked == evil && tainted.looked[0] == evil);
        tainted.delta = Some(evil_delta(evil));
        let shown = text(render(&report(vec![tainted.clone(), held()])));
        harmless(&shown);
        assert!(!shown.lines().any(|line| line.trim_start().starts_with("::")), "{shown}");
        harmless(&text(size(&report(vec![tainted]), &View { by: None, top: 10 })));
    }
}

#[test]
fn thirty_images_of_many_findings_are_one_comment() {
    let bad = |at: usize| Finding::plain(Level::Error, &format!("{at} {}", "is wrong ".repeat(40)), "mend it");
    let rules =
        (0..60).map(|at| Rule { id: format!("a/{at}").into(), ..rule("a/b", Question::Whole, Level::Error, vec![bad(at)]) });
    let rules: Vec<Rule> = rules.collect();
    let images = (0..30).map(|at| image(&format!("docker.io/pickme/x{at}:1"), rules.clone())).collect();
    let shown = text(render(&report(images)));
    harmless(&shown);
    assert_eq!(shown.matches("| FINDINGS |").count() + shown.matches("| findings |").count(), 30, "{shown}");
    assert!(shown.lines().last().unwrap().starts_with("Cut: "), "{shown}");
}

/// A comparison in which every text of an image is hostile.
fn evil_delta(evil: &str) -> Delta {
    let mut delta = grown();
    delta.notes = vec![evil.into()];
    for side in [&mut delta.old, &mut delta.new] {
        (side.reference, side.digest, side.platform) = (evil.into(), Some(evil.into()), evil.into());
    }
    for package in &mut delta.packages {
        *package = PackageDelta { name: evil.into(), new_version: Some(evil.into()), ..package.clone() };
    }
    delta.directories.iter_mut().for_each(|directory| directory.path = evil.into());
    delta.layers.iter_mut().for_each(|layer| layer.created_by = Some(evil.into()));
    for file in delta.contents.iter_mut().flat_map(|contents| &mut contents.largest) {
        (file.path, file.from) = (evil.into(), Some(evil.into()));
    }
    for setting in delta.config.iter_mut().flatten() {
        (setting.name, setting.old, setting.new) = (evil.into(), Some(evil.into()), Some(format!("{evil} new")));
    }
    for found in delta.findings.iter_mut().flat_map(|findings| &mut findings.new) {
        (found.rule, found.at) = (evil.into(), evil.into());
    }
    delta
}

#[test]
fn a_long_report_ends_and_says_what_it_left_out() {
    let long = "very long ".repeat(4_000);
    let bad = |at: usize| Finding {
        path: Some(format!("/{at}{long}")),
        ..Finding::plain(Level::Error, &format!("{at} {long}"), &long)
    };
    let failed = |at: usize| Rule { id: format!("a/{at}").into(), ..rule("a/b", Question::Whole, Level::Error, vec![bad(at)]) };
    let mut image = image("docker.io/pickme/x:1", (0..500).map(failed).collect());
    image.delta = Some(grown());
    let shown = text(render(&report(vec![image])));
    harmless(&shown);
    assert!(shown.chars().count() > 50_000 && shown.contains("−246 MB"), "{}", shown.len());
    let last = shown.lines().last().unwrap();
    assert!(last.starts_with("Cut: ") && last.contains("more causes") && last.contains("`--format json` has all."), "{last}");
}
