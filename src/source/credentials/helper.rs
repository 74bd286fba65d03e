//! Credential helpers: programs that keep passwords (docker-credential-helpers, "Development").

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::super::Credentials;
use crate::text::escape;

/// The longest that a helper may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes of a helper's answer.
const LIMIT: u64 = 64 << 10;

/// How often it is looked whether a helper that said everything has ended.
const PAUSE: Duration = Duration::from_millis(5);

/// How helpers say that they know nobody: that of docker, and that of the keychain of macOS.
const NOT_FOUND: &[&str] = &["credentials not found", "the specified item could not be found in the keychain"];

/// The answer of a helper.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    username: String,
    #[serde(default)]
    secret: String,
}

/// What a helper said of a server.
type Answers = BTreeMap<(String, String), Result<Option<Credentials>, String>>;

/// What helpers said in this run. Each is a process, and some of them ask a service: for all repositories of a registry they
/// are asked once.
#[derive(Default)]
pub struct Helpers(Mutex<Answers>);

impl Helpers {
    /// Who the user is to a server; `None` if the helper of this name knows nobody.
    pub fn get(&self, name: &str, server: &str) -> Result<Option<Credentials>, String> {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        answers.entry((name.to_owned(), server.to_owned())).or_insert_with(|| get(name, server)).clone()
    }
}

/// Asks `docker-credential-NAME` who the user is to a server; `None` if it knows nobody. Nothing that it says is shown:
/// it could be the secret.
fn get(name: &str, server: &str) -> Result<Option<Credentials>, String> {
    if name.contains(['/', '\\', '\0']) {
        return Err(format!("{} is no name of a credential helper", escape(name.as_bytes())));
    }
    let program = format!("docker-credential-{name}");
    ask(&program, server, PATIENCE).map_err(|why| format!("the credential helper {} {why}", escape(program.as_bytes())))
}

fn ask(program: &str, server: &str, patience: Duration) -> Result<Option<Credentials>, String> {
    let mut command = Command::new(program);
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| format!("cannot be started: {error}"))?;
    let said = listen(&mut child, server, patience);
    if said.is_err() {
        // It may have ended by itself meanwhile.
        let _ = child.kill();
        let _ = child.wait();
    }
    let (held, output) = said?;
    let text = String::from_utf8_lossy(&output).trim().to_ascii_lowercase();
    if !held {
        let unknown = NOT_FOUND.iter().any(|words| text.starts_with(words));
        return if unknown { Ok(None) } else { Err("fails".into()) };
    }
    // The text of the parser could quote the secret.
    let answer: Answer = serde_json::from_slice(&output).map_err(|_| "does not answer in its JSON")?;
    let Answer { username, secret: password } = answer;
    Ok((!password.is_empty()).then_some(Credentials { username, password }))
}

/// Whether a helper succeeded, and what it said.
fn listen(child: &mut Child, server: &str, patience: Duration) -> Result<(bool, Vec<u8>), String> {
    let deadline = Instant::now() + patience;
    let late = || format!("does not answer within {} seconds", patience.as_secs());
    if let Some(mut stdin) = child.stdin.take() {
        // One that does not listen may still answer.
        let _ = write!(stdin, "{server}");
    }
    let (sender, receiver) = mpsc::channel();
    let stdout = child.stdout.take();
    // A thread of its own: what the helper itself started may keep the pipe open after it was killed.
    std::thread::spawn(move || {
        let mut output = Vec::new();
        let read = stdout.map(|stdout| stdout.take(LIMIT + 1).read_to_end(&mut output));
        let _ = sender.send(read.is_some_and(|read| read.is_ok()).then_some(output));
    });
    let output = receiver.recv_timeout(patience).map_err(|_| late())?.ok_or("cannot be read")?;
    if output.len() as u64 > LIMIT {
        return Err("says more than 64 KiB".into());
    }
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok((status.success(), output)),
            Ok(None) if Instant::now() < deadline => std::thread::sleep(PAUSE),
            Ok(None) => return Err(late()),
            Err(error) => return Err(format!("cannot be waited for: {error}")),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// Runs a script as a helper. The shell writes it: a file that this process has open for writing cannot be started.
    fn run(script: &str, patience: Duration) -> Result<Option<Credentials>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("docker-credential-test");
        let write = "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$0\" && chmod +x \"$0\"";
        assert!(Command::new("sh").arg("-c").arg(write).arg(&path).arg(script).status().unwrap().success());
        ask(path.to_str().unwrap(), "r.lan:5000", patience)
    }

    fn why(script: &str) -> String {
        run(script, PATIENCE).err().unwrap_or_else(|| format!("{script} succeeds"))
    }

    #[test]
    fn a_helper_is_asked_for_the_server() {
        let script = r#"read server; printf '{"ServerURL":"x","Username":"%s-%s","Secret":"s"}' "$1" "$server""#;
        let answer = run(script, PATIENCE).unwrap().unwrap();
        assert_eq!((&answer.username[..], &answer.password[..]), ("get-r.lan:5000", "s"));
    }

    #[test]
    fn only_a_helper_that_says_so_knows_nobody() {
        for words in ["credentials not found in native keychain\\r\\n", "Credentials not found\\n"] {
            assert!(run(&format!("printf '{words}'; exit 1"), PATIENCE).unwrap().is_none(), "{words}");
        }
        assert!(run(r#"echo '{"Username":"","Secret":""}'"#, PATIENCE).unwrap().is_none());
        assert_eq!(why("echo 'the keychain is locked: hunter2'; exit 1"), "fails");
        assert_eq!(why("exit 1"), "fails");
        assert_eq!(why("echo '{\"Secret\": hunter2'"), "does not answer in its JSON");
        assert_eq!(why("echo '{\"Secret\": 7}'"), "does not answer in its JSON");
    }

    #[test]
    fn a_helper_that_hangs_or_floods_is_stopped() {
        let began = Instant::now();
        for script in ["sleep 60", "exec sleep 60", "exec >&-; exec sleep 60"] {
            let error = run(script, Duration::from_millis(200)).err().unwrap();
            assert!(error.starts_with("does not answer within"), "{script}: {error}");
        }
        assert_eq!(why("head -c 1048576 /dev/zero; exec sleep 60"), "says more than 64 KiB");
        assert!(began.elapsed() < Duration::from_secs(9));
    }

    #[test]
    fn a_name_leads_to_no_other_program() {
        for name in ["../../evil", "a/b", "a\0b", "a\\b"] {
            assert!(get(name, "r").err().unwrap().contains("is no name of a credential helper"), "{name:?}");
        }
        assert!(get("that-is-not-installed", "r").err().unwrap().contains("cannot be started"));
    }
}
