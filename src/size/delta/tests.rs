use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::size::snapshot::{Amount, Fingerprint, Folded, Snapshot, SnapshotFile, SnapshotLayer, Totals, contents, directories};
use crate::size::{Package, breakdown};
use crate::vfs::dump;

fn package(kind: &'static str, name: &str, version: &str, bytes: u64) -> Package {
    Package { kind, name: name.into(), version: version.into(), bytes, files: 1 }
}

/// A snapshot of packages, whose totals are right.
fn of_packages(packages: &[Package]) -> Snapshot {
    let held = packages.iter().fold(Amount::default(), |sum, package| sum.plus(package.bytes, package.files));
    let totals = Totals { bytes: held.bytes, files: held.files, ..Totals::default() };
    Snapshot { totals, packages: packages.to_vec(), ..Snapshot::default() }
}

/// A snapshot of a tree of one layer.
fn of_tree(lines: &str) -> Snapshot {
    let tree = dump::tree([lines]).unwrap();
    Snapshot { directories: directories(&tree), depth: usize::MAX, files: Some(contents(&tree)), ..Snapshot::default() }
}

fn told(delta: &Delta) -> Vec<(&str, Option<&str>, Option<&str>, i128)> {
    let row = |package: &'_ PackageDelta| package.bytes.by();
    let packages = delta.packages.iter();
    packages.map(|of| (&of.name[..], of.old_version.as_deref(), of.new_version.as_deref(), row(of))).collect()
}

#[test]
fn packages_are_matched_by_name_and_told_by_what_they_changed() {
    let old = of_packages(&[
        package("python", "numpy", "1.26.4", 100),
        package("python", "Foo_Bar", "1", 7),
        package("python", "pip", "1", 5),
        package("python", "pip", "2", 6),
        package("deb", "gone", "1", 50),
        package("deb", "same", "1", 50),
    ]);
    let new = of_packages(&[
        package("python", "numpy", "2.1.0", 128),
        package("python", "foo-bar", "1", 7),
        package("python", "pip", "2", 6),
        package("deb", "same", "2", 50),
        package("python", "same", "1", 1),
    ]);
    let delta = Delta::of(&old, &new);
    let all = [
        ("gone", Some("1"), None, -50),
        ("numpy", Some("1.26.4"), Some("2.1.0"), 28),
        ("pip", Some("1, 2"), Some("2"), -5),
        ("same", None, Some("1"), 1),
        ("same", Some("1"), Some("2"), 0),
    ];
    assert_eq!(told(&delta), all);
    assert_eq!(delta.other_packages, OtherPackages::default());
}

#[test]
fn of_many_packages_those_that_changed_least_are_summed_up() {
    let many: Vec<Package> = (1..=130).map(|bytes| package("deb", &format!("p{bytes}"), "1", bytes)).collect();
    let delta = Delta::of(&Snapshot::default(), &of_packages(&many));
    assert_eq!((delta.packages.len(), &delta.packages[0].name[..], &delta.packages[99].name[..]), (100, "p130", "p31"));
    let OtherPackages { packages, bytes, files } = delta.other_packages;
    assert_eq!((packages.new, bytes.new, files.new), (30, 30 * 31 / 2, 30));
}

#[test]
fn what_a_baseline_sums_up_is_neither_new_nor_gone() {
    let mut old = of_packages(&[package("deb", "a", "1", 9)]);
    old.folded = Folded { packages: BTreeMap::from([("deb", (2, Amount { bytes: 5, files: 2 }))]), layers: 0, findings: 0 };
    let new = of_packages(&[package("deb", "a", "1", 8), package("deb", "b", "1", 3), package("python", "c", "1", 1)]);
    let delta = Delta::of(&old, &new);
    assert_eq!(told(&delta), [("a", Some("1"), Some("1"), -1), ("c", None, Some("1"), 1)]);
    assert_eq!(delta.other_packages.packages, Change { old: 2, new: 1 });
    assert_eq!(delta.other_packages.bytes, Change { old: 5, new: 3 });
    assert!(delta.notes[0].contains("no room for 2 packages"), "{:?}", delta.notes);
}

#[test]
fn of_directories_that_changed_alike_the_innermost_is_told() {
    let old = of_tree("f 0644 0:0 10 /usr/lib/py/numpy/core/x\nf 0644 0:0 5 /usr/lib/py/pip/y\nf 0644 0:0 9 /opt/z");
    let new = of_tree(
        "f 0644 0:0 30 /usr/lib/py/numpy/core/x\nf 0644 0:0 4 /usr/lib/py/pip/y\nf 0644 0:0 9 /opt/z\nf 0644 0:0 1 /app/new",
    );
    let delta = Delta::of(&old, &new);
    let found: Vec<_> = delta.directories.iter().map(|directory| (&directory.path[..], directory.bytes.by())).collect();
    assert_eq!(found, [("/usr/lib/py/numpy/core", 20), ("/usr/lib/py", 19), ("/app", 1), ("/usr/lib/py/pip", -1)]);
}

