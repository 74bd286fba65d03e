//! Files that are read beside the image: records of packages, baselines.

#[path = "figures/baselines.rs"]
mod baselines;

use baselines::baselines;

use crate::documents::pushed::{Draft, OnDisk};
use crate::layout::tar;
use crate::table::{Row, rows};

rows! {
    V35 "Records of packages" => records;
    V36 "Baselines" => baselines;
}

const SITE: &str = "usr/local/lib/python3.11/site-packages";
const METADATA: &[u8] = b"Metadata-Version: 2.1\nName: own\nVersion: 1.0\n";
const RECORD: &[u8] = b"own.py,,\nown-1.0.dist-info/METADATA,,\nown-1.0.dist-info/INSTALLER,,\nown-1.0.dist-info/RECORD,,\n";

/// An image of one installed distribution with these files of its metadata.
fn installed(files: &[(&str, &[u8])]) -> OnDisk {
    let path = |name: &str| format!("{SITE}/own-1.0.dist-info/{name}");
    let named: Vec<(String, &[u8])> = files.iter().map(|(name, content)| (path(name), *content)).collect();
    let module = format!("{SITE}/own.py");
    let python = ("usr/local/bin/python3.11", &b"#!/bin/true\n"[..]);
    let all: Vec<(&str, &[u8])> = named.iter().map(|(name, content)| (&name[..], *content)).collect();
    let tar = tar(&[&[python, (&module, b"import sys\n")], &all[..]].concat());
    OnDisk::new(&Draft::of(&[tar]).image())
}

fn records(row: &Row) {
    let judged = |case: &str, files: &[(&str, &[u8])], code: i32, says: &str| {
        let ran = row.verify(case, &installed(files).reference).option("--rule=python/*").run().ends(code).says(says);
        for rule in ["python/record-integrity", "python/broken-dist", "python/presence"] {
            let Some(outcome) = ran.rule(rule) else { continue };
            let said = ran.findings(rule).join("; ");
            row.observe(&format!("{case}: {rule}"), &format!("{outcome}{}{said}", if said.is_empty() { "" } else { ": " }));
        }
    };
    let (installer, record, metadata) = (("INSTALLER", &b"pip\n"[..]), ("RECORD", RECORD), ("METADATA", METADATA));
    judged("nothing is wrong", &[metadata, record, installer], 0, "");
    let unlisted = [metadata, ("RECORD", &b"own.py,,\nown-1.0.dist-info/METADATA,,\nown-1.0.dist-info/RECORD,,\n"[..])];
    judged("no INSTALLER", &unlisted, 0, "");
    judged("no INSTALLER, though RECORD lists one", &[metadata, record], 1, "own-1.0.dist-info/INSTALLER");
    let long = [METADATA, b"\n", &vec![b'x'; 16 << 20]].concat();
    judged("METADATA of 16 MiB", &[("METADATA", &long), record, installer], 9, "over the ceiling");
    judged(
        "RECORD that is no UTF-8",
        &[metadata, ("RECORD", b"own.py,,\n\xff\xfe,,\n"), installer],
        1,
        "site-packages/\\\\xff\\\\xfe",
    );
    let outside = [RECORD, b"../../../../../../../x,,\n/etc/passwd,,\n../../../bin/own,,\n"].concat();
    judged("RECORD that leads out of the image", &[metadata, ("RECORD", &outside), installer], 0, "/usr/local/bin/own");
    judged(
        "RECORD of acting texts",
        &[metadata, ("RECORD", b"own\x1b[31m.py,sha256=x,-1\n"), installer],
        1,
        "own\\\\u{1b}[31m.py",
    );
    judged("empty files", &[("METADATA", b""), ("RECORD", b""), ("INSTALLER", b"")], 1, "lack their metadata");
}
