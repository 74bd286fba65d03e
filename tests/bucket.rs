//! What workers on many machines learned answers for all of them, and nothing that happens to the bucket changes what is said.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/bucket.rs"]
mod bucket;
#[path = "support/cli.rs"]
mod cli;
#[path = "support/registry.rs"]
mod registry;
#[path = "support/services.rs"]
mod services;

use std::io::Write as _;
use std::process::{Child, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use bucket::{Bucket, KEY};
use registry::{Image, Reply, Request, Server, scripted};

/// Whether these tests are asked for; says so where they are not, past the capture of the test harness.
fn asked(test: &str) -> bool {
    let asked = std::env::var_os("LUCID_REAL").is_some_and(|value| value == "1");
    if !asked {
        let _ = writeln!(std::io::stderr(), "skipped: {test} needs LUCID_REAL=1, and fetches moto");
    }
    asked
}

/// A registry of one image.
fn registry() -> Server {
    let image = services::service(3);
    scripted(move |request| image.reply(request))
}

fn reference(registry: &Server) -> String {
    format!("{}/team/app:1", registry.host())
}

/// The blobs of an image that are layers.
fn layers(image: &Image) -> Vec<String> {
    let layers = image.content.iter().filter(|(_, media_type, _)| media_type.contains("layer"));
    layers.map(|(digest, ..)| digest.to_string()).collect()
}

/// How often layers were fetched.
fn fetched(registry: &Server) -> usize {
    let layers = layers(&services::service(3));
    registry.paths().iter().filter(|path| layers.iter().any(|layer| path.ends_with(layer))).count()
}

const LAYERS: usize = 4;

/// The program with this cache.
fn program(cache: Option<&str>, environment: &[(&str, String)], arguments: &[&str]) -> assert_cmd::Command {
    let mut command = cli::lucid(arguments);
    command.args(["--profile", "generic", "--format", "json", "--jobs", "4"]).env("SOURCE_DATE_EPOCH", "1763726400");
    for name in ["AWS_ENDPOINT_URL_S3", "AWS_SESSION_TOKEN", "AWS_ALLOW_HTTP", "LUCID_VERIFY_CACHE_KEY", "HTTP_PROXY"] {
        command.env_remove(name);
    }
    command.envs(environment.iter().map(|(name, value)| (*name, value)));
    match cache {
        Some(cache) => command.args(["--cache", cache]),
        None => command.arg("--no-cache"),
    };
    command
}

fn run(cache: Option<&str>, environment: &[(&str, String)], arguments: &[&str]) -> Output {
    program(cache, environment, arguments).output().unwrap()
}

/// Starts a run, and does not wait for it.
fn start(cache: &str, environment: &[(&str, String)], reference: &str) -> Child {
    let command = program(Some(cache), environment, &[reference]);
    let mut started = std::process::Command::new(command.get_program());
    started.args(command.get_args()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => started.env(name, value),
            None => started.env_remove(name),
        };
    }
    started.spawn().unwrap()
}

/// Holds the outcome of a run against that of one without a cache; returns what it said.
fn as_without(cache: &str, environment: &[(&str, String)], reference: &str) -> String {
    let (with, without) = (run(Some(cache), environment, &[reference]), run(None, &[], &[reference]));
    let said = String::from_utf8(with.stderr).unwrap();
    assert_eq!(with.status.code(), without.status.code(), "{said}");
    assert_eq!(String::from_utf8(with.stdout).unwrap(), String::from_utf8(without.stdout).unwrap());
    assert!(!said.contains(KEY) && !said.contains("hunter2"), "{said}");
    said
}

fn elsewhere(endpoint: &str) -> Vec<(&'static str, String)> {
    let fixed = [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "hunter2"), ("AWS_SESSION_TOKEN", "hunter2-token")];
    let fixed = fixed.map(|(name, value)| (name, value.to_owned()));
    fixed.into_iter().chain([("AWS_ENDPOINT_URL", endpoint.to_owned()), ("LUCID_VERIFY_CACHE_KEY", KEY.to_owned())]).collect()
}

