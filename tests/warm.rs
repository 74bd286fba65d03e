//! The second run: an unchanged tag costs one request, the report is the same to the byte, and what did change is noticed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/cli.rs"]
#[allow(dead_code, reason = "a part of it is used")]
mod cli;
#[path = "support/image/mod.rs"]
mod image;
#[path = "support/registry.rs"]
mod registry;
#[path = "support/run.rs"]
mod run;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use cli::lucid;
use registry::{Fixture, Image, Reply, Request, Server, scripted};
use tempfile::TempDir;

const LAYERS: &str = "layer ADD rootfs.tar /
d 0755 0:0 /etc
f 0644 0:0 /etc/os-release \"ID=debian\\n\"
layer COPY app /app
d 0755 0:0 /app
f 0644 0:0 /app/NAME \"x\"
";

/// An image whose one file of its own holds `text`.
fn image(text: &str) -> Image {
    let config = r#"{"os":"linux","architecture":"arm64","config":{"Cmd":["/app/run"],"Env":["DB_PASSWORD=hunter2"]}}"#;
    Image::written(&LAYERS.replace("\"x\"", &format!("{text:?}")), config).unwrap()
}

/// What a run came to.
#[derive(Debug, PartialEq, Eq)]
struct Ran {
    code: i32,
    stdout: String,
}

/// A cache, and runs with it.
struct Cached(TempDir);

impl Cached {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("cache")
    }

    fn run(&self, arguments: &[&str]) -> (Ran, String) {
        run(Some(&self.folder()), "2026-11-22", arguments)
    }
}

/// Runs on a day, with a cache or without one.
fn run(cache: Option<&Path>, day: &str, arguments: &[&str]) -> (Ran, String) {
    let seconds = day.parse::<chrono::NaiveDate>().unwrap().and_hms_opt(9, 0, 0).unwrap().and_utc().timestamp();
    let mut command = lucid(arguments);
    command.env("SOURCE_DATE_EPOCH", seconds.to_string());
    match cache {
        Some(folder) => command.env("LUCID_VERIFY_CACHE", folder),
        None => command.arg("--no-cache"),
    };
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (Ran { code: output.status.code().unwrap(), stdout: text(output.stdout) }, text(output.stderr))
}

/// What is said without a cache.
fn cold(arguments: &[&str]) -> Ran {
    run(None, "2026-11-22", arguments).0
}

/// `METHOD KIND` of the requests since the first `from`.
fn asked(server: &Server, from: usize) -> Vec<String> {
    let kind = |request: &Request| {
        let mut parts = request.path.rsplit('/').skip(1);
        format!("{} {}", request.method, parts.next().filter(|part| !part.is_empty()).unwrap_or("token"))
    };
    server.requests().iter().skip(from).map(kind).collect()
}

/// What a run asks of a server.
fn requests<T>(server: &Server, run: impl FnOnce() -> T) -> (T, Vec<String>) {
    let from = server.requests().len();
    (run(), asked(server, from))
}

fn serve(image: Image) -> Server {
    scripted(move |request| image.reply(request))
}

fn tag(server: &Server) -> String {
    format!("{}/pickme/a:1", server.host())
}

#[test]
fn an_unchanged_tag_costs_one_request_and_the_report_is_the_same_to_the_byte() {
    let (server, cache) = (serve(image("x")), Cached::new());
    let reference = tag(&server);
    for form in ["table", "json", "markdown", "html"] {
        for more in [&[][..], &["-v"], &["--matrix", "--profile", "lucid"], &["--rule", "safe"]] {
            let arguments = [&[&reference[..], "--format", form], more].concat();
            let fresh = cold(&arguments);
            assert_eq!(cache.run(&arguments).0, fresh, "{arguments:?}");
            let ((warm, _), requests) = requests(&server, || cache.run(&arguments));
            assert_eq!(warm, fresh, "{arguments:?}");
            assert_eq!(requests.first().unwrap(), "HEAD manifests");
            assert!(requests.len() == 1 || form == "html", "{arguments:?}: {requests:?}");
        }
    }
    let (_, stderr) = cache.run(&[&tag(&server), "-v"]);
    assert!(stderr.contains("/pickme/a:1: the verdict is that of 20"), "{stderr}");
}