#[test]
fn a_directory_that_one_side_did_not_write_down_is_not_told() {
    let listed = ["/usr", "/usr/a", "/usr/a/b"].map(|path| (path.to_owned(), Amount { bytes: 10, files: 1 })).into();
    let mut old = Snapshot { directories: listed, depth: breakdown::DEPTH, ..Snapshot::default() };
    let new = of_tree("f 0644 0:0 12 /usr/a/b/c/x\nf 0644 0:0 3 /app/a/b/c/x");
    let paths = |old: &Snapshot| Delta::of(old, &new).directories.into_iter().map(|of| of.path).collect::<Vec<_>>();
    assert_eq!(paths(&old), ["/app/a/b/c", "/usr/a/b"]);
    old.depth = 0;
    assert_eq!(paths(&old), ["/usr/a/b"]);
}

#[test]
fn every_file_has_one_fate() {
    let old = of_tree(
        "f 0644 0:0 /grown \"1\"\nf 0644 0:0 /shrunk \"1234\"\nf 0644 0:0 /rewritten \"ab\"\nf 0644 0:0 /gone \"xyz\"\n\
         f 0644 0:0 /same \"s\"\nf 0644 0:0 /a/moved.py \"moved\"\nf 0644 0:0 /b/other \"moved\"\nf 0644 0:0 /c/third \"moved\"\nf 0644 0:0 /empty",
    );
    let new = of_tree(
        "f 0644 0:0 /grown \"12345\"\nf 0644 0:0 /shrunk \"1\"\nf 0644 0:0 /rewritten \"cd\"\nf 0600 1:1 /same \"s\"\n\
         f 0644 0:0 /new \"n\"\nf 0644 0:0 /0/renamed \"moved\"\nf 0644 0:0 /z/moved.py \"moved\"\nf 0644 0:0 /blank",
    );
    let contents = Delta::of(&old, &new).contents.unwrap();
    let amount = |bytes, files| Amount { bytes, files };
    assert_eq!((contents.new, contents.grown, contents.shrunk), (amount(1, 2), amount(4, 1), amount(3, 1)));
    assert_eq!((contents.rewritten, contents.gone, contents.moved), (amount(2, 1), amount(8, 3), amount(10, 2)));
    let rows: Vec<_> = contents.largest.iter().map(|file| (file.what, &file.path[..], file.from.as_deref())).collect();
    let all = [
        (Fate::Gone, "/c/third", None),
        (Fate::Grown, "/grown", None),
        (Fate::Gone, "/gone", None),
        (Fate::Shrunk, "/shrunk", None),
        (Fate::New, "/new", None),
        (Fate::Moved, "/0/renamed", Some("/b/other")),
        (Fate::Moved, "/z/moved.py", Some("/a/moved.py")),
        (Fate::Rewritten, "/rewritten", None),
        (Fate::New, "/blank", None),
        (Fate::Gone, "/empty", None),
    ];
    assert_eq!(rows, all);
}

fn layer(index: usize, diff_id: &str, created_by: &str) -> SnapshotLayer {
    let created_by = Some(created_by.to_owned()).filter(|text| !text.is_empty());
    SnapshotLayer { index, diff_id: diff_id.into(), created_by, compressed: 10, files_bytes: 20 }
}

#[test]
fn layers_are_matched_by_digest_then_by_instruction_in_order() {
    let old = ["base ADD file:1", "x RUN a", "y RUN b", "z COPY c /", "e "].map(|layer| layer.split_once(' ').unwrap());
    let new = ["base ADD file:2", "y RUN b", "n RUN new", "m COPY c /", "f "].map(|layer| layer.split_once(' ').unwrap());
    let side = |layers: &[(&str, &str)]| {
        let layers = layers.iter().enumerate().map(|(index, (diff_id, told))| layer(index, diff_id, told));
        Snapshot { layers: layers.collect(), ..Snapshot::default() }
    };
    let delta = Delta::of(&side(&old), &side(&new));
    let rows: Vec<_> = delta.layers.iter().map(|layer| (layer.old_index, layer.new_index, layer.same)).collect();
    let all = [
        (Some(0), Some(0), true),
        (Some(1), None, false),
        (Some(2), Some(1), true),
        (None, Some(2), false),
        (Some(3), Some(3), false),
        (Some(4), None, false),
        (None, Some(4), false),
    ];
    assert_eq!(rows, all);
    assert_eq!(delta.layers[1].compressed_bytes, Change { old: 10, new: 0 });
}

