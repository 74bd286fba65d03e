//! What `docker login` and `podman login` left behind, as the program finds it, against a scripted registry.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/cli.rs"]
#[allow(dead_code, reason = "the environment differs from run to run here")]
mod cli;
#[path = "support/registry.rs"]
mod registry;

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use registry::{Fixture, Image, Reply, Request, Server, scripted};
use tempfile::TempDir;

/// What must never be seen.
const CANARY: &str = "hunter2-of-the-test";
/// `user:hunter2-of-the-test`, as a configuration holds it and as a request sends it.
const AUTH: &str = "dXNlcjpodW50ZXIyLW9mLXRoZS10ZXN0";
/// `<token>:hunter2-of-the-test`.
const TOKEN_AUTH: &str = "Basic PHRva2VuPjpodW50ZXIyLW9mLXRoZS10ZXN0";

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

fn with_helper(server: &Server, script: &str) -> (i32, String) {
    let folder = helper(script);
    inspect(server, &[("DOCKER_CONFIG", folder.path()), ("PATH", Path::new(&path_with(folder.path())))])
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
fn a_helper_that_fails_is_named_and_what_it_says_is_not_shown() {
    for (script, want) in [
        (format!("echo {CANARY}; echo {CANARY} >&2; exit 1"), "fails"),
        (format!("echo '{{\"Secret\": \"{CANARY}\"'"), "does not answer in its JSON"),
        (format!("echo {CANARY}; head -c 1048576 /dev/zero"), "says more than 64 KiB"),
    ] {
        let server = with_tokens(|_| granted());
        let (code, printed) = with_helper(&server, &script);
        assert!(code == DENIED && printed.contains(&format!("docker-credential-test {want}")), "{script}: {printed}");
        assert_eq!(server.paths().iter().filter(|path| path.starts_with("/token")).count(), 0);
    }
    for name in ["absent", "../docker-credential-test"] {
        let folder = docker(&format!(r#"{{"credsStore": "{name}"}}"#));
        let (code, printed) = inspect(&with_tokens(|_| granted()), &[("DOCKER_CONFIG", folder.path())]);
        assert!(code == DENIED && printed.contains("credential helper") && printed.contains(name), "{printed}");
    }
}

#[test]
fn a_helpers_password_is_sent() {
    let script = format!(r#"echo '{{"ServerURL":"x","Username":"user","Secret":"{CANARY}"}}'"#);
    let (code, printed) = with_helper(&with_password(), &script);
    assert_eq!(code, 0, "{printed}");
}

#[test]
fn an_identity_token_is_exchanged_at_the_token_server() {
    let script = format!(r#"echo '{{"Username":"<token>","Secret":"{CANARY}"}}'"#);
    let server = with_tokens(|request| if request.method == "POST" { granted() } else { Reply::new(400, "") });
    let (code, printed) = with_helper(&server, &script);
    assert_eq!(code, 0, "{printed}");
    let post = server.requests().into_iter().find(|request| request.method == "POST").unwrap();
    let fields = ["grant_type=refresh_token", "client_id=lucid-verify", "service=test", "scope=repository%3Aorg%2Frepo%3Apull"];
    assert!(fields.iter().all(|field| post.body.contains(field)), "{}", post.body);
    assert!(post.body.contains(&format!("refresh_token={CANARY}")) && !post.path.contains(CANARY));

    for status in [404, 405] {
        let server = with_tokens(move |request| match (&request.method[..], request.header("authorization")) {
            ("POST", _) => Reply::new(status, ""),
            (_, Some(TOKEN_AUTH)) => granted(),
            _ => Reply::new(401, ""),
        });
        let config = docker(&format!(r#"{{"auths": {{"{}": {{"identitytoken": "{CANARY}"}}}}}}"#, server.host()));
        let (code, printed) = inspect(&server, &[("DOCKER_CONFIG", config.path())]);
        assert_eq!(code, 0, "{printed}");
    }
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

#[test]
fn a_file_that_cannot_be_used_is_told_where_it_matters() {
    let broken = docker(&format!(r#"{{"auths": "{CANARY}"}}"#));
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("config.json")).unwrap();
    for folder in [&broken, &directory] {
        let environment = [("DOCKER_CONFIG", folder.path())];
        let (code, printed) = inspect(&with_tokens(|_| granted()), &environment);
        assert_eq!(code, 0, "{printed}");
        let (code, printed) = inspect(&with_password(), &environment);
        assert!(code == DENIED && printed.contains("config.json cannot be used: "), "{printed}");
    }
    let absent = [("DOCKER_CONFIG", Path::new("/nowhere")), ("HOME", Path::new("/nowhere"))];
    assert!(!inspect(&with_password(), &absent).1.contains("cannot be used"));
}

/// A registry over TLS that wants to know its clients: ended with its test.
struct Secure(Child);

impl Drop for Secure {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const SERVER: &str = r#"
import http.server, os, ssl
class Handler(http.server.SimpleHTTPRequestHandler):
    def guess_type(self, path):
        return "application/vnd.oci.image.manifest.v1+json" if "/manifests/" in path else "application/octet-stream"
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("leaf.pem", "leaf.key")
context.load_verify_locations("ca.pem")
context.verify_mode = ssl.CERT_REQUIRED
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
"#;

/// Certificates are made by `openssl`, and the server is Python's: `LUCID_REAL=1` says that both are there.
#[test]
fn own_authorities_and_client_certificates_are_used() {
    if std::env::var_os("LUCID_REAL").is_none() {
        let _ = writeln!(std::io::stderr(), "skipped: needs openssl and python3, set LUCID_REAL=1");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let make = |line: &str| {
        let arguments = line.split(' ').chain("-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2".split(' '));
        let output = Command::new("openssl").args(["req", "-x509"]).args(arguments).current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    make("-keyout ca.key -out ca.pem -subj /CN=authority");
    make(
        "-CA ca.pem -CAkey ca.key -keyout leaf.key -out leaf.pem -subj /CN=leaf -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE",
    );
    for (kind, name, bytes) in image()
        .content
        .into_iter()
        .map(|(digest, _, bytes)| ("blobs", digest.to_string(), bytes))
        .chain([("manifests", "1".into(), image().manifest)])
    {
        let place = folder.path().join("v2/x").join(kind);
        std::fs::create_dir_all(&place).unwrap();
        std::fs::write(place.join(name), bytes).unwrap();
    }
    let mut python = Command::new("python3");
    python.args(["-c", SERVER]).current_dir(folder.path()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut server = Secure(python.spawn().unwrap());
    let mut port = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(server.0.stdout.take().unwrap()), &mut port).unwrap();
    let image = format!("127.0.0.1:{}/x:1", port.trim());
    let run = |options: &[&str]| {
        let output =
            cli::lucid(&["inspect", "--retries", "0", &image]).args(options).current_dir(folder.path()).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, stderr) = run(&[]);
    assert!(code == 5 && stderr.contains("--ca-file"), "{code} {stderr}");
    assert_eq!(run(&["--ca-file", "ca.pem"]).0, 5);
    assert_eq!(run(&["--ca-file", "ca.pem", "--client-cert", "leaf.pem", "--client-key", "leaf.key"]), (0, String::new()));
    let (code, stderr) = run(&["--client-cert", "leaf.pem", "--client-key", "ca.key"]);
    assert!(code == 2 && stderr.contains("leaf.pem"), "{code} {stderr}");
}
