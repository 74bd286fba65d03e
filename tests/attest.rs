//! `--attest`: the statement that is written, and the runs of which none is.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/cli.rs"]
#[allow(dead_code, reason = "a part of it is used")]
mod cli;
#[path = "support/registry.rs"]
mod registry;
#[path = "support/tags.rs"]
mod tags;

use std::path::Path;

use cli::lucid;
use lucid_verify::serve::Image;
use registry::Fixture;
use serde_json::{Value, json};
use tags::Registry;
use tempfile::TempDir;

/// An image under which nothing is wrong but, with a world-writable file, one thing.
fn image(mode: &str) -> Image {
    let layers = format!(
        "layer ADD rootfs.tar /\nd 0755 0:0 /etc\nf 0644 0:0 /etc/os-release \"ID=debian\\n\"\nlayer COPY run /app/run\n\
         d 0755 0:0 /app\nf {mode} 0:0 4096 /app/run elf:aarch64,exec\n"
    );
    Image::written(&layers, r#"{"os":"linux","architecture":"arm64","config":{"User":"1000:1000","Cmd":["/app/run"]}}"#).unwrap()
}

/// A folder with a profile, and what earlier runs attested.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("own.toml"), "extends = \"generic\"\n").unwrap();
        std::fs::write(folder.path().join("statement.json"), "yesterday's").unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn statement(&self) -> Option<Vec<u8>> {
        std::fs::read(self.path("statement.json")).ok()
    }

    /// Verifies with `--attest`; exit code and stderr.
    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let file = self.path("statement.json");
        let mut command = lucid(&[&["--attest", &file, "--no-cache", "--retries", "0"], arguments].concat());
        let output = command.current_dir(self.0.path()).env("SOURCE_DATE_EPOCH", "1800000000").output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }
}

fn json(bytes: Option<Vec<u8>>) -> Value {
    serde_json::from_slice(&bytes.expect("a statement")).unwrap()
}

