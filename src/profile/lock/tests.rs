use super::super::tests::{KNOWN, choose, parse_with};
use super::*;
use crate::error::Kind;

const BASE: &str = r#"[rules."ownership/tree"]
roots = ["/app"]
level = "warn"
[[check]]
id = "own/a"
files = "/a"
[size]
max-growth = "5%"
[lock]
rules = ["ownership/*", "own/*", "size/regression", "structure-test/*"]
max-waiver = "90d"
"#;

/// What a profile that extends [`BASE`] says of its first mistake.
fn refused(text: &str) -> Option<String> {
    let error = parse_with(&format!("extends = \"base.toml\"\n{text}"), &[("dir/base.toml", BASE)]).err()?;
    assert_eq!(error.kind, Kind::Usage);
    Some(error.what)
}

#[test]
fn what_is_locked_can_be_tightened_and_not_weakened() {
    let by = "is locked by dir/base.toml:10:10";
    let tree = "[rules.\"ownership/tree\"]\n";
    for (text, place, what) in [
        (format!("{tree}level = \"info\""), "3:9", "can only be raised"),
        (format!("{tree}level = \"off\""), "3:9", "its level is warn and can only be raised"),
        (format!("{tree}roots = []"), "3:9", "its option `roots` cannot be changed"),
        (format!("{tree}roots = [\"/app\", \"/x\"]"), "3:9", "its option `roots` cannot be changed"),
        ("[rules.\"own/a\"]\nlevel = \"warn\"".into(), "3:9", "its level is error"),
        ("[rules.\"structure-test/x\"]\nlevel = \"warn\"".into(), "3:9", "its level is error"),
        ("[[ignore]]\nrule = \"ownership/tree\"\nreason = \"x\"".into(), "3:8", "its findings cannot be waived"),
        ("[[ignore]]\nrule = \"structure-test/x\"\nreason = \"x\"".into(), "3:8", "its findings cannot be waived"),
        ("[[check]]\nid = \"own/a\"\nfiles = \"/b\"".into(), "3:6", "it cannot be replaced"),
    ] {
        let said = refused(&text).unwrap_or_else(|| panic!("{text} is not refused"));
        assert!(
            said.starts_with(&format!("dir/my.toml:{place}: ")) && said.contains(by) && said.contains(what),
            "{text}\n{said}"
        );
    }
    for text in [
        format!("{tree}level = \"error\"\nreason = \"x\""),
        format!("{tree}level = \"warn\"\nroots = [\"/app\"]"),
        "[rules.\"size/waste\"]\nlevel = \"off\"".into(),
        "[[check]]\nid = \"own/b\"\nfiles = \"/b\"\n[rules.\"own/b\"]\nlevel = \"off\"".into(),
        "[size]\nmax-bytes = 7\nmax-growth = []".into(),
    ] {
        assert_eq!(refused(&text), None, "{text}");
    }
}

#[test]
fn a_waiver_ends_as_soon_as_a_lock_wants_it() {
    let waiver = |expires: &str| format!("[[ignore]]\nrule = \"size/waste\"\nreason = \"x\"\n{expires}");
    let said = refused(&waiver("")).unwrap();
    assert_eq!(said, "dir/my.toml:2:1: a waiver needs `expires`: dir/base.toml:10:10 lets it hold for 90 days");
    let policy = |day: &str| {
        let text = format!("extends = \"base.toml\"\n{}", waiver(&format!("expires = \"{day}\"")));
        parse_with(&text, &[("dir/base.toml", BASE)]).unwrap()
    };
    let today = "2026-11-21".parse().unwrap();
    assert!(policy("2027-02-19").dated(today).is_ok() && policy("2026-01-01").dated(today).is_ok());
    let error = choose(&policy("2027-02-20"), "x", &[], &[], None).unwrap_err();
    assert_eq!(
        (error.kind, &error.what[..]),
        (
            Kind::Usage,
            "dir/my.toml:2:1: the waiver of size/waste holds until 2027-02-20: dir/base.toml:10:10 lets it hold for 90 days, \
             until 2027-02-19 as of today"
        )
    );
}

#[test]
fn locks_add_up_along_the_chain() {
    let middle = "extends = \"base.toml\"\n[lock]\nrules = [\"size/waste\"]\nmax-waiver = \"30d\"";
    let files = [("dir/base.toml", BASE), ("dir/middle.toml", middle)];
    let refused = |text: &str| parse_with(&format!("extends = \"middle.toml\"\n{text}"), &files).unwrap_err().what;
    assert!(refused("[rules.\"size/waste\"]\nlevel = \"off\"").contains("`size/waste` is locked by dir/middle.toml:3:10"));
    assert!(refused("[rules.\"ownership/tree\"]\nlevel = \"off\"").contains("`ownership/tree` is locked by dir/base.toml:10:10"));
    assert!(
        refused("[[ignore]]\nrule = \"marker/content\"\nreason = \"x\"")
            .contains("dir/middle.toml:3:10 lets it hold for 30 days")
    );
    let own = parse_with("[rules.\"size/waste\"]\nlevel = \"off\"\n[lock]\nrules = [\"size/waste\"]", &[]);
    assert!(own.is_ok(), "what a profile locks binds those that extend it");
}

#[test]
fn what_is_locked_is_judged_by_what_locks_it_too() {
    let base = "[expect]\nuser = \"1:1\"\n[lock]\nrules = [\"ownership/tree\"]";
    let profile = |text: &str| {
        let policy = parse_with(&format!("extends = \"base.toml\"\n{text}"), &[("dir/base.toml", base)]).unwrap();
        choose(&policy, "x", &[], &[], None).unwrap()
    };
    assert!(profile("[rules.\"size/waste\"]\nlevel = \"off\"").floors.is_empty(), "what it says of everything else is the same");
    let changed = profile("[expect]\nuser = \"\"");
    let [floor] = &changed.floors[..] else { panic!("{:?}", changed.floors) };
    assert_eq!((changed.expect.user, floor.profile.expect.user), (None, Some((1, 1))));
    assert!(floor.lock.holds("ownership/tree") && !floor.lock.holds("size/waste"));
}

#[test]
fn every_name_of_a_lock_is_of_a_rule_that_there_is() {
    assert!(KNOWN.iter().all(|rule| !rule.id.starts_with("own/")));
    let error = parse_with("[lock]\nrules = [\"own/*\"]", &[]).unwrap_err();
    assert_eq!(error.what, "dir/my.toml:2:10: there is no rule `own/*` to lock");
    assert_eq!(days("0d"), Ok(0));
    assert!(["", "d", "90", "-1d", "90 d", "99999d"].iter().all(|text| days(text).is_err()));
}
