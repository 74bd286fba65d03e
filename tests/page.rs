//! The page in a real browser: Debian's Chromium, driven by playwright-core, looked through by axe. They are fetched from
//! npm, so these tests run only where `LUCID_REAL=1` asks for them.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test may panic, and nothing here is public")]

#[path = "support/cli.rs"]
mod cli;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use lucid_verify::error::{Error, Kind};
use lucid_verify::report::{Delta, Directory, Failure, Image, Layer, Report, Sizes, html};
use lucid_verify::size::delta::{
    Change, Contents, DirectoryDelta, Fate, FileDelta, Findings, LayerDelta, OtherPackages, PackageDelta, SettingDelta,
};
use lucid_verify::size::snapshot::{Amount, Fingerprint, Origin, Side};
use lucid_verify::size::{Map, Owner};
use lucid_verify::vfs::{NodeId, Tree, dump};

const MEBIBYTE: usize = 1 << 20;
const DRIVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/page.mjs");

/// What drives the browser.
const PACKAGES: [&str; 2] = ["playwright-core@1.65.1", "axe-core@4.14.1"];

/// 200,000 files of 300 packages.
fn large_tree() -> Tree {
    let mut lines = String::new();
    for number in 0_u64..200_000 {
        let (package, folder) = (number % 300, number / 300 % 23);
        let size = 100 + number * number * 7 % 90_001;
        let _ = writeln!(
            lines,
            "f 0644 0:0 {size} /usr/local/lib/python3.11/site-packages/package{package}/part{folder}/module{number}.py"
        );
    }
    for number in 0..200 {
        let _ = writeln!(lines, "f 0644 0:0 {} /usr/lib/x{}/lib{number}.so.1", 900_000 + number * 31_337, number % 7);
        let _ = writeln!(lines, "f 0644 0:0 {} /var/data/{number}.bin", 50_000 + number * 3_001);
    }
    dump::tree([&lines[..]]).unwrap()
}

fn layer(index: usize) -> Layer {
    let bytes = 1_000_000 * (1 + index as u64 * 37 % 60);
    Layer {
        index,
        digest: format!("sha256:{index:064x}"),
        diff_id: format!("sha256:{index:064x}"),
        media_type: "application/vnd.oci.image.layer.v1.tar+gzip".into(),
        compressed_bytes: bytes / 3,
        bytes: Some(bytes),
        entries: Some(100),
        files_bytes: Some(bytes),
        hidden_bytes: Some(bytes * (index as u64 % 4) / 8),
        created_by: Some(format!(
            "RUN step {index} --of=\"the build\" && make -j8 install PREFIX=/usr/local && rm -rf /tmp/build"
        )),
    }
}

/// An image of 200,000 files and 60 layers, and what of it changed.
fn large() -> Report {
    let tree = large_tree();
    let names: Vec<Owner> =
        (0..300).map(|number| Owner { kind: "python", name: format!("package{number}"), version: "1.0".into() }).collect();
    let owner = |id: NodeId| {
        let path = tree.path(id).to_string();
        path.split_once("/package").and_then(|(_, rest)| rest.split('/').next()).and_then(|number| number.parse().ok())
    };
    let began = Instant::now();
    let map = Map::of(&tree, &names, &owner);
    let _ = writeln!(std::io::stderr(), "a map of 200,400 files is made in {:?}", began.elapsed());
    let root = &map.cells[0];
    let directory = |at: usize| {
        let cell = &map.cells[at];
        Directory { path: format!("/{}", cell.name), bytes: cell.bytes, files: cell.files }
    };
    let packages =
        map.owners.iter().map(|owner| (owner.bytes, owner.files)).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let sizes = Sizes {
        compressed_bytes: root.bytes / 3,
        unpacked_bytes: root.bytes,
        bytes: root.bytes,
        files: root.files,
        directories: (1..40).map(directory).collect(),
        packages: map.owners.clone(),
        unowned: Amount { bytes: root.bytes - packages.0, files: root.files - packages.1 },
        ..Sizes::default()
    };
    let unread = Failure::from(&Error::new(Kind::Bug, ""));
    let image = Image {
        complete: true,
        error: None,
        layers: (0..60).map(layer).collect(),
        sizes,
        map: Some(map),
        delta: Some(compared()),
        ..Image::unread("registry.example/team/large:2".into(), unread)
    };
    Report::new(vec![image], None, "2026-11-21".parse().unwrap())
}

