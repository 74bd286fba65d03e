//! What is downloaded runs only if it is what was released.

use std::process::Command;

use lucid_verify::digest::Digest;

use crate::has_tools;
use crate::hosts::GitHub;
use crate::runner::{Event, Machine, Ran};

const ASSET: &str = "lucid-verify-0.1.0-x86_64-unknown-linux-musl.tar.gz";

/// A release: an archive of a program.
pub fn archive(program: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("lucid-verify"), program).unwrap();
    let mut tar = Command::new("sh");
    tar.args(["-c", "chmod 755 lucid-verify && tar -czf - lucid-verify"]).current_dir(folder.path());
    tar.output().unwrap().stdout
}

/// One that says its version, and leaves a trace.
fn saying(version: &str) -> Vec<u8> {
    archive(&format!("#!/bin/sh\ntouch ran\necho lucid-verify {version}\n"))
}

/// A machine that downloads from a server which has `served` for a release of `released`.
fn stage(released: &[u8], served: &[u8]) -> (Machine, GitHub) {
    let sum = Digest::sha256(released);
    let (mut machine, github) = (Machine::new(&format!("# a comment\n{}  {ASSET}\n", sum.hex())), GitHub::new());
    github.release(ASSET, served.to_vec());
    machine.env.insert("LUCID_VERIFY_RELEASES".into(), format!("http://{}/releases", github.server.host()));
    machine.env.insert("RUNNER_TOOL_CACHE".into(), machine.path("tools").display().to_string());
    (machine, github)
}

fn run(machine: &Machine, inputs: &[(&str, &str)]) -> (Ran, bool) {
    let trace = machine.path("work/ran");
    let _ = std::fs::remove_file(&trace);
    (machine.run(&Event::PUSH, inputs), trace.exists())
}

#[test]
fn a_release_is_downloaded_once_and_held_against_its_checksum_each_time() {
    if !has_tools() {
        return;
    }
    let good = saying("0.1.0");
    let (machine, github) = stage(&good, &good);
    for _ in 0..2 {
        let (ran, is_run) = run(&machine, &[]);
        assert!(ran.code == 0 && is_run, "{}", ran.log);
    }
    assert_eq!(github.server.paths().len(), 1);

    // On a machine of one's own the folder of tools outlives the job that changed it.
    machine.write(&format!("tools/lucid-verify/0.1.0/{ASSET}"), "changed");
    let (ran, is_run) = run(&machine, &[]);
    assert!(ran.code == 0 && is_run && github.server.paths().len() == 2, "{}", ran.log);
}

#[test]
fn what_is_not_the_release_is_refused_and_never_runs() {
    if !has_tools() {
        return;
    }
    let good = saying("0.1.0");
    let (machine, _github) = stage(&good, &saying("0.1.0 and more"));
    let (ran, is_run) = run(&machine, &[]);
    assert_eq!((ran.code, ran.count("error"), is_run), (6, 1, false), "{}", ran.log);

    let (ran, is_run) = run(&machine, &[("version", "0.2.0")]);
    assert!(ran.code == 2 && !is_run && ran.log.contains("no checksum of lucid-verify-0.2.0"), "{}", ran.log);

    let (machine, github) = stage(&good, &good);
    drop(github);
    let (ran, is_run) = run(&machine, &[]);
    assert_eq!((ran.code, is_run), (5, false), "{}", ran.log);
}

#[test]
fn the_wanted_version_in_path_is_taken_and_another_is_not() {
    if !has_tools() {
        return;
    }
    let good = saying("0.1.0");
    let (machine, github) = stage(&good, &good);
    machine.write("bin/lucid-verify", "#!/bin/sh\necho lucid-verify 0.1.0\n");
    assert_eq!(run(&machine, &[]).0.code, 0);
    assert!(github.server.paths().is_empty());
    machine.write("bin/lucid-verify", "#!/bin/sh\necho lucid-verify 0.0.9\nexit 1\n");
    let (ran, is_run) = run(&machine, &[]);
    assert!(ran.code == 0 && is_run, "{}", ran.log);
}
