use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::finding::{Outcome, Question};
use crate::report::{Finding, Policy, Rule, json};

/// What a run can say of an image.
const STATES: u8 = 6;

fn image(reference: &str, platform: Option<&str>, state: u8) -> Image {
    let failure = |kind| Failure::from(&Error::new(kind, "no"));
    let mut image = Image::unread(reference.to_owned(), failure(Kind::Unreachable));
    image.platform = platform.map(str::to_owned);
    let rule = |level, outcome| Rule {
        id: "a/b".into(),
        answers: Question::Whole,
        level,
        outcome,
        examined: u64::MAX,
        reason: None,
        findings: if outcome == Outcome::Fail { vec![Finding::plain(level, "\u{1b}[31m::error::x", "##[y]")] } else { vec![] },
    };
    match state % STATES {
        0 => return image,
        1 => {
            image.error = Some(failure(Kind::NotFound));
            return image;
        }
        2 => image.rules = vec![rule(Level::Error, Outcome::Unknown)],
        state => {
            let outcome = if state == 3 { Outcome::Pass } else { Outcome::Fail };
            let level = if state == 4 { Level::Warn } else { Level::Error };
            (image.complete, image.error) = (true, None);
            image.rules = vec![rule(level, outcome)];
        }
    }
    image.platform = Some(platform.unwrap_or("linux/arm64").to_owned());
    image
}

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()
}

fn of(images: Vec<Image>, shard: Option<Shard>, fail_on: Option<Level>) -> Vec<u8> {
    json::render(&Report { shard, ..Report::new(images, fail_on, day()) })
}

fn merged(reports: &[&[u8]]) -> Merged {
    let mut merge = Merge::default();
    for (number, report) in reports.iter().enumerate() {
        merge.add(&format!("{number}.json"), report).unwrap();
    }
    merge.finish(Some(Level::Error))
}

fn json(reports: &[&[u8]]) -> Vec<u8> {
    json::render(&merged(reports).report)
}

fn refused(reports: &[&[u8]]) -> String {
    let mut merge = Merge::default();
    let added: Result<()> = reports.iter().try_for_each(|report| merge.add("x.json", report));
    let error = added.unwrap_err();
    assert_eq!(error.kind, Kind::Usage);
    error.to_string()
}

/// The shards of a sweep over these references, image `number` in shard `number % count`.
fn shards(references: &[String], count: usize, fail_on: Option<Level>) -> Vec<Vec<u8>> {
    let shard = |index: usize| {
        let mine = references.iter().enumerate().filter(|(number, _)| number % count == index);
        let images = mine.map(|(number, reference)| image(reference, None, u8::try_from(number).unwrap())).collect();
        of(images, Some(Shard::of(u32::try_from(index).unwrap(), u32::try_from(count).unwrap(), references)), fail_on)
    };
    (0..count).map(shard).collect()
}

fn references(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("docker.io/team/s{number:02}:1")).collect()
}

#[test]
fn all_shards_together_are_the_single_run_in_any_order_and_in_any_steps() {
    let names = references(13);
    let images = names.iter().zip(0..).map(|(name, number)| image(name, None, number)).collect();
    let single = of(images, None, Some(Level::Error));
    for fail_on in [None, Some(Level::Warn)] {
        let parts = shards(&names, 4, fail_on);
        let [a, b, c, d] = &parts[..] else { panic!() };
        assert_eq!(json(&[a, b, c, d]), single);
        assert_eq!(json(&[d, b, a, c]), single);
        assert_eq!(json(&[&json(&[d, b]), &json(&[c, a])]), single);
        assert_eq!(json(&[&json(&[&json(&[a]), c]), b, d, c]), single);
        assert_eq!(json(&[&single]), single);
    }
    assert_eq!(json(&[&json(&[&single, &single])]), single);
}

