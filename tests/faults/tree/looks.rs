//! What rules read in a tree: each case is the layers of an image, and what a rule says of it.

use serde_json::json;

use super::mounts::image;
use crate::layout::Layout;
use crate::run::Ran;
use crate::table::Row;
use crate::tarball::{Header, Tarball};

const PORTABLE: &str = "integrity/portability";

/// What a rule of a profile says of layers that are written in lines.
fn asked<'r>(row: &'r Row, case: &'r str, layers: &[&str], profile: &str, rules: &[&str]) -> Ran<'r> {
    let (_folder, image) = image(layers);
    let verify = row.verify(case, &image).option("--profile").option(profile);
    rules.iter().fold(verify, |verify, rule| verify.option("--rule").option(rule)).run()
}

/// The layers, from 1, that the findings of a rule blame.
fn blamed(ran: &Ran<'_>, rule: &str) -> Vec<u64> {
    let rules = ran.image()["rules"].as_array().into_iter().flatten().filter(|judged| judged["id"] == rule);
    let findings = rules.filter_map(|rule| rule["findings"].as_array()).flatten();
    findings.filter_map(|finding| finding["layer"]["index"].as_u64()).map(|index| index + 1).collect()
}

/// What is said of one layer whose tar is made by hand.
fn by_hand<'r>(row: &'r Row, case: &'r str, below: Option<&str>, tar: Tarball) -> Ran<'r> {
    let folder = tempfile::tempdir().unwrap();
    let layers = below.map(crate::tars::of_lines).into_iter().chain([tar.end()]).collect();
    Layout { layers, config: json!({"architecture": "amd64", "os": "linux", "config": {"Cmd": ["/x"]}}) }.write(folder.path());
    row.verify(case, &format!("oci:{}", folder.path().display())).option("--rule").option(PORTABLE).run()
}

pub fn whiteouts_without_a_name(row: &Row) {
    for (case, name) in [("`.wh.`", "a/.wh."), ("`.wh..`", "a/.wh.."), ("`.wh...`", "a/.wh...")] {
        by_hand(row, case, None, Tarball::default().file(name, b"")).ends(6).says("names no file").says("layer 1/1 sha256:");
    }
}

pub fn spellings(row: &Row) {
    let spelled = ["./a", "/b", "d/../e", "f//./g"];
    let tar = spelled.iter().fold(Tarball::default(), |tar, name| tar.file(name, b"x"));
    by_hand(row, "`./a`, `/b`, `d/../e`, `f//./g`", None, tar).ends(0).judges(PORTABLE, "pass");
    by_hand(row, "`../../c`", None, Tarball::default().file("../../c", b"x")).ends(0).judges(PORTABLE, "fail");
    let hidden = ["./.wh.a", "/.wh.b", "d/../.wh.e", "f//./.wh.g"];
    let over = hidden.iter().fold(Tarball::default(), |tar, name| tar.file(name, b""));
    by_hand(row, "and their whiteouts", Some("f 0644 0:0 1 /a\nf 0644 0:0 1 /f/g"), over).ends(0).judges(PORTABLE, "pass");
}

pub fn names_before_a_dot(row: &Row) {
    for (case, name) in [("`-x`", "-x"), ("`+x`", "+x"), ("`!x`", "!x")] {
        let below = format!("f 0644 0:0 1 /d/{name}");
        for (when, above) in [("hidden first", [".wh.", ""]), ("written first", ["", ".wh."])] {
            let tar = above.iter().fold(Tarball::default(), |tar, prefix| tar.file(&format!("d/{prefix}{name}"), b""));
            let case = format!("{case}, {when}");
            let ran = by_hand(row, &case, Some(&below), tar);
            drop(if when == "hidden first" {
                ran.ends(0).judges(PORTABLE, "pass")
            } else {
                ran.ends(1).judges(PORTABLE, "fail")
            });
        }
    }
}

pub fn whiteouts_by_name_alone(row: &Row) {
    let directory = |name: &str| Tarball::default().raw(&Header::new(name, b'5', 0).block());
    let below = Some("f 0644 0:0 1 /etc/f");
    by_hand(row, "a directory named `.wh.etc` that is only implied", below, Tarball::default().file(".wh.etc/f", b"x"))
        .ends(0)
        .judges(PORTABLE, "pass");
    by_hand(row, "a directory entry `.wh.etc/` hides `/etc`", below, directory(".wh.etc/")).ends(0).judges(PORTABLE, "pass");
    by_hand(row, "a whiteout that holds bytes", below, Tarball::default().file("etc/.wh.f", b"text"))
        .ends(0)
        .judges(PORTABLE, "pass");
    for name in [".wh..wh.plnk", ".wh..wh.aufs", ".wh..wh.orph"] {
        by_hand(row, &format!("`{name}`"), below, Tarball::default().file(name, b"")).ends(0).says("AUFS");
    }
}

