//! Trees, as the image specification lays them and as runtimes mount them.

use std::io::Write as _;

use lucid_verify::vfs::dump;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::lines::{self, layers, possible, tree};
use crate::overlay::{Overlay, worked_out};
use crate::reference::Reference;

/// The lines of a layer with its whiteouts and opaque marks where `places` puts them.
fn moved(lines: &[String], places: &[prop::sample::Index]) -> Vec<String> {
    let (marks, mut moved): (Vec<_>, Vec<_>) = lines.iter().cloned().partition(|line| line.starts_with(['w', 'o']));
    for (mark, place) in marks.into_iter().zip(places.iter().cycle()) {
        moved.insert(place.index(moved.len() + 1), mark);
    }
    moved
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_tree_is_what_the_specification_says_the_slow_way(layers in layers()) {
        let mut slow = Reference::new();
        let done = layers.iter().try_for_each(|lines| slow.apply(&dump::entries(&lines.join("\n")).unwrap()));
        match (tree(&layers), done) {
            (Ok(tree), Ok(())) => prop_assert_eq!(dump::dump(&tree), slow.dump()),
            (tree, done) => prop_assert_eq!(tree.is_err(), done.is_err()),
        }
    }

    #[test]
    fn where_whiteouts_stand_in_their_layer_changes_nothing(
        layers in possible(),
        places in prop::collection::vec(any::<prop::sample::Index>(), 1..6),
    ) {
        let other: Vec<_> = layers.iter().map(|lines| moved(lines, &places)).collect();
        let (tree, other) = (tree(&layers).unwrap(), self::tree(&other).unwrap());
        prop_assert_eq!(dump::dump(&tree), dump::dump(&other));
        prop_assert_eq!(lines::history(&tree), lines::history(&other));
    }

    #[test]
    fn an_empty_layer_changes_nothing(layers in possible(), place in any::<prop::sample::Index>()) {
        let mut more = layers.clone();
        more.insert(place.index(layers.len() + 1), Vec::new());
        prop_assert_eq!(dump::dump(&tree(&layers).unwrap()), dump::dump(&tree(&more).unwrap()));
    }

    #[test]
    fn a_tree_squashed_into_one_layer_is_the_same_tree(layers in possible()) {
        let squashed = dump::dump(&tree(&layers).unwrap());
        prop_assert_eq!(dump::dump(&dump::tree([&squashed[..]]).unwrap()), &squashed[..]);
        prop_assert_eq!(dump::dump(&dump::tree([&squashed[..], &squashed]).unwrap()), squashed);
    }
}

fn skips() -> bool {
    let is_asked = std::env::var_os("LUCID_REAL").is_some_and(|value| value == "1");
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    if !(is_asked && is_root) {
        let _ = writeln!(std::io::stderr(), "skipped: an overlay mount needs LUCID_REAL=1 and root");
    }
    !(is_asked && is_root)
}

#[test]
fn what_a_mount_shows_is_what_linux_shows() {
    if skips() {
        return;
    }
    let overlay = std::cell::RefCell::new(Overlay::start());
    let cases = std::env::var("LUCID_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(300);
    let config = ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 2000, ..ProptestConfig::default() };
    let checked = TestRunner::new(config).run(&possible(), |layers| {
        let layers: Vec<String> = layers.iter().map(|lines| lines.join("\n")).collect();
        shows_the_same(&mut overlay.borrow_mut(), &layers)
    });
    checked.unwrap_or_else(|error| panic!("{error}"));
}

fn shows_the_same<T: AsRef<str>>(overlay: &mut Overlay, layers: &[T]) -> Result<(), TestCaseError> {
    let ours = worked_out(&dump::tree(layers.iter().map(AsRef::as_ref)).unwrap());
    let theirs = overlay.lay(layers);
    match (ours, theirs) {
        (Ok(mut ours), Ok(mut theirs)) => {
            ours.sort();
            theirs.sort();
            prop_assert_eq!(ours, theirs);
        }
        (Err(ours), Err(theirs)) => prop_assert!(theirs.starts_with(&format!("{ours}:")), "{} {}", ours, theirs),
        (ours, theirs) => prop_assert!(false, "{:?} {:?}", ours, theirs),
    }
    Ok(())
}

#[test]
fn behind_a_name_that_no_layer_has_a_link_of_a_layer_below_goes_on_by_its_names() {
    if skips() {
        return;
    }
    let layers = ["f 0644 0:0 0 /a", "l 0777 0:0 /a -> missing/../b\nf 0644 0:0 0 /a/a", "l 0777 0:0 /a/a/a -> /a"];
    shows_the_same(&mut Overlay::start(), &layers).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_operations_make_a_sound_tree(data in prop::collection::vec(any::<u8>(), 0..120)) {
        crate::fuzzed::run(&data);
    }
}

#[test]
fn the_seeds_make_sound_trees() {
    for seed in crate::fuzzed::seeds() {
        crate::fuzzed::run(&seed);
    }
}