#[test]
fn what_cannot_be_meant_is_said_before_anything_is_fetched() {
    let registry = registry();
    let image = reference(&registry);
    let key = |key: &str| vec![("LUCID_VERIFY_CACHE_KEY", key.to_owned())];
    let at = |endpoint: &str| vec![("AWS_ENDPOINT_URL", endpoint.to_owned())];
    let half = vec![("AWS_SECRET_ACCESS_KEY", "hunter2".to_owned())];
    for (cache, environment, wanted) in [
        ("s3://bucket/x", key(""), "LUCID_VERIFY_CACHE_KEY: the key has 0 bytes"),
        ("s3://bucket/x", key("hunter2"), "LUCID_VERIFY_CACHE_KEY: the key has 7 bytes"),
        ("s3://", key(KEY), "no bucket has this name"),
        ("s3://bucket/../x", key(KEY), "s3://BUCKET/PREFIX"),
        ("s3://bucket/x", at("http://s3.test:9000"), "AWS_ALLOW_HTTP=true"),
        ("s3://bucket/x", half, "set both"),
    ] {
        for verb in [&["verify", &image][..], &["cache"]] {
            let mut command = cli::lucid(verb);
            command.args(["--cache", cache]).envs(environment.iter().map(|(name, value)| (*name, value)));
            let output = command.output().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            assert!(output.status.code() == Some(2) && said.contains(wanted), "{cache} {environment:?}: {said}");
            assert!(!said.contains("hunter2"), "{said}");
        }
    }
    assert_eq!(registry.paths(), Vec::<String>::new());
}

#[test]
fn a_bucket_that_is_down_denies_fails_or_says_nothing_stops_no_run_and_is_said_once() {
    let registry = registry();
    let image = reference(&registry);
    let refused = |status: u16| {
        let body = "<Error><Code>X</Code><AWSAccessKeyId>hunter2</AWSAccessKeyId><Token-0>hunter2-token</Token-0></Error>";
        scripted(move |_: &Request| Reply::new(status, body))
    };
    let servers = [(refused(403), "access is denied (403)"), (refused(500), "HTTP 500"), (refused(404), "")];
    let closed = "http://127.0.0.1:1".to_owned();
    let mut places: Vec<(String, &str)> = vec![(closed, "no connection")];
    places.extend(servers.iter().map(|(server, wanted)| (format!("http://{}", server.host()), *wanted)));
    for (endpoint, wanted) in &places {
        let said = as_without("s3://bucket/x", &elsewhere(endpoint), &image);
        assert!(said.contains(wanted) && said.matches("the cache s3://bucket/x fails").count() == 1, "{endpoint}: {said}");
    }
    assert!(servers[0].0.paths().len() <= 8, "it is asked no more after three failures: {:?}", servers[0].0.paths());
}

/// The objects of a kind.
fn objects(bucket: &Bucket, kind: &str) -> Vec<String> {
    bucket.list().into_iter().filter(|name| name.contains(&format!("/{kind}-"))).collect()
}

fn no_verdicts(bucket: &Bucket) {
    objects(bucket, "verdict").iter().for_each(|name| bucket.delete(name));
}

#[test]
fn a_report_is_the_same_with_a_bucket_and_no_worker_fetches_what_another_did() {
    if !asked("a_report_is_the_same_with_a_bucket_and_no_worker_fetches_what_another_did") {
        return;
    }
    let (bucket, registry) = (Bucket::start(), registry());
    let (cache, image) = (bucket.url("team/cache"), reference(&registry));
    for warm in [false, true, true] {
        let before = fetched(&registry);
        assert_eq!(as_without(&cache, &bucket.environment(), &image), "");
        assert_eq!(fetched(&registry) - before, if warm { LAYERS } else { 2 * LAYERS });
        no_verdicts(&bucket);
    }
    let names = bucket.list();
    assert!(names.iter().all(|name| name.starts_with("team/cache/v1/") && !name.contains("/claims/")), "{names:?}");
    run(Some(&cache), &bucket.environment(), &[&image]);
    let before = bucket.requests().len();
    run(Some(&cache), &bucket.environment(), &[&image]);
    let warm = bucket.requests().split_off(before);
    assert!(warm.len() == 4 && warm.iter().all(|request| request.starts_with("GET ")), "{warm:#?}");
}

