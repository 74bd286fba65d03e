//! Layers that readers are known to lay otherwise, or that look as if they did.

use super::mounts::{Case, Said};

const AB: &str = "f 0644 0:0 1 /b/x\nf 0644 0:0 1 /b/y";
const RUN: &str = "d 0755 0:0 /run\nd 0755 0:0 /var\nl 0777 0:0 /var/run -> /run";
/// umoci 0.4.7 takes whiteouts in the order of the tar.
const ORDER: Result<(), &str> = Err("it takes whiteouts in the order of the tar");
const BELOW_A_FILE: Result<(), &str> = Err("it refuses a path below what was no directory");

const fn case(
    row: &'static str,
    name: &'static str,
    layers: &'static [&'static str],
    said: Said,
    umoci: Result<(), &'static str>,
) -> Case {
    Case { row, name, layers, said, umoci }
}

use Said::{Alike, Differs, Nowhere, Refused};

#[rustfmt::skip]
pub static CASES: &[Case] = &[
    case("V01", "a file, then its whiteout", &["f 0644 0:0 3 /a", "f 0644 0:0 5 /a\nw /a"],
        Refused("/a: the layer itself has what this hides"), Ok(())),
    case("V01", "the whiteout, then the file", &["f 0644 0:0 3 /a", "w /a\nf 0644 0:0 5 /a"], Alike, Ok(())),
    case("V01", "a whiteout twice", &["f 0644 0:0 3 /a", "w /a\nw /a"], Refused("the layer itself has what this hides"), Ok(())),
    case("V02", "a directory hidden and made again", &[AB, "w /b\nd 0755 0:0 /b\nf 0644 0:0 2 /b/n"],
        Differs("2 paths are not the same where layers are mounted: removed and written by one layer, without an opaque mark (first: /b/x: nothing, mounted a file)"), Ok(())),
    case("V02", "an empty directory hidden and made again", &["d 0700 0:0 /b", "w /b\nd 0755 0:0 /b"], Alike, Ok(())),
    case("V02", "hidden in one layer, made in the next", &[AB, "w /b", "d 0755 0:0 /b\nf 0644 0:0 2 /b/n"], Alike, Ok(())),
    case("V03", "a directory hidden, and a file in it", &[AB, "w /b\nf 0644 0:0 2 /b/n"],
        Refused("/b/n: /b is hidden by a whiteout in the same layer"), Ok(())),
    case("V04", "opaque first", &[AB, "d 0755 0:0 /b\no /b\nf 0644 0:0 2 /b/n"], Alike, Ok(())),
    case("V04", "opaque last", &[AB, "d 0755 0:0 /b\nf 0644 0:0 2 /b/n\no /b"], Alike, Ok(())),
    case("V04", "opaque deep", &["f 0644 0:0 1 /b/c/d/e\nf 0644 0:0 1 /b/x", "d 0755 0:0 /b\nd 0755 0:0 /b/c\no /b/c\nf 0644 0:0 2 /b/c/n"], Alike, Ok(())),
    case("V04", "opaque and new", &[AB, "d 0755 0:0 /n\no /n\nf 0644 0:0 2 /n/n"], Alike, Ok(())),
    case("V04", "opaque, without an entry of its directory", &[AB, "o /b\nf 0644 0:0 2 /b/n"], Alike, Ok(())),
    case("V04", "opaque, and of no directory", &["f 0644 0:0 1 /x", "o /b"],
        Differs("(first: /b: nothing, mounted a directory)"), Ok(())),
    case("V05", "opaque root", &[AB, "o /\nf 0644 0:0 2 /n"],
        Differs("an opaque mark on the root, which a mount does not heed (first: /b: nothing, mounted a directory)"), Ok(())),
    case("V06", "opaque, and a whiteout in it", &[AB, "d 0755 0:0 /b\no /b\nw /b/x\nf 0644 0:0 2 /b/n"],
        Differs("(first: /b/x: nothing, mounted a name that is listed and leads nowhere)"), Ok(())),
    case("V06", "opaque, a whiteout in it, and another layer", &[AB, "d 0755 0:0 /b\no /b\nw /b/x", "d 0755 0:0 /b\nf 0644 0:0 1 /b/n"], Alike, Ok(())),
    case("V06", "hidden, and a whiteout in it", &[AB, "w /b\nw /b/x"], Refused("/b is hidden by a whiteout in the same layer"), Ok(())),
    case("V08", "a whiteout in the first layer", &["d 0755 0:0 /d\nw /d/a\nf 0644 0:0 1 /c"],
        Differs("(first: /d/a: nothing, mounted a name that is listed and leads nowhere)"), Ok(())),
    case("V08", "a whiteout in the root of the first layer", &["w /a\nf 0644 0:0 1 /c"], Alike, Ok(())),
    case("V08", "a whiteout in no directory", &["f 0644 0:0 1 /c", "w /z/z"],
        Differs("(first: /z: nothing, mounted a directory)"), Ok(())),
    case("V08", "a whiteout of nothing beside something", &[AB, "d 0755 0:0 /b\nw /b/z"], Alike, Ok(())),
    case("V09", "a file through a link of a lower layer", &[RUN, "f 0644 0:0 1 /var/run/x"],
        Differs("written through the link /var/run (to /run) of a lower layer (first: /run/x: a file, mounted nothing)"), Ok(())),
    case("V09", "a whiteout through a link of a lower layer", &["f 0644 0:0 1 /run/x\nd 0755 0:0 /var\nl 0777 0:0 /var/run -> /run", "w /var/run/x"],
        Differs("(first: /run/x: nothing, mounted a file)"), Ok(())),
    case("V09", "a link of a lower layer that leads nowhere", &["l 0777 0:0 /lib -> usr/lib", "f 0644 0:0 1 /lib/x"],
        Differs("(first: /lib: a link to usr/lib, mounted a directory)"), Ok(())),
    case("V10", "an entry of the directory, too", &[RUN, "d 0755 0:0 /var/run\nf 0644 0:0 1 /var/run/x"], Alike, Ok(())),
    case("V11", "a link of the same layer", &["d 0755 0:0 /s\nl 0777 0:0 /l -> s\nf 0644 0:0 1 /l/x"], Alike, Ok(())),
    case("V11", "to a directory of a lower layer", &["f 0644 0:0 1 /s/y", "l 0777 0:0 /l -> s\nf 0644 0:0 1 /l/x"], Alike, Ok(())),
    case("V11", "and a whiteout behind it", &["f 0644 0:0 1 /s/y", "l 0777 0:0 /l -> s\nw /l/y"],
        Differs("(first: /s/y: a file, mounted nothing)"), ORDER),
    case("V12", "a hard link to a file of a lower layer", &["f 0600 5:5 3 /a", "h /b => /a"],
        Refused("/b: its hard link target /a does not exist"), Ok(())),
    case("V12", "to a file that both have", &["f 0600 5:5 3 /a", "f 0600 5:5 4 /a\nh /b => /a"], Alike, Ok(())),
    case("V13", "before its target", &["h /b => /a\nf 0644 0:0 3 /a"], Nowhere("its hard link target /a does not exist"), Ok(())),
    case("V13", "to itself", &["f 0644 0:0 3 /a", "h /a => /a"], Nowhere("/a does not exist"), Ok(())),
    case("V13", "to a directory", &["d 0755 0:0 /d", "h /b => /d"], Nowhere("/d is a directory"), Ok(())),
    case("V14", "a hard link, and its target again", &["f 0644 0:0 3 /a\nh /b => /a\nf 0644 0:0 9 /a"], Alike, Ok(())),
    case("V15", "one of two names replaced above", &["f 0644 0:0 3 /a\nh /b => /a", "f 0644 0:0 9 /a"], Alike, Ok(())),
    case("V16", "a file, above it a path below it", &["f 0644 0:0 1 /x", "f 0644 0:0 2 /x/y"], Alike, BELOW_A_FILE),
    case("V16", "and a deeper one", &["f 0644 0:0 1 /x", "f 0644 0:0 2 /x/y/z"],
        Refused("no entry names the directory /x/y, and /x was no directory before"), BELOW_A_FILE),
    case("V17", "a file, and a path below it", &["f 0644 0:0 1 /a\nf 0644 0:0 2 /a/b"],
        Refused("/a/b: /a is no directory in the same layer"), BELOW_A_FILE),
    case("V17", "a file, and then a directory over what is below", &["f 0644 0:0 1 /a/x", "f 0644 0:0 1 /a\nd 0755 0:0 /a"],
        Differs("written twice by one layer, and a directory only the second time (first: /a/x: nothing, mounted a file)"), Ok(())),
    case("V18", "a directory, then a file", &[AB, "f 0644 0:0 2 /b"], Alike, Ok(())),
    case("V18", "a directory, then a link", &[AB, "l 0777 0:0 /b -> c"], Alike, Ok(())),
    case("V18", "a directory, then a pipe, then a directory", &[AB, "p 0644 0:0 /b", "d 0755 0:0 /b"], Alike, Ok(())),
    case("V18", "a file twice", &["f 0644 0:0 1 /a\nf 0644 0:0 2 /a"], Alike, Ok(())),
    case("V19", "a parent that no entry names keeps its owner", &["d 0700 5:5 /b", "f 0644 0:0 1 /b/x"], Alike, Ok(())),
    case("V19", "a parent that nobody names", &["f 0644 0:0 1 /b/c/x"], Alike, Ok(())),
    case("V21", "a character device 0:0", &["f 0644 0:0 1 /a", "c 0644 0:0 0,0 /a"],
        Differs("a character device 0:0, which a mount takes for a whiteout (first: /a: a device, mounted nothing)"), Ok(())),
    case("V21", "another device", &["f 0644 0:0 1 /a", "c 0666 0:0 1,3 /a"], Alike, Ok(())),
];
