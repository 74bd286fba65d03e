//! The program, run as a user runs it.

use assert_cmd::Command;

/// The program with these arguments and nothing of the environment that it listens to.
pub fn lucid(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("lucid-verify").unwrap();
    for name in ["LUCID_VERIFY_USERNAME", "LUCID_VERIFY_PASSWORD", "SOURCE_DATE_EPOCH", "COLUMNS", "NO_COLOR"] {
        command.env_remove(name);
    }
    // Where the credentials of whoever runs the tests may lie, and what earlier runs learned.
    for name in [
        "REGISTRY_AUTH_FILE",
        "DOCKER_CONFIG",
        "XDG_RUNTIME_DIR",
        "XDG_CONFIG_HOME",
        "XDG_CACHE_HOME",
        "LUCID_VERIFY_CACHE",
        "HOME",
    ] {
        command.env_remove(name);
    }
    command.args(arguments);
    command
}

/// Runs, and returns exit code, stdout and stderr.
#[allow(dead_code, reason = "some tests run it in a folder of their own")]
pub fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = lucid(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}
