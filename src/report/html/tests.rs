use super::*;
use crate::error::{Error, Kind};
use crate::finding::{Level, Outcome, Question};
use crate::report::{Answers, Blame, Failure, Finding, Layer, Rule, Sizes};
use crate::size::delta::{Change, Contents, DirectoryDelta, Fate, FileDelta, Findings, LayerDelta, PackageDelta, SettingDelta};
use crate::size::snapshot::{Fingerprint, Side};
use crate::size::{self, Cause, Copies, Directory, FileSize, KindSize, Loss, Map, Owner, Package, Waste};
use crate::vfs::dump;

const HOSTILE: &str = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"' style=x\u{202e}";

fn finding(waived: Option<&str>) -> Finding {
    let layer = Blame {
        index: 0,
        digest: HOSTILE.into(),
        diff_id: HOSTILE.into(),
        created_by: Some(HOSTILE.into()),
        dockerfile_line: Some(3),
    };
    Finding {
        level: Level::Error,
        message: HOSTILE.into(),
        fix: HOSTILE.into(),
        predicts: Some(HOSTILE.into()),
        because: None,
        waived: waived.map(str::to_owned),
        known: false,
        path: Some(HOSTILE.into()),
        found: Some(HOSTILE.into()),
        want: Some(HOSTILE.into()),
        count: 9,
        examples: vec![HOSTILE.into(), HOSTILE.into()],
        layer: Some(layer),
        source: None,
    }
}

fn rule(id: &'static str, outcome: Outcome, findings: Vec<Finding>) -> Rule {
    let (answers, reason) = (Question::Starts, Some(HOSTILE.into()));
    Rule { id: id.into(), answers, level: Level::Error, outcome, examined: 1, reason, findings }
}

fn compared() -> Delta {
    let change = Change { old: 818_000_000, new: 572_000_000 };
    let side = Side { reference: HOSTILE.into(), platform: HOSTILE.into(), ..Side::default() };
    let fingerprint = || Fingerprint { rule: HOSTILE.into(), at: HOSTILE.into() };
    let layer = LayerDelta {
        old_index: Some(1),
        new_index: Some(2),
        same: false,
        created_by: Some(HOSTILE.into()),
        compressed_bytes: change,
        files_bytes: change,
    };
    let package = PackageDelta {
        kind: "python",
        name: HOSTILE.into(),
        old_version: Some("1".into()),
        new_version: Some(HOSTILE.into()),
        bytes: change,
        files: change,
    };
    let file = FileDelta { path: HOSTILE.into(), from: Some(HOSTILE.into()), what: Fate::Moved, bytes: change };
    Delta {
        old: side.clone(),
        new: side,
        notes: vec![HOSTILE.into()],
        unpacked_bytes: change,
        packages: vec![package],
        directories: vec![DirectoryDelta { path: HOSTILE.into(), bytes: change }],
        layers: vec![layer],
        contents: Some(Contents { largest: vec![file], ..Contents::default() }),
        config: Some(vec![SettingDelta { name: HOSTILE.into(), old: None, new: Some(HOSTILE.into()) }]),
        findings: Some(Findings { new: vec![fingerprint()], fixed: vec![fingerprint()], same: 1 }),
        ..Delta::default()
    }
}

fn wasted() -> Waste {
    let cause = Cause {
        kind: Loss::Removed,
        layer: 0,
        created_by: Some(HOSTILE.into()),
        bytes: 30,
        files: 1,
        largest: HOSTILE.into(),
        lost_layer: None,
        changed: vec![],
        fix: HOSTILE.into(),
    };
    let copies = Copies { bytes: 5, count: 2, paths: vec![HOSTILE.into(), HOSTILE.into()] };
    Waste { bytes: 35, removed: 30, duplicates: 5, causes: vec![cause], copies: vec![copies], ..Waste::default() }
}

/// An image all of whose texts are hostile.
fn hostile() -> Image {
    let tree = dump::tree(["f 0644 0:0 70 /a/<script>alert(1)<!--\nf 0644 0:0 30 /b\\x20onerror=\"'"]).unwrap();
    let package = Package { kind: "python", name: HOSTILE.into(), version: HOSTILE.into(), bytes: 70, files: 1 };
    let directory = Directory { path: HOSTILE.into(), bytes: 70, files: 1 };
    let owner = Owner { kind: "python", name: HOSTILE.into(), version: HOSTILE.into() };
    let file = FileSize { path: HOSTILE.into(), bytes: 70, kind: size::Kind::Data, owner: Some(owner.clone()), layer: 0 };
    let sizes = Sizes {
        bytes: 100,
        files: 2,
        directories: vec![directory],
        packages: vec![package],
        kinds: vec![KindSize { kind: size::Kind::Data, bytes: 100, files: 2 }],
        largest: vec![file],
        waste: wasted(),
        ..Sizes::default()
    };
    let layer = Layer {
        index: 0,
        digest: HOSTILE.into(),
        diff_id: HOSTILE.into(),
        media_type: HOSTILE.into(),
        compressed_bytes: 10,
        bytes: Some(100),
        entries: Some(2),
        files_bytes: Some(100),
        hidden_bytes: Some(30),
        created_by: Some(HOSTILE.into()),
    };
    let rules = vec![
        rule("a/fails", Outcome::Fail, vec![finding(None), finding(Some(HOSTILE))]),
        rule("a/unknown", Outcome::Unknown, vec![]),
        rule("a/passes", Outcome::Pass, vec![]),
        rule("a/skips", Outcome::Skip, vec![]),
    ];
    Image {
        complete: true,
        notes: vec![HOSTILE.into()],
        platform: Some(HOSTILE.into()),
        answers: Answers::of(&rules),
        rules,
        layers: vec![layer],
        sizes,
        map: Some(Map::of(&tree, &[owner], &|_| Some(0))),
        delta: Some(compared()),
        ..Image::unread(HOSTILE.into(), Failure::from(&Error::new(Kind::Corrupt, HOSTILE).hint(HOSTILE)))
    }
}