#[test]
fn a_tag_that_moved_is_noticed_and_costs_one_get_of_a_manifest() {
    let held = Arc::new(Mutex::new(image("x")));
    let (behind, cache) = (Arc::clone(&held), Cached::new());
    let server = scripted(move |request| behind.lock().unwrap().reply(request));
    let reference = tag(&server);
    let digest = |ran: &Ran| ran.stdout.contains(&held.lock().unwrap().digest().to_string());
    let arguments = [&reference[..], "--format", "json"];
    assert!(digest(&cache.run(&arguments).0));
    *held.lock().unwrap() = image("y");
    let ((moved, _), first) = requests(&server, || cache.run(&arguments));
    assert!(digest(&moved) && moved == cold(&arguments), "{}", moved.stdout);
    assert_eq!(first[..2], ["HEAD manifests", "GET manifests"]);
    assert_eq!(first.iter().filter(|request| request.ends_with("manifests")).count(), 2, "{first:?}");
    *held.lock().unwrap() = image("x");
    let ((back, _), second) = requests(&server, || cache.run(&arguments));
    assert!(digest(&back), "{}", back.stdout);
    assert_eq!(second, ["HEAD manifests"], "both are at hand");
}

#[test]
fn a_registry_that_knows_no_conditions_or_no_head_is_asked_in_its_way() {
    let digest = image("x").digest();
    // What it says to HEAD: status, and whether it names the digest.
    for (status, names, expected) in [
        (200, true, &["HEAD manifests"][..]),
        (200, false, &["HEAD manifests", "GET manifests"]),
        (404, false, &["HEAD manifests", "GET manifests"]),
        (405, false, &["HEAD manifests", "GET manifests"]),
    ] {
        let (named, cache) = (digest.clone(), Cached::new());
        let server = scripted(move |request| match &request.method[..] {
            "HEAD" if names => Reply::new(status, "").with("docker-content-digest", &named),
            "HEAD" => Reply::new(status, ""),
            _ => image("x").reply(request),
        });
        let arguments = [&tag(&server)[..], "--format", "json"];
        let first = cache.run(&arguments).0;
        let ((warm, _), requests) = requests(&server, || cache.run(&arguments));
        assert_eq!(warm, first, "{status} {names}");
        assert_eq!(requests, expected, "{status} {names}");
    }
}