pub fn marker_below_a_link(row: &Row) {
    const BASE: &str = "d 0755 0:0 /run\nd 0755 0:0 /var\nl 0777 0:0 /var/run -> /run";
    let marker = |path: &str| format!("f 0644 65532:65532 {path} \"LUCID_X_RUNTIME_DIRECTORY\\n\"");
    let real = format!("d 0755 0:0 /run\n{}", marker("/run/.keep"));
    let rules = ["marker/var-run", "marker/nonempty", PORTABLE];
    asked(row, "as BuildKit writes it: `/run/.keep`", &[BASE, &real], "lucid", &rules)
        .ends(0)
        .judges(PORTABLE, "pass")
        .judges("marker/var-run", "pass");
    let named = asked(row, "by hand, through the link", &[BASE, &marker("/var/run/.keep")], "lucid", &rules).ends(0);
    named.judges("marker/var-run", "pass").judges("marker/nonempty", "pass").judges(PORTABLE, "fail").says("/run/.keep");
    let lost = format!("{BASE}\n{}", marker("/run/.keep"));
    asked(row, "a marker that a mount does not show", &[&lost, "f 0644 0:0 /var/run/other \"x\""], "lucid", &rules)
        .ends(9)
        .judges("marker/var-run", "unknown")
        .says("runtimes differ at /var/run");
}

pub fn compiler_behind_links(row: &Row) {
    const USR: &str = "d 0755 0:0 /usr/bin\nl 0777 0:0 /bin -> usr/bin\nl 0777 0:0 /usr/bin/gcc -> x86_64-linux-gnu-gcc-12";
    let there = format!("{USR}\nf 0755 0:0 /usr/bin/x86_64-linux-gnu-gcc-12 \"x\"");
    asked(row, "`/bin` and `gcc` are links", &[&there], "generic", &["toolchain/compilers"])
        .ends(0)
        .judges("toolchain/compilers", "fail")
        .says("/usr/bin/x86_64-linux-gnu-gcc-12");
    let nowhere = "l 0777 0:0 /usr/local/bin/gcc -> gcc-12";
    asked(row, "`gcc` leads nowhere", &[nowhere], "generic", &["toolchain/compilers", "hygiene/dangling-links"])
        .ends(0)
        .judges("hygiene/dangling-links", "fail");
}

pub fn links_that_lead_round(row: &Row) {
    let chain = |links: u32| {
        let links: Vec<String> = (1..links).map(|link| format!("l 0777 0:0 /l{link} -> l{}", link - 1)).collect();
        format!("d 0755 0:0 /l0\nf 0644 0:0 /l0/.keep \"x\"\n{}\nl 0777 0:0 /var/run -> /l{}", links.join("\n"), links.len())
    };
    let up = "f 0644 0:0 /run/.keep \"x\"\nl 0777 0:0 /var/run -> ../../../../run".to_owned();
    for (case, layer, code, words) in [
        ("round", "l 0777 0:0 /var/run -> lock\nl 0777 0:0 /var/lock -> run".to_owned(), 0, "more than 40 symbolic links"),
        ("41 links", chain(41), 0, "more than 40 symbolic links"),
        ("40 links", chain(40), 0, "marker/var-run"),
        ("up and out", up, 0, "marker/var-run"),
        ("to `/proc/self`", "l 0777 0:0 /var/run -> /proc/self".to_owned(), 0, "/var/run/.keep"),
    ] {
        asked(row, case, &[&layer], "lucid", &["marker/var-run"]).ends(code).says(words);
    }
}

pub fn markers(row: &Row) {
    const TEXT: &str = "f 0644 0:0 /app/.lucid-marker \"LUCID_X_SOURCE_1700000000\\n\"";
    let rule = ["marker/nonempty"];
    for (case, content) in [("empty", ""), ("white space", " \\n\\t"), ("zeros", "\\x00\\x00\\x00")] {
        let marker = format!("f 0644 0:0 /app/.lucid-marker \"{content}\"");
        asked(row, case, &[&marker], "lucid", &rule).ends(1).judges(rule[0], "fail").says("/app/.lucid-marker is empty");
    }
    let link = "l 0777 0:0 /app/.lucid-marker -> text\nf 0644 0:0 /app/text \"x\"";
    asked(row, "a link to text", &[link], "lucid", &rule).ends(0);
    let both = ["marker/nonempty", PORTABLE];
    asked(
        row,
        "a hard link to a file of a lower layer",
        &["f 0644 0:0 /app/text \"x\"", "h /app/.lucid-marker => /app/text"],
        "lucid",
        &both,
    )
    .ends(1)
    .judges(PORTABLE, "fail");
    let bin = "f 0644 0:0 /usr/local/bin/.lucid-marker \"LUCID_X_BINARIES_INSTALLED_1700000000\\n\"";
    let gone = asked(row, "taken away by a later layer", &[bin, "w /usr/local/bin/.lucid-marker"], "lucid", &["marker/bin"]);
    assert_eq!(blamed(&gone, "marker/bin"), [2]);
    gone.ends(1).says("removed by a whiteout");
    let emptied = asked(row, "made empty by a later layer", &[TEXT, "f 0644 0:0 /app/.lucid-marker \"\""], "lucid", &rule);
    assert_eq!(blamed(&emptied, rule[0]), [2]);
    emptied.ends(1);
}

