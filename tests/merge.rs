//! Reports put together: what the shards of a sweep say together is what one run says, in every format; what is missing is
//! never green; the table for databases says what the report says; two fleets are told apart.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/cli.rs"]
mod cli;
#[path = "support/layout.rs"]
mod layout;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cli::{lucid, run};
use layout::{Layout, tar};
use lucid_verify::report::{Shard, tabular};
use serde_json::{Value, json};

/// Formats in which a merge is what one run prints. A page of a merge has no map of the tree.
const FORMATS: [&str; 9] = ["table", "json", "markdown", "junit", "sarif", "github", "codequality", "csv", "parquet"];

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn document(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

/// Images in a folder, each with a package of its own version and a file that no one may read.
fn images(folder: &Path, versions: &[&str]) -> Vec<String> {
    let image = |(number, version): (usize, &&str)| {
        let status = format!(
            "Package: openssl\nStatus: install ok installed\nVersion: {version}\nArchitecture: arm64\n\
             Maintainer: x\nDescription: x\n\n"
        );
        let own = vec![b'x'; 1_000 * (number + version.len())];
        let config = json!({"architecture": "arm64", "os": "linux", "config": {"User": "65532:65532", "Cmd": ["/run"]}});
        let layers = vec![
            tar(&[
                ("var/lib/dpkg/status", status.as_bytes()),
                ("var/lib/dpkg/info/openssl.list", b"/.\n/usr\n/usr/lib\n/usr/lib/own\n"),
                ("etc/os-release", b"ID=debian\nVERSION_ID=12\n"),
            ]),
            tar(&[("usr/lib/own", &own), ("etc/key.pem", b"-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n")]),
        ];
        let directory = folder.join(format!("image-{number}"));
        Layout { layers, config }.write(&directory);
        format!("oci:{}", directory.display())
    };
    versions.iter().enumerate().map(image).collect()
}

fn options(folder: &Path) -> Vec<String> {
    FORMATS.iter().map(|format| format!("--output={format}={}", folder.join(format).display())).collect()
}

/// What a run over all images says, in all formats.
fn single(images: &[String], folder: &Path) -> Value {
    fs::create_dir_all(folder).unwrap();
    let output = lucid(&["--no-cache", "--profile", "generic", "--quiet"])
        .args(images)
        .args(options(folder))
        .env("SOURCE_DATE_EPOCH", "1763726400")
        .output()
        .unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1 | 9)), "{}", output.stderr.escape_ascii());
    document(&fs::read(folder.join("json")).unwrap())
}

/// The same as `count` shards, image by image in turn.
fn shards(report: &Value, folder: &Path, count: usize) -> Vec<String> {
    fs::create_dir_all(folder).unwrap();
    let images = report["images"].as_array().unwrap();
    let references: Vec<&str> = images.iter().map(|image| image["reference"].as_str().unwrap()).collect();
    let shard = |index: usize| {
        let mut part = report.clone();
        let mine = images.iter().enumerate().filter(|(number, _)| number % count == index);
        part["images"] = mine.map(|(_, image)| image.clone()).collect();
        let shard = Shard::of(u32::try_from(index).unwrap(), u32::try_from(count).unwrap(), &references);
        part["shard"] = serde_json::to_value(shard).unwrap();
        let file = folder.join(format!("shard-{index}.json"));
        fs::write(&file, part.to_string()).unwrap();
        file.display().to_string()
    };
    (0..count).map(shard).collect()
}

#[test]
fn shards_are_together_what_one_run_prints_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let report = single(&images(folder.path(), &["1.1", "1.10", "3"]), &at("single"));
    let parts = shards(&report, &at("parts"), 2);
    fs::create_dir(at("merged")).unwrap();
    let files = options(&at("merged"));
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    // The later part first, and all of them once more in the folder.
    let (code, stdout, stderr) = run(&[&["merge", &parts[1], path(&at("parts"))], &files[..]].concat());
    assert_eq!(code, i32::try_from(report["exit_code"].as_u64().unwrap()).unwrap(), "{stderr}");
    assert!(stderr.is_empty(), "{stderr}");
    for format in FORMATS {
        let (single, merged) = (fs::read(at("single").join(format)).unwrap(), fs::read(at("merged").join(format)).unwrap());
        assert!(single == merged, "{format}");
    }
    assert_eq!(stdout.as_bytes(), fs::read(at("merged").join("table")).unwrap());
    let whole = at("single").join("json").display().to_string();
    let page = |reports: &[&str]| run(&[&["merge", "--format", "html"], reports].concat()).1;
    let html = page(&[&parts[0], &parts[1]]);
    assert!(html == page(&[&whole]) && html.contains("a report that was merged has none"));
    let mut piped = lucid(&["merge", "-", &parts[0], "--format", "json"]);
    let piped = piped.write_stdin(fs::read(&parts[1]).unwrap()).output().unwrap();
    assert_eq!(piped.stdout, fs::read(at("single").join("json")).unwrap());
    let (never, ..) = run(&["merge", &whole, "--fail-on", "never", "--quiet"]);
    assert_eq!(never, 0);
}