#[test]
fn a_shard_that_is_missing_makes_it_incomplete_and_is_named() {
    let held = |name: &String| image(name, None, 3);
    let names = references(4);
    let part = |index| of(vec![held(&names[index as usize])], Some(Shard::of(index, 4, &names)), None);
    let Merged { report, .. } = merged(&[&part(0), &part(2)]);
    assert_eq!((report.verdict, report.exit_code), (crate::report::Verdict::Incomplete, 3));
    let gaps: Vec<String> = report.gaps().map(|gap| format!("{} {:?}", gap.message, gap.hint)).collect();
    assert!(gaps.len() == 2 && gaps[0].contains("shard 1/4") && gaps[1].contains("--shard 3/4"), "{gaps:?}");
    let names: Vec<String> = report.fleet.iter().flat_map(|fleet| &fleet.images).map(|member| member.name.clone()).collect();
    assert_eq!(names[2..], ["shard 1/4", "shard 3/4"]);
    assert_eq!(report.part().unwrap(), "shards 0/4, 2/4: 2 images of 4");
    let whole = merged(&[&json::render(&report), &part(3), &part(1)]).report;
    assert_eq!((whole.exit_code, whole.images.len(), whole.shard), (0, 4, None));
    assert_eq!(report.shard.unwrap().parts.iter().map(|part| part.index).collect::<Vec<_>>(), [0, 2]);
}

#[test]
fn an_image_that_fell_between_the_shards_is_missed() {
    let names = references(2);
    let part = |index: u32, mine: &[usize]| {
        of(mine.iter().map(|at| image(&names[*at], None, 3)).collect(), Some(Shard::of(index, 2, &names)), None)
    };
    let Merged { report, .. } = merged(&[&part(0, &[0]), &part(1, &[])]);
    assert_eq!((report.exit_code, report.gaps().count()), (3, 1));
    assert!(report.shard.is_some());
    assert_eq!(merged(&[&part(0, &[0]), &part(1, &[1])]).report.exit_code, 0);
    // Where the registry changed meanwhile no list is of all of them.
    let later = of(vec![], Some(Shard::of(1, 2, &names[..1])), None);
    let Merged { report, notes } = merged(&[&part(0, &[0]), &later]);
    assert_eq!((report.exit_code, report.shard), (0, None));
    assert!(notes[0].contains("listed 1 to 2 images, and 1 are here"), "{notes:?}");
}

#[test]
fn a_shard_that_is_run_again_replaces_what_failed_and_not_what_was_read() {
    let names = references(2);
    let part = |state| of(vec![image(&names[0], None, state)], Some(Shard::of(0, 1, &names[..1])), None);
    for (states, code) in [([0, 3], 0), ([3, 0], 0), ([1, 3], 0), ([2, 3], 0), ([5, 3], 0), ([3, 5], 1), ([0, 1], 3), ([1, 0], 5)]
    {
        let Merged { report, notes } = merged(&[&part(states[0]), &part(states[1])]);
        assert_eq!((report.exit_code, report.images.len()), (code, 1), "{states:?}");
        let is_said = states.iter().all(|state| *state > 2) || states.iter().all(|state| *state < 2);
        assert!(!is_said || states == [0, 1] || states == [1, 0] || notes[0].contains("says otherwise"), "{states:?} {notes:?}");
    }
}

#[test]
fn of_reports_that_were_made_apart_every_platform_counts() {
    let report = |images: &[(Option<&str>, u8)]| {
        of(images.iter().map(|(platform, state)| image("docker.io/team/a:1", *platform, *state)).collect(), None, None)
    };
    let (arm, amd) = (Some("linux/arm64"), Some("linux/amd64"));
    for (one, other, images, code) in [
        (vec![(arm, 3)], vec![(amd, 3)], 2, 0),
        (vec![(arm, 3)], vec![(arm, 5)], 1, 1),
        (vec![(arm, 3)], vec![(arm, 2)], 1, 0),
        (vec![(None, 0)], vec![(arm, 3)], 1, 0),
        // Who got further is not green for it, and what it leaves out is not lost.
        (vec![(None, 0)], vec![(arm, 2)], 1, 5),
        // The platform that one asked for is not there, whatever the other found.
        (vec![(None, 1)], vec![(arm, 3)], 2, 3),
        // One of its platforms failed: the other report need not have looked at that.
        (vec![(None, 0), (arm, 3)], vec![(arm, 3)], 2, 5),
    ] {
        for order in [[&one, &other], [&other, &one]] {
            let Merged { report: merged, .. } = merged(&[&report(order[0]), &report(order[1])]);
            let first = order[0] == &one || code != 1;
            assert!(!first || (merged.images.len(), merged.exit_code) == (images, code), "{one:?} {other:?}");
        }
    }
}

