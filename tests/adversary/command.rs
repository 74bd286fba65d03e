//! Commands that cannot run.

use serde_json::json;

use super::root::{AMD64, ARM64, Image, base, elf, executable, link};
use super::tarball::Tarball;

#[test]
fn an_entrypoint_for_another_machine_is_an_error_wherever_it_lies() {
    for path in ["/run", "/opt/venv/bin/server", "/data/x"] {
        let run = json!({"User": "1:1", "Entrypoint": [path]});
        let image = Image::run_as(vec![executable(Tarball::default(), &path[1..], &elf(AMD64))], &run);
        assert_eq!(image.verify(&[]).code, 1, "{path}");
    }
}

#[test]
fn megabytes_of_path_do_not_become_a_message() {
    let run = json!({"User": "1:1", "Cmd": ["nothing"], "Env": [format!("PATH={}", "/é:".repeat(500_000))]});
    let answer = Image::run_as(vec![base()], &run).verify(&[]);
    assert!(answer.code == 1 && answer.text.len() < 60_000, "{} bytes", answer.text.len());
}

#[test]
fn a_step_back_from_a_link_is_a_step_back_from_its_target() {
    let layer = || link(executable(base().member("srv/a/x/", b'5', b""), "srv/a/gcc", &elf(ARM64)), "now", "/srv/a/x");
    let run = json!({"User": "1:1", "Entrypoint": ["/now/../gcc"]});
    let started = Image::run_as(vec![layer()], &run).verify(&[]);
    assert_eq!(started.code, 0, "{}", started.text);
    let run = json!({"User": "1:1", "Entrypoint": ["/run"], "Env": ["PATH=/now/.."]});
    assert!(Image::run_as(vec![layer()], &run).verify(&[]).text.contains("1 compiler in the image"));
}