#[test]
fn what_is_missing_is_named_and_never_green() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let report = single(&images(folder.path(), &["1", "2", "3"]), &at("single"));
    let parts = shards(&report, &at("parts"), 3);
    fs::create_dir(at("out")).unwrap();
    let files = options(&at("out"));
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let (code, _, stderr) = run(&[&["merge", "--fail-on", "never", &parts[0], &parts[2]], &files[..]].concat());
    assert_eq!(code, 3, "{stderr}");
    assert!(stderr.contains("shard 1/3") && stderr.contains("--shard 1/3") && !stderr.contains("shard 0/3"), "{stderr}");
    let written = document(&fs::read(at("out").join("json")).unwrap());
    assert_eq!((&written["verdict"], &written["exit_code"]), (&json!("incomplete"), &json!(3)));
    for format in FORMATS.iter().filter(|format| **format != "parquet") {
        let text = fs::read_to_string(at("out").join(format)).unwrap();
        assert!(text.contains("shard 1/3"), "{format}: {text}");
    }
    // Put together with what is missing, it is whole.
    let (_, whole, stderr) = run(&["merge", path(&at("out").join("json")), &parts[1], "--format", "json"]);
    assert!(whole.as_bytes() == fs::read(at("single").join("json")).unwrap(), "{stderr}");
}

#[test]
fn what_is_no_report_is_said_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let write = |name: &str, text: &str| {
        fs::write(folder.path().join(name), text).unwrap();
        at(name)
    };
    fs::create_dir(folder.path().join("empty")).unwrap();
    let broken = write("broken.json", "{\"schema\": 1,\n \"images\": [ {\"reference\": \u{1b} } ] }");
    let other = write("other.json", "{\"schema\": 2, \"images\": []}");
    let archive = write("x.tar", "PK");
    let out = write("out", "yesterday");
    for (named, code, said) in [
        (&broken, 2, "line 2 column"),
        (&other, 2, "schema 2"),
        (&archive, 2, "no report"),
        (&at("missing.json"), 3, "missing.json"),
        (&at("empty"), 3, "no *.json"),
    ] {
        let output = format!("json={out}");
        let (ended, stdout, stderr) = run(&["merge", named, "--output", &output]);
        assert_eq!((ended, stdout.is_empty()), (code, true), "{stderr}");
        assert!(stderr.contains(said) && stderr.contains("hint: ") && !stderr.contains('\u{1b}'), "{stderr}");
        let report = document(&fs::read(&out).unwrap());
        assert_eq!((&report["verdict"], report["exit_code"].as_i64()), (&json!("incomplete"), Some(code.into())));
    }
    assert_eq!(run(&["merge", "-", "-"]).0, 2);
    assert_eq!(run(&["merge", &broken, &format!("--output=json={broken}")]).0, 2);
    assert_eq!(run(&["merge"]).0, 2);
}

