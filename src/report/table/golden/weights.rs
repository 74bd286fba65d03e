//! Screens of what images weigh, and of what changed.

use super::*;
use crate::report::table::{delta, size};
use crate::report::{Amount, By, Delta, FileSize, KindSize, View};
use crate::size::delta::{
    Change, Contents, DirectoryDelta, Fate, FileDelta, Findings, LayerDelta, OtherPackages, PackageDelta, SettingDelta,
};
use crate::size::kind;
use crate::size::snapshot::{Fingerprint, Origin, Side};
use crate::size::{Cause, Copies, Loss, Metadata, Owner};

fn to(old: u64, new: u64) -> Change {
    Change { old, new }
}

fn side(tag: &str, digit: char) -> Side {
    Side {
        from: Origin::Image,
        reference: format!("docker.io/pickme/lucid-auth:{tag}"),
        digest: Some(digest(digit)),
        platform: "linux/arm64/v8".into(),
    }
}

/// One package came, one went, one is larger; a build dependency and its compiler are gone.
pub(in crate::report) fn grown() -> Delta {
    let package = |name: &str, old: Option<&str>, new: Option<&str>, bytes: Change| PackageDelta {
        kind: if name.starts_with("lib") { "deb" } else { "python" },
        name: name.into(),
        old_version: old.map(Into::into),
        new_version: new.map(Into::into),
        bytes,
        files: to(1, 2),
    };
    let directory = |path: &str, bytes| DirectoryDelta { path: path.into(), bytes };
    let layer = |old_index, new_index, same, made: &str, files_bytes| LayerDelta {
        old_index,
        new_index,
        same,
        created_by: Some(made.into()),
        compressed_bytes: to(0, 1),
        files_bytes,
    };
    let file =
        |path: &str, from: Option<&str>, what, bytes| FileDelta { path: path.into(), from: from.map(Into::into), what, bytes };
    let amount = |files, bytes| Amount { bytes, files };
    let site = "/usr/local/lib/python3.11/site-packages";
    Delta {
        old: side("1.0", '6'),
        new: side("1.1", '7'),
        notes: vec!["the old image is of another repository".into()],
        compressed_bytes: to(301_000_000, 198_112_345),
        unpacked_bytes: to(818_000_000, 572_000_000),
        bytes: to(800_000_000, 571_600_000),
        files: to(31_201, 22_104),
        waste_bytes: to(18_000_000, 400_000),
        packages: vec![
            package("libgcc-12-dev", Some("12.2.0-14"), None, to(240_000_000, 0)),
            package("numpy", Some("1.26.4"), Some("2.1.0"), to(66_000_000, 94_412_345)),
            package("attrs", None, Some("23.1.0"), to(0, 201_331)),
            package("pip", Some("24.0"), None, to(9_000_000, 0)),
        ],
        other_packages: OtherPackages::default(),
        unowned_bytes: to(8_000_000, 986_324),
        directories: vec![
            directory("/usr", to(700_000_000, 490_000_000)),
            directory("/usr/lib", to(600_000_000, 390_000_000)),
            directory("/usr/local/lib", to(90_000_000, 118_412_345)),
        ],
        layers: vec![
            layer(Some(0), Some(0), true, "base", to(1, 1)),
            layer(Some(4), None, false, "RUN apt-get install -y gcc", to(240_000_000, 0)),
            layer(
                Some(5),
                Some(4),
                false,
                &format!("COPY --from=builder --chown=65532:65532 {site} {site}"),
                to(90_000_000, 118_412_345),
            ),
        ],
        contents: Some(Contents {
            new: amount(412, 201_331),
            grown: amount(31, 28_412_345),
            gone: amount(9_509, 249_000_000),
            moved: amount(1, 1_200),
            largest: vec![
                file("/usr/lib/gcc/aarch64-linux-gnu/12/cc1plus", None, Fate::Gone, to(33_000_000, 0)),
                file(
                    &format!("{site}/numpy/_core/_multiarray_umath.cpython-311-aarch64-linux-gnu.so"),
                    None,
                    Fate::Grown,
                    to(6_000_000, 8_100_000),
                ),
                file("/app/b.py", Some("/app/a.py"), Fate::Moved, to(1_200, 1_200)),
            ],
            ..Contents::default()
        }),
        config: Some(vec![
            SettingDelta { name: "User".into(), old: Some("0:0".into()), new: Some("65532:65532".into()) },
            SettingDelta { name: "Env.LANG".into(), old: None, new: Some("C.UTF-8".into()) },
        ]),
        findings: Some(Findings {
            new: vec![Fingerprint { rule: "hygiene/pycache".into(), at: "/app/__pycache__".into() }],
            fixed: vec![Fingerprint { rule: "toolchain/compilers".into(), at: "/usr/bin/gcc".into() }],
            same: 3,
        }),
    }
}