/// What the multi-stage build of a service made of it.
fn compared() -> Delta {
    let change = |old, new| Change { old, new };
    let package = |name: &str, old: Option<&str>, new: Option<&str>, bytes| PackageDelta {
        kind: "python",
        name: name.into(),
        old_version: old.map(str::to_owned),
        new_version: new.map(str::to_owned),
        bytes,
        files: change(12, 15),
    };
    let side = |tag| Side {
        from: Origin::Image,
        reference: format!("registry.example/team/auth:{tag}"),
        digest: Some(format!("sha256:{tag:0>64}")),
        platform: "linux/arm64/v8".into(),
    };
    let layer = |old_index, new_index, instruction: &str, files_bytes| LayerDelta {
        old_index,
        new_index,
        same: false,
        created_by: Some(instruction.into()),
        compressed_bytes: files_bytes,
        files_bytes,
    };
    let file = |path: &str, what, bytes| FileDelta { path: path.into(), from: None, what, bytes };
    let finding = |rule: &str, at: &str| Fingerprint { rule: rule.into(), at: at.into() };
    Delta {
        old: side("1"),
        new: side("2"),
        notes: vec!["the baseline is from another repository".into()],
        compressed_bytes: change(302_000_000, 215_300_000),
        unpacked_bytes: change(818_000_000, 572_000_000),
        bytes: change(801_000_000, 571_000_000),
        files: change(21_480, 9_310),
        waste_bytes: change(17_000_000, 1_000_000),
        packages: vec![
            package("grpcio", Some("1.60.0"), Some("1.62.1"), change(21_000_000, 33_400_000)),
            package("attrs", None, Some("23.2.0"), change(0, 411_000)),
            package("setuptools", Some("68.0"), None, change(5_100_000, 0)),
        ],
        other_packages: OtherPackages::default(),
        unowned_bytes: change(600_000_000, 380_000_000),
        directories: vec![
            DirectoryDelta { path: "/usr/lib/gcc".into(), bytes: change(190_000_000, 0) },
            DirectoryDelta { path: "/usr/local/lib/python3.11/site-packages".into(), bytes: change(26_100_000, 33_811_000) },
        ],
        layers: vec![
            layer(Some(2), None, "RUN apt-get install -y build-essential", change(238_000_000, 0)),
            layer(
                Some(3),
                Some(2),
                "COPY --from=builder /usr/local/lib/python3.11/site-packages …",
                change(26_100_000, 33_811_000),
            ),
        ],
        contents: Some(Contents {
            new: Amount { bytes: 411_000, files: 31 },
            gone: Amount { bytes: 243_000_000, files: 12_201 },
            largest: vec![file("/usr/lib/gcc/aarch64-linux-gnu/12/cc1plus", Fate::Gone, change(31_000_000, 0))],
            ..Contents::default()
        }),
        config: Some(vec![SettingDelta { name: "User".into(), old: Some("root".into()), new: Some("65532:65532".into()) }]),
        findings: Some(Findings {
            new: vec![finding("size/package-budget", "grpcio")],
            fixed: vec![finding("toolchain/compilers", "/usr/bin/gcc-12")],
            same: 3,
        }),
    }
}

fn written(folder: &Path, name: &str, page: &[u8]) -> PathBuf {
    let file = folder.join(name);
    std::fs::write(&file, page).unwrap();
    file
}

/// A command that must succeed; what it prints.
fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}\n{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

fn asked(test: &str) -> bool {
    let asked = std::env::var_os("LUCID_REAL").is_some_and(|value| value == "1");
    if !asked {
        let _ = writeln!(std::io::stderr(), "skipped: {test} needs LUCID_REAL=1");
    }
    asked
}

#[test]
fn pages_work_in_a_browser_and_fetch_nothing() {
    if !asked("the page in Chromium") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let npm = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    succeed(Command::new("npm").args(npm).args(PACKAGES).current_dir(folder.path()));
    let (code, faulty, stderr) = cli::run(&["demo", "--format", "html", "--quiet"]);
    assert_eq!((code, &stderr[..]), (0, ""));
    let large = html::render(&large());
    assert!(large.len() < 3 * MEBIBYTE && large.len() > 100_000, "{} bytes", large.len());
    let pages = [
        written(folder.path(), "faulty.html", faulty.as_bytes()),
        written(folder.path(), "delta.html", &html::delta(&compared())),
        written(folder.path(), "large.html", &large),
    ];
    if let Some(kept) = std::env::var_os("LUCID_PAGES") {
        for page in &pages {
            std::fs::copy(page, Path::new(&kept).join(page.file_name().unwrap())).unwrap();
        }
    }
    let said = succeed(Command::new("node").arg(DRIVER).arg(folder.path()).args(&pages));
    let _ = writeln!(std::io::stderr(), "{said}");
}