#[test]
fn two_fleets_are_compared_image_by_image() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let old = single(&images(folder.path(), &["1", "1", "1"]), &at("old"));
    let mut new = single(&images(folder.path(), &["1", "1.2", "1.2.3"]), &at("new"));
    // One went, another came.
    new["images"][0]["reference"] = "docker.io/team/new:1".into();
    fs::write(at("new.json"), new.to_string()).unwrap();
    let (old_file, new_file) = (at("old").join("json"), at("new.json"));
    let diff = |more: &[&str]| run(&[&["diff", path(&old_file), path(&new_file)], more].concat());
    let (code, stdout, stderr) = diff(&["--format", "json"]);
    assert_eq!(code, 0, "{stderr}");
    let fleets = document(stdout.as_bytes());
    let count = |list: &str| fleets[list].as_array().unwrap().len();
    assert_eq!((count("added"), count("removed"), count("changed"), &fleets["same"]), (1, 1, 2, &json!(0)));
    let grown = |at: usize| {
        let bytes = &fleets["changed"][at]["unpacked_bytes"];
        bytes["new"].as_u64().unwrap() - bytes["old"].as_u64().unwrap()
    };
    assert!(grown(0) > grown(1) && grown(1) > 1_000, "{fleets}");
    let moved = &fleets["packages"][0];
    assert_eq!((&moved["name"], &moved["old_version"], &moved["images"]), (&json!("openssl"), &json!("1"), &json!(1)));
    for format in ["table", "markdown", "html"] {
        let (code, text, _) = diff(&["--format", format]);
        let all = ["team/new:1", "openssl", "3 images: 1 came, 1 went, 2 changed, 0 as before"];
        assert!(code == 0 && all.iter().all(|part| text.contains(part)), "{format}: {text}");
    }
    let (code, same, _) = run(&["diff", path(&old_file), path(&old_file)]);
    assert!(code == 0 && same.starts_with("3 images: 0 came, 0 went, 0 changed, 3 as before"), "{same}");
    // One image against many is that image against itself; which of many is none.
    let mut one = old.clone();
    one["images"] = json!([old["images"][1]]);
    fs::write(at("one.json"), one.to_string()).unwrap();
    assert_eq!(run(&["diff", path(&at("one.json")), path(&old_file)]).0, 0);
    one["images"][0]["reference"] = "docker.io/team/other:1".into();
    fs::write(at("one.json"), one.to_string()).unwrap();
    let (code, _, stderr) = run(&["diff", path(&at("one.json")), path(&old_file)]);
    assert!(code == 2 && stderr.contains("not clear"), "{stderr}");
}

#[test]
fn the_documentation_has_the_columns_that_there_are() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/formats.md");
    let page = fs::read_to_string(file).unwrap();
    let (begin, end) = ("<!-- columns -->\n", "<!-- /columns -->");
    let (before, rest) = page.split_once(begin).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    let current = format!("{before}{begin}{}{end}{after}", tabular::markdown());
    if std::env::var_os("LUCID_UPDATE").is_some() {
        fs::write(file, &current).unwrap();
    }
    assert!(page == current, "docs/formats.md is stale: LUCID_UPDATE=1 cargo test --test merge");
}

#[test]
fn a_table_has_a_row_for_everything_and_is_never_printed_to_a_screen() {
    let folder = tempfile::tempdir().unwrap();
    let report = single(&images(folder.path(), &["=1", "2"]), &folder.path().join("out"));
    let mut table = csv::Reader::from_path(folder.path().join("out/csv")).unwrap();
    let names: Vec<String> = table.headers().unwrap().iter().map(ToOwned::to_owned).collect();
    assert_eq!(names, tabular::COLUMNS.iter().map(|column| column.name).collect::<Vec<_>>());
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    let column = |name: &str| names.iter().position(|known| known == name).unwrap();
    let count = |kind: &str| rows.iter().filter(|row| &row[column("row")] == kind).count();
    let list = |value: &Value| value.as_array().unwrap().len();
    let images = report["images"].as_array().unwrap();
    let findings = images.iter().flat_map(|image| image["rules"].as_array().unwrap()).map(|rule| list(&rule["findings"])).sum();
    assert_eq!((count("image"), count("layer"), count("package"), count("finding")), (2, 4, 2, findings));
    let versions: Vec<&str> = rows.iter().map(|row| &row[column("version")]).filter(|version| !version.is_empty()).collect();
    assert_eq!(versions, ["'=1", "2"]);
    // util-linux' script gives a program a terminal.
    let call = format!("{} merge --format parquet {}", env!("CARGO_BIN_EXE_lucid-verify"), path(&folder.path().join("out/json")));
    match Command::new("script").args(["-qefc", &call, "/dev/null"]).stdin(Stdio::null()).output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(output.status.code() == Some(2) && said.contains("--output parquet=FILE"), "{said}");
        }
        Err(_) => writeln!(std::io::stderr(), "skipped: script is not installed").unwrap(),
    }
}

/// Where `DuckDB` is installed, for this run and those to come.
fn duckdb() -> PathBuf {
    let root = std::env::var_os("LUCID_REAL_CACHE")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/lucid-real"), PathBuf::from);
    let packages = root.join("duckdb");
    if !packages.join("duckdb").exists() {
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--target"]);
        assert!(pip.arg(&packages).arg("duckdb>=1.1").status().unwrap().success());
    }
    packages
}