#[test]
fn another_build_of_an_instruction_is_the_same_instruction() {
    let digest = "65a8e2".repeat(10);
    for (one, other) in [
        (format!("ADD file:{digest} in /"), "ADD file:0123456789abcdef0123 in / ".to_owned()),
        ("RUN |1 GIT_SHA=abc /bin/sh -c make  all # buildkit".into(), "/bin/sh -c  make all".into()),
        ("RUN |2 A=b C=d e /bin/sh -c make".into(), "RUN make".into()),
        ("LABEL at=2025-11-20T18:04:05.123Z".into(), "LABEL at=2024-01-02 03:04".into()),
        ("RUN SOURCE_DATE_EPOCH=1700000000 x".into(), "RUN SOURCE_DATE_EPOCH=1800000000 x".into()),
        (format!("RUN {} b", "a ".repeat(60)), format!("RUN {} c d", "a ".repeat(60))),
    ] {
        let (one, other) = (instruction(&one), instruction(&other));
        assert_eq!(one, other);
        assert_eq!(instruction(&one), one);
    }
    assert_ne!(instruction("COPY a /"), instruction("COPY b /"));
}

#[test]
fn only_images_of_one_platform_are_comparable() {
    let side = |platform: &str| Snapshot { side: Side { platform: platform.into(), ..Side::default() }, ..Snapshot::default() };
    for (old, new, is_same) in [
        ("linux/arm64", "linux/arm64/v8", true),
        ("linux/arm64", "linux/amd64", false),
        ("linux/arm/v6", "linux/arm/v7", false),
        ("windows/amd64", "linux/amd64", false),
        ("/", "/", true),
    ] {
        assert_eq!(Delta::comparable(&side(old), &side(new)).is_ok(), is_same, "{old} {new}");
    }
}

#[test]
fn another_repository_is_a_note() {
    let side =
        |reference: &str| Snapshot { side: Side { reference: reference.into(), ..Side::default() }, ..Snapshot::default() };
    for (old, new, notes) in [
        ("docker.io/a/b:1", "docker.io/a/b@sha256:", 0),
        ("docker.io/a/b:1", "docker.io/a/b:2", 0),
        ("docker.io/a/b:1", "docker.io/a/c:1", 1),
        ("docker.io/a/b:1", "oci:layout", 0),
    ] {
        assert_eq!(Delta::of(&side(old), &side(new)).notes.len(), notes, "{old} {new}");
    }
}

fn amounts() -> impl Strategy<Value = Amount> {
    (0..100_u64, 0..3_u64).prop_map(|(bytes, files)| Amount { bytes, files })
}

