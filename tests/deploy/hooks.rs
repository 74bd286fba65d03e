//! The local hook: what was built is verified before it is pushed, and what could not be looked at is not let through.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::registry::Fixture as _;
use crate::{PROFILE, bin, good, hostile};

/// A folder with a layout and an archive of each image.
fn built() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("lucid-verify.toml"), PROFILE).unwrap();
    for (name, image) in [("good", good()), ("bad", hostile())] {
        let layout = folder.path().join(name);
        image.write_layout(&layout, &[&image.entry("")]);
        let tar = |archive: String, members: &[&str]| {
            let made =
                Command::new("tar").arg("-cf").arg(folder.path().join(archive)).arg("-C").arg(&layout).args(members).status();
            assert!(made.unwrap().success());
        };
        tar(format!("{name}.tar"), &["index.json", "oci-layout", "blobs"]);
        tar(format!("{name}-dot.tar"), &["."]);
    }
    folder
}

fn hook(folder: &Path, path: &str, arguments: &[&str]) -> (i32, String) {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("deploy/hooks/verify-build");
    let mut hook = Command::new(script);
    hook.args(arguments).current_dir(folder).env_clear().env("HOME", folder.join("home"));
    let output = hook.env("PATH", format!("{path}:/usr/bin:/bin")).output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (output.status.code().unwrap(), said)
}

#[test]
fn what_was_built_is_verified_in_every_form() {
    let (folder, path) = (built(), bin().display().to_string());
    for (build, code) in [("good", 0), ("good.tar", 0), ("good-dot.tar", 0), ("bad", 1), ("bad.tar", 1), ("bad-dot.tar", 1)] {
        let (ended, said) = hook(folder.path(), &path, &["--rule=own/*", build]);
        assert_eq!(ended, code, "{build}: {said}");
    }
    assert_eq!(hook(folder.path(), &path, &["--rule=own/*", "good.tar", "bad.tar"]).0, 1);
}

#[test]
fn what_cannot_be_looked_at_is_not_let_through() {
    let (folder, path) = (built(), bin().display().to_string());
    let (code, said) = hook(folder.path(), "/nowhere", &["good.tar"]);
    assert!(code == 127 && said.contains("lucid-verify is not installed, so nothing was verified"), "{said}");
    let (code, said) = hook(folder.path(), &path, &["missing.tar"]);
    assert!(code == 3 && said.contains("missing.tar does not exist"), "{said}");
    let (code, said) = hook(folder.path(), &path, &["--rule=own/*"]);
    assert!(code == 2 && said.contains("no build was named"), "{said}");
    fs::write(folder.path().join("broken.tar"), "no archive").unwrap();
    assert!(hook(folder.path(), &path, &["broken.tar"]).0 > 1);
}

#[test]
fn pre_commit_finds_the_hook() {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/.pre-commit-hooks.yaml")).unwrap();
    let hooks: Vec<serde_json::Value> = serde_saphyr::from_str(&text).unwrap();
    let entry = Path::new(env!("CARGO_MANIFEST_DIR")).join(hooks[0]["entry"].as_str().unwrap());
    assert!(entry.exists() && hooks[0]["always_run"] == true && hooks[0]["pass_filenames"] == false, "{hooks:?}");
}
