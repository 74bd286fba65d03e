//! What layers become where they are mounted over one another: each case on the image that it makes, and all of them against
//! Linux and umoci.

use std::io::Write as _;
use std::process::Command;

use lucid_verify::vfs::dump;
use serde_json::json;

use crate::layout::Layout;
use crate::overlay::{Overlay, worked_out};
use crate::table::Row;
use crate::{stack, tars};

/// What `integrity/portability` says of layers that are written in lines.
pub enum Said {
    /// Nothing: every runtime lays the same tree.
    Alike,
    /// A warning with these words: a mount shows another.
    Differs(&'static str),
    /// An error with these words: a layer cannot be unpacked alone.
    Refused(&'static str),
    /// Nothing: no reader could unpack it, and the run ends with these words.
    Nowhere(&'static str),
}

pub struct Case {
    pub row: &'static str,
    pub name: &'static str,
    pub layers: &'static [&'static str],
    pub said: Said,
    /// Whether umoci 0.4.7 unpacks the tree of the specification; why not, if it does not.
    pub umoci: Result<(), &'static str>,
}

/// An image of such layers, in a folder.
pub fn image(layers: &[&str]) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let layers = layers.iter().map(|lines| tars::of_lines(lines)).collect();
    Layout { layers, config: json!({"architecture": "amd64", "os": "linux", "config": {"User": "65532:65532", "Cmd": ["/x"]}}) }
        .write(folder.path());
    let reference = format!("oci:{}", folder.path().display());
    (folder, reference)
}

/// The cases of a row, each on its image.
pub fn hold(row: &Row, id: &str, cases: &[Case]) {
    const RULE: &str = "integrity/portability";
    for case in cases.iter().filter(|case| case.row == id) {
        let (_folder, image) = image(case.layers);
        let ran = row.verify(case.name, &image).option("--rule").option(RULE).run();
        match case.said {
            Said::Alike => drop(ran.ends(0).judges(RULE, "pass")),
            Said::Differs(words) => drop(ran.ends(0).judges(RULE, "fail").says(words)),
            Said::Refused(words) => drop(ran.ends(1).judges(RULE, "fail").says(words)),
            Said::Nowhere(words) => drop(ran.ends(6).judges(RULE, "unknown").says(words)),
        }
    }
}

/// Whether what needs root and real parts is asked for and possible; says so where it is not.
fn is_real() -> bool {
    let is_asked = std::env::var_os("LUCID_REAL").is_some_and(|value| value == "1");
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    if !(is_asked && is_root) {
        let _ = writeln!(std::io::stderr(), "skipped: Linux and umoci need LUCID_REAL=1 and root");
    }
    is_asked && is_root
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

/// Linux shows what is worked out, and says what is said.
pub fn linux_agrees(cases: &[Case]) {
    if !is_real() {
        return;
    }
    let mut overlay = Overlay::start();
    for case in cases.iter().filter(|case| !matches!(case.said, Said::Nowhere(_))) {
        let tree = dump::tree(case.layers.iter().copied()).unwrap();
        let laid: Vec<String> = dump::dump(&tree).lines().map(ToOwned::to_owned).collect();
        match (overlay.lay(case.layers), worked_out(&tree)) {
            (Ok(linux), Ok(ours)) => {
                let (linux, is_alike) = (sorted(linux), matches!(case.said, Said::Alike));
                assert_eq!(linux, sorted(ours), "{}", case.name);
                assert_eq!(linux == sorted(laid), is_alike, "{}", case.name);
                assert!(!matches!(case.said, Said::Refused(_)), "{}", case.name);
            }
            (Err(linux), Err(ours)) => assert!(linux.starts_with(&ours), "{}: {linux}, {ours}", case.name),
            (linux, ours) => panic!("{}: {linux:?}, {ours:?}", case.name),
        }
    }
}

/// umoci unpacks the tree of the specification.
pub fn umoci_agrees(cases: &[Case]) {
    if !is_real() {
        return;
    }
    let mut wrong = Vec::new();
    for case in cases {
        let (folder, _) = image(case.layers);
        let bundle = folder.path().join("bundle");
        let script = "umask 022 && exec umoci unpack --image \"$0:tag\" \"$1\"";
        let output = Command::new("sh").args(["-c", script]).arg(folder.path()).arg(&bundle).output().unwrap();
        let laid = dump::tree(case.layers.iter().copied()).map(|tree| dump::dump(&tree)).ok();
        let theirs = output.status.success().then(|| stack::of_directory(&bundle.join("rootfs")).join("\n") + "\n");
        if (laid == theirs) != case.umoci.is_ok() {
            let said = String::from_utf8_lossy(&output.stderr);
            wrong.push(format!("{}: {laid:?}, {theirs:?} {said}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