prop_compose! {
    fn packages()(of in vec((select(&["deb", "python"][..]), select(&["a", "A", "b", "c_d", "c-d"][..]), 0..3_u8, amounts()), 0..6)) -> Vec<Package> {
        let package = |(kind, name, version, Amount { bytes, files }): (&'static str, &str, u8, Amount)| Package { kind, name: name.into(), version: version.to_string(), bytes, files };
        of.into_iter().map(package).collect()
    }
}

prop_compose! {
    fn layered()(of in vec((0..4_u8, select(&["", "RUN a", "RUN b", "RUN c"][..])), 0..7)) -> Vec<SnapshotLayer> {
        of.into_iter().enumerate().map(|(index, (digest, told))| layer(index, &digest.to_string(), told)).collect()
    }
}

prop_compose! {
    /// A snapshot whose sums are right.
    fn snapshots()(
        packages in packages(),
        folded in btree_map(select(&["deb", "python"][..]), (1..3_u64, amounts()), 0..2),
        unowned in amounts(),
        layers in layered(),
        directories in btree_map(select(&["/a", "/a/b", "/a/b/c", "/a/d", "/e", "/e/f"][..]), amounts(), 0..6),
        depth in select(&[0, 1, 3, usize::MAX][..]),
        files in btree_map(select(&["a", "b/x", "c/x", "d", "e/f/g"][..]), 0..3_u8, 0..5),
        config in btree_map("[a-c]", "[a-c]", 0..3),
        findings in vec(("[ab]", "[ab]"), 0..4),
    ) -> Snapshot {
        let owned = packages.iter().map(|of| Amount { bytes: of.bytes, files: of.files }).chain(folded.values().map(|(_, amount)| *amount));
        let all = owned.fold(unowned, |sum, amount| sum.plus(amount.bytes, amount.files));
        let file = |(path, content): (&str, u8)| (path.into(), SnapshotFile { bytes: u64::from(content % 2), sha256: [content; 32] });
        Snapshot {
            totals: Totals { bytes: all.bytes, files: all.files, ..Totals::default() },
            unowned,
            packages,
            directories: directories.into_iter().map(|(path, amount)| (path.to_owned(), amount)).collect(),
            depth,
            folded: Folded { packages: folded, layers: 0, findings: 0 },
            layers,
            files: Some(files.into_iter().map(file).collect()),
            config: Some(config),
            findings: Some(findings.into_iter().map(|(rule, at)| Fingerprint { rule, at }).collect()),
            side: Side::default(),
        }
    }
}

/// A delta with its sides exchanged, without what is the newer side's own: spellings and order.
fn mirrored(mut delta: Delta) -> Delta {
    std::mem::swap(&mut delta.old, &mut delta.new);
    let Delta { compressed_bytes, unpacked_bytes, bytes, files, waste_bytes, unowned_bytes, other_packages, .. } = &mut delta;
    let others = [&mut other_packages.packages, &mut other_packages.bytes, &mut other_packages.files];
    for change in [compressed_bytes, unpacked_bytes, bytes, files, waste_bytes, unowned_bytes].into_iter().chain(others) {
        *change = back(*change);
    }
    for package in &mut delta.packages {
        std::mem::swap(&mut package.old_version, &mut package.new_version);
        (package.bytes, package.files) = (back(package.bytes), back(package.files));
    }
    for directory in &mut delta.directories {
        directory.bytes = back(directory.bytes);
    }
    for layer in &mut delta.layers {
        std::mem::swap(&mut layer.old_index, &mut layer.new_index);
        (layer.compressed_bytes, layer.files_bytes) = (back(layer.compressed_bytes), back(layer.files_bytes));
    }
    if let Some(Contents { new, grown, shrunk, gone, largest, .. }) = &mut delta.contents {
        std::mem::swap(new, gone);
        std::mem::swap(grown, shrunk);
        for file in largest {
            file.bytes = back(file.bytes);
            if let Some(from) = &mut file.from {
                std::mem::swap(from, &mut file.path);
            }
            file.what = match file.what {
                Fate::New => Fate::Gone,
                Fate::Gone => Fate::New,
                Fate::Grown => Fate::Shrunk,
                Fate::Shrunk => Fate::Grown,
                same @ (Fate::Rewritten | Fate::Moved) => same,
            };
        }
    }
    for setting in delta.config.iter_mut().flatten() {
        std::mem::swap(&mut setting.old, &mut setting.new);
    }
    if let Some(Findings { new, fixed, .. }) = &mut delta.findings {
        std::mem::swap(new, fixed);
    }
    delta
}

fn back(Change { old, new }: Change) -> Change {
    Change { old: new, new: old }
}

/// Without what is the newer side's own: spellings, the order of layers, the path that a move is sorted by.
fn plain(mut delta: Delta) -> Delta {
    delta.notes.clear();
    for package in &mut delta.packages {
        package.name = crate::size::snapshot::compared(package.kind, &package.name);
    }
    for layer in &mut delta.layers {
        layer.created_by = None;
    }
    delta.layers.sort_by_key(|layer| (layer.old_index, layer.new_index));
    if let Some(contents) = &mut delta.contents {
        contents.largest.sort_by(|a, b| (a.what, &a.path, &a.from).cmp(&(b.what, &b.path, &b.from)));
    }
    delta
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_changed_from_an_image_to_itself(of in snapshots()) {
        let delta = Delta::of(&of, &of);
        prop_assert!(delta.is_empty(), "{delta:?}");
    }

    #[test]
    fn the_other_way_round_everything_is_the_other_way_round(old in snapshots(), new in snapshots()) {
        prop_assert_eq!(plain(mirrored(Delta::of(&old, &new))), plain(Delta::of(&new, &old)));
    }

    #[test]
    fn what_packages_and_unowned_files_changed_is_what_the_image_changed(old in snapshots(), new in snapshots()) {
        let delta = Delta::of(&old, &new);
        let told: i128 = delta.packages.iter().map(|package| package.bytes.by()).sum();
        prop_assert_eq!(told + delta.other_packages.bytes.by() + delta.unowned_bytes.by(), delta.bytes.by());
    }

    #[test]
    fn every_file_that_differs_is_in_one_sum(old in snapshots(), new in snapshots()) {
        let Contents { new: came, grown, shrunk, rewritten, gone, moved, .. } = Delta::of(&old, &new).contents.unwrap();
        let (old, new) = (old.files.unwrap(), new.files.unwrap());
        let stay = old.iter().filter(|(path, file)| new.get(*path) == Some(*file)).count() as u64;
        let changed = grown.files + shrunk.files + rewritten.files;
        prop_assert_eq!(came.files + moved.files + changed + stay, new.len() as u64);
        prop_assert_eq!(gone.files + moved.files + changed + stay, old.len() as u64);
        let bytes = |files: &BTreeMap<_, SnapshotFile>| files.values().map(|file| i128::from(file.bytes)).sum::<i128>();
        let by = i128::from(came.bytes + grown.bytes) - i128::from(shrunk.bytes + gone.bytes);
        prop_assert_eq!(by, bytes(&new) - bytes(&old));
    }
}
