//! The image of the program itself, assembled as its Dockerfile says, and judged by the program.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/image/mod.rs"]
mod image;
#[path = "support/run.rs"]
mod run;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use image::debian::{archive, run as quietly};
use image::layout::Family;
use image::pack::{Compression, cache};
use image::{Entry, Image, Layer, Step, lucid};
use serde_json::{Value, json};

const DOCKERFILE: &str = include_str!("../Dockerfile");

/// Distroless' base for programs that need the C library, as the one that cargo builds for tests does; releases need nothing.
const CC: &str = "gcr.io/distroless/cc-debian12:nonroot";

/// The architecture of this machine, in Go's names.
const ARCHITECTURE: &str = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };

/// The program that a release has, if `LUCID_RELEASE` names it; else that of the tests, without what debuggers want. To build
/// the first takes as long as all tests.
fn binary() -> Vec<u8> {
    if let Some(released) = std::env::var_os("LUCID_RELEASE") {
        return std::fs::read(released).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("lucid-verify");
    quietly(Command::new("strip").arg("-o").arg(&to).arg(assert_cmd::cargo::cargo_bin!("lucid-verify")));
    std::fs::read(to).unwrap()
}

/// The images of distroless that the Dockerfile may build on, of the Debian packages that they are made of (their
/// BUILD files): one layer each, then accounts and certificates.
fn base(name: &str) -> Image {
    let (apt, native) = (archive(), |name: &str| format!("{name}:{ARCHITECTURE}"));
    let own = match name {
        "gcr.io/distroless/static-debian12:nonroot" => vec![native("base-files")],
        CC => ["base-files", "libc6", "gcc-12-base", "libgcc-s1", "libgomp1", "libssl3", "libstdc++6"].map(native).into(),
        other => panic!("the Dockerfile builds on {other}, of which nothing is known here"),
    };
    let own: Vec<&str> = own.iter().map(|name| &name[..]).collect();
    let mut packages = apt.packages(&own);
    packages.extend(apt.packages(&["netbase", "tzdata"]));
    let step = |made: String, entries| Step { created_by: format!("bazel build {made}"), layer: Some(Layer::new("./", entries)) };
    let mut steps: Vec<Step> = packages.iter().map(|package| step(package.name.clone(), package.entries())).collect();
    steps.push(step("//common:rootfs".into(), lucid::rootfs()));
    steps.push(step("//common:cacerts".into(), lucid::certificates(&apt.packages(&["ca-certificates"])[0])));
    let env =
        ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"];
    let config = json!({"User": "65532", "Env": env, "WorkingDir": "/home/nonroot"});
    Image { steps, config, architecture: ARCHITECTURE, variant: (ARCHITECTURE == "arm64").then_some("v8") }
}

/// Builds what the Dockerfile says, as far as ours goes: one line an instruction, and of those only these. What it copies is
/// the program.
fn build(dockerfile: &str, base: &dyn Fn(&str) -> Image, arguments: &[(&str, &str)], program: &[u8]) -> Image {
    parse_dockerfile::parse(dockerfile).unwrap();
    let mut values: BTreeMap<&str, String> = BTreeMap::new();
    let expanded = |text: &str, values: &BTreeMap<&str, String>| {
        let put = |text: String, (name, value): (&&str, &String)| text.replace(&format!("${{{name}}}"), value);
        let text = values.iter().fold(text.to_owned(), put);
        assert!(!text.contains('$'), "{text}: an argument that nobody gave");
        text
    };
    let mut image = Image::of([]);
    for line in dockerfile.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (keyword, rest) = line.split_once(' ').unwrap();
        match keyword {
            "ARG" => {
                let (name, default) = rest.split_once('=').unwrap_or((rest, ""));
                let given = arguments.iter().find(|(given, _)| *given == name);
                values.insert(name, given.map_or(default, |(_, value)| value).to_owned());
                continue;
            }
            "FROM" => {
                image = base(&expanded(rest, &values));
                continue;
            }
            "LABEL" => {
                let (name, value) = rest.split_once('=').unwrap();
                image.config["Labels"][name] = expanded(value.trim_matches('"'), &values).into();
            }
            "COPY" => {
                let words: Vec<&str> = rest.split(' ').collect();
                let ["--chmod=0755", from, to] = words[..] else { panic!("{line}") };
                assert_eq!(expanded(from, &values), format!("dist/linux/{ARCHITECTURE}/lucid-verify"));
                let path = PathBuf::from(to.trim_start_matches('/'));
                let above = path.ancestors().skip(1).filter(|path| path.file_name().is_some());
                let mut entries: Vec<Entry> = above.map(|path| Entry::directory(path.to_str().unwrap())).collect();
                entries.reverse();
                entries.push(Entry::file(path.to_str().unwrap(), program).mode(0o755));
                image.append(&format!("{line} # buildkit"), entries);
                continue;
            }
            "USER" => image.config["User"] = rest.into(),
            "ENTRYPOINT" => image.config["Entrypoint"] = serde_json::from_str(rest).unwrap(),
            other => panic!("nothing is known here of {other}"),
        }
        image.say(line);
    }
    image
}