#[test]
fn a_poisoned_entry_is_refused_said_read_again_and_replaced() {
    if !asked("a_poisoned_entry_is_refused_said_read_again_and_replaced") {
        return;
    }
    let (bucket, registry) = (Bucket::start(), registry());
    let image = reference(&registry);
    let mut foreign = bucket.environment();
    foreign.push(("LUCID_VERIFY_CACHE_KEY", "of somebody else entirely".into()));
    run(Some(&bucket.url("a")), &bucket.environment(), &[&image]);
    for kind in ["layer", "document", "verdict"] {
        run(Some(&bucket.url("b")), &foreign, &[&image]);
        let name = objects(&bucket, kind).into_iter().find(|name| name.starts_with("a/")).unwrap();
        let right = bucket.get(&name).unwrap();
        let other = objects(&bucket, if kind == "layer" { "document" } else { "layer" });
        let mut flipped = right.clone();
        *flipped.last_mut().unwrap() ^= 1;
        let of_another_key = bucket.get(&name.replacen('a', "b", 1)).unwrap();
        let swapped = bucket.get(other.iter().find(|name| name.starts_with("a/")).unwrap()).unwrap();
        for poison in [of_another_key, flipped, right[..right.len() / 2].to_vec(), swapped, Vec::new(), b"x".repeat(1000)] {
            if kind != "verdict" {
                no_verdicts(&bucket);
            }
            bucket.put(&name, &poison);
            let said = as_without(&bucket.url("a"), &bucket.environment(), &image);
            assert_eq!(said.matches(&format!("warning: the {kind} sha256:")).count(), 1, "{said}");
            assert!(said.contains(" is refused: "), "{said}");
            let now = bucket.get(&name).unwrap();
            assert!(now == right || kind != "layer", "the entry is as it was");
            assert_ne!(now, poison);
        }
    }
    assert_eq!(as_without(&bucket.url("a"), &bucket.environment(), &image), "");
}

#[test]
fn without_the_key_a_bucket_is_read_and_never_written() {
    if !asked("without_the_key_a_bucket_is_read_and_never_written") {
        return;
    }
    let (bucket, registry) = (Bucket::start(), registry());
    let (cache, image) = (bucket.url(""), reference(&registry));
    for known in [0, LAYERS] {
        let (before, names) = (fetched(&registry), bucket.list());
        let said = as_without(&cache, &bucket.read_only(), &image);
        assert!(said.matches("LUCID_VERIFY_CACHE_KEY is not set").count() == 1 && said.lines().count() == 1, "{said}");
        assert_eq!((bucket.list(), fetched(&registry) - before), (names, 2 * LAYERS - known));
        run(Some(&cache), &bucket.environment(), &[&image]);
        no_verdicts(&bucket);
    }
}

#[test]
fn of_workers_that_start_together_one_fetches_a_layer() {
    if !asked("of_workers_that_start_together_one_fetches_a_layer") {
        return;
    }
    let image = services::service(3);
    let registry = scripted(move |request: &Request| {
        if request.path.contains("/blobs/") {
            thread::sleep(Duration::from_millis(200));
        }
        image.reply(request)
    });
    let (bucket, image) = (Bucket::start(), reference(&registry));
    let (cache, environment) = (bucket.url("x"), bucket.environment());
    let workers: Vec<Child> = (0..4).map(|_| start(&cache, &environment, &image)).collect();
    let outputs: Vec<Output> = workers.into_iter().map(|worker| worker.wait_with_output().unwrap()).collect();
    assert_eq!(fetched(&registry), LAYERS);
    assert!(outputs.iter().all(|output| output.stdout == outputs[0].stdout && output.stderr.is_empty()));
    assert!(bucket.list().iter().all(|name| !name.contains("/claims/")), "{:?}", bucket.list());
}

