//! Many images in one run: what they share is read once, and one that fails costs the others nothing.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/cli.rs"]
#[allow(dead_code, reason = "it runs with an environment of its own")]
mod cli;
#[path = "support/image/mod.rs"]
mod image;
#[path = "support/registry.rs"]
mod registry;
#[path = "support/run.rs"]
mod run;
#[path = "support/services.rs"]
mod services;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use registry::{Fixture as _, Image, Reply, Server, scripted};
use serde_json::{Value, json};
use services::{BEHIND, SERVICES, UNOWNED, service};

/// A registry of all services, each in its repository `team/NAME`, under every tag.
fn serve() -> Server {
    let images: BTreeMap<String, Image> = (0..SERVICES).map(|number| (services::name(number), service(number))).collect();
    scripted(move |request| {
        let name = request.path.strip_prefix("/v2/team/").and_then(|path| path.split('/').next());
        match name.and_then(|name| images.get(name)) {
            Some(image) => image.reply(request),
            None => Reply::new(404, r#"{"errors":[{"code":"NAME_UNKNOWN","message":"no"}]}"#),
        }
    })
}

fn references(host: &str) -> Vec<String> {
    (0..SERVICES).map(|number| format!("{host}/team/{}:1", services::name(number))).collect()
}

/// Runs, and returns exit code, document and stderr.
fn ended(arguments: &[&str]) -> (i32, Vec<u8>, String) {
    let output = cli::lucid(arguments)
        .args(["--profile", "generic", "--retries", "0", "--timeout", "10"])
        .env("SOURCE_DATE_EPOCH", "1763726400")
        .output()
        .unwrap();
    (output.status.code().unwrap(), output.stdout, String::from_utf8(output.stderr).unwrap())
}

fn json(arguments: &[&str]) -> (i32, Value) {
    let (code, document, said) = ended(&[arguments, &["--format", "json"]].concat());
    (code, serde_json::from_slice(&document).unwrap_or_else(|error| panic!("{error}: {said}")))
}

/// How often each path was asked for that this is part of, since so many requests.
fn asked(server: &Server, part: &str, since: usize) -> BTreeMap<String, usize> {
    let mut asked = BTreeMap::new();
    for path in server.paths().into_iter().skip(since).filter(|path| path.contains(part)) {
        *asked.entry(path.rsplit('/').next().unwrap().to_owned()).or_default() += 1;
    }
    asked
}

#[test]
fn thirty_services_on_one_base_are_read_once_and_judged_the_same_however() {
    let (server, folder) = (serve(), tempfile::tempdir().unwrap());
    let list = folder.path().join("images.txt");
    fs::write(&list, references(&server.host()).join("\n")).unwrap();
    let (list, cache) = (list.to_str().unwrap(), folder.path().join("cache").display().to_string());
    let mut documents: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
    let ways: [(&[&str], &str, bool); 4] = [
        (&["--no-cache", "--jobs", "8"], "json", false),
        (&["--cache", &cache, "--jobs", "1"], "json", false),
        (&["--cache", &cache], "json", true),
        (&["--cache", &cache], "table", true),
    ];
    for (options, format, is_warm) in ways {
        let before = server.paths().len();
        let (code, document, said) = ended(&[&["--images", list, "--format", format], options].concat());
        assert_eq!(code, 1, "{said}");
        assert!(*documents.entry(format).or_insert_with(|| document.clone()) == document, "{options:?} {format}");
        let (blobs, manifests) = (asked(&server, "/blobs/", before), asked(&server, "/manifests/", before));
        assert_eq!(manifests.values().sum::<usize>(), SERVICES, "{manifests:?}");
        assert!(blobs.is_empty() == is_warm && blobs.values().all(|times| *times == 1), "{options:?} {blobs:?}");
    }
    let report: Value = serde_json::from_slice(&documents["json"]).unwrap();
    assert_eq!(report["images"].as_array().unwrap().len(), SERVICES);
    says_what_they_have_in_common(&report["fleet"]);
    let table = String::from_utf8(documents.remove("table").unwrap()).unwrap();
    let unowned = format!("starts  {UNOWNED} of {SERVICES} images\n  COPY app /app\n");
    assert!(table.contains("\nerror  ownership/readable  ") && table.contains(&unowned), "{table}");
    let drift = format!("  python fastapi: 0.115.6 in {} images; 0.104.1 in ", SERVICES - BEHIND.len());
    assert!(table.contains(&drift) && table.lines().all(|line| line.len() <= 80), "{table}");
}

/// The matrix, the cause that twelve have in common, and the package that two have in another version.
fn says_what_they_have_in_common(fleet: &Value) {
    let members = fleet["images"].as_array().unwrap();
    let named = |places: &Value| -> BTreeSet<&str> {
        let places = places.as_array().unwrap().iter().map(|place| usize::try_from(place.as_u64().unwrap()).unwrap());
        places.map(|place| members[place]["name"].as_str().unwrap().split(':').next().unwrap()).collect()
    };
    let unowned: BTreeSet<String> = (0..UNOWNED).map(services::name).collect();
    for member in members {
        let is_unowned = unowned.contains(member["name"].as_str().unwrap().split(':').next().unwrap());
        let wanted = if is_unowned { ("no", "findings") } else { ("yes", "held") };
        assert_eq!((&member["answers"]["starts"], &member["verdict"]), (&json!(wanted.0), &json!(wanted.1)), "{member}");
    }
    let cause = &fleet["causes"][0];
    assert_eq!((&cause["rule"], &cause["created_by"]), (&json!("ownership/readable"), &json!("COPY app /app")));
    assert!(named(&cause["images"]).into_iter().eq(unowned.iter().map(String::as_str)), "{cause}");
    let drift = fleet["drift"].as_array().unwrap();
    let behind: BTreeSet<String> = BEHIND.into_iter().map(services::name).collect();
    assert_eq!((drift.len(), &drift[0]["name"], &drift[0]["versions"][1]["version"]), (1, &json!("fastapi"), &json!("0.104.1")));
    assert!(named(&drift[0]["versions"][1]["images"]).into_iter().eq(behind.iter().map(String::as_str)), "{drift:?}");
}

#[test]
fn one_that_is_missing_costs_the_others_nothing() {
    let server = serve();
    let host = server.host();
    let [here, missing] = [format!("{host}/team/{}:1", services::name(0)), format!("{host}/team/none:1")];
    let (code, report) = json(&["--no-cache", &missing, &here, &here]);
    assert_eq!((code, &report["verdict"]), (3, &json!("incomplete")));
    let images = report["images"].as_array().unwrap();
    assert_eq!(images.len(), 2, "what is named twice is verified once");
    let of = |reference: &str| images.iter().find(|image| image["reference"] == reference).unwrap();
    assert_eq!((&of(&missing)["error"]["kind"], &of(&here)["complete"]), (&json!("not-found"), &json!(true)));
}

#[test]
fn one_image_under_two_tags_is_read_once() {
    let server = serve();
    let repository = format!("{}/team/{}", server.host(), services::name(3));
    let (_, report) = json(&["--no-cache", &format!("{repository}:1"), &format!("{repository}:2")]);
    let images = report["images"].as_array().unwrap();
    assert_eq!((images.len(), &images[0]["digest"]), (2, &images[1]["digest"]));
    let blobs = asked(&server, "/blobs/", 0);
    assert!(blobs.values().all(|times| *times == 1), "{blobs:?}");
}

#[test]
fn a_layer_that_fails_is_tried_once_and_every_image_says_it() {
    let image = service(0);
    let base = image.content.iter().find(|(_, kind, _)| kind.contains("layer")).map(|(digest, _, bytes)| (digest, bytes.len()));
    let (wrong, size) = base.map(|(digest, size)| (digest.to_string(), size)).unwrap();
    let server = scripted(
        move |request| {
            if request.path.ends_with(&wrong) { Reply::new(200, vec![0; size]) } else { image.reply(request) }
        },
    );
    let host = server.host();
    let references = ["a", "b", "c"].map(|name| format!("{host}/team/{name}:1"));
    let (code, report) = json(&["--no-cache", &references[0], &references[1], &references[2]]);
    assert_eq!(code, 6);
    let images = report["images"].as_array().unwrap();
    assert!(images.iter().all(|image| image["error"]["kind"] == "corrupt"), "{images:?}");
    assert_eq!(images[0]["error"]["message"], images[2]["error"]["message"]);
    let blobs = asked(&server, "/blobs/", 0);
    let tried = blobs.values().filter(|times| **times == 1).count();
    assert!(tried + 1 >= blobs.len(), "the configuration is asked for in each repository, a layer once: {blobs:?}");
}

#[test]
fn the_images_of_a_compose_file_carry_the_names_of_its_services() {
    let (server, folder) = (serve(), tempfile::tempdir().unwrap());
    let (file, host) = (folder.path().join("compose.yaml"), server.host());
    let [one, two] = [0, 1].map(services::name);
    let text = format!(
        "services:\n  web:\n    image: {host}/team/{one}:${{TAG:?set it}}\n    platform: linux/arm64\n  job: {{image: \"{host}/team/{one}:1\", \
         platform: linux/arm64}}\n  api: {{image: \"{host}/team/{two}:${{TAG:-1}}\"}}\n  tool: {{build: .}}\n"
    );
    fs::write(&file, text).unwrap();
    fs::write(folder.path().join(".env"), "TAG=1 # as released\n").unwrap();
    let file = file.to_str().unwrap();
    let (code, document, said) = ended(&["--no-cache", "--compose", file, "--format", "json"]);
    let report: Value = serde_json::from_slice(&document).unwrap();
    assert!(code <= 1 && said.contains("the service tool is built and has no image: it is left out"), "{said}");
    let services: Vec<&Value> = report["images"].as_array().unwrap().iter().map(|image| &image["services"]).collect();
    assert_eq!(services, [&json!(["job", "web"]), &json!(["api"])]);
    fs::remove_file(folder.path().join(".env")).unwrap();
    let (code, _, said) = ended(&["--compose", file]);
    assert!(code == 2 && said.contains("compose.yaml:3:12: the variable TAG is wanted: set it"), "{said}");
}

#[test]
fn mistakes_in_what_names_images_are_told_with_their_places() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("images.txt");
    let path = list.to_str().unwrap();
    fs::write(&list, "# all\n\npickme/auth:1 pickme/billing:1\n").unwrap();
    let (code, _, said) = ended(&["--images", path]);
    assert!(code == 2 && said.contains("images.txt:3:15: one image a line is wanted"), "{said}");
    fs::write(&list, "# none\n").unwrap();
    let (code, _, said) = ended(&["--images", path]);
    assert!(code == 2 && said.contains("there is no image in what was named"), "{said}");
    let (code, _, said) = ended(&["--images", "-", "docker-archive:-"]);
    assert!(code == 2 && said.contains("stdin, which holds one thing"), "{said}");
    let (code, _, said) = ended(&["x/a", "x/b", "--save-baseline", "x"]);
    assert!(code == 2 && said.contains("--save-baseline takes one image, and there are 2"), "{said}");
    let (code, _, said) = ended(&["--fail-on", "warn"]);
    assert!(code == 2 && said.contains("<IMAGE>..."), "{said}");
}

