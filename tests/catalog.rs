//! The images of a whole registry: listed page by page, chosen by globs, split into parts, and asked for politely.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/cli.rs"]
mod cli;
#[path = "support/image/mod.rs"]
mod image;
#[path = "support/registry.rs"]
mod registry;
#[path = "support/run.rs"]
#[allow(unused_imports, reason = "a part of it is used")]
mod run;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use image::layout::TAG;
use image::registry::Registry;
use registry::{Fixture, Image, Reply, Request, Server, scripted};
use serde_json::{Value, json};

/// A small image that is told from others by its number.
fn numbered(number: usize) -> Image {
    let text = format!("layer COPY app /app\nd 0755 0:0 /app\nf 0644 0:0 /app/number \"{number}\\n\"\n");
    Image::written(&text, r#"{"os":"linux","architecture":"arm64","config":{"Entrypoint":["/app/number"]}}"#).unwrap()
}

/// Runs, and returns exit code, document and stderr.
fn ended(arguments: &[&str]) -> (i32, Vec<u8>, String) {
    let output = cli::lucid(arguments)
        .args(["--profile", "generic", "--fail-on", "never", "--no-cache", "--retries", "0", "--timeout", "10"])
        .env("SOURCE_DATE_EPOCH", "1763726400")
        .output()
        .unwrap();
    (output.status.code().unwrap(), output.stdout, String::from_utf8(output.stderr).unwrap())
}

fn json(arguments: &[&str]) -> (i32, Value, String) {
    let (code, document, said) = ended(&[arguments, &["--format", "json"]].concat());
    (code, serde_json::from_slice(&document).unwrap_or_else(|error| panic!("{error}: {said}")), said)
}

/// The images of a report, without the host.
fn names(report: &Value) -> Vec<String> {
    let images = report["images"].as_array().unwrap().iter();
    images.map(|image| image["reference"].as_str().unwrap().split_once('/').unwrap().1.to_owned()).collect()
}

#[test]
fn all_tags_of_a_real_registry_are_found_page_by_page_and_each_is_of_one_part() {
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::set(folder.path(), &[("REGISTRY_CATALOG_MAXENTRIES", "3")]);
    let mut all = BTreeSet::new();
    for number in 0..8 {
        let (repository, image) = (format!("team-{}/app-{number}", number % 2), numbered(number % 3));
        let place = folder.path().join(format!("layout-{number}"));
        image.write_layout(&place, &[&image.entry("")]);
        registry.push(&place, &repository);
        for tag in ["2", "3"] {
            registry.put(&repository, tag, image.media_type(), &image.manifest);
        }
        let signature = format!("sha256-{}.sig", image.digest().hex());
        registry.put(&repository, &signature, image.media_type(), &image.manifest);
        all.extend([TAG, "2", "3"].map(|tag| format!("{repository}:{tag}")));
    }
    let host = &registry.address[..];
    let (code, report, said) = json(&["--catalog", host]);
    assert_eq!((code, names(&report)), (0, all.iter().cloned().collect()), "{said}");
    assert!(report.get("shard").is_none());
    assert!(said.contains("8 tags are left out") && said.contains("24 images in 8 of 8 repositories"), "{said}");

    let (_, report, said) = json(&["--catalog", host, "--match", "*/app-1:[23]", "--match", "team-0/app-4"]);
    let meant = ["team-0/app-4:2", "team-0/app-4:3", &format!("team-0/app-4:{TAG}"), "team-1/app-1:2", "team-1/app-1:3"];
    assert_eq!(names(&report).into_iter().collect::<BTreeSet<_>>(), BTreeSet::from(meant.map(str::to_owned)), "{said}");
    let (_, report, _) = json(&["--catalog", &format!("docker://{host}/team-1/app-3")]);
    assert_eq!(names(&report).len(), 3);

    let mut parted = BTreeMap::new();
    for part in ["0/3", "1/3", "2/3"] {
        let (_, report, _) = json(&["--catalog", host, "--shard", part]);
        let (shard, own) = (&report["shard"], &report["shard"]["parts"][0]);
        assert_eq!((&shard["count"], &own["images"], format!("{}/3", own["index"])), (&json!(3), &json!(24), part.to_owned()));
        parted.extend(names(&report).into_iter().map(|name| (name, own["listed"].clone())));
    }
    assert_eq!(parted.keys().cloned().collect::<BTreeSet<_>>(), all);
    assert_eq!(parted.into_values().collect::<Vec<_>>().windows(2).filter(|pair| pair[0] != pair[1]).count(), 0);
}

/// A registry of these tags, each the same image, whose lists are what `answer` says, if it says something.
fn serve(answer: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static) -> Server {
    let image = numbered(0);
    scripted(move |request| answer(request).unwrap_or_else(|| image.reply(request)))
}

fn list(names: &[&str]) -> Reply {
    Reply::new(200, json!({"repositories": names}).to_string()).with("content-type", "application/json")
}

fn tags(names: &[&str]) -> Reply {
    Reply::new(200, json!({"name": "x", "tags": names}).to_string()).with("content-type", "application/json")
}

fn is_tags(request: &Request) -> bool {
    request.path.contains("/tags/list")
}

/// A registry of one list of repositories, each with the tag 1.
fn of_repositories(catalog: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Server {
    serve(move |request| match request {
        request if request.path.starts_with("/v2/_catalog") => Some(catalog(request)),
        request if is_tags(request) => Some(tags(&["1"])),
        _ => None,
    })
}

#[test]
fn pages_are_followed_at_the_registry_that_was_named_and_in_both_ways() {
    let linked = of_repositories(|request| match request.path.split_once('?').unwrap().1 {
        "n=1000" => list(&["a", "b"]).with("link", "<http://127.0.0.1:1/v2/evil?token=x%2Fy&n=2>; rel=\"next\""),
        "token=x%2Fy&n=2" => list(&[]).with("link", "</v2/_catalog?last=b>; rel=\"next\""),
        "last=b" => list(&["c"]),
        other => panic!("{other}"),
    });
    let (code, report, said) = json(&["--catalog", &linked.host()]);
    assert_eq!((code, names(&report)), (0, vec!["a:1".into(), "b:1".into(), "c:1".into()]), "{said}");

    let unlinked = of_repositories(|request| {
        let all: Vec<String> = (0..1500).map(|number| format!("team/{number:04}")).collect();
        let last = request.path.split_once("last=team%2F").map_or(0, |(_, last)| last.parse::<usize>().unwrap() + 1);
        list(&all.iter().skip(last).take(1000).map(String::as_str).collect::<Vec<_>>())
    });
    let (_, report, said) = json(&["--catalog", &unlinked.host(), "--match", "team/1499", "--match", "team/0000"]);
    assert_eq!(names(&report), ["team/0000:1", "team/1499:1"], "{said}");
    assert!(said.contains("2 of 1500 repositories"), "{said}");
    assert_eq!(unlinked.paths().iter().filter(|path| path.contains("_catalog")).count(), 2);

    let large = of_repositories(|request| {
        let invalid = r#"{"errors":[{"code":"PAGINATION_NUMBER_INVALID","message":"no"}]}"#;
        if request.path.contains("n=") { Reply::new(400, invalid) } else { list(&["a"]) }
    });
    assert_eq!(names(&json(&["--catalog", &large.host()]).1), ["a:1"]);
}

#[test]
fn a_list_that_cannot_be_had_whole_is_no_verdict() {
    let page = |body: &'static str| move |_: &Request| Reply::new(200, body).with("content-type", "application/json");
    let refused = |status: u16| move |_: &Request| Reply::new(status, r#"{"errors":[{"code":"NO","message":"no"}]}"#);
    let endless = |request: &Request| {
        let number = request.path.rsplit_once('=').map_or(0, |(_, number)| number.parse::<u64>().unwrap_or_default());
        list(&[&format!("x{number}")]).with("link", format!("</v2/_catalog?at={}>; rel=next", number + 1))
    };
    let circle = |_: &Request| list(&["a"]).with("link", "</v2/_catalog?n=1000>; rel=next");
    let same = |request: &Request| list(&["a"]).with("link", format!("</v2/_catalog?at={}>; rel=next", request.path.len()));
    let large = |_: &Request| Reply::new(200, r#""aaaaaaaa","#.repeat(1000)).with("content-type", "application/json").endless();
    let html = |_: &Request| Reply::new(200, "<html>").with("content-type", "text/html");
    let challenge = |_: &Request| Reply::new(401, "").with("www-authenticate", "Basic realm=\"x\"");
    let rows: Vec<(Server, i32, &str)> = vec![
        (of_repositories(endless), 8, "--limit list-pages="),
        (of_repositories(circle), 7, "again and again"),
        (of_repositories(same), 7, "again and again"),
        (of_repositories(large), 8, "--limit list-page="),
        (of_repositories(html), 7, "a web page"),
        (of_repositories(page("{}")), 7, "no list of names"),
        (of_repositories(page(r#"{"repositories":[1]}"#)), 7, "no list of names"),
        (of_repositories(page("[[[[")), 7, "no list of names"),
        (of_repositories(page(r#"{"repositories":null}"#)), 3, "of the 0 repositories"),
        (of_repositories(page(r#"{"repositories":["A","../x","a//b","a:1","a@b","","é"]}"#)), 3, "7 names are left out"),
        (of_repositories(refused(404)), 7, "--images FILE"),
        (of_repositories(refused(405)), 7, "--images FILE"),
        (of_repositories(refused(403)), 4, "--images FILE"),
        (of_repositories(challenge), 4, "--images FILE"),
        (of_repositories(refused(429)), 5, "limits the rate"),
        (of_repositories(refused(500)), 5, "fails"),
    ];
    for (server, expected, words) in rows {
        let (code, report, said) = json(&["--catalog", &server.host(), "--limit", "list-pages=40"]);
        assert_eq!((code, report["verdict"].as_str()), (expected, Some("incomplete")), "{words}: {said}");
        assert!(said.contains(words), "{words}: {said}");
        assert_eq!(names(&report), ["_catalog"]);
    }
    let (code, _, said) = json(&["--catalog", "docker.io"]);
    assert!(code == 7 && said.contains("--images FILE"), "{said}");
}

#[test]
fn what_one_repository_does_not_tell_stands_in_the_report_and_the_others_are_verified() {
    let server = serve(|request| match &request.path[..] {
        path if path.starts_with("/v2/_catalog") => Some(list(&["closed", "gone", "none", "open"])),
        path if path.starts_with("/v2/closed/tags") => Some(Reply::new(403, "{}")),
        path if path.starts_with("/v2/gone/tags") => {
            Some(Reply::new(404, r#"{"errors":[{"code":"NAME_UNKNOWN","message":"no"}]}"#))
        }
        path if path.starts_with("/v2/none/tags") => Some(Reply::new(200, r#"{"name":"none","tags":null}"#)),
        path if path.contains("/tags/list") => Some(tags(&["1", "-no", "a b"])),
        _ => None,
    });
    let (code, report, said) = json(&["--catalog", &server.host()]);
    assert_eq!((code, names(&report)), (4, vec!["closed".into(), "open:1".into()]), "{said}");
    assert_eq!((&report["images"][0]["error"]["kind"], &report["images"][1]["complete"]), (&json!("denied"), &json!(true)));
    assert!(said.contains("2 names are left out") && said.contains("1 repositories are listed that are not there"), "{said}");
    let (code, report, _) = json(&["--catalog", &server.host(), "--match", "open"]);
    assert_eq!((code, names(&report)), (0, vec!["open:1".into()]));
}

#[test]
fn lists_of_all_kinds_add_up_and_globs_and_parts_hold_for_all() {
    let server = of_repositories(|_| list(&["a", "b"]));
    let (host, folder) = (server.host(), tempfile::tempdir().unwrap());
    let file = folder.path().join("images.txt");
    fs::write(&file, format!("{host}/c:1\n{host}/a:1\n")).unwrap();
    let (file, named) = (file.to_str().unwrap(), format!("{host}/d:1"));
    let (code, report, said) = json(&[&named, "--images", file, "--catalog", &host]);
    assert_eq!((code, names(&report)), (0, ["a:1", "b:1", "c:1", "d:1"].map(str::to_owned).into()), "{said}");
    assert_eq!(names(&json(&[&named, "--images", file, "--match", "[ac]:1"]).1), ["a:1", "c:1"]);
    let (code, _, said) = ended(&[&named, "--match", "x"]);
    assert!(code == 3 && said.contains("--match means none"), "{said}");
    let parts: Vec<String> =
        ["0/2", "1/2"].iter().flat_map(|part| names(&json(&["--images", file, "--shard", part]).1)).collect();
    assert_eq!(parts.into_iter().collect::<BTreeSet<_>>(), ["a:1", "c:1"].map(str::to_owned).into());
}

#[test]
fn a_part_without_an_image_holds_and_says_so_in_every_format() {
    let server = of_repositories(|_| list(&["a"]));
    let host = server.host();
    let empty: Vec<String> = (0..4).map(|part| format!("{part}/4")).collect();
    let empty: Vec<&String> =
        empty.iter().filter(|part| names(&json(&["--catalog", &host, "--shard", part]).1).is_empty()).collect();
    assert_eq!(empty.len(), 3);
    let (code, report, said) = json(&["--catalog", &host, "--shard", empty[0]]);
    assert_eq!((code, &report["verdict"], &report["images"]), (0, &json!("held"), &json!([])));
    assert!(said.contains(&format!("none is of shard {}", empty[0])), "{said}");
    for format in ["table", "markdown", "html", "junit", "sarif", "github", "codequality"] {
        let (code, document, said) = ended(&["--catalog", &host, "--shard", empty[0], "--format", format]);
        assert_eq!(code, 0, "{format}: {said}");
        let words = format!("shard {}: 0 images of 1", empty[0]);
        let is_told = String::from_utf8(document).unwrap().contains(&words);
        assert_eq!(is_told, ["table", "markdown"].contains(&format), "{format}");
    }
}

#[test]
fn what_is_no_part_or_no_registry_is_a_mistake_in_the_arguments() {
    for (arguments, words) in [
        (&["--catalog", "r.example", "--shard", "8/8"][..], "parts count from 0: the last of 8 is 7/8"),
        (&["--catalog", "r.example", "--shard", "0/0"], "no 0 parts"),
        (&["--catalog", "r.example", "--shard", "1"], "write I/N"),
        (&["--catalog", "r.example", "--shard", "0/1001"], "at most 1000 parts"),
        (&["--catalog", "team/app"], "is no registry"),
        (&["--catalog", "r.example", "--match", "a["], "is no glob"),
        (&["--catalog", "r.example", "--rate", "0"], "from 1 to 10000"),
    ] {
        let (code, _, said) = ended(arguments);
        assert!(code == 2 && said.contains(words), "{arguments:?}: {said}");
    }
    let cache = tempfile::tempdir().unwrap();
    let (code, said, _) = cli::run(&["--catalog", "r.example", "--offline", "--cache", cache.path().to_str().unwrap()]);
    assert!(code == 5 && said.contains("--offline"), "{code} {said}");
}

/// The digest that a path of the distribution API ends with.
fn digest(path: &str) -> Option<&str> {
    path.rsplit('/').next().filter(|last| last.starts_with("sha256:"))
}

#[test]
fn nothing_is_fetched_twice_and_a_sweep_of_what_is_known_asks_once_for_each_tag() {
    let server = serve(|request| match request {
        request if request.path.starts_with("/v2/_catalog") => Some(list(&["a", "b", "c"])),
        request if is_tags(request) => Some(tags(&["1", "2"])),
        _ => None,
    });
    let (host, cache) = (server.host(), tempfile::tempdir().unwrap());
    let sweep = |more: &[&str]| {
        let cache = cache.path().to_str().unwrap();
        let arguments = [&["--catalog", &host, "--cache", cache, "--profile", "generic", "--retries", "0"], more].concat();
        let (code, _, said) = cli::run(&arguments);
        assert!(code < 2, "{said}");
    };
    sweep(&["--jobs", "1"]);
    let first = server.paths();
    let fetched: Vec<&str> = first.iter().filter_map(|path| digest(path)).collect();
    assert_eq!(fetched.iter().collect::<BTreeSet<_>>().len(), fetched.len(), "{first:?}");
    assert_eq!(first.iter().filter(|path| path.contains("/manifests/")).count(), 6);
    sweep(&[]);
    let asked: Vec<Request> = server.requests().into_iter().skip(first.len()).collect();
    let paths: BTreeSet<&str> = asked.iter().map(|request| &request.path[..]).collect();
    assert_eq!((asked.len(), paths.len()), (1 + 3 + 6, 10), "{paths:?}");
    assert_eq!(asked.iter().filter(|request| request.method == "HEAD").count(), 6);
}

#[test]
fn a_pass_is_got_once_for_the_catalog_and_once_for_each_repository() {
    let server = serve(|request| {
        if let Some((_, scope)) = request.path.split_once("/token?scope=") {
            return Some(Reply::new(200, json!({"token": scope.split('&').next()}).to_string()));
        }
        let wanted = match request.path.trim_start_matches("/v2/").split('/').next().unwrap() {
            catalog if catalog.starts_with("_catalog") => "registry:catalog:*".to_owned(),
            repository => format!("repository:{repository}:pull"),
        };
        let sent = request.header("authorization").map(|pass| pass.replace("%3A", ":").replace("%2A", "*"));
        if sent != Some(format!("Bearer {wanted}")) {
            let realm =
                format!("Bearer realm=\"http://{}/token\",service=\"r\",scope=\"{wanted}\"", request.header("host").unwrap());
            return Some(Reply::new(401, "{}").with("www-authenticate", realm));
        }
        match request {
            request if request.path.starts_with("/v2/_catalog") => Some(list(&["a", "b"])),
            request if is_tags(request) => Some(tags(&["1", "2", "3"])),
            _ => None,
        }
    });
    let (code, report, said) = json(&["--catalog", &server.host()]);
    assert_eq!((code, names(&report).len()), (0, 6), "{said}");
    assert_eq!(server.paths().iter().filter(|path| path.starts_with("/token")).count(), 3, "{:?}", server.paths());
}

#[test]
fn a_registry_that_wants_to_be_left_alone_is_left_alone_by_all() {
    let refused: Mutex<Option<Instant>> = Mutex::default();
    let (early, image) = (Arc::new(AtomicUsize::new(0)), numbered(0));
    let counted = Arc::clone(&early);
    let server = scripted(move |request| {
        let mut refused = refused.lock().unwrap();
        if refused.is_some_and(|at| at.elapsed() < Duration::from_secs(1)) {
            counted.fetch_add(1, Ordering::SeqCst);
        }
        match request {
            request if request.path.starts_with("/v2/_catalog") => list(&["a", "b", "c"]),
            request if is_tags(request) => tags(&["1"]),
            request if request.path.starts_with("/v2/a/") && refused.is_none() => {
                *refused = Some(Instant::now());
                Reply::new(429, "{}").with("retry-after", 1)
            }
            _ => image.reply(request),
        }
    });
    let (code, report, said) = json(&["--catalog", &server.host(), "--jobs", "1"]);
    let complete: Vec<&Value> = report["images"].as_array().unwrap().iter().map(|image| &image["complete"]).collect();
    assert_eq!((code, complete), (5, vec![&json!(false), &json!(true), &json!(true)]), "{said}");
    assert_eq!(early.load(Ordering::SeqCst), 0, "someone asked before the second was over");
}

#[test]
fn whoever_is_told_to_come_back_in_an_hour_asks_for_nothing_more() {
    let server = serve(|request| match request {
        request if request.path.starts_with("/v2/_catalog") => Some(list(&["a", "b", "c"])),
        request if is_tags(request) => Some(tags(&["1"])),
        request if request.path.contains("/manifests/") => Some(Reply::new(503, "{}").with("retry-after", 3600)),
        _ => None,
    });
    let (code, _, said) = json(&["--catalog", &server.host(), "--jobs", "1"]);
    assert!(code == 5 && said.contains("retry after 3600 s") && said.contains("be left alone for"), "{said}");
    assert_eq!(server.paths().iter().filter(|path| path.contains("/manifests/")).count(), 1);
}

#[test]
fn few_requests_that_are_left_are_said_once_and_a_rate_is_kept() {
    let server = of_repositories(|_| list(&["a", "b"]).with("ratelimit-remaining", "3;w=21600"));
    let began = Instant::now();
    let (code, report, said) = json(&["--catalog", &server.host(), "--rate", "20"]);
    assert_eq!((code, names(&report).len()), (0, 2), "{said}");
    assert_eq!(said.matches("will soon let no more requests through").count(), 1, "{said}");
    let requests = u32::try_from(server.paths().len()).unwrap();
    assert!(began.elapsed() >= Duration::from_millis(50) * (requests - 1), "{requests} requests came too fast");
}