/// What `DuckDB` answers, a JSON document a line.
fn ask(queries: &[String], folder: &Path) -> Vec<Value> {
    let script = "import duckdb, json, sys\n\
        for query in json.load(sys.stdin):\n    \
            answer = duckdb.sql(query)\n    \
            print(json.dumps([dict(zip(answer.columns, row)) for row in answer.fetchall()], default=str))\n";
    let mut python = Command::new("python3");
    python.args(["-c", script]).env("PYTHONPATH", duckdb()).current_dir(folder);
    let mut python = python.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    python.stdin.take().unwrap().write_all(json!(queries).to_string().as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| document(line.as_bytes())).collect()
}

/// The queries of a page of the documentation.
fn queries(page: &str) -> Vec<String> {
    let text = fs::read_to_string(format!("{}/docs/{page}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    text.split("```sql\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn a_database_reads_what_the_report_says() {
    if std::env::var_os("LUCID_REAL").is_none_or(|value| value != "1") {
        return writeln!(std::io::stderr(), "skipped: what DuckDB reads needs LUCID_REAL=1").unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let report = single(&images(folder.path(), &["1", "-2", "1"]), &at("out"));
    fs::create_dir(at("tables")).unwrap();
    for name in ["sweep.parquet", "tables/2026-11-21.parquet"] {
        fs::copy(at("out/parquet"), at(name)).unwrap();
    }
    fs::copy(at("out/csv"), at("sweep.csv")).unwrap();
    let kinds: String = tabular::COLUMNS.iter().map(|column| format!("('{}', '{}'),", column.name, column.kind())).collect();
    let mut asked = vec![
        format!(
            "SELECT column_name FROM (DESCRIBE FROM 'sweep.parquet') ANTI JOIN (VALUES {}) known(column_name, column_type) \
             USING (column_name, column_type)",
            kinds.trim_end_matches(',')
        ),
        "SELECT reference, CAST(today AS VARCHAR) AS today, verdict, unpacked_bytes, files, whole FROM 'sweep.parquet' \
         WHERE row = 'image' ORDER BY reference"
            .to_owned(),
        "SELECT version, bytes FROM 'sweep.parquet' WHERE row = 'package' ORDER BY reference".to_owned(),
        "SELECT rule, message FROM 'sweep.parquet' WHERE row = 'finding'".to_owned(),
        "SELECT CAST(decode(value) AS VARCHAR) AS version FROM parquet_kv_metadata('sweep.parquet') \
         WHERE decode(key) = 'lucid-verify.table'"
            .to_owned(),
        // Column by column the same, but for what was defused.
        "SELECT count(*) AS rows FROM (SELECT * EXCLUDE (version) FROM 'sweep.parquet' EXCEPT \
         SELECT * EXCLUDE (version) FROM read_csv('sweep.csv'))"
            .to_owned(),
        "SELECT count(*) AS rows FROM read_csv('sweep.csv') WHERE version = '''-2'".to_owned(),
    ];
    let own = asked.len();
    asked.extend(queries("formats.md").into_iter().chain(queries("trends.md")));
    assert_eq!(asked.len(), own + 8);
    let answers = ask(&asked, folder.path());
    assert_eq!(answers[0], json!([]));
    for (row, image) in answers[1].as_array().unwrap().iter().zip(report["images"].as_array().unwrap()) {
        let sizes = &image["sizes"];
        let told = json!({"reference": image["reference"], "today": report["today"], "verdict": image["verdict"],
            "unpacked_bytes": sizes["unpacked_bytes"], "files": sizes["files"], "whole": image["answers"]["whole"]});
        assert_eq!(*row, told);
    }
    let versions: Vec<&Value> = answers[2].as_array().unwrap().iter().map(|row| &row["version"]).collect();
    assert_eq!(versions, ["1", "-2", "1"]);
    let findings: usize = report["images"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|image| image["rules"].as_array().unwrap())
        .map(|rule| rule["findings"].as_array().unwrap().len())
        .sum();
    assert_eq!(answers[3].as_array().unwrap().len(), findings);
    assert_eq!(answers[4][0]["version"], tabular::VERSION.to_string());
    assert_eq!((&answers[5][0]["rows"], &answers[6][0]["rows"]), (&json!(0), &json!(1)));
    for (query, answer) in asked.iter().zip(&answers).skip(own) {
        assert!(!answer.as_array().unwrap().is_empty(), "{query}");
    }
}
