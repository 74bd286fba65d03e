//! The commonest mistakes, and what a person reads then: each is made with the real program, against a registry in this
//! process, and all of it stands in `docs/mistakes.md`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/authority.rs"]
mod authority;
#[path = "support/cli.rs"]
#[allow(dead_code, reason = "the environment differs here")]
mod cli;
#[path = "support/misbehaving.rs"]
mod misbehaving;
#[path = "support/registry.rs"]
mod registry;

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use lucid_verify::serve::Repository;
use registry::{Fixture, Image, MANIFEST, Reply, Server, scripted};
use tempfile::TempDir;

/// `bob:hunter2`, in base64.
const LOGIN: &str = "Ym9iOmh1bnRlcjI=";
const NAME: &str = "pickme/lucid-auth";
const TAG: &str = "latest-arm64";

/// A registry that holds the one image.
fn holding(image: Image) -> Server {
    let repository = Repository { name: NAME, tag: TAG, image };
    scripted(move |request| repository.reply(request))
}

fn image() -> Image {
    Image::new("arm64", &[&[0; 1024]])
}

/// What is run, and where: `HOST` stands for the registry's address.
struct Mistake {
    title: &'static str,
    arguments: &'static str,
    host: String,
    /// What the page calls the registry. Of the same length, so that lines break in the same places.
    shown: &'static str,
    code: i32,
    /// A part of the next step.
    next: &'static str,
}

const LOOPBACK: &str = "127.0.0.1:50000";

impl Mistake {
    fn at(server: &Server, title: &'static str, arguments: &'static str, code: i32, next: &'static str) -> Self {
        Self { title, arguments, host: server.host(), shown: LOOPBACK, code, next }
    }

    /// What a terminal shows: the command, what it prints, and its code.
    fn transcript(&self, folder: &Path) -> String {
        let arguments = self.arguments.replace("HOST", &self.host);
        let words: Vec<&str> = arguments.split(' ').collect();
        let output = cli::lucid(&words).current_dir(folder).env("COLUMNS", "80").env("DOCKER_CONFIG", "docker").output().unwrap();
        let printed = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(self.code), "{}: {printed}", self.title);
        assert!(printed.split_whitespace().collect::<Vec<_>>().join(" ").contains(self.next), "{}: {printed}", self.title);
        let code = self.code;
        let shown = format!("$ lucid-verify {arguments}\n{}\n[exit {code}]\n", printed.trim_end());
        lookup(&shown.replace(&self.host, self.shown))
    }
}

/// What the C library says of a name that it does not find differs from host to host.
fn lookup(printed: &str) -> String {
    const BEGIN: &str = "failed to lookup address information: ";
    let line = |line: &str| match line.find(BEGIN) {
        Some(at) => format!("{}Name or service not known\n", &line[..at + BEGIN.len()]),
        None => format!("{line}\n"),
    };
    printed.lines().map(line).collect()
}

/// A registry that wants to know who asks, and then says no.
fn guarded() -> Server {
    scripted(|request| match request.header("authorization") {
        Some(_) => Reply::new(403, r#"{"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]}"#),
        None => Reply::new(401, r#"{"errors":[{"code":"UNAUTHORIZED"}]}"#).with("www-authenticate", "Basic realm=\"x\""),
    })
}

/// Where the commands are run: profiles, a directory that is no layout, and the login of Bob to the registry `host`.
fn folder(host: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("docker")).unwrap();
    let login = format!(r#"{{"auths": {{"{host}": {{"auth": "{LOGIN}"}}}}}}"#);
    std::fs::write(folder.path().join("docker/config.json"), login).unwrap();
    std::fs::create_dir(folder.path().join("build")).unwrap();
    std::fs::create_dir(folder.path().join("shared")).unwrap();
    std::fs::set_permissions(folder.path().join("shared"), std::fs::Permissions::from_mode(0o777)).unwrap();
    std::fs::write(folder.path().join("key.toml"), "extends = \"lucid\"\n\n[expect]\npyhton = \"/usr/bin/python3.11\"\n")
        .unwrap();
    let rule = "extends = \"lucid\"\n\n[rules.\"toolchain/shell\"]\nlevel = \"warn\"\nreason = \"busybox is here on purpose\"\n";
    std::fs::write(folder.path().join("rule.toml"), rule).unwrap();
    folder
}

/// A Helm chart, as `helm push` leaves it.
fn chart() -> Image {
    let mut chart = Image::default();
    let config = chart.add("application/vnd.cncf.helm.config.v1+json", b"{}".to_vec());
    let layer = chart.add("application/vnd.cncf.helm.chart.content.v1.tar+gzip", b"chart".to_vec());
    chart.manifest =
        serde_json::json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]}).to_string().into();
    chart
}

