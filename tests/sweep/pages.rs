//! The command lines of docs/sweeps.md, run by bash as they stand there. What they start notes how it was started, and the program
//! then is started so, where neither registry nor bucket answers.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::run;

/// Notes its arguments, a file a start.
const NOTE: &str = "#!/bin/bash\nprintf '%s\\0' \"$@\" > \"$(mktemp \"$NOTES/XXXXXX\")\"\n";

/// Starts what the image would: all that comes after its name.
const DOCKER: &str = "#!/bin/bash\nwhile [ \"$1\" != ghcr.io/lucid-verify/lucid-verify:0.1.0 ]; do shift || exit 1; done\nshift\nexec lucid-verify \"$@\"\n";

/// Says a number, as with --parsable, or runs what it is given.
const SBATCH: &str = "#!/bin/bash\nwhile [ $# -gt 0 ]; do [ \"$1\" = --wrap ] && exec bash -c \"$2\"; shift; done\necho 7\n";

/// The blocks of the page in this language.
fn blocks(language: &str) -> Vec<String> {
    let page = include_str!("../../docs/sweeps.md");
    let fence = format!("```{language}\n");
    let blocks = page.split(&fence).skip(1).map(|block| block.split("```").next().unwrap().to_owned());
    blocks.collect()
}

/// The scripts that start the program, with what a scheduler tells them.
fn scripts() -> Vec<(String, Vec<(&'static str, &'static str)>)> {
    let mut scripts = Vec::new();
    for block in blocks("sh").into_iter().filter(|block| block.contains("lucid-verify") && !block.contains("kubectl")) {
        scripts.push((block, vec![("SLURM_ARRAY_TASK_ID", "7"), ("SLURM_ARRAY_TASK_COUNT", "8")]));
    }
    for block in blocks("yaml") {
        let workflow: Value = serde_saphyr::from_str(&block).unwrap();
        let image = workflow["env"]["LUCID_VERIFY"].as_str().unwrap();
        assert!(DOCKER.contains(image) && image.ends_with(env!("CARGO_PKG_VERSION")), "{image}");
        for step in workflow["jobs"].as_object().unwrap().values().flat_map(|job| job["steps"].as_array().unwrap()) {
            let Some(run) = step["run"].as_str() else { continue };
            assert!(!run.contains("${{"), "an expression is text of the script: {run}");
            let lines = format!("LUCID_VERIFY={image}\n{run}");
            scripts.push((lines, vec![("SHARD", "7"), ("SHARDS", "8")]));
        }
    }
    scripts
}

#[test]
fn the_command_lines_of_the_page_are_ones_that_the_program_takes() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("bin")).unwrap();
    fs::write(at("key"), "a secret of more than sixteen bytes").unwrap();
    for (name, text) in [("lucid-verify", NOTE), ("docker", DOCKER), ("sbatch", SBATCH)] {
        fs::write(at("bin").join(name), text).unwrap();
        fs::set_permissions(at("bin").join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:/usr/bin:/bin", at("bin").display());
    let (mut sweeps, mut merges) = (0, 0);
    for (script, variables) in scripts() {
        let notes = tempfile::tempdir().unwrap();
        let mut bash = Command::new("bash");
        bash.args(["-euc", &script]).current_dir(folder.path()).env("PATH", &path).env("NOTES", notes.path()).envs(variables);
        let output = bash.output().unwrap();
        assert!(output.status.success(), "{script}\n{}", output.stderr.escape_ascii());
        let before = sweeps + merges;
        for note in fs::read_dir(notes.path()).unwrap() {
            let arguments = fs::read_to_string(note.unwrap().path()).unwrap();
            let arguments: Vec<&str> = arguments.split_terminator('\0').collect();
            let is_merge = arguments[0] == "merge";
            *(if is_merge { &mut merges } else { &mut sweeps }) += 1;
            // Nobody answers, so that no report is whole, where there is one.
            let (code, wanted) = (ended(&arguments, folder.path()), if is_merge { &[3, 5][..] } else { &[5] });
            assert!(wanted.contains(&code), "{arguments:?}: {code}");
        }
        assert!(sweeps + merges > before, "{script}");
    }
    assert!(sweeps >= 8 && merges >= 3, "{sweeps} and {merges}");
}

/// The exit code of the program with these arguments.
fn ended(arguments: &[&str], folder: &Path) -> i32 {
    let mut command = run::lucid_verify();
    command.args(arguments.iter().map(|argument| argument.replace("registry.example.com", "127.0.0.1:1")));
    command.args(if arguments[0] == "merge" { &[][..] } else { &["--retries", "0", "--timeout", "2"] });
    command.current_dir(folder).env("AWS_ENDPOINT_URL", "http://127.0.0.1:1").env("AWS_REGION", "eu-central-1");
    command.env("AWS_ACCESS_KEY_ID", "tests").env("AWS_SECRET_ACCESS_KEY", "tests");
    let output = command.output().unwrap();
    output.status.code().unwrap()
}
