//! Trees, as the image specification lays them and as runtimes mount them.

use std::io::Write as _;

use lucid_verify::vfs::dump;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::lines::{layers, tree, without};
use crate::overlay::{Overlay, worked_out};

/// Layers without the lines that nobody can unpack.
fn possible() -> impl Strategy<Value = Vec<Vec<String>>> {
    layers().prop_map(|layers| without(layers, |layers| tree(layers).is_err()))
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
        let ours = worked_out(&dump::tree(layers.iter().map(String::as_str)).unwrap());
        let theirs = overlay.borrow_mut().lay(&layers);
        match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => {
                let sorted = |mut lines: Vec<String>| {
                    lines.sort();
                    lines
                };
                prop_assert_eq!(sorted(ours), sorted(theirs));
            }
            (Err(ours), Err(theirs)) => prop_assert!(theirs.starts_with(&format!("{ours}:")), "{} {}", ours, theirs),
            (ours, theirs) => prop_assert!(false, "{:?} {:?}", ours, theirs),
        }
        Ok(())
    });
    checked.unwrap_or_else(|error| panic!("{error}"));
}