#[test]
fn what_cannot_be_put_together_is_refused() {
    let names = references(1);
    let shard = |index, count| of(vec![], Some(Shard::of(index, count, &names)), None);
    let whole = of(vec![image("a", None, 3)], None, None);
    assert!(refused(&[&shard(0, 2), &shard(1, 3)]).contains("it is one of 3 shards, and x.json one of 2"));
    assert!(refused(&[&shard(0, 2), &whole]).contains("it is of no shard"));
    assert!(refused(&[&whole, &shard(0, 2)]).contains("it is of a shard"));
    assert!(refused(&[&shard(2, 2)]).contains("no shard that there can be"));
    assert!(refused(&[&shard(2, u32::MAX)]).contains("no shard that there can be"));
    let text = String::from_utf8(whole).unwrap();
    for (there, instead, what) in [
        ("\"schema\": 1", "\"schema\": 2", "schema 2"),
        ("2026-11-22", "2026-13-22", "no day"),
        ("\"complete\": true", "\"complete\": 1", "line"),
        ("\"pass\"", "\"\\u001b[31m\"", "line"),
    ] {
        assert!(text.contains(there), "{there}");
        let said = refused(&[text.replace(there, instead).as_bytes()]);
        assert!(said.contains("x.json") && said.contains(what) && !said.contains('\u{1b}'), "{said}");
    }
    let other = text.replace("\"version\": \"", "\"version\": \"9.");
    assert!(merged(&[other.as_bytes()]).notes[0].contains("was written by version 9."));
    let later = text.replace("2026-11-22", "2026-11-23");
    let Merged { report, notes } = merged(&[later.as_bytes(), text.as_bytes()]);
    assert!(report.today == "2026-11-23" && notes[0].contains("2026-11-22 to 2026-11-23"), "{notes:?}");
}

#[test]
fn what_an_earlier_sweep_left_stands_in_for_no_worker() {
    let names = references(2);
    let shard = |index| of(vec![image(&names[index as usize], None, 3)], Some(Shard::of(index, 2, &names)), None);
    let (old, new) = (shard(0), shard(1));
    let aged = String::from_utf8(old.clone()).unwrap().replace("2026-11-22", "2026-11-21").into_bytes();
    let older = String::from_utf8(old.clone()).unwrap().replace("2026-11-22", "2026-11-20").into_bytes();
    let one = merged(&[&new]).report;
    assert_eq!((one.exit_code, one.images.len(), &one.today[..]), (3, 2, "2026-11-22"));
    let written = json::render(&one);
    for reports in [[&new, &aged, &older], [&older, &new, &aged], [&aged, &older, &new]] {
        let all = merged(&reports.map(|report| &report[..]));
        assert!(json::render(&all.report) == written, "an earlier day is as good as none");
        assert!(all.notes[0].starts_with("shard 0/2 is of 2026-11-21, and the sweep of 2026-11-22, so"), "{:?}", all.notes);
    }
    // Run again, it is all there; whatever is left of the other days.
    let whole = json::render(&merged(&[&old, &new]).report);
    assert!(
        json::render(&merged(&[&aged, &new, &old]).report) == whole && json::render(&merged(&[&written, &old]).report) == whole
    );
}

