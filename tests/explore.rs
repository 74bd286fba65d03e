//! The terminal browser, driven as people drive it: in a terminal, by keys; and through a pipe.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/image/mod.rs"]
mod image;
#[path = "support/registry.rs"]
mod registry;
#[path = "support/run.rs"]
mod run;
#[path = "support/tmux.rs"]
mod tmux;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use lucid_verify::explore::{keys, plain};
use registry::{Fixture as _, Image};
use run::{asked, lucid_verify};
use tempfile::TempDir;
use tmux::Tmux;

const CONFIG: &str = r#"{"os":"linux","architecture":"arm64","variant":"v8","created":"2025-11-20T18:04:00Z",
    "config":{"User":"65532:65532","Entrypoint":["/usr/bin/absent"],"Env":["PATH=/usr/bin"]}}"#;

const LAYERS: &str = "\
layer ADD rootfs.tar /
d 0755 0:0 /etc
f 0644 0:0 /etc/passwd \"root:x:0:0:root:/root:/sbin/nologin\\n\"
d 0755 0:0 /usr
d 0755 0:0 /usr/bin
f 0755 0:0 /usr/bin/tool \"#!/bin/sh\\necho tool\\n\"
f 0644 0:0 /usr/bin/gr\u{fc}n \"\\x1b[31mred\\n\"
f 0644 0:0 /usr/large.bin \"LARGE\"
f 0644 0:0 /usr/old \"OLD\"
layer COPY --chown=65532:65532 app /app
d 0755 65532:65532 /app
f 0644 65532:65532 /app/main.py \"import os\\n\"
f 0644 65532:65532 /app/settings.json \"{}\\n\"
layer RUN rm /usr/old && chown 1:1 /etc/passwd
w /usr/old
f 0644 1:1 /etc/passwd \"root:x:0:0:root:/root:/sbin/nologin\\n\"
";

/// A folder with the image `oci:image` in it.
fn folder(layers: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    // More than is kept of a file while its layer is read.
    let layers = layers.replace("LARGE", &"\\x00".repeat(70_000)).replace("OLD", &"x".repeat(1_000));
    let image = Image::written(&layers, CONFIG).unwrap();
    image.write_layout(&folder.path().join("image"), &[&image.entry("")]);
    folder
}

fn program() -> String {
    lucid_verify().get_program().to_str().unwrap().to_owned()
}

/// The browser in a terminal of this size, on the small image; returned when it shows its keys.
fn browsing(name: &str, size: (u16, u16), folder: &Path, before: &str) -> Tmux {
    let tmux = Tmux::start(name, size, folder);
    tmux.run(&format!("clear; {before} {} explore --no-cache --profile generic -v oci:image; echo code $?", program()));
    tmux.shows("q quit");
    tmux
}