#[test]
fn each_is_told_with_what_was_found_and_the_next_step() {
    let whole = holding(image());
    let (login, denied) = (guarded(), guarded());
    let amd64 = holding(Image::new("amd64", &[&[0; 1024]]).indexed(r#","platform":{"os":"linux","architecture":"amd64"}"#));
    let helm = holding(chart());
    let certificate = authority::Authority::new("nobody").issue("127.0.0.1", 2999);
    let stranger = misbehaving::Misbehaving::listen("127.0.0.1", Some(certificate.server(None)), |_, _| Vec::new());
    // Linux takes the unspecified address for this machine, and it is no loopback name.
    let named = whole.host().replace("127.0.0.1", "0.0.0.0");
    let nobody = "registry.invalid".to_owned();
    let elsewhere = |host, shown, title, arguments, next| Mistake { title, arguments, host, shown, code: 5, next };
    let mistakes = [
        Mistake::at(&whole, "A name that the registry does not know", "HOST/pickme/lucid-atuh:latest-arm64", 3, "check the name"),
        Mistake::at(
            &whole,
            "A tag that the repository does not have",
            "HOST/pickme/lucid-auth:lastest-arm64",
            3,
            "the name and the tag",
        ),
        Mistake::at(&whole, "An image that only the local engine has", "HOST/auth:dev", 3, "docker-daemon:NAME"),
        Mistake::at(&login, "No login", "HOST/pickme/lucid-auth:latest-arm64", 4, "docker login"),
        Mistake::at(&denied, "A login that may not pull", "HOST/pickme/lucid-auth:latest-arm64", 4, "docker login"),
        elsewhere(named, "reg.lan:50000", "A registry without TLS", "HOST/pickme/lucid-auth:latest-arm64", "--plain-http"),
        elsewhere(
            stranger.host(),
            LOOPBACK,
            "A certificate of an unknown authority",
            "HOST/pickme/lucid-auth:latest-arm64",
            "--ca-file",
        ),
        elsewhere(
            nobody,
            "registry.invalid",
            "A host that cannot be found",
            "inspect --retries 0 HOST/lucid-auth:1",
            "check the name",
        ),
        Mistake::at(
            &amd64,
            "Another platform",
            "--platform linux/arm64 HOST/pickme/lucid-auth:latest-arm64",
            3,
            "build and push one for linux/arm64",
        ),
        Mistake::at(&helm, "No image", "HOST/pickme/lucid-auth:latest-arm64", 7, "name the image itself"),
        Mistake::at(&whole, "A directory that is no layout", "oci:build", 3, "oci-archive:FILE"),
        Mistake::at(&whole, "A verb with a typo", "verfiy HOST/pickme/lucid-auth:latest-arm64", 2, "did you mean \"verify\"?"),
        Mistake::at(&whole, "A key with a typo", "--profile key.toml HOST/pickme/lucid-auth:latest-arm64", 2, "python"),
        Mistake::at(
            &whole,
            "A rule with a typo",
            "--profile rule.toml HOST/pickme/lucid-auth:latest-arm64",
            2,
            "toolchain/shells",
        ),
        Mistake::at(&whole, "A cache that others can write", "cache --cache shared", 4, "chmod go-w"),
    ];
    let folder = folder(&denied.host());
    let mut page = String::from(
        "# The commonest mistakes\n\nWhat is printed where something stands in the way, as the tests see it. What is wrong with an image is told by rules\n\
         ([rules.md](rules.md)); here the program could not look.\n",
    );
    for mistake in &mistakes {
        let _ = write!(page, "\n## {}\n\n```text\n{}```\n", mistake.title, mistake.transcript(folder.path()));
    }
    assert!(!page.contains("hunter2") && !page.contains(LOGIN));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/mistakes.md");
    if std::env::var_os("LUCID_UPDATE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == page, "docs/mistakes.md is stale: LUCID_UPDATE=1 cargo test --test mistakes\n{page}");
}
