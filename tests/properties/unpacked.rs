//! Our tree against the files that umoci unpacks from the same layers. Runs as root with `LUCID_REAL=1`.

use std::io::Write as _;
use std::process::Command;

use lucid_verify::vfs::dump;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::json;

use crate::layout::Layout;
use crate::{lines, load, stack, tars};

const CASES: u32 = 48;

#[test]
fn umoci_unpacks_the_tree_that_we_lay() {
    if std::env::var_os("LUCID_REAL").is_none() {
        let _ = writeln!(std::io::stderr(), "skipped: needs LUCID_REAL=1");
        return;
    }
    let config = ProptestConfig { cases: CASES, failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::default() };
    let checked = TestRunner::new(config).run(&legal(), |layers| {
        let (ours, theirs) = read_and_unpacked(&layers);
        prop_assert_eq!(theirs, ours.lines().collect::<Vec<_>>());
        prop_assert_eq!(&ours, &dump::dump(&lines::tree(&layers).unwrap()));
        Ok(())
    });
    checked.unwrap_or_else(|error| panic!("{error}"));
}

/// Layers that umoci 0.4.7 and the specification agree on: no path below a file, which umoci refuses, and whiteouts at the
/// head of their layer that do not meet, because umoci takes them in order.
fn legal() -> impl Strategy<Value = Vec<Vec<String>>> {
    lines::layers().prop_map(|layers| {
        let layers = layers.into_iter().map(|mut lines| {
            lines.sort_by_key(|line| !is_mark(line));
            lines
        });
        lines::without(layers.collect(), |layers| is_below_a_file(layers) || is_meeting(layers))
    })
}

fn is_mark(line: &str) -> bool {
    line.starts_with(['w', 'o'])
}

/// Whether the last line writes below something that was no directory before it.
fn is_below_a_file(layers: &[Vec<String>]) -> bool {
    let (last, below) = layers.split_last().unwrap();
    let (Ok(before), Ok(after)) = (lines::tree(&[below, &[last[..last.len() - 1].to_vec()]].concat()), lines::tree(layers))
    else {
        return true;
    };
    let history = lines::history(&after);
    let mut written = history.iter().filter(|(path, events)| events.len() > before.trail().of(path).len());
    written.any(|(path, _)| {
        let parent = path.parent().and_then(|parent| before.get(&parent));
        parent.is_some_and(|parent| !before.is_directory(parent))
    })
}

/// Whether the whiteouts of the last layer, each in a layer of its own, make another tree than together.
fn is_meeting(layers: &[Vec<String>]) -> bool {
    let (last, below) = layers.split_last().unwrap();
    let one_by_one: Vec<_> = below.iter().cloned().chain(last.iter().map(|line| vec![line.clone()])).collect();
    let shown = |layers: &[Vec<String>]| lines::tree(layers).map(|tree| dump::dump(&tree)).ok();
    last.iter().all(|line| is_mark(line)) && shown(layers) != shown(&one_by_one)
}

/// The layers as an image on disk: what we read of it, and the lines of what umoci unpacks.
fn read_and_unpacked(layers: &[Vec<String>]) -> (String, Vec<String>) {
    let directory = tempfile::tempdir().unwrap();
    let (image, bundle) = (directory.path().join("image"), directory.path().join("bundle"));
    let layers: Vec<Vec<u8>> = layers.iter().map(|lines| tars::of_lines(&lines.join("\n"))).collect();
    Layout { layers, config: json!({"architecture": "amd64", "os": "linux", "config": {}}) }.write(&image);
    // Parents that no entry names get the mode that the umask leaves.
    let script = "umask 022 && exec umoci unpack --image \"$0:tag\" \"$1\"";
    let output = Command::new("sh").args(["-c", script]).arg(&image).arg(&bundle).output().unwrap();
    assert!(output.status.success(), "umoci: {}", String::from_utf8_lossy(&output.stderr));
    (dump::dump(&load::tree(&image)), stack::of_directory(&bundle.join("rootfs")))
}