#[test]
fn an_index_costs_one_request_for_one_platform_or_for_all() {
    let index = || image("x").indexed(r#","platform":{"os":"linux","architecture":"arm64"}"#);
    let (server, cache) = (serve(index()), Cached::new());
    let reference = tag(&server);
    for more in [&["--platform", "linux/arm64"][..], &["--all-platforms"]] {
        let arguments = [&[&reference[..], "--format", "json"], more].concat();
        let first = cache.run(&arguments).0;
        assert_eq!(first, cold(&arguments));
        let ((warm, _), requests) = requests(&server, || cache.run(&arguments));
        assert_eq!((warm, requests), (first, vec!["HEAD manifests".to_owned()]), "{more:?}");
    }
}

#[test]
fn what_a_verdict_depends_on_makes_another() {
    let (server, cache) = (serve(image("x")), Cached::new());
    let profile = cache.0.path().join("p.toml");
    let write = |text: &str| std::fs::write(&profile, text).unwrap();
    let waiver = |day: &str| {
        format!("extends = \"generic\"\n[[ignore]]\nrule = \"config/env-secret\"\nreason = \"known\"\nexpires = \"{day}\"\n")
    };
    let (reference, file) = (tag(&server), profile.display().to_string());
    let arguments = [&reference[..], "--format", "json", "--profile", &file, "-v"];
    let is_kept = |stderr: &str| stderr.contains("the verdict is that of");
    // A profile, a day, options: each differs in one thing from the one before.
    let steps: [(&str, &str, &[&str]); 6] = [
        ("2026-11-30", "2026-11-22", &[]),
        ("2026-11-25", "2026-11-22", &[]),
        ("2026-11-25", "2026-11-26", &[]),
        ("2026-11-25", "2026-11-26", &["--rule", "safe"]),
        ("2026-11-25", "2026-11-26", &["--limit", "entries=1000"]),
        ("2026-11-25", "2026-11-26", &["--limit", "entries=1"]),
    ];
    let mut seen = Vec::new();
    for (expires, day, more) in steps {
        write(&waiver(expires));
        let arguments = [&arguments[..], more].concat();
        let (ran, stderr) = run(Some(&cache.folder()), day, &arguments);
        assert!(!is_kept(&stderr), "{expires} {day} {more:?}: {stderr}");
        assert_eq!(ran, run(None, day, &arguments).0, "{expires} {day} {more:?}");
        let (again, stderr) = run(Some(&cache.folder()), day, &arguments);
        assert_eq!(again, ran);
        assert_eq!(is_kept(&stderr), again.code <= 1, "only what was read to its end is kept: {stderr}");
        seen.push(ran);
    }
    assert_ne!(seen[1], seen[2], "the waiver expired");
    assert_eq!(seen[5].code, 8);
}

#[test]
fn offline_answers_what_it_knows_and_names_what_it_lacks() {
    let (server, cache) = (serve(image("x")), Cached::new());
    let (reference, digest) = (tag(&server), image("x").digest());
    let pinned = format!("{}/pickme/a@{digest}", server.host());
    let fresh = cold(&[&reference]);
    let offline = |name: &str| requests(&server, || cache.run(&[name, "--offline"]));
    let missing = |name: &str| requests(&server, || cache.run(&[name, "--offline", "--format", "json"]));
    let ((missed, stderr), requests) = missing(&reference);
    assert!(requests.is_empty() && missed.code == 5, "{missed:?} {stderr}");
    assert!(missed.stdout.contains(&format!("what the tag of {reference} stands for is not in the cache")), "{missed:?}");
    assert!(missed.stdout.contains(&format!("fetch it without --offline: lucid-verify {reference}")), "{missed:?}");

    assert_eq!(cache.run(&[&reference]).0, fresh);
    let ((known, stderr), requests) = offline(&reference);
    assert_eq!((known, requests), (fresh, Vec::new()));
    assert!(stderr.contains("no registry is asked; the tag is taken to be what it was at 20"), "{stderr}");
    let ((pinned, stderr), requests) = offline(&pinned);
    assert!(requests.is_empty() && pinned.code <= 1 && stderr.is_empty(), "{pinned:?} {stderr}");
    let ((other, _), _) = missing(&format!("{}/pickme/b@{digest}", server.host()));
    assert!(other.code == 5 && other.stdout.contains(&format!("the manifest {digest} is not in the cache")), "{other:?}");
    let none = run(None, "2026-11-22", &[&reference, "--offline"]).0;
    assert_eq!(none.code, 2);
    assert!(cache.run(&["--offline", "docker-daemon:a", "--format", "json"]).0.stdout.contains("--offline makes none"));
}

#[test]
fn a_pinned_reference_of_which_everything_is_at_hand_costs_nothing_and_only_where_it_was_seen() {
    let (server, cache) = (serve(image("x")), Cached::new());
    let pinned = |repository: &str| format!("{}/{repository}@{}", server.host(), image("x").digest());
    let first = cache.run(&[&pinned("pickme/a")]).0;
    let ((again, _), requests) = requests(&server, || cache.run(&[&pinned("pickme/a")]));
    assert_eq!((again, requests), (first, Vec::new()));
    let from = server.requests().len();
    cache.run(&[&pinned("other/a")]);
    assert_eq!(asked(&server, from)[0], "GET manifests", "who may see one repository may not see another");
}

/// The files of a kind of entry.
fn entries(folder: &Path, kind: &str) -> Vec<PathBuf> {
    let (mut todo, mut found) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = todo.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let is_folder = path.is_dir();
            if is_folder { &mut todo } else { &mut found }.push(path);
        }
    }
    found.retain(|path| path.to_string_lossy().contains(&format!("/{kind}-")));
    found
}

