//! Profiles that a registry keeps, and what they lock and bound, as the program reads them.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test may panic, and nothing here is public")]

#[path = "support/cli.rs"]
mod cli;
#[path = "support/registry.rs"]
mod registry;

use std::fs;
use std::sync::{Arc, Mutex};

use lucid_verify::digest::Digest;
use registry::{Image, MANIFEST, Reply, Request, Server, scripted};
use serde_json::{Value, json};
use tempfile::TempDir;

const TOML: &str = "application/toml";

/// What `oras push REF lucid-verify.toml:application/toml` makes.
fn artifact(text: &[u8], media_type: &'static str) -> Image {
    let mut artifact = Image::default();
    let empty = artifact.add("application/vnd.oci.empty.v1+json", b"{}".to_vec());
    let mut layer = artifact.add(media_type, text.to_vec());
    layer["annotations"] = json!({"org.opencontainers.image.title": "lucid-verify.toml"});
    let kind = "application/vnd.unknown.artifact.v1";
    let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "artifactType": kind, "config": empty, "layers": [layer]});
    artifact.manifest = manifest.to_string().into();
    artifact
}

/// A registry with an image of one file under `/v2/app` and profiles under `/v2/p0`, `/v2/p1`, and what it was asked.
struct World {
    server: Server,
    asked: Arc<Mutex<Vec<String>>>,
    profiles: Vec<Image>,
    folder: TempDir,
}

impl World {
    fn of(profiles: Vec<Image>) -> Self {
        let config = r#"{"architecture":"arm64","os":"linux","config":{"User":"1:1","Cmd":["/x"]}}"#;
        let app = Image::written("layer COPY x /x\nf 0755 1:1 /x \"#!/gone\\n\"\n", config).unwrap();
        let (asked, kept) = (Arc::<Mutex<Vec<String>>>::default(), profiles.clone());
        let log = Arc::clone(&asked);
        let server = scripted(move |request: &Request| {
            log.lock().unwrap().push(request.path.clone());
            let place = request.path.strip_prefix("/v2/p").and_then(|path| path.split('/').next()?.parse::<usize>().ok());
            place.map_or(&app, |place| &kept[place]).reply(request)
        });
        Self { server, asked, profiles, folder: tempfile::tempdir().unwrap() }
    }

    /// The name of a profile.
    fn name(&self, place: usize) -> String {
        format!("docker://{}/p{place}@{}", self.server.host(), self.profiles[place].digest())
    }

    /// Verifies the image under a profile; exit code, report and stderr.
    fn verify(&self, profile: &str, options: &[&str]) -> (i32, Value, String) {
        let (image, cache) = (format!("{}/app:1", self.server.host()), self.folder.path().join("cache"));
        let given = ["--profile", profile, "--format", "json", "--retries", "0", "--cache", cache.to_str().unwrap()];
        let (code, document, said) = cli::run(&[&[&image[..]], &given[..], options].concat());
        (code, serde_json::from_str(&document).unwrap_or_default(), said)
    }

    /// Writes a profile beside the cache.
    fn write(&self, text: &str) -> String {
        let file = self.folder.path().join("my.toml");
        fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    }
}

#[test]
fn a_profile_comes_from_a_registry_once() {
    let world = World::of(vec![artifact(b"[expect]\nuser = \"7:7\"\n", TOML)]);
    let (code, report, said) = world.verify(&world.name(0), &["--rule", "config/user"]);
    assert_eq!(code, 1, "{said}");
    let policy = &report["images"][0]["policy"];
    assert_eq!((&policy["profile"], &policy["chosen"]), (&world.name(0).into(), &"--profile".into()));
    assert!(report["images"][0]["rules"][0]["findings"][0].to_string().contains("7:7"), "{report:#}");

    let extends = world.write(&format!("extends = \"{}\"\n[expect]\nplatform = \"linux/arm64\"\n", world.name(0)));
    for options in [&["--rule", "config/user"][..], &["--rule", "config/user", "--offline"]] {
        world.asked.lock().unwrap().clear();
        assert_eq!(world.verify(&extends, options).0, 1);
        let asked = world.asked.lock().unwrap();
        assert!(!asked.iter().any(|path| path.contains("/p0/")), "{asked:?}");
    }
    let (code, listed, said) = cli::run(&["rules", "config/user", "--profile", &world.name(0), "--format", "json"]);
    assert!(code == 0 && listed.contains("config/user"), "{said}");
}

