//! The report in files of every format, through the program: an image in which every name and every text is hostile, runs
//! that could not look, and files that cannot be written.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/cli.rs"]
mod cli;
#[path = "support/layout.rs"]
mod layout;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cli::{lucid, run};
use layout::{Layout, tar};
use serde_json::{Value, json};

const FORMATS: [&str; 8] = ["table", "json", "markdown", "html", "junit", "sarif", "github", "codequality"];

/// What would act in one format or another.
const EVIL: [&str; 10] = [
    "::error title=evil::evil",
    "##[add-mask]evil",
    "]]><script>evil()</script><!--",
    "--><img src=x onerror=evil>",
    "\u{1b}[31mevil\u{202e}\u{7}",
    "`evil` @everyone #1 ![evil](https://evil.example)",
    "</details></system-out></failure>evil",
    "evil\n::error::evil\n| evil |",
    "%0A::warning::evil%25",
    "&lt;evil&gt; \" ' [evil](https://evil.example)",
];

/// An image that finds a hostile text wherever it may put one.
fn hostile(folder: &Path) -> String {
    let files: Vec<(String, Vec<u8>)> = EVIL
        .iter()
        .flat_map(|evil| {
            let evil = evil.replace('/', "\u{2215}");
            let info = format!("usr/local/lib/python3.11/site-packages/{}-1.dist-info", evil.replace(['\n', '\0'], " "));
            let metadata = format!("Metadata-Version: 2.1\nName: {}\nVersion: 1\n", evil.replace('\n', " "));
            [
                (format!("app/{evil}/.lucid-{evil}-marker"), b"\n".to_vec()),
                (format!("{info}/METADATA"), metadata.clone().into_bytes()),
                (format!("{info}/RECORD"), format!("\"{}.py\",sha256=AAAA,3\n", evil.replace(['\n', '"'], " ")).into_bytes()),
            ]
        })
        .collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, content)| (&path[..], &content[..])).collect();
    let labels: Value =
        EVIL.iter().map(|evil| (format!("com.lucid.{evil}"), Value::from(*evil))).collect::<serde_json::Map<_, _>>().into();
    let env: Vec<String> = EVIL.iter().map(|evil| format!("{evil}={evil}")).collect();
    let history: Vec<Value> =
        EVIL.iter().map(|evil| json!({"created_by": format!("{evil}\n::error::evil"), "empty_layer": true})).collect();
    let last = json!({"created_by": "::error::evil COPY ##[error]evil"});
    let history = [&history[..], &[last]].concat();
    let config = json!({
        "architecture": "arm64", "os": "linux", "author": EVIL[0], "created": EVIL[2],
        "history": history,
        "config": {
            "User": EVIL[0], "Cmd": [EVIL[0], EVIL[7]], "Env": env, "Labels": labels, "WorkingDir": EVIL[5],
            "Healthcheck": {"Test": ["CMD", EVIL[1]]}, "Volumes": {EVIL[3]: {}}, "ExposedPorts": {EVIL[4]: {}},
        },
    });
    Layout { layers: vec![tar(&files)], config }.write(folder);
    format!("oci:{}", folder.display())
}

/// The options that write every format into a folder, and the files.
fn outputs(folder: &Path) -> (Vec<String>, Vec<PathBuf>) {
    let files: Vec<PathBuf> = FORMATS.iter().map(|format| folder.join(format!("report.{format}"))).collect();
    let options = FORMATS.iter().zip(&files).map(|(format, file)| format!("--output={format}={}", file.display()));
    (options.collect(), files)
}