#[test]
fn what_was_verified_is_attested_by_the_digest_of_its_manifest_and_of_its_policy() {
    let (good, bad) = (image("0755"), image("0777"));
    let index = registry::Fixture::indexed(good.clone(), r#","platform":{"os":"linux","architecture":"arm64"}"#);
    let registry =
        Registry::of(vec![("x/app", "1", good.clone()), ("x/app", "bad", bad.clone()), ("x/app", "all", index.clone())]);
    let folder = Folder::new();
    let attested =
        |tag: &str| folder.run(&[&registry.name(&format!("x/app:{tag}")), "--profile", "own.toml", "--fail-on", "warn"]);

    let (code, stderr) = attested("1");
    assert_eq!(code, 0, "{stderr}");
    let bytes = folder.statement();
    let said = json(bytes.clone());
    let digest = good.digest();
    assert_eq!(
        said["subject"],
        json!([{"digest": {"sha256": digest.hex()}, "name": format!("{}/x/app", registry.server.host())}])
    );
    let predicate = &said["predicate"];
    assert_eq!(
        (&predicate["verificationResult"], &predicate["timeVerified"]),
        (&json!("PASSED"), &json!("2027-01-15T08:00:00Z"))
    );
    assert_eq!(predicate["policy"]["uri"], "lucid-verify:profile/own.toml");
    attested("1");
    assert_eq!(folder.statement(), bytes, "the same run says the same to the byte");

    std::fs::write(folder.path("own.toml"), "extends = \"generic\"\n[expect]\nplatform = \"linux/arm64\"\n").unwrap();
    let (code, stderr) = attested("bad");
    assert_eq!(code, 1, "{stderr}");
    let failed = json(folder.statement());
    let predicate = &failed["predicate"];
    assert_eq!((&predicate["verificationResult"], &predicate["verifiedLevels"]), (&json!("FAILED"), &json!(["FAILED"])));
    assert_eq!(failed["subject"][0]["digest"]["sha256"], bad.digest().hex());
    assert_ne!(predicate["policy"]["digest"], said["predicate"]["policy"]["digest"]);

    // Of an index one manifest is verified, and only that is attested.
    let (code, stderr) = attested("all");
    assert_eq!(code, 0, "{stderr}");
    let one = json(folder.statement());
    assert_eq!(one["subject"].as_array().unwrap().len(), 1);
    assert_eq!(one["subject"][0]["digest"]["sha256"], digest.hex());
    let beyond = &one["predicate"]["https://github.com/lucid-verify/lucid-verify"];
    assert_eq!(beyond["indexDigest"], index.digest().to_string());
    assert_eq!(beyond["failOn"], "warn");
}

#[test]
fn an_image_on_disk_is_attested_too() {
    let (image, folder) = (image("0755"), Folder::new());
    image.write_layout(Path::new(&folder.path("layout")), &[&image.entry("")]);
    let (code, stderr) = folder.run(&["oci:layout", "--profile", "generic"]);
    assert_eq!(code, 0, "{stderr}");
    let said = json(folder.statement());
    assert_eq!(said["subject"], json!([{"digest": {"sha256": image.digest().hex()}}]));
    assert_eq!(said["predicate"]["policy"]["uri"], "lucid-verify:profile/generic");
}

#[test]
fn a_run_that_would_say_more_than_it_looked_at_is_refused_before_it_reads() {
    let registry = Registry::of(vec![("x/app", "1", image("0755"))]);
    let (name, other, folder) = (registry.name("x/app:1"), registry.name("x/app:2"), Folder::new());
    let named = ["--profile", "generic"];
    for (arguments, why) in [
        (vec![&name[..]], "the image would choose what it is judged by"),
        (vec![&name, "--profile", "generic", "--rule", "safe"], "--rule leaves rules out"),
        (vec![&name, &other, "--profile", "generic"], "it takes one image"),
        (vec!["docker-archive:x.tar", "--profile", "generic"], "has no manifest"),
        (vec!["docker-daemon:x", "--profile", "generic"], "has no manifest"),
        (vec![&name, "--profile", "generic", "--all-platforms"], "cannot be used with"),
        (vec![&name, "--profile", "generic", "--fail-on", "never"], "lets everything pass"),
        (vec![&name, "--profile", "generic", "--baseline", &name, "--new-only"], "lets findings pass"),
        (vec![&name, "--profile", "generic", "--baseline", &name, "--max-growth", "1%"], "replaces what the profile says"),
    ] {
        let (code, stderr) = folder.run(&arguments);
        assert_eq!((code, stderr.contains(why)), (2, true), "{arguments:?}: {stderr}");
    }
    assert!(registry.server.requests().is_empty());
    for wrong in ["none/statement.json", "."] {
        let output = lucid(&[&["--attest", wrong, &name], &named[..]].concat()).current_dir(folder.0.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{wrong}");
    }
}

#[test]
fn where_there_is_no_verdict_nothing_of_yesterday_stays() {
    let registry = Registry::of(vec![("x/app", "1", image("0755"))]);
    let folder = Folder::new();
    let (code, stderr) = folder.run(&[&registry.name("x/app:2"), "--profile", "generic"]);
    assert_eq!((code, folder.statement()), (3, None), "{stderr}");
    assert!(stderr.contains("was not written: the image was not read to its end"), "{stderr}");
    let mut left = std::fs::read_dir(folder.0.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(left.all(|name| !name.contains(".draft")));
}

#[test]
fn the_admission_policies_in_the_documentation_ask_for_what_a_statement_says() {
    let (image, folder) = (image("0755"), Folder::new());
    std::fs::rename(folder.path("own.toml"), folder.path("lucid-verify.toml")).unwrap();
    image.write_layout(Path::new(&folder.path("layout")), &[&image.entry("")]);
    // A profile in this folder is named by being there.
    let (code, stderr) = folder.run(&["oci:layout"]);
    assert_eq!(code, 0, "{stderr}");
    let said = json(folder.statement());
    let page = include_str!("../docs/supply-chain.md");
    let blocks = page.split("```yaml\n").skip(1).map(|block| block.split("```").next().unwrap());
    let [kyverno, sigstore]: [Value; 2] =
        blocks.map(|block| serde_saphyr::from_str(block).unwrap()).collect::<Vec<Value>>().try_into().unwrap();

    let attestation = &kyverno["spec"]["rules"][0]["verifyImages"][0]["attestations"][0];
    assert_eq!(attestation["type"], said["predicateType"]);
    let conditions = attestation["conditions"][0]["all"].as_array().unwrap();
    assert!(conditions.len() > 2);
    for condition in conditions {
        let key = condition["key"].as_str().unwrap().trim_matches(['{', '}', ' ']).replace('.', "/");
        assert_eq!(said["predicate"].pointer(&format!("/{key}")), Some(&condition["value"]), "{key}");
    }

    let attestation = &sigstore["spec"]["authorities"][0]["attestations"][0];
    assert_eq!(attestation["predicateType"], said["predicateType"]);
    let cue = attestation["policy"]["data"].as_str().unwrap();
    for value in cue.split('"').skip(1).step_by(2) {
        assert!(said.to_string().contains(&format!("\"{value}\"")), "{value}");
    }
}