pub fn removed_and_still_shipped(row: &Row) {
    let layers = ["f 0644 0:0 1 /a", "f 0755 0:0 30000000 /usr/bin/gcc", "f 0644 0:0 1 /b", "f 0644 0:0 1 /c", "w /usr/bin/gcc"];
    asked(
        row,
        "gcc, in layer 2 and gone in layer 5",
        &layers,
        "generic",
        &["toolchain/compilers", "toolchain/deleted-but-shipped", "size/waste"],
    )
    .ends(0)
    .judges("toolchain/compilers", "skip")
    .judges("toolchain/deleted-but-shipped", "fail")
    .judges("size/waste", "fail")
    .says("gcc removed by layer 5: still shipped, 30.0 MB");
}

pub fn hidden_packages(row: &Row) {
    const SITE: &str = "/usr/local/lib/python3.11/site-packages";
    let packages = format!("f 0644 0:0 1 {SITE}/x.py");
    let layers = ["f 0644 0:0 1 /a", &packages, "f 0644 0:0 1 /b", "o /usr/local/lib/python3.11"];
    let ran = asked(row, "hidden in layer 4", &layers, "lucid", &["python/site-packages-exists"]);
    assert_eq!(blamed(&ran, "python/site-packages-exists"), [4]);
    ran.ends(1).says("hidden by an opaque mark on /usr/local/lib/python3.11");
}

pub fn owners(row: &Row) {
    let app = "d 0755 65532:65532 /app\nf 0644 65532:65532 4 /app/x";
    let rule = ["ownership/tree", PORTABLE];
    asked(row, "a file in a directory that its layer does not name", &[app, "f 0644 65532:65532 4 /app/y"], "lucid", &rule)
        .ends(0)
        .judges("ownership/tree", "pass");
    asked(row, "a file of root's", &[app, "f 0644 0:0 4 /app/y"], "lucid", &rule).ends(1).says("/app/y");
    let copied = ["f 0644 0:0 20000000 /opt/x", "f 0644 65532:65532 20000000 /opt/x"];
    asked(row, "a layer that changes nothing but the owner", &copied, "generic", &["size/waste"])
        .ends(0)
        .judges("size/waste", "fail")
        .says("20");
}

pub fn two_names(row: &Row) {
    let (_folder, image) = image(&["f 0644 0:0 1000 /a\nh /b => /a\nh /c => /b"]);
    let ran = row.verify("three names of 1000 bytes", &image).run();
    assert_eq!(ran.image()["sizes"]["bytes"], 1000, "{}", ran.image()["sizes"]);
    ran.ends(0);
}

pub fn the_root(row: &Row) {
    let app = "d 0755 0:0 /app\nf 0644 0:0 /app/x.py \"x\"";
    for (case, root, code) in [("`./` of mode 0755", "d 0755 0:0 /", 0), ("`./` of mode 0700", "d 0700 0:0 /", 1)] {
        asked(row, case, &[root, app], "lucid", &["ownership/readable"]).ends(code);
    }
    asked(
        row,
        "a directory of mode 0000 is read by us",
        &["d 0000 0:0 /app\nf 0644 0:0 /app/.lucid-x \"\""],
        "lucid",
        &["marker/nonempty"],
    )
    .ends(1)
    .says("/app/.lucid-x is empty");
}

pub fn file_directory_file(row: &Row) {
    let layers = ["f 0644 0:0 1 /usr/local/bin", "f 0644 0:0 /usr/local/bin/.lucid-marker \"x\"", "f 0644 0:0 2 /usr/local/bin"];
    asked(row, "what the directory held is gone", &layers, "lucid", &["marker/bin", PORTABLE])
        .ends(1)
        .judges(PORTABLE, "pass")
        .says("removed when /usr/local/bin was replaced");
}