#[test]
fn what_cannot_be_had_ends_as_an_image_would_and_names_the_place() {
    let world = World::of(vec![artifact(b"[expect]\n", TOML)]);
    let digest = world.profiles[0].digest();
    let host = world.server.host();
    let elsewhere = |status: u16| {
        let body = r#"{"errors":[{"code":"X","message":"no"}]}"#;
        scripted(move |_| Reply::new(status, body).with("content-type", "application/json"))
    };
    let (denying, missing, closed) = (elsewhere(403), elsewhere(404), elsewhere(503));
    let wrong = Digest::sha256(b"another");
    let other = format!("{host}/p0@{wrong}");
    // The registry answers every name by tag: a document under another digest is what a broken mirror would send.
    let liar = {
        let profile = world.profiles[0].clone();
        scripted(move |_: &Request| Reply::new(200, profile.manifest.clone()).with("content-type", MANIFEST))
    };
    for (reference, code, what) in [
        (format!("{}/p0@{digest}", denying.host()), 4, "403"),
        (format!("{}/p0@{digest}", missing.host()), 3, "404"),
        (other, 3, "manifest"),
        (format!("{}/p0@{digest}", closed.host()), 5, "503"),
        (format!("{}/p0@{wrong}", liar.host()), 6, "has not the digest"),
        (format!("{host}/p0:1"), 2, "names no digest"),
        (format!("{host}/app@{}", Image::default().digest()), 3, "manifest"),
    ] {
        let file = world.write(&format!("# mine\nextends = \"docker://{reference}\"\n"));
        let (found, _, said) = world.verify(&file, &["--timeout", "2"]);
        assert_eq!(found, code, "{reference}: {said}");
        assert!(said.contains(&format!("{file}:2:11")) && said.contains(what) && said.contains("hint: "), "{reference}: {said}");
    }
    let (code, _, said) = world.verify(&format!("docker://{}/p0@{digest}", denying.host()), &[]);
    assert!(code == 4 && said.contains("failed to read the profile docker://"), "{said}");
    let (code, _, said) = world.verify(&world.name(0), &["--offline"]);
    assert!(code == 5 && said.contains("hint: run it once without --offline"), "{said}");
}

#[test]
fn what_is_no_profile_is_refused_and_mistakes_in_one_name_their_place() {
    let mut two = artifact(b"", TOML);
    two.manifest = String::from_utf8(two.manifest).unwrap().replace("\"layers\":[", "\"layers\":[{\"mediaType\":\"x\",\"digest\":\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\",\"size\":0},").into();
    let mut long = artifact(b"", TOML);
    long.manifest = String::from_utf8(long.manifest).unwrap().replace("\"size\":0", "\"size\":1048577").into();
    let mut altered = artifact(b"[expect]\n", TOML);
    altered.content.last_mut().unwrap().2 = b"[expect]#".to_vec();
    let world = World::of(vec![
        artifact(b"", "text/plain"),
        two,
        long,
        artifact(b"\xff", TOML),
        altered,
        artifact(b"\n[expct]\n", TOML),
        artifact(b"extends = \"base.toml\"\n", TOML),
    ]);
    for (place, code, what) in [
        (0, 2, "it is no profile: its layer has the media type text/plain"),
        (1, 2, "it is no profile: it has 2 layers"),
        (2, 2, "its text has 1048577 bytes, more than 1048576"),
        (3, 2, "its text is not UTF-8"),
        (4, 6, "digest"),
        (5, 2, "…:2:2: unknown field `expct`"),
        (6, 2, "…:1:11: a profile from a registry extends a built-in one"),
    ] {
        let (found, _, said) = world.verify(&world.name(place), &[]);
        assert_eq!(found, code, "{place}: {said}");
        assert!(said.contains(what), "{place}: {said}");
    }
}

