//! What `docker login` and `podman login` left behind, as the program finds it, against a scripted registry.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/cli.rs"]
#[allow(dead_code, reason = "the environment differs from run to run here")]
mod cli;
#[path = "support/registry.rs"]
mod registry;

use std::path::Path;
use std::process::Command;

use registry::{Fixture, Image, Reply, Request, Server, scripted};
use tempfile::TempDir;

/// What must never be seen.
const CANARY: &str = "hunter2-of-the-test";
/// `user:hunter2-of-the-test`, as a configuration holds it and as a request sends it.
const AUTH: &str = "dXNlcjpodW50ZXIyLW9mLXRoZS10ZXN0";
const DENIED: i32 = 4;

fn image() -> Image {
    // The end of an archive without entries.
    Image::new("arm64", &[&[0; 1024]])
}

/// A registry that wants the user's password.
fn with_password() -> Server {
    scripted(|request| match request.header("authorization") {
        Some(pass) if pass == format!("Basic {AUTH}") => image().reply(request),
        Some(pass) => Reply::new(401, pass.to_owned()).with("www-authenticate", "Basic realm=\"x\""),
        None => Reply::new(401, "").with("www-authenticate", "Basic realm=\"x\""),
    })
}

/// A registry that wants the token that `token` gives out.
fn with_tokens(token: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Server {
    scripted(move |request| match request.header("authorization") {
        _ if request.path.starts_with("/token") => token(request),
        Some("Bearer pass") => image().reply(request),
        _ => {
            let realm = format!("http://{}/token", request.header("host").unwrap_or_default());
            Reply::new(401, "").with("www-authenticate", format!("Bearer realm=\"{realm}\",service=\"test\""))
        }
    })
}

fn granted() -> Reply {
    Reply::new(200, r#"{"token":"","access_token":"pass"}"#)
}

/// Inspects `org/repo` of a registry. Returns the exit code and everything that was printed, which holds no secret.
fn inspect(server: &Server, environment: &[(&str, &Path)]) -> (i32, String) {
    let mut command = cli::lucid(&["inspect", "--retries", "0", &format!("{}/org/repo:1", server.host())]);
    let output = command.envs(environment.iter().copied()).output().unwrap();
    let printed = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    for secret in [CANARY, AUTH, "Basic PHR"] {
        assert!(!printed.contains(secret), "{printed}");
    }
    (output.status.code().unwrap(), printed)
}

/// A directory with this configuration of docker.
fn docker(config: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.json"), config).unwrap();
    folder
}

/// A directory with a configuration that leaves everything to a helper, and that helper.
fn helper(script: &str) -> TempDir {
    let folder = docker(r#"{"credsStore": "test"}"#);
    // The shell writes it: a file that this process has open for writing cannot be started.
    let write = "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$0\" && chmod +x \"$0\"";
    let path = folder.path().join("docker-credential-test");
    assert!(Command::new("sh").arg("-c").arg(write).arg(path).arg(script).status().unwrap().success());
    folder
}

fn path_with(folder: &Path) -> String {
    format!("{}:{}", folder.display(), std::env::var("PATH").unwrap())
}

#[test]
fn credentials_are_found_where_docker_and_podman_leave_them() {
    for (variable, file) in [
        ("REGISTRY_AUTH_FILE", ""),
        ("DOCKER_CONFIG", "config.json"),
        ("XDG_RUNTIME_DIR", "containers/auth.json"),
        ("XDG_CONFIG_HOME", "containers/auth.json"),
        ("HOME", ".config/containers/auth.json"),
        ("HOME", ".docker/config.json"),
    ] {
        let server = with_password();
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("place");
        let path = if file.is_empty() { place.clone() } else { place.join(file) };
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, format!(r#"{{"auths": {{"{}": {{"auth": "{AUTH}"}}}}}}"#, server.host())).unwrap();
        let (code, printed) = inspect(&server, &[(variable, &place)]);
        assert_eq!(code, 0, "{variable} {file}: {printed}");
        assert!(
            server
                .requests()
                .iter()
                .find(|request| request.path.contains("manifests"))
                .unwrap()
                .header("authorization")
                .is_none()
        );
    }
}

#[test]
fn credentials_for_something_else_are_not_sent() {
    let server = with_password();
    let port = server.host().split(':').nth(1).unwrap().to_owned();
    for key in [
        "127.0.0.1".into(),
        format!("localhost:{port}"),
        format!("https://{}", server.host()),
        format!("{}/other", server.host()),
    ] {
        let folder = docker(&format!(r#"{{"auths": {{"{key}": {{"auth": "{AUTH}"}}}}}}"#));
        let (code, printed) = inspect(&server, &[("DOCKER_CONFIG", folder.path())]);
        let advice = format!("no credentials for {0}; run docker login {0}", server.host());
        assert!(code == DENIED && printed.contains(&advice), "{key}: {printed}");
    }
    assert!(server.requests().iter().all(|request| request.header("authorization").is_none()));
}

#[test]
fn a_refused_login_is_named_by_its_file() {
    let server = scripted(|request| {
        let echo = request.header("authorization").unwrap_or_default().to_owned();
        Reply::new(401, echo).with("www-authenticate", "Basic realm=\"x\"")
    });
    let folder = docker(&format!(r#"{{"auths": {{"{}": {{"auth": "{AUTH}"}}}}}}"#, server.host()));
    let (code, printed) = inspect(&server, &[("DOCKER_CONFIG", folder.path())]);
    assert!(code == DENIED && printed.contains("does not accept the credentials"), "{printed}");
    assert!(printed.contains("config.json") && printed.contains("docker login"), "{printed}");
}

#[test]
fn an_anonymous_pull_starts_no_helper() {
    let folder = helper("touch \"$DOCKER_CONFIG/started\"; echo 'credentials not found in native keychain'; exit 1");
    let path = path_with(folder.path());
    let environment = [("DOCKER_CONFIG", folder.path()), ("PATH", Path::new(&path))];
    let open = scripted(|request| image().reply(request));
    assert_eq!(inspect(&open, &environment).0, 0);
    assert!(!folder.path().join("started").exists());

    let asking = with_tokens(|request| if request.header("authorization").is_some() { Reply::new(400, "") } else { granted() });
    let (code, printed) = inspect(&asking, &environment);
    assert_eq!(code, 0, "{printed}");
    assert!(folder.path().join("started").exists());
}

#[test]
fn an_identity_token_follows_no_redirect_and_is_not_echoed() {
    let elsewhere = scripted(|_| granted());
    let place = format!("http://{}/", elsewhere.host());
    for reply in [Reply::new(307, "").with("location", place), Reply::new(400, format!("what is {CANARY}?"))] {
        let server = with_tokens(move |_| reply.clone());
        let config = docker(&format!(r#"{{"auths": {{"{}": {{"identitytoken": "{CANARY}"}}}}}}"#, server.host()));
        let (code, printed) = inspect(&server, &[("DOCKER_CONFIG", config.path())]);
        assert!(code == DENIED && printed.contains("the credentials are refused"), "{printed}");
    }
    assert!(elsewhere.requests().is_empty());
}