fn document(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

fn verify(image: &str, more: &[&str], options: &[String]) -> (i32, String, String) {
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    run(&[&[image, "--no-cache", "--profile", "lucid", "--retries", "0"], more, &options[..]].concat())
}

/// Whether a runner of GitHub Actions, or a terminal, would act on a text.
fn acts(text: &str) -> bool {
    let commands = text.lines().any(|line| line.trim_start().starts_with("::") || line.contains("##["));
    commands || text.chars().any(|character| character.is_control() && character != '\n' || character == '\u{202e}')
}

#[test]
fn a_hostile_image_injects_nothing_into_any_format() {
    let folder = tempfile::tempdir().unwrap();
    let image = hostile(&folder.path().join("image"));
    let (options, files) = outputs(folder.path());
    let (code, stdout, stderr) = verify(&image, &["-v"], &options);
    assert_eq!(code, 1, "{stderr}");
    assert!(!acts(&stdout) && !acts(&stderr), "{stdout}\n{stderr}");
    let [table, report, markdown, html, junit, sarif, github, codequality] = &files[..] else { panic!() };
    let text = |file: &Path| fs::read_to_string(file).unwrap();
    for file in [table, markdown, report, sarif, codequality, junit] {
        assert!(!acts(&text(file)), "{}", file.display());
        assert!(text(file).contains("evil"), "{}", file.display());
    }
    for line in text(github).lines() {
        let ours = ["lucid-verify: findings ", "::error title=", "::warning title=", "::notice title="];
        assert!(ours.iter().any(|ours| line.starts_with(ours)) && !line.contains("##["), "{line}");
        assert!(!line.contains("title=evil") && !acts(line.trim_start_matches("::")), "{line}");
    }
    for tag in ["<script>evil", "<img", "onerror=evil>", "-->", "<!--"] {
        assert!(!text(html).contains(tag) && !text(junit).contains(tag), "{tag}");
    }
    let count = |value: &Value| value.as_array().unwrap().len();
    let findings: usize =
        document(report)["images"][0]["rules"].as_array().unwrap().iter().map(|rule| count(&rule["findings"])).sum();
    assert!(findings > 10, "{findings}");
    assert_eq!(count(&document(sarif)["runs"][0]["results"]), findings);
    assert!(count(&document(codequality)) >= findings);
    well_formed(junit);
    Layout::small().write(&folder.path().join("small"));
    let small = format!("oci:{}", folder.path().join("small").display());
    for verb in [&["inspect"][..], &["ls", "-R"], &["size"], &["inspect", "--facts"], &["diff", &small]] {
        let (_, stdout, stderr) = run(&[verb, &[&image, "--no-cache"]].concat());
        assert!(stdout.contains("evil") && !acts(&stdout) && !acts(&stderr), "{verb:?}: {stdout}\n{stderr}");
    }
}

/// Asserts that an XML parser that is not ours takes a file; says where there is none.
fn well_formed(file: &Path) {
    match Command::new("xmllint").arg("--noout").arg(file).output() {
        Ok(output) => assert!(output.status.success(), "{}", output.stderr.escape_ascii()),
        Err(_) => say("skipped: xmllint is not installed"),
    }
}

fn say(line: &str) {
    let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("{line}\n").as_bytes());
}

#[test]
fn a_run_that_could_not_look_leaves_no_green_report_of_yesterday() {
    let folder = tempfile::tempdir().unwrap();
    let (options, files) = outputs(folder.path());
    let missing = format!("oci:{}", folder.path().join("missing").display());
    let wrong = ["--profile", "no/such.toml"];
    let gone = [&missing[..], "--no-cache"];
    let runs: [(&[&str], i32); 2] = [(&gone, 3), (&[gone[0], gone[1], wrong[0], wrong[1]], 2)];
    for (arguments, expected) in runs {
        for file in &files {
            fs::write(file, "green").unwrap();
        }
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let (code, _, stderr) = run(&[arguments, &options[..]].concat());
        assert_eq!(code, expected, "{stderr}");
        let [_, report, _, _, junit, sarif, _, codequality] = &files[..] else { panic!() };
        let (report, sarif) = (document(report), document(sarif));
        assert_eq!((&report["verdict"], &report["exit_code"]), (&json!("incomplete"), &json!(expected)));
        assert_eq!(report["images"][0]["complete"], false);
        let invocation = &sarif["runs"][0]["invocations"][0];
        assert_eq!((&invocation["executionSuccessful"], &invocation["exitCode"]), (&json!(false), &json!(expected)));
        assert_eq!(invocation["toolExecutionNotifications"][0]["level"], "error");
        assert!(fs::read_to_string(junit).unwrap().contains(" failures=\"0\" errors=\"1\""));
        assert_eq!(document(codequality)[0]["severity"], "blocker");
        for file in &files {
            assert_ne!(fs::read_to_string(file).unwrap(), "green", "{}", file.display());
        }
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), FORMATS.len(), "no draft stays behind");
}