#[test]
fn what_a_killed_worker_held_is_taken_over() {
    if !asked("what_a_killed_worker_held_is_taken_over") {
        return;
    }
    let image = services::service(3);
    let layers = layers(&image);
    let (bucket, begun) = (Bucket::start(), Instant::now());
    let hangs = std::sync::atomic::AtomicBool::new(true);
    let hangs = std::sync::Arc::new(hangs);
    let hanging = std::sync::Arc::clone(&hangs);
    let registry = scripted(move |request: &Request| {
        while hanging.load(std::sync::atomic::Ordering::SeqCst) && layers.iter().any(|layer| request.path.ends_with(layer)) {
            thread::sleep(Duration::from_millis(20));
        }
        image.reply(request)
    });
    let (cache, environment, image) = (bucket.url("x"), bucket.environment(), reference(&registry));
    let mut killed = start(&cache, &environment, &image);
    while !bucket.list().iter().any(|name| name.contains("/claims/")) {
        assert!(begun.elapsed() < Duration::from_mins(1), "no claim is made");
        thread::sleep(Duration::from_millis(20));
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    hangs.store(false, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(as_without(&cache, &environment, &image), "");
    assert!(bucket.list().iter().all(|name| !name.contains("/claims/")) && objects(&bucket, "layer").len() == LAYERS);
}

#[test]
fn an_old_note_of_what_a_tag_was_is_held_against_the_registry() {
    if !asked("an_old_note_of_what_a_tag_was_is_held_against_the_registry") {
        return;
    }
    let moved = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let is_moved = std::sync::Arc::clone(&moved);
    let images = [services::service(3), services::service(4)];
    let digests = images.each_ref().map(|image| image.digest().to_string());
    let registry = scripted(move |request: &Request| {
        let now = usize::from(is_moved.load(std::sync::atomic::Ordering::SeqCst));
        images[now].reply(request)
    });
    let (bucket, image) = (Bucket::start(), reference(&registry));
    let (cache, environment) = (bucket.url("x"), bucket.environment());
    run(Some(&cache), &environment, &[&image]);
    let old: Vec<(String, Vec<u8>)> = bucket.list().into_iter().map(|name| (name.clone(), bucket.get(&name).unwrap())).collect();
    moved.store(true, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(as_without(&cache, &environment, &image), "");
    old.iter().for_each(|(name, bytes)| bucket.put(name, bytes));
    let report = String::from_utf8(run(Some(&cache), &environment, &[&image]).stdout).unwrap();
    assert!(report.contains(&digests[1]) && !report.contains(&digests[0]));
}

#[test]
fn entries_of_another_version_are_not_read_and_the_verb_tells_and_clears() {
    if !asked("entries_of_another_version_are_not_read_and_the_verb_tells_and_clears") {
        return;
    }
    let (bucket, registry) = (Bucket::start(), registry());
    let (cache, image, environment) = (bucket.url("x"), reference(&registry), bucket.environment());
    run(Some(&cache), &environment, &[&image]);
    no_verdicts(&bucket);
    for name in objects(&bucket, "layer") {
        let parts: Vec<&str> = name.split('/').collect();
        let older = [&parts[..2], &["layer-0"], &parts[3..]].concat().join("/");
        bucket.put(&older, &bucket.get(&name).unwrap());
        bucket.delete(&name);
    }
    let before = fetched(&registry);
    assert_eq!(as_without(&cache, &environment, &image), "");
    assert_eq!(fetched(&registry) - before, 2 * LAYERS);
    bucket.put("x/notes.txt", b"not ours");
    let verb = |arguments: &[&str]| {
        let mut command = cli::lucid(arguments);
        let output = command.args(["--cache", &cache]).envs(environment.iter().cloned()).output().unwrap();
        assert!(output.status.success(), "{}", output.stderr.escape_ascii());
        String::from_utf8(output.stdout).unwrap()
    };
    let told: serde_json::Value = serde_json::from_str(&verb(&["cache", "--format", "json"])).unwrap();
    let kinds: Vec<(&str, u64)> = told["kinds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|kind| (kind["kind"].as_str().unwrap(), kind["entries"].as_u64().unwrap()))
        .collect();
    assert_eq!(kinds, [("layer", LAYERS as u64), ("document", 3), ("verdict", 1), ("other", LAYERS as u64)]);
    assert!(told["folder"] == cache[..] && told["limit"].is_null());
    assert!(verb(&["cache"]).starts_with(&format!("{cache}\n  {LAYERS} layers ")));
    assert!(verb(&["cache", "clear"]).starts_with(&format!("removed {} entries, ", 2 * LAYERS + 4)));
    assert_eq!(bucket.list(), ["x/notes.txt"]);
}

#[test]
fn a_bucket_that_hangs_is_let_be() {
    if !asked("a_bucket_that_hangs_is_let_be") {
        return;
    }
    let registry = registry();
    let silent = scripted(|_: &Request| {
        thread::sleep(Duration::from_secs(3));
        Reply::new(404, "")
    });
    let endpoint = format!("http://{}", silent.host());
    let image = reference(&registry);
    let (with, without) =
        (run(Some("s3://bucket/x"), &elsewhere(&endpoint), &["--timeout", "1", &image]), run(None, &[], &[&image]));
    let said = String::from_utf8(with.stderr).unwrap();
    assert!(with.stdout == without.stdout && said.contains("it did not answer for 1 s"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}