/// Exit code and report of the image, which has no tag yet.
fn judged(image: &Image) -> (Option<i32>, Value) {
    let folder = tempfile::tempdir_in(cache()).unwrap();
    image.write_layout(folder.path(), Compression::None, Family::Oci);
    let name = format!("oci:{}", folder.path().display());
    let dockerfile = concat!(env!("CARGO_MANIFEST_DIR"), "/Dockerfile");
    run::json(&[&name, "--profile", "generic", "--fail-on", "warn", "--dockerfile", dockerfile])
}

/// The rules that fail, with what they say.
fn failed(report: &Value) -> Vec<String> {
    let rules = report["images"][0]["rules"].as_array().unwrap().iter().filter(|rule| rule["outcome"] == "fail");
    rules.map(|rule| format!("{}: {}", rule["id"].as_str().unwrap(), rule["findings"][0]["message"])).collect()
}

#[test]
fn the_programs_own_image_holds_and_would_not_were_it_made_otherwise() {
    if !run::asked("the_programs_own_image_holds_and_would_not_were_it_made_otherwise") {
        return;
    }
    let given = [("BASE", CC), ("TARGETOS", "linux"), ("TARGETARCH", ARCHITECTURE)];
    let program = binary();

    let good = build(DOCKERFILE, &base, &given, &program);
    let (code, report) = judged(&good);
    assert_eq!(code, Some(0), "{:#?}", failed(&report));
    assert_eq!(run::rules(&report, "unknown"), [""; 0]);
    for question in ["whole", "starts", "safe", "lean"] {
        assert_eq!(report["images"][0]["answers"][question], "yes", "{question}");
    }

    let mut foreign = program.clone();
    // e_machine, in the byte order of both (elf(5)).
    foreign[18] = if foreign[18] == 62 { 183 } else { 62 };
    let uncertified = |name: &str| {
        let mut image = base(name);
        image.steps.retain(|step| !step.created_by.ends_with("cacerts"));
        image
    };
    let as_root = DOCKERFILE.replace("USER 65532:65532", "USER 0:0");
    let careless = build(&as_root, &uncertified, &given, &foreign);
    // What a release that is not static would come to.
    let unfit = [("BASE", "gcr.io/distroless/static-debian12:nonroot"), given[1], given[2]];
    let linked = build(DOCKERFILE, &base, &unfit, &program);
    for (image, rules) in [(careless, &["platform/", "config/certs: ", "config/user: "][..]), (linked, &["linkage/interp: "])] {
        let (code, report) = judged(&image);
        let failed = failed(&report);
        assert_eq!(code, Some(1), "{failed:#?}");
        for rule in rules {
            assert!(failed.iter().any(|failed| failed.starts_with(rule)), "{rule}: {failed:#?}");
        }
    }
}
