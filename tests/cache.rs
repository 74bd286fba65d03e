//! What a run learned of layers answers for the next run, and nothing that happens to it changes what is said.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/cli.rs"]
mod cli;
#[path = "support/layout.rs"]
mod layout;
#[path = "support/registry.rs"]
mod registry;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};
use std::time::Duration;

use lucid_verify::digest::Digest;
use registry::{Image, Reply, Request, Server, scripted};
use serde_json::{Value, json};
use tempfile::TempDir;

const LAYERS: &str = r##"
layer ADD rootfs.tar /
d 0755 0:0 /etc
f 0644 0:0 /etc/os-release "ID=debian\nVERSION_ID=\"12\"\n"
f 0644 0:0 /etc/passwd "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:n:/home/nonroot:/sbin/nologin\n"
f 0755 0:0 4096 /usr/bin/python3.11 elf:aarch64,exec,interp=/lib/ld-linux-aarch64.so.1,needed=libc.so.6
layer COPY lib /lib
f 0755 0:0 4096 /lib/ld-linux-aarch64.so.1 elf:aarch64,soname=ld-linux-aarch64.so.1
f 0755 0:0 4096 /lib/libc.so.6 elf:aarch64,soname=libc.so.6
l 0777 0:0 /usr/bin/python -> python3.11
layer COPY app /app
f 0644 65532:65532 /app/main.py "import os\nprint(os)\n"
f 0755 65532:65532 /app/run "#!/usr/bin/python\n"
w /etc/gone
"##;
const CONFIG: &str = r#"{"os": "linux", "architecture": "arm64", "config": {"User": "65532:65532", "Entrypoint": ["/app/run"]}}"#;
const FORMATS: [&str; 8] = ["table", "json", "markdown", "html", "junit", "sarif", "github", "codequality"];

fn image() -> Image {
    Image::written(LAYERS, CONFIG).unwrap()
}

/// The blobs of an image that are layers.
fn layers(image: &Image) -> Vec<Digest> {
    image.content.iter().filter(|(_, media_type, _)| media_type.contains("layer")).map(|(digest, ..)| digest.clone()).collect()
}

/// A registry that holds an image, and how often it was asked for layers.
struct Served {
    server: Server,
    layers: Vec<Digest>,
    asked: usize,
}

impl Served {
    fn new(image: Image) -> Self {
        let layers = layers(&image);
        Self { server: scripted(move |request| image.reply(request)), layers, asked: 0 }
    }

    fn reference(&self) -> String {
        format!("{}/team/app:1", self.server.host())
    }

    /// How often layers were fetched since this was last asked.
    fn fetched(&mut self) -> usize {
        let is_layer = |path: &String| self.layers.iter().any(|layer| path.ends_with(&layer.to_string()));
        let all = self.server.paths().iter().filter(|path| is_layer(path)).count();
        all - std::mem::replace(&mut self.asked, all)
    }
}

fn run(cache: Option<&Path>, arguments: &[&str]) -> Output {
    let mut command = cli::lucid(arguments);
    command.args(["--profile", "generic"]).env("SOURCE_DATE_EPOCH", "1763726400");
    if let Some(cache) = cache {
        command.arg("--cache").arg(cache);
        // It is asked here what layers are answered by: a verdict answers before them.
        let kept = if cache.is_dir() { entries(cache, "verdict") } else { Vec::new() };
        for verdict in &kept {
            drop(fs::remove_file(verdict));
        }
    }
    command.output().unwrap()
}

/// Runs, and holds the outcome against that of a run without a cache. Returns what was said on stderr.
fn as_without(cache: &Path, arguments: &[&str]) -> String {
    let (with, without) = (run(Some(cache), arguments), run(None, arguments));
    assert_eq!(with.status.code(), without.status.code(), "{}", with.stderr.escape_ascii());
    assert_eq!(String::from_utf8(with.stdout).unwrap(), String::from_utf8(without.stdout).unwrap(), "{arguments:?}");
    String::from_utf8(with.stderr).unwrap()
}

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    (folder, cache)
}

