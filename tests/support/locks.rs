//! A profile that extends a locked one says what it likes: what failed under the lock fails, or the profile is refused.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use lucid_verify::finding::Outcome;
use lucid_verify::profile::Policy;
use lucid_verify::rules::known;
use proptest::prelude::*;

use super::golden::{Image, edits};

/// Lines of each table, any of which a document may have.
const TABLES: &[(&str, &[&str])] = &[
    ("[expect]", &["user = \"\"", "platform = \"\"", "python = \"\"", "site-packages = \"/usr/lib\"", "base = \"\""]),
    ("[size]", &["max-bytes = \"\"", "max-layer = \"9GB\"", "max-growth = \"90%\"", "packages = { grpcio = \"9GB\" }"]),
    ("[services.aaa]", &["match = [\"*\"]", "packages = []", "app = [\"/app\"]", "modules = [\"auth.main\"]"]),
    ("[services.auth]", &["match = [\"*\"]", "packages = []", "markers = []", "config = {}"]),
    ("[rules.\"ownership/tree\"]", &["level = \"error\"", "level = \"off\"", "roots = []"]),
    ("[rules.\"config/user\"]", &["level = \"warn\"", "reason = \"x\""]),
    ("[[ignore]]", &["rule = \"config/user\"\nreason = \"x\""]),
];

/// A document of some of the lines.
fn document(picked: &[bool]) -> String {
    let (mut text, mut picked) = (String::new(), picked.iter());
    for (heading, lines) in TABLES {
        let chosen: Vec<&str> = lines.iter().filter(|_| picked.next() == Some(&true)).copied().collect();
        if !chosen.is_empty() {
            writeln!(text, "{heading}\n{}", chosen.join("\n")).unwrap();
        }
    }
    text
}

fn failing(image: &Image) -> BTreeSet<String> {
    let failed = image.judge().into_iter().filter(|judged| judged.judgement.outcome() == Outcome::Fail);
    failed.map(|judged| judged.rule.id.to_string()).collect()
}

const LOCKED: &str = concat!(include_str!("../../testdata/golden/profile.toml"), "\n[lock]\nrules = [\"**\"]\n");

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_is_locked_passes_that_failed_before(
        at in any::<prop::sample::Index>(),
        picked in prop::collection::vec(prop::bool::weighted(0.15), 23),
    ) {
        let own = document(&picked);
        let read = |_: &str| Ok(LOCKED.to_owned());
        if Policy::parse("edit.toml", &format!("extends = \"golden.toml\"\n{own}"), &known(), &read).is_ok() {
            let edits = edits();
            let image = at.get(&edits).image.clone().under(LOCKED).extended("");
            let (before, after) = (failing(&image), failing(&image.extended(&own)));
            prop_assert!(before.is_subset(&after), "{before:?} became {after:?} by\n{own}");
        }
    }
}

#[test]
fn the_same_document_weakens_what_is_not_locked() {
    let is_foreign = |line: &String| line.starts_with("base/kind ");
    let edit = edits().into_iter().find(|edit| edit.expected.iter().any(is_foreign)).unwrap();
    let own = edit.image.extended("[expect]\nbase = \"\"\n");
    assert!(!failing(&own).contains("base/kind"));
    assert!(failing(&own.under(LOCKED)).contains("base/kind"));
}