fn report(images: Vec<Image>) -> Report {
    Report::new(images, Some(Level::Error), chrono::NaiveDate::default())
}

fn text(page: Vec<u8>) -> String {
    String::from_utf8(page).unwrap()
}

/// The tags of a page, data and script and style left out; panics where one is not closed, or one is that is not open.
fn tags(page: &str) -> Vec<String> {
    let (mut open, mut tags, mut rest): (Vec<String>, Vec<String>, _) = (vec![], vec![], page);
    while let Some((_, after)) = rest.split_once('<') {
        let (tag, after) = after.split_once('>').unwrap();
        let name = tag.split(' ').next().unwrap();
        rest = after;
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop().as_deref(), Some(name), "{tag}"),
            None if matches!(name, "!DOCTYPE" | "meta" | "link") => tags.push(tag.to_owned()),
            None => {
                tags.push(tag.to_owned());
                open.push(name.to_owned());
                if matches!(name, "script" | "style") {
                    rest = &rest[rest.find(&format!("</{name}>")).unwrap()..];
                }
            }
        }
    }
    assert!(open.is_empty(), "{open:?}");
    tags
}

#[test]
fn every_tag_is_closed_and_hostile_text_makes_none() {
    for page in [text(render(&report(vec![hostile(), hostile()]))), text(delta(&compared()))] {
        let tags = tags(&page);
        assert!(tags.len() > 40, "{tags:?}");
        assert!(!tags.iter().any(|tag| tag.starts_with("img") || tag.contains("onerror") || tag.contains(" style=")), "{tags:?}");
        let scripts = tags.iter().filter(|tag| tag.starts_with("script"));
        assert!(scripts.clone().filter(|tag| *tag == "script").count() == 1, "{:?}", scripts.collect::<Vec<_>>());
        assert!(!page.contains('\u{202e}') && !page.contains("<img"));
    }
}

#[test]
fn the_policy_lets_this_style_and_this_script_be_and_nothing_else() {
    let page = text(render(&report(vec![hostile()])));
    let between = |start: &str, end: &str| page.split_once(start).unwrap().1.split_once(end).unwrap().0.to_owned();
    let policy = between("content=\"", "\"").replace("&#39;", "'");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
    assert!(policy.contains(&source(&between("<style>", "</style>"))));
    assert!(policy.contains(&source(&between("<script>", "</script>"))));
    for markup in ["http://", "https://", "url(", "@import", "</s", "<!--"] {
        assert!(!STYLE.contains(markup) && !SCRIPT.contains(markup), "{markup}");
    }
}

#[test]
fn the_same_report_makes_the_same_page_and_says_all_of_it() {
    let page = text(render(&report(vec![hostile()])));
    assert_eq!(page, text(render(&report(vec![hostile()]))));
    for said in [
        "a/fails",
        "a/unknown",
        "1 rule passes",
        "1 rule does not apply",
        "1 finding waived, known",
        "Dockerfile:3",
        "and 7 more",
    ] {
        assert!(page.contains(said), "{said}");
    }
    assert!(page.contains(">818 MB → 572 MB, −246 MB (−30 %)<"), "the change");
}

#[test]
fn what_was_not_asked_for_is_left_out() {
    let sizes = Image { rules: vec![], delta: None, error: None, notes: vec![], map: None, ..hostile() };
    let page = text(render(&report(vec![sizes])));
    for absent in ["Findings", "class=answers", "verdict good", "What changed", "Notes", "application/json"] {
        let body = page.split_once("<body>").unwrap().1.split_once("<script>").unwrap().0;
        assert!(!body.contains(absent), "{absent}");
    }
    let unread = Image::unread("x".into(), Failure::from(&Error::new(Kind::Denied, "no").hint("log in")));
    let page = text(render(&report(vec![unread])));
    assert!(page.contains("denied, exit 4") && page.contains("hint: log in") && !page.contains("class=totals"));
}

#[test]
fn the_map_is_there_for_the_script() {
    let page = text(render(&report(vec![Image { delta: None, ..hostile() }])));
    let json = page.split_once("<script type=application/json>").unwrap().1.split_once("</script>").unwrap().0;
    let data: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(data["owners"][0][3], 100);
    assert_eq!(data["cells"][0], serde_json::json!([0, 100, 2, 0, ""]));
    assert_eq!(data["cells"].as_array().unwrap().len(), 4);
}