#[test]
fn a_damaged_document_or_verdict_is_made_again() {
    let (server, cache) = (serve(image("x")), Cached::new());
    let arguments = [&tag(&server)[..], "--format", "json"];
    let fresh = cold(&arguments);
    for kind in ["document", "verdict"] {
        for damage in [|bytes: &mut Vec<u8>| *bytes.last_mut().unwrap() ^= 1, |bytes: &mut Vec<u8>| bytes.truncate(60)] {
            cache.run(&arguments);
            let found = entries(&cache.folder(), kind);
            assert!(!found.is_empty());
            for path in found {
                let mut bytes = std::fs::read(&path).unwrap();
                damage(&mut bytes);
                std::fs::write(&path, bytes).unwrap();
            }
            assert_eq!(cache.run(&arguments).0, fresh, "{kind}");
            let ((_, stderr), requests) = requests(&server, || cache.run(&[&arguments[..], &["-v"]].concat()));
            assert_eq!(requests, ["HEAD manifests"], "{kind}: {stderr}");
        }
    }
    let hint = |path: &PathBuf| std::fs::read(path).unwrap().len() < 150;
    let documents = entries(&cache.folder(), "document").into_iter().filter(|path| !hint(path));
    documents.for_each(|path| std::fs::remove_file(path).unwrap());
    let ((_, _), requests) = requests(&server, || cache.run(&arguments));
    assert_eq!(requests, ["GET manifests", "GET blobs"], "of what is gone nobody is asked whether it changed");
}

#[test]
fn a_registry_that_wants_a_pass_gives_one_for_the_one_request() {
    static TOKENS: AtomicUsize = AtomicUsize::new(0);
    let server = scripted(|request| {
        let host = request.header("host").unwrap_or_default();
        if request.path.starts_with("/token/") {
            TOKENS.fetch_add(1, Ordering::SeqCst);
            return Reply::new(200, r#"{"token":"one","expires_in":300}"#);
        }
        if request.header("authorization") != Some("Bearer one") {
            return Reply::new(401, "").with("www-authenticate", format!("Bearer realm=\"http://{host}/token/\""));
        }
        image("x").reply(request)
    });
    let cache = Cached::new();
    let command = |cache: &Cached| {
        let reference = tag(&server);
        let mut command = lucid(&[&reference, "--username", "me"]);
        command.env("LUCID_VERIFY_PASSWORD", "of-the-run").env("LUCID_VERIFY_CACHE", cache.folder());
        command.output().unwrap()
    };
    let first = command(&cache);
    let (warm, requests) = requests(&server, || command(&cache));
    assert_eq!(warm.stdout, first.stdout);
    assert_eq!(requests.len(), 3, "refused, a token, the question: {requests:?}");
    let basic = server
        .requests()
        .into_iter()
        .filter(|request| request.header("authorization").is_some_and(|pass| pass.starts_with("Basic ")));
    assert!(basic.into_iter().all(|request| request.path.starts_with("/token/")), "a password is shown to who gives passes");
    assert_eq!(TOKENS.load(Ordering::SeqCst), 2);
    let kept = ["document", "verdict"].into_iter().flat_map(|kind| entries(&cache.folder(), kind));
    for bytes in kept.map(|path| std::fs::read(path).unwrap()) {
        let holds = |secret: &str| bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
        assert!(!holds("of-the-run") && !holds("Bearer"), "no secret of the run is kept");
    }
}

#[test]
fn a_real_registry_answers_the_one_question_and_sends_nothing() {
    if !run::asked("the second run against a real registry") {
        return;
    }
    let (folder, cache, held) = (tempfile::tempdir().unwrap(), Cached::new(), image("x"));
    held.write_layout(folder.path(), &[&held.entry("")]);
    let registry = image::registry::Registry::start();
    let reference = registry.push(folder.path(), "pickme/a");
    let arguments = [&reference[..], "--format", "json", "-v"];
    let fresh = cache.run(&arguments).0;
    assert_eq!(registry.sent().len(), held.content.len(), "each blob once");
    let (warm, stderr) = cache.run(&arguments);
    assert_eq!((warm, registry.sent()), (fresh, Vec::new()));
    assert!(stderr.contains("the verdict is that of"), "{stderr}");
    drop(registry);
    assert_eq!(cache.run(&arguments).0.code, 5);
    assert!(cache.run(&[&arguments[..], &["--offline"]].concat()).0.code <= 1);
}
