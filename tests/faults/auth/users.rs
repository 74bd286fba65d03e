//! Who the user is: nobody, one whom a file names, one whom a helper knows.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::{BASIC, PASSWORD, granted, guarded, name, reply, with_tokens};
use crate::misbehaving::{Misbehaving, whole};
use crate::registry::Reply;
use crate::run::Verify;
use crate::table::Row;

/// `user:a-canary-password` as a configuration holds it.
fn auth() -> &'static str {
    &BASIC["Basic ".len()..]
}

pub fn anonymous(row: &Row) {
    let server = guarded("Basic realm=\"x\"");
    let ran = row.verify("a password is wanted", &name(&server)).run().ends(4);
    ran.says(&format!("no credentials for {0}; run docker login {0}", server.host()));
    let server = with_tokens(|request, _| whole(request, &Reply::new(401, r#"{"details":"who are you?"}"#)));
    row.verify("no token is given", &name(&server)).run().ends(4).says("run docker login").says("who are you?");
}

pub fn denied(row: &Row) {
    const BODY: &str = r#"{"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]}"#;
    let server = Misbehaving::start(|request, _| whole(request, &Reply::new(403, BODY)));
    row.verify("at once", &name(&server)).run().ends(4).says("DENIED: requested access");
    let server = Misbehaving::start(|request, before| match (&request.method[..], before) {
        ("GET", 0) => reply(request),
        _ => whole(request, &Reply::new(403, BODY)),
    });
    let first = row.verify("an image that was read before", &name(&server)).run();
    let second = row.verify("to the HEAD that asks whether the tag is still the same", &name(&server)).again(first);
    second.run().ends(4).says("DENIED: requested access");
    let methods: Vec<String> = server.requests().into_iter().rev().take(2).map(|request| request.method).collect();
    assert_eq!(methods, ["GET", "HEAD"], "the last two, backwards");
}

/// A folder with a configuration of docker that leaves everything to a helper, and that helper.
struct Helper(TempDir);

impl Helper {
    fn new(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.json"), r#"{"credsStore": "test"}"#).unwrap();
        // The shell writes it: a file that this process has open for writing cannot be started.
        let write = "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$0\" && chmod +x \"$0\"";
        let path = folder.path().join("docker-credential-test");
        assert!(Command::new("sh").arg("-c").arg(write).arg(path).arg(script).status().unwrap().success());
        Self(folder)
    }

    fn asked_by<'r>(&self, run: Verify<'r>) -> Verify<'r> {
        let path = format!("{}:{}", self.0.path().display(), std::env::var("PATH").unwrap());
        run.env("DOCKER_CONFIG", self.0.path()).env("PATH", path)
    }
}

pub fn helpers(row: &Row) {
    let says = |text: &str| format!("printf '{text}'; exit 1");
    let known = |user: &str| format!(r#"echo '{{"ServerURL":"x","Username":"{user}","Secret":"{PASSWORD}"}}'"#);
    for (case, script, code, want) in [
        ("it knows the user", known("user"), 0, ""),
        ("it knows nobody", says("credentials not found in native keychain"), 4, "no credentials for"),
        (
            "it knows nobody, and ends its line as Windows does",
            says("credentials not found in native keychain\\r\\n"),
            4,
            "no credentials for",
        ),
        ("it fails", says("canary: the keychain is locked"), 4, "docker-credential-test fails"),
        ("it prints without end", "yes canary".into(), 4, "docker-credential-test says more than 64 KiB"),
        ("it prints what is no JSON", "echo canary".into(), 4, "docker-credential-test does not answer in its JSON"),
    ] {
        let server = guarded("Basic realm=\"x\"");
        let ran = Helper::new(&script).asked_by(row.verify(case, &name(&server))).run().ends(code);
        ran.says(want);
    }
    let server = with_tokens(|request, _| match &request.method[..] {
        "POST" if request.body.contains(PASSWORD) => granted(request, "canary-token"),
        _ => whole(request, &Reply::new(401, "")),
    });
    Helper::new(&known("<token>")).asked_by(row.verify("it has an identity token", &name(&server))).run().ends(0);
    for (case, helper) in [("it is not installed", "absent"), ("its name leads elsewhere", "../docker-credential-test")] {
        let server = guarded("Basic realm=\"x\"");
        let config = format!(r#"{{"credsStore": "{helper}"}}"#);
        row.verify(case, &name(&server)).home(".docker/config.json", &config).run().ends(4).says("credential helper");
    }
    if row.needs_real(false, "a helper that hangs for 10 s") {
        let server = guarded("Basic realm=\"x\"");
        let hanging = Helper::new("exec sleep 60");
        hanging.asked_by(row.verify("it hangs", &name(&server))).run().ends(4).says("does not answer within 10 seconds");
    }
}

pub fn files(row: &Row) {
    let open = || with_tokens(|request, _| granted(request, "canary-token"));
    let shut = || guarded("Basic realm=\"x\"");
    let broken = format!(r#"{{"auths": "{PASSWORD}"#);
    row.verify("none", &name(&shut())).run().ends(4).never_says("cannot be used");
    for (case, content) in [("invalid JSON", &broken[..]), ("of another shape", r#"{"auths": "canary"}"#), ("empty", "")] {
        let anonymous = format!("{case}, and nobody needs it");
        row.verify(&anonymous, &name(&open())).home(".docker/config.json", content).run().ends(0);
        let ran = row.verify(case, &name(&shut())).home(".docker/config.json", content).run().ends(4);
        ran.says(if content.is_empty() { "run docker login" } else { "config.json cannot be used: line 1" });
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("config.json")).unwrap();
    let ran = row.verify("a directory", &name(&shut())).env("DOCKER_CONFIG", folder.path()).run().ends(4);
    ran.says("config.json cannot be used: it is no file");
    for (case, path) in [("docker's", ".docker/config.json"), ("podman's", ".config/containers/auth.json")] {
        let server = shut();
        let config = format!(r#"{{"auths": {{"{}": {{"auth": "{}"}}}}}}"#, server.host(), auth());
        row.verify(case, &name(&server)).home(path, &config).run().ends(0);
        let other = format!(r#"{{"auths": {{"{}": {{"auth": "{}"}}}}}}"#, "127.0.0.2:5000", auth());
        let case = format!("{case}, of another registry");
        row.verify(&case, &name(&server)).home(path, &other).run().ends(4);
    }
    unreadable(row, &shut());
}

/// Root reads files of every mode.
fn unreadable(row: &Row, server: &Misbehaving) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.json");
    std::fs::write(&file, "{}").unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o000)).unwrap();
    let ran = row.verify("mode 000", &name(server)).env("DOCKER_CONFIG", folder.path()).run();
    let is_told = |path: &Path| std::fs::read(path).is_err();
    assert!(ran.code == 4 && (!is_told(&file) || ran.stderr.contains("config.json cannot be used: ")), "{}", ran.stderr);
    row.observe("mode 000", "4 denied: the hint names the file, and says that it may not be read");
}
