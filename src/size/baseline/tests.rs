use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::size::snapshot::{Amount, Fingerprint, Folded, Origin, Side, Snapshot, SnapshotLayer, Totals};
use crate::size::{Delta, Package};

/// A snapshot whose sums are right.
fn snapshot(packages: Vec<Package>, layers: Vec<SnapshotLayer>, findings: Vec<Fingerprint>) -> Snapshot {
    let unowned = Amount { bytes: 11, files: 2 };
    let all = packages.iter().fold(unowned, |sum, package| sum.plus(package.bytes, package.files));
    Snapshot {
        side: Side {
            from: Origin::Image,
            reference: "docker.io/a/b:1".into(),
            digest: Some("sha256:12".into()),
            platform: "linux/arm64/v8".into(),
        },
        totals: Totals {
            compressed: layers.iter().map(|layer| layer.compressed).sum(),
            unpacked: layers.iter().map(|layer| layer.files_bytes).sum(),
            bytes: all.bytes,
            files: all.files,
            waste: 3,
        },
        unowned,
        packages,
        directories: BTreeMap::from([("/usr/a b".to_owned(), Amount { bytes: 5, files: 1 }), ("/usr/a/b/c".to_owned(), unowned)]),
        depth: usize::MAX,
        layers,
        findings: Some(findings),
        ..Snapshot::default()
    }
}

fn package(name: &str, bytes: u64) -> Package {
    Package { kind: "python", name: name.into(), version: "1".into(), bytes, files: 1 }
}

fn layer(index: usize, created_by: &str) -> SnapshotLayer {
    let created_by = Some(created_by.to_owned()).filter(|text| !text.is_empty());
    SnapshotLayer { index, diff_id: format!("sha256:{index:064x}"), created_by, compressed: 7, files_bytes: 9 }
}

fn finding(rule: &str, at: &str) -> Fingerprint {
    Fingerprint { rule: rule.into(), at: at.into() }
}

fn small() -> Snapshot {
    let findings = vec![finding("a/b", "/x"), finding("a/b", "/x"), finding("c/d", "50 % of it")];
    let packages =
        vec![package("numpy", 100), package("numpy", 20), Package { kind: "deb", version: String::new(), ..package("libc6", 1) }];
    snapshot(packages, vec![layer(0, "ADD file:0123456789abcdef in /"), layer(1, "")], findings)
}

const SMALL: &str = "\
lucid-verify baseline 1
bytes 132
compressed 14
digest sha256:12
directories 2
directory /app 0 0
directory /usr/a%20b 5 1
files 5
finding a/b 2 /x
finding c/d 1 50 %25 of it
findings 3
image docker.io/a/b:1
layer 000 sha256:0000000000000000000000000000000000000000000000000000000000000000 7 9 ADD file:* in /
layer 001 sha256:0000000000000000000000000000000000000000000000000000000000000001 7 9 -
package deb libc6 - 1 1
package python numpy 1 120 2
packages 2
platform linux/arm64/v8
unowned 11 2
unpacked 18
waste 3
";

#[test]
fn a_baseline_is_sorted_lines_and_says_the_same_when_it_is_read() {
    let text = to_text(&small(), &["/app".into()]);
    assert_eq!(String::from_utf8(text).unwrap(), SMALL);
    let read = parse(SMALL.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(to_text(&read, &[])).unwrap(), SMALL);
    assert_eq!((read.side.from, read.totals, read.unowned), (Origin::Baseline, small().totals, small().unowned));
    let zero = Some(Amount::default());
    assert_eq!((read.directory("/app/x"), read.directory("/usr"), read.package("python", "b")), (zero, None, zero));
    let delta = Delta::of(&read, &small());
    assert!(delta.is_empty(), "{delta:?}");
}

#[test]
fn what_was_not_judged_is_not_said_to_have_no_findings() {
    let judged = |findings| to_text(&Snapshot { findings, ..small() }, &[]);
    assert_eq!(parse(&judged(None)).unwrap().findings, None);
    assert_eq!(parse(&judged(Some(Vec::new()))).unwrap().findings, Some(Vec::new()));
}

#[test]
fn what_does_not_fit_is_left_out_from_the_smallest_up_and_unknown_by_name() {
    let packages = (0..900).map(|at| package(&format!("package-{at}"), at)).collect();
    let layers = (0..300).map(|at| SnapshotLayer { compressed: at as u64, ..layer(at, &"x y ".repeat(100)) }).collect();
    let findings = (0..500).map(|at| finding("rule/of-it", &format!("/a/path/{at}"))).collect();
    let text = to_text(&snapshot(packages, layers, findings), &["/usr/a/b/c".into(), "/none".into()]);
    assert!((18_000..=20_000).contains(&text.len()), "{}", text.len());
    let read = parse(&text).unwrap();
    let Folded { packages, layers, findings } = &read.folded;
    assert_eq!(packages["python"].0 + read.packages.len() as u64, 900);
    assert_eq!((*layers + read.layers.len() as u64, *findings + read.findings.as_ref().unwrap().len() as u64), (300, 500));
    assert_eq!(read.package("python", "package-899"), Some(Amount { bytes: 899, files: 1 }));
    assert_eq!((read.package("python", "package-3"), read.package("deb", "other")), (None, Some(Amount::default())));
    assert_eq!(read.layers.last().map(|layer| layer.index), Some(299));
    assert_eq!(read.directory("/usr/a/b/c"), Some(Amount { bytes: 11, files: 2 }));
    assert_eq!(parse(&to_text(&read, &["/usr/a/b/c".into()])).unwrap(), read);
}