/// The files of all entries of a kind.
fn entries(cache: &Path, kind: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut todo = vec![cache.to_owned()];
    while let Some(folder) = todo.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                todo.push(path);
            } else if path.to_string_lossy().contains(&format!("/{kind}-")) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_report_is_the_same_cold_and_warm_and_no_layer_is_fetched_twice() {
    let mut served = Served::new(image());
    let reference = served.reference();
    for format in FORMATS {
        let (_folder, cache) = folder();
        for warm in [false, true, true] {
            let jobs = if warm { "1" } else { "8" };
            assert!(!as_without(&cache, &["--format", format, "--jobs", jobs, &reference]).contains("cache"));
            // The run without a cache fetches each once.
            assert_eq!(served.fetched(), if warm { 3 } else { 6 }, "{format}");
        }
        assert_eq!(entries(&cache, "layer").len(), 3);
    }
}

#[test]
fn every_verb_that_reads_an_image_is_answered() {
    let mut served = Served::new(image());
    let (reference, (_folder, cache)) = (served.reference(), folder());
    for arguments in [&["ls", "-lR"][..], &["size"], &["inspect"], &["size", "--format", "html"]] {
        let cli = |cache: &[&str]| cli::run(&[arguments, cache, &[&reference]].concat());
        assert_eq!(cli(&["--cache", cache.to_str().unwrap()]), cli(&["--no-cache"]), "{arguments:?}");
    }
    assert_eq!(served.fetched(), 3 + 4 * 3);
}

#[test]
fn what_is_wrong_with_an_entry_is_passed_over_and_made_right() {
    let mut served = Served::new(image());
    let (reference, (_folder, cache)) = (served.reference(), folder());
    let verify = |flag| as_without(&cache, &[flag, "--format=json", &reference]);
    verify("-v");
    served.fetched();
    let files = entries(&cache, "layer");
    let whole = fs::read(&files[0]).unwrap();
    let damage: [&dyn Fn(); 5] = [
        &|| fs::write(&files[0], [&whole[..100], b"x", &whole[101..]].concat()).unwrap(),
        &|| fs::write(&files[0], &whole[..whole.len() - 1]).unwrap(),
        &|| fs::write(&files[0], b"").unwrap(),
        &|| assert!(fs::copy(&files[1], &files[0]).unwrap() > 0),
        &|| {
            fs::remove_file(&files[0]).unwrap();
            fs::create_dir(&files[0]).unwrap();
        },
    ];
    for (number, damage) in damage.into_iter().enumerate() {
        damage();
        let said = verify("-v");
        assert!(said.starts_with("note: the cache's layer sha256:") && said.contains("is passed over"), "{number}: {said}");
        assert_eq!(served.fetched(), 1 + 3, "{number}");
        if files[0].is_dir() {
            fs::remove_dir(&files[0]).unwrap();
            continue;
        }
        assert_eq!((fs::read(&files[0]).unwrap() == whole, verify("-v"), served.fetched()), (true, String::new(), 3));
    }
    fs::write(&files[1], b"").unwrap();
    assert_eq!(verify("--progress=never"), "");
}

#[test]
fn a_wrong_diff_id_is_found_warm_as_it_is_cold() {
    let (_folder, cache) = folder();
    let right = image();
    let mut wrong = right.clone();
    let manifest: Value = serde_json::from_slice(&wrong.manifest).unwrap();
    let digest: Digest = manifest["config"]["digest"].as_str().unwrap().parse().unwrap();
    let config = wrong.content.iter().find(|(other, ..)| *other == digest).unwrap().2.clone();
    let mut config: Value = serde_json::from_slice(&config).unwrap();
    config["rootfs"]["diff_ids"][1] = Digest::sha256(b"another tar").to_string().into();
    let config = wrong.add("application/vnd.oci.image.config.v1+json", config.to_string().into());
    let mut manifest = manifest;
    manifest["config"] = config;
    // Another media type is an oddity of this image alone.
    manifest["layers"][2]["mediaType"] = "application/vnd.oci.image.layer.v1.tar".into();
    wrong.manifest = manifest.to_string().into();
    let (mut right, mut wrong) = (Served::new(right), Served::new(wrong));
    as_without(&cache, &["--format=json", &right.reference()]);
    assert_eq!(right.fetched(), 6);
    let told = run(Some(&cache), &["--format=json", &wrong.reference()]);
    assert_eq!((told.status.code(), wrong.fetched()), (Some(6), 0), "{}", told.stderr.escape_ascii());
    as_without(&cache, &["--format=json", "-v", &wrong.reference()]);
}