#[test]
fn a_real_registry_sends_each_blob_of_thirty_services_once() {
    if !run::asked("a_real_registry_sends_each_blob_of_thirty_services_once") {
        return;
    }
    let registry = image::registry::Registry::start();
    let references: Vec<String> = (0..SERVICES)
        .map(|number| {
            let (folder, image) = (tempfile::tempdir().unwrap(), service(number));
            image.write_layout(folder.path(), &[&image.entry("")]);
            registry.push(folder.path(), &format!("team/{}", services::name(number)))
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let (list, cache) = (folder.path().join("images.txt"), folder.path().join("cache").display().to_string());
    fs::write(&list, references.join("\n")).unwrap();
    registry.sent();
    let arguments = ["--images", list.to_str().unwrap(), "--cache", &cache];
    let (code, report) = json(&arguments);
    let sent = registry.sent();
    let blobs: BTreeSet<&String> = sent.iter().map(|(digest, _)| digest).collect();
    assert_eq!((code, blobs.len()), (1, sent.len()), "each once: {sent:?}");
    let layers = report["pull"]["layers"].as_u64().unwrap();
    assert_eq!(blobs.len() as u64, layers + SERVICES as u64, "every layer and every configuration");
    says_what_they_have_in_common(&report["fleet"]);
    assert_eq!((json(&arguments).1, registry.sent()), (report, vec![]));
}