#[test]
fn a_cut_anywhere_is_noticed() {
    for end in 0..SMALL.len() {
        assert!(parse(&SMALL.as_bytes()[..end]).is_err(), "{:?}", &SMALL[..end]);
    }
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let lines = |from: &str, to: &str| SMALL.replacen(from, to, 1);
    for (text, what) in [
        (lines("bytes 132", "bytes 131"), "its line `bytes` says 131, and the other lines make 132"),
        (lines("package deb libc6 - 1 1\n", ""), "`packages` says 2, and the other lines make 1"),
        (lines("libc6 - 1 1", "libc6 - 2 1"), "`bytes` says 132, and the other lines make 133"),
        (lines("layer 001", "layer 000"), "line 14: "),
        (lines("compressed 14", "compressed 99999999999999999999"), "`compressed`: `99999999999999999999` is no number"),
        (lines("numpy 1 120 2", "numpy 1 -120 2"), "line 16: `-120` is no number"),
        (lines("numpy 1 120 2", "numpy 1 120"), "line 16: 4 fields follow"),
        (lines("package deb", "package rpm"), "line 15: `rpm` is no kind of packages"),
        (lines("package python numpy 1", "package python nu%mpy 1"), "line 16: `nu%mpy` is wrongly encoded"),
        (lines("waste 3\n", "waste 3\nwaste 4\n"), "line 22: `waste 4` is said a second time"),
        (lines("waste 3\n", "waste 3\nwaste 3\n"), "line 22: it stands there twice"),
        (lines("waste 3\n", ""), "no line `waste`"),
        (lines("directory /app 0 0\n", ""), "`directories` says 2, and the other lines make 1"),
        (lines("packages 2", "packages 3"), "`packages` says 3, and the other lines make 2"),
        (lines("findings 3", "findings 4"), "`findings` says 4"),
        (lines("findings 3\n", ""), "no line `findings`"),
        (lines("finding a/b 2", "finding a/b 18446744073709551615"), "line 9: no image"),
        (lines("unowned 11 2\nunpacked 18", "unpacked 18\nunowned 11 2"), "line 20: it is not in its place"),
        (lines("waste", "wasted"), "line 21: `wasted` is no fact"),
        (lines("bytes 132", "<<<<<<< HEAD\nbytes 132\n=======\nbytes 1\n>>>>>>> x"), "line 2 is of a merge conflict"),
        (format!("<<<<<<< HEAD\n{SMALL}"), "line 1 is of a merge conflict"),
        (lines("baseline 1", "baseline 2"), "format 2, and this program reads format 1"),
        (lines("lucid-verify", "other"), "neither"),
        (SMALL.repeat(1_000), "no saved baseline has"),
    ] {
        let error = parse(text.as_bytes()).unwrap_err();
        assert!(error.what.contains(what) && error.hint.is_some(), "{what}: {error}");
    }
    assert!(parse(b"\xff").unwrap_err().what.contains("no text"));
    assert!(parse(SMALL.replace('\n', "\r\n").as_bytes()).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_name_comes_back(
        names in vec((any::<String>(), 0..u64::from(u32::MAX)), 0..5),
        instructions in vec(any::<String>(), 0..4),
        places in vec((any::<String>(), "[ a%-]{0,4}"), 0..4),
        reference in ".{0,200}",
    ) {
        let packages: Vec<Package> = names.iter().map(|(name, bytes)| package(name, *bytes)).collect();
        let layers = instructions.iter().enumerate().map(|(index, text)| layer(index, text)).collect();
        let findings = places.iter().map(|(rule, at)| finding(rule, at)).collect();
        let mut snapshot = snapshot(packages, layers, findings);
        snapshot.side.reference = reference;
        let text = to_text(&snapshot, &[]);
        let read = parse(&text).unwrap();
        prop_assert_eq!(&read.side.reference, &snapshot.side.reference);
        prop_assert!(Delta::of(&read, &snapshot).packages.is_empty());
        prop_assert_eq!(Delta::of(&read, &snapshot).findings.unwrap().same, places.len() as u64);
        prop_assert_eq!(to_text(&read, &[]), text);
    }

    #[test]
    #[test]
    fn no_line_does_harm(line in "(bytes|directory|package|layer|finding|unowned)( [0-9a-z%/-]{0,9}){0,6}", at in 1..20_usize) {
        let mut lines: Vec<&str> = SMALL.lines().collect();
        lines[at] = &line;
        lines[1..].sort_unstable();
        let _ = parse(format!("{}\n", lines.join("\n")).as_bytes());
    }

    #[test]
    fn a_baseline_is_never_larger_than_20_kb(names in vec("\\PC{0,99}", 0..40), times in 1..9_usize, text in "\\PC{0,900}") {
        let names: Vec<String> = names.iter().map(|name| name.repeat(times)).collect();
        let packages = names.iter().map(|name| package(name, name.len() as u64)).collect();
        let layers = (0..100).map(|index| layer(index, &text)).collect();
        let findings = names.iter().map(|name| finding(name, &text)).collect();
        let mut snapshot = snapshot(packages, layers, findings);
        snapshot.side.reference.clone_from(&text);
        snapshot.side.platform = text;
        let text = to_text(&snapshot, &names);
        prop_assert!(text.len() <= 20_000);
        prop_assert!(parse(&text).is_ok());
    }
}