#[test]
fn what_cannot_be_written_is_said_before_anything_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let inside = |name: &str| folder.path().join(name).display().to_string();
    Layout::small().write(&folder.path().join("image"));
    fs::write(inside("old.json"), "{}").unwrap();
    fs::create_dir(inside("there")).unwrap();
    let image = format!("oci:{}", inside("image"));
    let to = |format: &str, name: &str| format!("--output={format}={}", inside(name));
    for (options, said) in [
        (vec![to("json", "none/x")], "No such file or directory"),
        (vec![to("json", "there")], "it is no regular file"),
        (vec!["--output=json=/dev/null".into()], "it is no regular file"),
        (vec![to("json", "x"), to("junit", "there/../x")], "would overwrite --output"),
        (vec![to("json", "old.json"), "--baseline".into(), inside("old.json")], "which this run reads or writes itself"),
        (vec![to("json", "x"), "--save-baseline".into(), inside("x")], "which this run reads or writes itself"),
        (vec!["--output=json=-".into()], "stdout is --format's: write --format json"),
        (vec!["--output=json=".into()], "write a file behind json="),
        (vec!["--output=report.xml".into()], "write FORMAT=FILE"),
        (vec!["--output=junti=x".into()], "did you mean junit?"),
    ] {
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let (code, stdout, stderr) = run(&[&[&image[..]], &options[..]].concat());
        assert!(code == 2 && stdout.is_empty() && stderr.contains(said), "{options:?}: {code} {stderr}");
    }
    for verb in [&["size"][..], &["diff", &image]] {
        let (code, _, stderr) = run(&[verb, &[&image, &to("junit", "x")]].concat());
        assert!(code == 2 && stderr.contains("judges nothing"), "{stderr}");
        let (code, stdout, stderr) =
            run(&[verb, &[&image, "--no-cache", &to("html", "page"), &to("json", "json"), &to("table", "t")]].concat());
        assert_eq!(code, 0, "{stderr}");
        assert!(
            fs::read_to_string(inside("page")).unwrap().starts_with("<!DOCTYPE html>")
                && document(Path::new(&inside("json"))).is_object()
        );
        assert_eq!(fs::read_to_string(inside("t")).unwrap(), stdout);
    }
}

#[test]
fn a_finding_is_shown_at_the_line_that_made_it() {
    let folder = tempfile::tempdir().unwrap();
    let work = folder.path().join("repository/services/a b");
    fs::create_dir_all(&work).unwrap();
    fs::create_dir(folder.path().join("repository/.git")).unwrap();
    fs::write(work.join("Dockerfile"), "FROM scratch\n\nCOPY config /app/config\n").unwrap();
    fs::write(work.join("lucid-verify.toml"), "extends = \"lucid\"\n\n[rules.\"config/user\"]\nlevel = \"warn\"\n").unwrap();
    let mut image = Layout::small();
    image.layers = vec![tar(&[("app/config", b"password=hunter2\n"), ("app/id_rsa", b"-----BEGIN OPENSSH PRIVATE KEY-----\n")])];
    image.config = json!({"architecture": "arm64", "os": "linux", "config": {"User": "root"},
        "history": [{"created_by": "COPY config /app/config # buildkit"}]});
    image.write(&folder.path().join("image"));
    let image = format!("oci:{}", folder.path().join("image").display());
    let sarif = |options: &[&str]| {
        let output =
            lucid(&[&[&image[..], "--no-cache", "--format", "sarif"], options].concat()).current_dir(&work).output().unwrap();
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let at = |document: &Value, wanted: &dyn Fn(&Value) -> bool| {
        let results = document["runs"][0]["results"].as_array().unwrap();
        let place = &results.iter().find(|result| wanted(result)).unwrap()["locations"][0]["physicalLocation"];
        (place["artifactLocation"]["uri"].as_str().unwrap().to_owned(), place["region"]["startLine"].as_u64().unwrap())
    };
    let user = |result: &Value| result["ruleId"] == "config/user";
    let layer = |result: &Value| {
        result["locations"][0]["logicalLocations"].as_array().unwrap().iter().any(|place| place["kind"] == "layer")
    };
    let other = |result: &Value| result["ruleId"] == "labels/required";
    let file = |name: &str, line: u64| (format!("services/a%20b/{name}"), line);
    let built = sarif(&["--dockerfile", "Dockerfile"]);
    assert_eq!(at(&built, &layer), file("Dockerfile", 3));
    assert_eq!(at(&built, &user), file("lucid-verify.toml", 3));
    assert_eq!(at(&built, &other), file("lucid-verify.toml", 1));
    let found = sarif(&["--profile", "lucid"]);
    assert_eq!(at(&found, &layer), ("lucid-verify.toml".into(), 1));
}