#[test]
fn a_password_goes_to_no_other_registry_than_that_of_the_images() {
    let (world, other) = (World::of(vec![]), World::of(vec![artifact(b"", TOML)]));
    let image = format!("{}/app:1", world.server.host());
    let run = |profile: &str| {
        let mut command = cli::lucid(&[&image, "--profile", profile, "--username", "me", "--no-cache"]);
        let output = command.env("LUCID_VERIFY_PASSWORD", "secret").output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = run(&other.name(0));
    assert!(code == Some(2) && said.contains("for 2 registries"), "{said}");
    assert!(other.asked.lock().unwrap().is_empty());
}

#[test]
fn limits_of_a_profile_count_and_the_command_line_outranks_them() {
    let world = World::of(vec![]);
    let file = world.write("extends = \"generic\"\n[limits]\npath = 0\nlayers = \"0\"\n");
    let (code, report, _) = world.verify(&file, &[]);
    assert_eq!(code, 8);
    assert!(report["images"][0]["error"]["hint"].to_string().contains("--limit layers="), "{report:#}");
    let (code, report, _) = world.verify(&file, &["--limit", "layers=9"]);
    assert_eq!(code, 8);
    assert!(report["images"][0]["error"]["hint"].to_string().contains("--limit path="), "{report:#}");
}

#[test]
fn what_is_locked_fails_whatever_the_profile_says_that_extends_it() {
    let shared = "[expect]\nuser = \"7:7\"\n[lock]\nrules = [\"config/user\"]\nmax-waiver = \"90d\"\n";
    let world = World::of(vec![artifact(shared.as_bytes(), TOML)]);
    let under = |text: &str| {
        let file = world.write(&format!("extends = \"{}\"\n{text}", world.name(0)));
        world.verify(&file, &["--rule", "config/user"])
    };
    let (code, report, _) = under("[expect]\nuser = \"1:1\"\n");
    assert_eq!(code, 1);
    let said = report["images"][0]["rules"][0]["findings"][0]["message"].as_str().unwrap();
    assert!(said.contains("7:7") && said.contains("…:4:10 locks this rule"), "{said}");
    let (code, _, said) = under("[rules.\"config/user\"]\nlevel = \"off\"\n");
    assert!(code == 2 && said.contains("my.toml:3:9: `config/user` is locked by docker://"), "{said}");
    let (code, _, said) = under("[[ignore]]\nrule = \"config/cmd\"\nreason = \"x\"\nexpires = \"9999-01-01\"\n");
    assert!(code == 2 && said.contains("my.toml:2:1: the waiver of config/cmd holds until 9999-01-01"), "{said}");
}

#[test]
fn a_file_extends_one_that_lies_beside_it() {
    let world = World::of(vec![]);
    fs::write(world.folder.path().join("base.toml"), "[expect]\nuser = \"7:7\"\n").unwrap();
    world.write("extends = \"base.toml\"\n");
    let image = format!("{}/app:1", world.server.host());
    let mut command = cli::lucid(&[&image, "--profile", "./my.toml", "--rule", "config/user", "--no-cache"]);
    assert_eq!(command.current_dir(world.folder.path()).output().unwrap().status.code(), Some(1));
    let within = format!("{}/my.toml", world.folder.path().file_name().unwrap().to_str().unwrap());
    let mut command = cli::lucid(&[&image, "--profile", &within, "--rule", "config/user", "--no-cache"]);
    assert_eq!(command.current_dir(world.folder.path().parent().unwrap()).output().unwrap().status.code(), Some(1));
}