#[test]
fn ceilings_hold_warm_as_they_do_cold_whatever_they_were_before() {
    let mut served = Served::new(image());
    let (reference, (_folder, cache)) = (served.reference(), folder());
    let mut lower = |limit: &str| {
        let arguments = ["--format=json", "--limit", limit, &reference];
        let with = run(Some(&cache), &arguments);
        let fetched = served.fetched();
        let without = run(None, &arguments);
        assert_eq!((with.status, with.stdout), (without.status, without.stdout), "{limit}");
        served.fetched();
        fetched
    };
    assert_eq!(["path=4096", "entries=10", "entries=11", "entries=2000000"].map(&mut lower), [3, 3, 0, 0]);
    lower("entries=4");
    assert_eq!(["path=9", "path=100", "path=4096", "kept-bytes=10", "image-bytes=1000"].map(&mut lower), [3, 3, 0, 0, 0]);
    assert_eq!(["layer-bytes=1000", "special-header=1", "zstd-window=1", "zstd-window=1"].map(&mut lower), [3, 3, 3, 0]);
}

/// Runs in the background.
fn start(cache: &Path, reference: &str) -> Child {
    let lucid = cli::lucid(&[]);
    let mut command = std::process::Command::new(lucid.get_program());
    for (name, value) in lucid.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.arg("--cache").arg(cache).args(["--profile=generic", "--format=json", reference]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// A registry that takes its time for layers.
fn slow(image: Image, delay: Duration) -> Server {
    let layers = layers(&image);
    let is_layer = move |request: &Request| layers.iter().any(|layer| request.path.ends_with(&layer.to_string()));
    scripted(move |request| {
        let reply: Reply = image.reply(request);
        if is_layer(request) { reply.delay(delay) } else { reply }
    })
}

#[test]
fn eight_that_race_fetch_each_layer_once_and_say_the_same() {
    let (_folder, cache) = folder();
    let mut served = Served { server: slow(image(), Duration::from_millis(200)), layers: layers(&image()), asked: 0 };
    let reference = served.reference();
    let racing: Vec<Child> = (0..8).map(|_| start(&cache, &reference)).collect();
    let told: Vec<Output> = racing.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    assert!(told.iter().all(|other| other.stdout == told[0].stdout && other.stderr.is_empty() && other.status == told[0].status));
    assert_eq!(served.fetched(), 3);
    assert_eq!((as_without(&cache, &["-v", "--format=json", &reference]), served.fetched()), (String::new(), 3));
    assert_eq!(fs::read_dir(cache.join("v1/claims")).unwrap().count(), 0);
}

#[test]
fn one_that_is_killed_leaves_nothing_that_hinders_others() {
    let (_folder, cache) = folder();
    let stalling = slow(image(), Duration::from_mins(1));
    let mut killed = start(&cache, &format!("{}/team/app:1", stalling.host()));
    while !cache.join("v1/claims").is_dir() || fs::read_dir(cache.join("v1/claims")).unwrap().count() < 3 {
        std::thread::sleep(Duration::from_millis(10));
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    // It would wait for the answers that nobody wants any more.
    std::mem::forget(stalling);
    let mut served = Served::new(image());
    as_without(&cache, &["--format=json", &served.reference()]);
    assert_eq!((served.fetched(), fs::read_dir(cache.join("v1/claims")).unwrap().count()), (6, 0));
}

#[test]
fn a_layer_on_this_machine_is_hashed_each_time() {
    let (_folder, cache) = folder();
    let directory = tempfile::tempdir().unwrap();
    let paths = layout::Layout::small().write(directory.path());
    let reference = format!("oci:{}", directory.path().display());
    for _ in 0..2 {
        as_without(&cache, &["--format=json", &reference]);
    }
    assert_eq!(entries(&cache, "layer").len(), 1);
    let mut bytes = fs::read(&paths[2]).unwrap();
    bytes[20] ^= 1;
    fs::write(&paths[2], bytes).unwrap();
    as_without(&cache, &["--format=json", &reference]);
    assert_eq!(run(Some(&cache), &["--format=json", &reference]).status.code(), Some(6));
    fs::remove_file(&paths[2]).unwrap();
    as_without(&cache, &["--format=json", &reference]);
}

#[test]
fn a_folder_that_cannot_be_used_is_said_and_done_without() {
    use std::os::unix::fs::PermissionsExt as _;

    let mut served = Served::new(image());
    let (reference, (directory, cache)) = (served.reference(), folder());
    as_without(&cache, &["--format=json", &reference]);
    served.fetched();
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o777)).unwrap();
    let file = directory.path().join("file");
    fs::write(&file, b"").unwrap();
    for (unfit, why) in [(&cache, "its mode is 0777"), (&file, "it is no folder")] {
        let said = as_without(unfit, &["--format=json", &reference]);
        assert!(said.starts_with("warning: failed to use the cache ") && said.contains(why), "{said}");
        assert_eq!((said.lines().count(), served.fetched()), (1, 6), "{said}");
        assert_eq!(as_without(unfit, &["-q", "--format=json", &reference]), "");
        served.fetched();
    }
    // A file system that takes no files.
    let nowhere = Path::new("/proc/lucid-verify");
    let said = as_without(nowhere, &["-v", "--format=json", &reference]);
    assert!(said.starts_with("note: the cache /proc/lucid-verify cannot be written: ") && said.lines().count() == 1, "{said}");
    assert_eq!(as_without(nowhere, &["--format=json", &reference]), "");
}

#[test]
fn it_lies_where_the_user_says_or_keeps_such_things() {
    let mut served = Served::new(image());
    let (reference, (directory, named)) = (served.reference(), folder());
    let (caches, home) = (directory.path().join("caches"), directory.path().join("home"));
    let run = |variables: &[(&str, &Path)], arguments: &[&str]| {
        let mut command = cli::lucid(&[arguments, &["--profile=generic", "--rule=config/user", &reference]].concat());
        let output = command.envs(variables.iter().copied()).output().unwrap();
        assert!(output.stderr.is_empty(), "{}", output.stderr.escape_ascii());
    };
    let all = [("HOME", home.as_path()), ("XDG_CACHE_HOME", &caches), ("LUCID_VERIFY_CACHE", &named)];
    for (variables, folder) in
        [(&all[..], &named), (&all[..2], &caches.join("lucid-verify")), (&all[..1], &home.join(".cache/lucid-verify"))]
    {
        run(variables, &["--no-cache"]);
        assert!(!folder.exists());
        run(variables, &[]);
        assert_eq!((entries(folder, "layer").len(), served.fetched()), (3, 6));
        run(variables, &[]);
        assert_eq!(served.fetched(), 0);
    }
    run(&[], &[]);
    assert_eq!(served.fetched(), 3);
}

#[test]
fn the_verb_tells_what_there_is_and_clears_it() {
    let (_folder, cache) = folder();
    let mut served = Served::new(image());
    let at = cache.to_str().unwrap();
    let told = || -> Value { serde_json::from_str(&cli::run(&["cache", "--format=json", "--cache", at]).1).unwrap() };
    let empty = told();
    assert_eq!((&empty["folder"], &empty["entries"], &empty["limit"]), (&json!(at), &json!(0), &json!(2_000_000_000)));
    assert!(!cache.exists());
    run(Some(&cache), &[&served.reference()]);
    let bytes: u64 = entries(&cache, "layer").iter().map(|path| path.metadata().unwrap().len()).sum();
    let full = told();
    let layer = &full["kinds"][0];
    assert_eq!((&layer["kind"], &layer["entries"], &layer["bytes"]), (&json!("layer"), &json!(3), &json!(bytes)));
    assert!(layer["oldest_use"].as_str().unwrap().ends_with('Z') && empty["kinds"][0]["oldest_use"].is_null());
    let (code, stdout, _) = cli::run(&["--cache", at, "cache"]);
    assert!(
        code == 0 && stdout.starts_with(&format!("{at}\n  3 layers ")) && stdout.contains("of 2,000.0 MB are taken"),
        "{stdout}"
    );
    let entries = full["entries"].as_u64().unwrap();
    let (code, stdout, _) = cli::run(&["cache", "clear", "--cache", at]);
    assert!(code == 0 && stdout.starts_with(&format!("removed {entries} entries, ")), "{stdout}");
    assert_eq!((told(), cli::run(&["cache", "clear", "--cache", at, "--format=json"]).0), (empty, 0));
    served.fetched();
    run(Some(&cache), &[&served.reference()]);
    assert_eq!(served.fetched(), 3);
    assert_eq!(cli::run(&["cache"]).0, 2);
    assert_eq!(cli::run(&["cache", "--cache", at, "--format=html"]).0, 2);
}