/// Waits until the screen is the golden one: a capture may fall between two writes of a frame. `LUCID_UPDATE=1` keeps what stands
/// still.
fn same(name: &str, tmux: &Tmux) {
    let path = format!("{}/testdata/explore/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("LUCID_UPDATE").is_some() {
        std::thread::sleep(Duration::from_millis(500));
        std::fs::write(&path, tmux.screen()).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    tmux.wait(&format!("{path} (if it is stale: LUCID_UPDATE=1 cargo test --test explore)"), |screen| screen == golden);
}

#[test]
fn thirty_keys_at_80x24_and_at_200x60_show_what_they_should() {
    if !tmux::is_there("thirty_keys_at_80x24_and_at_200x60_show_what_they_should") {
        return;
    }
    let folder = folder(LAYERS);
    for (size, name) in [((80, 24), "80x24"), ((200, 60), "200x60")] {
        let tmux = browsing(name, size, folder.path(), "");
        same(&format!("start-{name}"), &tmux);
        tmux.keys("j j j");
        tmux.shows("changes of layer 3");
        tmux.keys("Tab e");
        tmux.wait("the file that is removed", |screen| screen.contains("-   1.0 kB") && screen.contains("old"));
        tmux.shows("1 of 5");
        same(&format!("removed-{name}"), &tmux);
        tmux.keys("a");
        tmux.shows("up to layer 3");
        tmux.keys("a");
        tmux.shows("changes of layer 3");
        tmux.keys("Escape");
        tmux.shows("2 Tree: final");
        tmux.keys("g e s b");
        tmux.shows("/usr/large.bin");
        same(&format!("largest-{name}"), &tmux);
        tmux.keys("v");
        tmux.shows("00000000  00 00");
        tmux.keys("q / m a i n");
        tmux.shows("1 found");
        tmux.keys("Enter Enter Enter");
        tmux.shows("import os");
        same(&format!("file-{name}"), &tmux);
        tmux.keys("Escape");
        tmux.shows("> 2 Tree");
        tmux.keys("4");
        tmux.shows("> 4 Findings");
        tmux.keys("v");
        tmux.shows("exec: \"/usr/bin/absent\"");
        tmux.keys("q d");
        tmux.shows("What it checks");
        tmux.keys("q ?");
        tmux.shows("unfold or fold a directory");
        same(&format!("help-{name}"), &tmux);
        tmux.keys("q 1");
        tmux.shows("> 1 Layers");
        tmux.keys("q");
        let after = tmux.shows("code 0");
        assert!(after.contains("frames drawn") && !tmux.is_alternate(), "{after}");
    }
}

#[test]
fn the_terminal_is_as_it_was_after_every_way_out() {
    if !tmux::is_there("the_terminal_is_as_it_was_after_every_way_out") {
        return;
    }
    let folder = folder(LAYERS);
    let tmux = Tmux::start("ways-out", (80, 24), folder.path());
    tmux.run("echo before; stty -a > before");
    let start = format!("exec {} explore --no-cache --profile generic oci:image", program());
    for (way, code) in [("C-c", "code 130"), ("kill", "code 143"), ("q", "code 0")] {
        tmux.run(&format!("sh -c 'echo $$ > pid; {start}'"));
        tmux.shows("q quit");
        assert!(tmux.is_alternate());
        if way == "kill" {
            let pid = std::fs::read_to_string(folder.path().join("pid")).unwrap();
            assert!(Command::new("kill").args(["-TERM", pid.trim()]).status().unwrap().success());
        } else {
            tmux.keys(way);
        }
        tmux.wait("the end", |_| !tmux.is_alternate());
        tmux.run("echo code $?; stty -a > after; echo was $?");
        let screen = tmux.wait("the end", |screen| screen.contains(code) && screen.contains("was 0"));
        assert!(screen.contains("before") && !tmux.is_alternate(), "{way}: {screen}");
        let said = |name| std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(said("before"), said("after"), "{way}");
        assert_eq!(tmux.tell(&["display-message", "-p", "#{cursor_flag}"]).trim(), "1", "{way}");
        tmux.run("clear; echo before");
    }
}

#[test]
fn a_terminal_without_colour_or_without_utf_8_shows_all_there_is() {
    if !tmux::is_there("a_terminal_without_colour_or_without_utf_8_shows_all_there_is") {
        return;
    }
    let folder = folder(LAYERS);
    let tmux = browsing("poor", (80, 24), folder.path(), "NO_COLOR=1 LANG=C LC_ALL=C");
    tmux.keys("2 e");
    let screen = tmux.shows("gr\\u{fc}n");
    assert!(screen.is_ascii() && screen.contains("|>"), "{screen}");
    let colours = tmux.tell(&["capture-pane", "-p", "-e"]);
    assert!(
        !(0..8).any(|colour| colours.contains(&format!("\x1b[3{colour}m"))) && colours.contains("\x1b[7m"),
        "{}",
        colours.escape_debug()
    );
    tmux.tell(&["resize-window", "-x", "20", "-y", "5"]);
    tmux.shows("too small");
    tmux.tell(&["resize-window", "-x", "130", "-y", "30"]);
    tmux.shows("4 Findings");
    tmux.keys("C-z");
    tmux.wait("the shell", |screen| !screen.contains("Findings"));
    tmux.run("echo asleep; fg");
    tmux.shows("4 Findings");
    tmux.keys("q");
    tmux.shows("frames drawn");
}

/// What a dialogue says, with these lines on stdin.
fn dialogue(folder: &Path, arguments: &[&str], lines: &str) -> (Option<i32>, String, String) {
    let mut command = lucid_verify();
    command.args(["explore", "--no-cache", "--profile", "generic"]).args(arguments).current_dir(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // It may end before it has read anything.
    let _ = child.stdin.take().unwrap().write_all(lines.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn a_pipe_gets_a_dialogue_in_lines() {
    let folder = folder(LAYERS);
    let lines = "layers\nlayer 3\nopen /usr/bin/gr\u{fc}n\nlayer all\nfind *.bin\nopen 1\nfindings\nquit\nlayers\n";
    let (code, said, stderr) = dialogue(folder.path(), &["--plain", "oci:image"], lines);
    assert_eq!((code, &stderr[..]), (Some(0), ""), "{said}");
    for part in ["layer 3: ~1 -1", "rm /usr/old", "1. /usr/large.bin, 70.0 kB", "\\u{1b}[31mred", "00000010  00", "absent"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains('\x1b') && said.matches("layer 1:").count() == 1, "{said}");
    let (code, without, _) = dialogue(folder.path(), &["oci:image"], "");
    assert!(code == Some(0) && without.contains("help lists the commands"), "{without}");
}

#[test]
fn what_cannot_be_looked_at_has_no_screen() {
    let folder = folder(LAYERS);
    for (arguments, code, said) in [
        (&["oci:absent"][..], 3, "absent"),
        (&["--format", "json", "oci:image"], 2, "explore is for people"),
        (&["--plain", "oci-archive:-"], 2, "stdin, which holds one thing"),
    ] {
        let (found, stdout, stderr) = dialogue(folder.path(), arguments, "");
        assert_eq!((found, &stdout[..]), (Some(code), ""), "{stderr}");
        assert!(stderr.contains(said), "{stderr}");
    }
}

/// The busiest and the middle frame that the program tells of, in milliseconds: what a CPU took for one, and what passed.
fn frames(said: &str) -> (f64, f64) {
    let number = |after: &str| {
        let rest = said.split_once(after).unwrap_or_else(|| panic!("no frames: {said}")).1;
        rest.split_whitespace().next().unwrap().parse::<f64>().unwrap()
    };
    (number("busiest "), number("median "))
}

#[test]
fn two_hundred_thousand_files_scroll_without_a_pause() {
    let test = "two_hundred_thousand_files_scroll_without_a_pause";
    if !tmux::is_there(test) || !asked(test) {
        return;
    }
    let mut layers = String::from("layer ADD data.tar /\n");
    for number in 0..200_000 {
        let _ = writeln!(layers, "f 0644 0:0 /data/{:02}/file-{number:06} \"{number}\"", number / 20_000);
    }
    let folder = folder(&layers);
    let tmux = Tmux::start("large", (200, 60), folder.path());
    let options = "--no-cache --profile generic --rule hygiene/crlf -v";
    tmux.run(&format!("clear; {} explore {options} oci:image; echo code $?", program()));
    tmux.shows("q quit");
    tmux.keys("2 e");
    tmux.shows("of 200,01");
    for _ in 0..40 {
        tmux.keys("PageDown PageDown PageDown PageDown PageDown");
    }
    tmux.keys("G");
    tmux.shows("file-199999");
    tmux.keys("g");
    for key in ["/", "9", "9", "9", "9"] {
        tmux.keys(key);
        std::thread::sleep(Duration::from_millis(30));
    }
    tmux.shows("/9999_  38 found  ");
    tmux.keys("Enter Enter n q");
    let (busiest, median) = frames(&tmux.shows("frames drawn"));
    assert!(busiest < 50.0 && median < 50.0, "the busiest frame took {busiest} ms of a CPU, the middle one {median} ms");
}

/// A part of the page between its marks, written anew with `LUCID_UPDATE=1`.
fn is_current(page: &mut String, name: &str, text: &str) {
    let (begin, end) =
        (format!("<!-- {name}: LUCID_UPDATE=1 cargo test --test explore -->\n"), format!("<!-- end of {name} -->\n"));
    let start = page.find(&begin).unwrap() + begin.len();
    let until = page.find(&end).unwrap();
    page.replace_range(start..until, text);
}

#[test]
fn the_page_has_every_key_every_command_and_a_screen() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/explore.md");
    let published = std::fs::read_to_string(path).unwrap();
    let mut keys = String::from("| keys | where | what they do |\n|---|---|---|\n");
    for binding in keys::KEYS {
        let _ = writeln!(keys, "| {} | {} | {} |", binding.shown, binding.place(), binding.does);
    }
    let mut commands = String::from("| command | what it tells |\n|---|---|\n");
    for (command, tells) in plain::COMMANDS {
        let _ = writeln!(commands, "| `{}` | {tells} |", command.replace('|', "\\|"));
    }
    let screen = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/explore/largest-80x24.txt");
    let screen = format!("```text\n{}```\n", std::fs::read_to_string(screen).unwrap());
    let mut current = published.clone();
    for (name, text) in [("screen", screen), ("keys", keys), ("commands", commands)] {
        is_current(&mut current, name, &text);
    }
    let is_written = std::env::var_os("LUCID_UPDATE").is_some();
    if is_written {
        std::fs::write(path, &current).unwrap();
    }
    assert!(is_written || published == current, "docs/explore.md is stale: LUCID_UPDATE=1 cargo test --test explore");
}