/// An image with every list, and with waste of every kind.
pub(in crate::report) fn weighed() -> Image {
    let mut image = held();
    image.rules.clear();
    let ships = [
        (52_100_000, 0, "COPY / /"),
        (130_000_000, 8_300_000, "RUN pip install -r requirements.txt"),
        (17_100_000, 0, "RUN chown -R 65532:65532 /app"),
    ];
    for (layer, (all, hidden, made)) in image.layers.iter_mut().zip(ships) {
        (layer.files_bytes, layer.hidden_bytes, layer.created_by) = (Some(all), Some(hidden), Some(made.into()));
        layer.compressed_bytes = all / 3;
    }
    let kinds = [
        (kind::Kind::SharedObjects, 149_000_000, 131),
        (kind::Kind::Source, 60_000_000, 8_000),
        (kind::Kind::Bytecode, 6_300_000, 1_740),
    ];
    let cause = |kind, layer, bytes, changed: &[Metadata], fix: &str| Cause {
        kind,
        layer,
        created_by: Some("RUN chown -R 65532:65532 /app".into()),
        bytes,
        files: 12,
        largest: "/app/model.bin".into(),
        lost_layer: Some(1),
        changed: changed.to_vec(),
        fix: fix.into(),
    };
    let owner = Owner { kind: "python", name: "grpcio".into(), version: "1.65.4".into() };
    let object = "/usr/local/lib/python3.11/site-packages/grpc/_cython/cygrpc.cpython-311-aarch64-linux-gnu.so";
    image.sizes = Sizes {
        kinds: kinds.map(|(kind, bytes, files)| KindSize { kind, bytes, files }).to_vec(),
        unowned: Amount { bytes: 185_600_000, files: 9_868 },
        largest: vec![
            FileSize { path: object.into(), bytes: 12_000_000, kind: kind::Kind::SharedObjects, owner: Some(owner), layer: 1 },
            FileSize { path: "/app/model.bin".into(), bytes: 8_300_000, kind: kind::Kind::Data, owner: None, layer: 2 },
        ],
        waste: Waste {
            bytes: 8_700_000,
            removed: 100_000,
            metadata_only: 8_300_000,
            duplicates: 300_000,
            overwritten: 0,
            causes: vec![
                cause(
                    Loss::MetadataOnly,
                    2,
                    8_300_000,
                    &[Metadata::Owner],
                    "COPY --chown=65532:65532 in layer 2, not chown in layer 3",
                ),
                cause(Loss::Removed, 2, 100_000, &[], "remove it in the RUN of layer 2"),
            ],
            copies: vec![Copies { bytes: 299_000, count: 2, paths: vec!["/a/x".into(), "/b/x".into()] }],
        },
        ..image.sizes
    };
    image
}

fn size_screen(name: &str, by: Option<By>, top: usize, style: Style) -> String {
    let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
    let report = Report::new(vec![weighed()], Some(Level::Error), day);
    let shown = String::from_utf8(size(&report, &View { by, top }, &style)).unwrap();
    compare(name, &shown, style);
    shown
}

fn delta_screen(name: &str, of: &Delta, style: Style) -> String {
    let shown = String::from_utf8(delta(of, &style)).unwrap();
    compare(name, &shown, style);
    shown
}

#[test]
fn an_overview_says_what_weighs_most_and_what_is_wasted() {
    let shown = size_screen("size", None, 10, PLAIN);
    assert!(shown.contains("░") && shown.contains("fix  COPY --chown=65532:65532 in layer 2"), "{shown}");
    size_screen("size-40", None, 10, NARROW);
}

#[test]
fn each_list_says_what_the_rest_is() {
    assert!(size_screen("size-layer", Some(By::Layer), 2, PLAIN).contains("and 41 more"));
    assert!(size_screen("size-directory", Some(By::Directory), 10, PLAIN).contains("elsewhere"));
    assert!(size_screen("size-package", Some(By::Package), 1, PLAIN).contains("and 2 more"));
    assert!(size_screen("size-kind", Some(By::Kind), 1, PLAIN).contains("and 2 more kinds, 9,740 files"));
    assert!(size_screen("size-file", Some(By::File), 1, PLAIN).contains("and 9,870 more files"));
}

#[test]
fn a_comparison_begins_with_the_line_and_names_the_culprits() {
    let shown = delta_screen("delta", &grown(), PLAIN);
    assert!(shown.starts_with("818 MB → 572 MB, −246 MB (−30 %)  unpacked"), "{shown}");
    assert!(shown.contains("+28.4 MB") && shown.contains("+28,412,345") && shown.contains("numpy 1.26.4 → 2.1.0"), "{shown}");
    delta_screen("delta-40", &grown(), NARROW);
    let same = side("1.0", '6');
    let nothing = Delta { old: same.clone(), new: same, unpacked_bytes: to(9, 9), files: to(2, 2), ..Delta::default() };
    assert!(delta_screen("delta-nothing", &nothing, PLAIN).starts_with("nothing changed: 9 B, 2 files\n"));
}

#[test]
fn a_verdict_names_the_culprits_and_what_the_baseline_has() {
    let mut quiet = held();
    quiet.rules.truncate(4);
    quiet.delta = Some(grown());
    assert!(screen("held-delta", vec![quiet], PLAIN).lines().count() <= HELD);
    let mut known = faulty();
    for rule in &mut known.rules {
        let own = rule.id.starts_with("healthcheck/") || rule.id.starts_with("base/");
        rule.findings.iter_mut().filter(|_| own).for_each(|finding| finding.known = true);
    }
    known.delta = Some(grown());
    let shown = screen("findings-known", vec![known.clone()], PLAIN);
    assert!(
        shown.contains("known  1 finding that the baseline has, too: healthcheck/argv0") && shown.contains("1 finding of the"),
        "{shown}"
    );
    let all = screen("findings-known-verbose", vec![known], Style { verbose: true, ..PLAIN });
    assert!(all.contains("\nknown  healthcheck/argv0"), "{all}");
}