#[test]
fn every_format_of_a_hostile_report_is_harmless() {
    let mut image = image("\u{1b}]0;evil\u{7}", None, 5);
    let largest = u64::MAX;
    image.sizes = serde_json::from_value(serde_json::json!({
        "compressed_bytes": largest, "unpacked_bytes": largest, "bytes": largest, "stored_bytes": largest, "files": largest,
        "directories": [{"path": "\u{1b}[1m", "bytes": largest, "files": largest}], "largest": [], "dive": null,
        "packages": [{"kind": "deb", "name": "\u{1b}[1m", "version": "=1", "bytes": largest, "files": largest},
            {"kind": "deb", "name": "b", "version": "1", "bytes": largest, "files": largest}],
        "unowned": {"bytes": largest, "files": largest}, "kinds": [],
        "waste": {"bytes": largest, "removed": largest, "overwritten": largest, "metadata_only": largest,
            "duplicates": largest, "causes": [], "copies": []}
    }))
    .unwrap();
    image.policy = Policy { profile: "\u{1b}[1m".into(), waived: largest, known: largest, ..image.policy };
    let layer = serde_json::json!({"index": usize::MAX, "digest": "\u{1b}[1m", "diff_id": "", "media_type": "", "bytes": largest,
        "compressed_bytes": largest, "entries": largest, "files_bytes": largest, "hidden_bytes": largest, "created_by": "\u{202e}"});
    image.layers = vec![serde_json::from_value(layer.clone()).unwrap(), serde_json::from_value(layer).unwrap()];
    let other = Image { reference: "docker.io/b:1".into(), ..image.clone() };
    let Merged { report, notes } = merged(&[&of(vec![image, other], None, None)]);
    assert!(notes.is_empty());
    let style = crate::report::table::Style { width: 80, color: false, verbose: true };
    let documents = [
        crate::report::table::render(&report, &style),
        json::render(&report),
        crate::report::markdown::render(&report),
        crate::report::junit::render(&report),
        crate::report::sarif::render(&report, &|_| None),
        crate::report::github::render(&report),
        crate::report::codequality::render(&report),
        crate::report::tabular::csv::render(&report),
    ];
    for document in documents {
        let text = String::from_utf8(document).unwrap();
        let acts = |character| crate::text::acts(character) && !matches!(character, '\n' | '\r');
        assert!(!text.chars().any(acts) && !text.contains("##["), "{text}");
    }
    assert!(!crate::report::html::render(&report).contains(&0x1b));
    assert!(crate::report::tabular::parquet::render(&report).starts_with(b"PAR1"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn merging_is_associative_and_idempotent(
        reports in vec(vec((0..2_u8, prop::option::of(0..2_u8), 0..STATES), 0..4), 3),
        sweep in any::<bool>(),
        indices in vec(0..3_u32, 3),
    ) {
        let names = references(2);
        let written: Vec<Vec<u8>> = reports.iter().zip(indices).map(|(images, index)| {
            let platform = |number| if number == 0 { "linux/arm64" } else { "linux/amd64" };
            let images = images.iter().map(|(name, at, state)| image(&names[usize::from(*name)], at.map(platform), *state));
            let mut images: Vec<Image> = images.collect();
            images.sort_by(|one, other| (&one.reference, &one.platform).cmp(&(&other.reference, &other.platform)));
            images.dedup_by(|one, other| (&one.reference, &one.platform) == (&other.reference, &other.platform));
            of(images, sweep.then(|| Shard::of(index, 3, &names)), None)
        }).collect();
        let [a, b, c] = &written[..] else { panic!() };
        let all = json(&[a, b, c]);
        let is_whole = sweep && all.starts_with(b"{") && merged(&[a, b, c]).report.shard.is_none();
        prop_assert_eq!(&json(&[&all]), &all);
        if !is_whole {
            prop_assert_eq!(&json(&[&all, &all]), &all);
        }
        prop_assert_eq!(&json(&[&json(&[a, b]), c]), &all);
        prop_assert_eq!(&json(&[a, &json(&[b, c])]), &all);
        prop_assert_eq!(&json(&[a, a, b, b, c, c]), &all);
    }
}
