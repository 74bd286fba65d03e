use serde_json::{Value, json};

use super::super::{Judged, RULES, judge, known};
use super::presence::{Packages, State};
use crate::digest::Digest;
use crate::facts::fixture::{Item, dir, elf, file, link, tree, unkept};
use crate::facts::{Facts, Sources, Verified};
use crate::finding::{Judgement, Level, Outcome};
use crate::image::{Attestation, Config, Resolved};
use crate::profile::{Policy, Subject};
use crate::reference::{Reference, Transport};
use crate::size::Breakdown;
use crate::vfs::Tree;

const SITE: &str = "/usr/local/lib/python3.13/site-packages";

fn facts(tree: &Tree, run: &Value) -> Facts {
    let digest = Digest::sha256(b"");
    let descriptor = json!({"digest": digest.to_string(), "size": 0});
    let manifest = json!({"schemaVersion": 2, "config": descriptor, "layers": [descriptor]});
    let document = json!({"config": run, "rootfs": {"type": "layers", "diff_ids": [digest.to_string()]}}).to_string();
    let image = Resolved {
        reference: Reference { transport: Transport::Layout { directory: "x".into() }, tag: None, digest: None },
        digest: None,
        index_digest: None,
        index_platform: None,
        manifest: serde_json::from_value(manifest).unwrap(),
        config: Config::parse(document.as_bytes(), &digest, 1).unwrap(),
        attestation: Attestation::Absent(""),
        notes: vec![],
    };
    Facts::gather(&image, tree, Verified::default(), &Sources::default())
}

/// The official image, with more in it.
fn official(more: impl IntoIterator<Item = Item>) -> Tree {
    let items = [
        elf("/usr/local/bin/python3.13", 183),
        link("/usr/local/bin/python3", "python3.13"),
        link("/usr/local/bin/python", "python3"),
        unkept("/usr/local/lib/python3.13/os.py"),
        elf("/bin/sh", 183),
        file("/app/main.py", "import os\n"),
    ];
    tree(items.into_iter().chain(more))
}

fn distribution(name: &str, record: &[&str]) -> Vec<Item> {
    let at = |file: &str| format!("{SITE}/{name}-1.dist-info/{file}");
    let rows = format!("{},,\n{name}-1.dist-info/METADATA,,\n", record.join(",,\n"));
    let mut items = vec![file(&at("METADATA"), format!("Name: {name}\nVersion: 1\n")), file(&at("RECORD"), rows)];
    items.extend(record.iter().filter(|row| !row.starts_with("..")).map(|row| unkept(&format!("{SITE}/{row}"))));
    items
}

fn state(items: Vec<Item>, name: &str) -> State {
    let tree = official(items);
    let facts = facts(&tree, &json!({"Cmd": ["python"]}));
    let packages = Packages {
        tree: &tree,
        runtimes: &facts.runtimes,
        sites: facts.python.sites.iter().collect(),
        home: SITE.into(),
        first: vec![],
    };
    packages.state(name)
}

fn said(items: Vec<Item>, name: &str) -> String {
    match state(items, name) {
        State::Present => "present".into(),
        State::Absent(path, text) => format!("{path}: {text}"),
        State::Mistaken(_, text) | State::Unknown(text) => text,
    }
}

#[test]
fn a_package_is_known_by_its_distribution_and_by_its_module() {
    let timeout = || distribution("async_timeout", &["async_timeout.py"]);
    let consul = || {
        let garbage = file(&format!("{SITE}/python_consul-1.dist-info/top_level.txt"), "consul/__init__\nconsul/aio\n");
        distribution("python_consul", &["consul/__init__.py", "docs/conf.py"]).into_iter().chain([garbage]).collect::<Vec<_>>()
    };
    for (items, name) in [
        (timeout(), "async_timeout"),
        (timeout(), "async-timeout"),
        (consul(), "consul"),
        (consul(), "Python.Consul"),
        (distribution("grpcio", &["grpc/__init__.py"]), "grpcio"),
        (distribution("protobuf", &["google/protobuf/__init__.py"]), "google.protobuf"),
        (distribution("protobuf", &["google/protobuf/__init__.py"]), "google"),
        (distribution("opentelemetry-api", &["opentelemetry/context/__init__.py"]), "opentelemetry-api"),
        (distribution("metapackage", &[]), "metapackage"),
        (vec![unkept(&format!("{SITE}/copied/__init__.py"))], "copied"),
        (vec![file(&format!("{SITE}/old-1.egg-info/top_level.txt"), "elder\n"), unkept(&format!("{SITE}/elder.py"))], "old"),
    ] {
        assert_eq!(state(items, name), State::Present, "{name}");
    }
}

#[test]
fn a_package_that_is_not_there_is_told_by_what_is() {
    let garbage = file(&format!("{SITE}/python_consul-1.dist-info/METADATA"), "Name: python-consul\nVersion: 1.1.0\n");
    let record = file(&format!("{SITE}/python_consul-1.dist-info/RECORD"), "consul/__init__.py,,\n");
    for (items, name, text) in [
        (vec![], "grpcio", format!("{SITE}/grpc: grpcio is not installed")),
        (vec![], "jwt", format!("{SITE}/jwt: jwt is not installed")),
        (vec![dir(&format!("{SITE}/grpc"))], "grpc", format!("{SITE}/grpc: grpc: {SITE}/grpc is a directory without __init__")),
        (
            vec![garbage, record],
            "consul",
            format!(
                "{SITE}/consul/__init__.py: consul: the distribution python-consul 1.1.0 is there, but its module consul is not"
            ),
        ),
        (
            distribution("jwt", &["jwt/__init__.py"]),
            "jwt",
            "jwt: the module jwt is of the distribution jwt 1, not of pyjwt".into(),
        ),
        (distribution("jwt", &["jwt/__init__.py"]), "PyJWT", "the module jwt is of the distribution jwt 1, not of pyjwt".into()),
        (distribution("pymongo", &["pymongo/__init__.py", "bson/__init__.py"]), "pymongo", "present".into()),
        (distribution("x", &["../../../bin/x", "x.cpython-313-aarch64-linux-gnu.so"]), "x", "present".into()),
    ] {
        assert_eq!(said(items, name), text, "{name}");
    }
}

/// What the rules of this file's group, and that of the path, say of an image against itself.
fn judged(tree: &Tree, run: &Value) -> Vec<Judged> {
    let facts = facts(tree, run);
    let subject = Subject { name: "x", labels: &std::collections::BTreeMap::new(), has_file: &|_| false };
    let profile = Policy::auto(&known()).choose(&subject, None, chrono::NaiveDate::MIN).unwrap();
    let own = |id: &str| id.starts_with("python/") || id == "config/pythonpath";
    assert_eq!(RULES.iter().filter(|rule| rule.id == "config/pythonpath").count(), 1);
    let alone = Judgement::skip("nothing");
    judge(tree, &facts, &Breakdown::of(tree, &facts), &profile, Err(&alone), None, &|rule| own(&rule.id))
}

/// What is worse than a remark, or unknown.
fn complaints(tree: &Tree, run: &Value) -> Vec<String> {
    let judged = judged(tree, run);
    let findings = judged.iter().flat_map(|judged| {
        let unknown = judged.judgement.reason().filter(|_| judged.judgement.outcome() == Outcome::Unknown);
        let findings = judged.judgement.findings.iter().filter(|finding| finding.level > Level::Info);
        findings.map(|finding| &finding.message[..]).chain(unknown).map(|text| format!("{}: {text}", judged.rule.id))
    });
    findings.collect()
}

#[test]
fn what_is_foretold_is_what_python_prints() {
    let items = || {
        let server = distribution("uvicorn", &["uvicorn/__init__.py", "uvicorn/__main__.py"]);
        server.into_iter().chain([unkept("/app/pk/__init__.py"), link("/app/loop", "loop"), dir("/app/bare")])
    };
    for (words, line) in [
        ("python3 /app/x.py", "python3: can't open file '/app/x.py': [Errno 2] No such file or directory"),
        ("/usr/local/bin/python x.py", "/usr/local/bin/python: can't open file '/app/x.py': [Errno 2] No such file or directory"),
        ("python3 main.py/x.py", "python3: can't open file '/app/main.py/x.py': [Errno 20] Not a directory"),
        ("python3 /app/loop", "python3: can't open file '/app/loop': [Errno 40] Too many levels of symbolic links"),
        ("python3 /app/bare", "python3: can't find '__main__' module in '/app/bare'"),
        ("python3 -m x", "/usr/local/bin/python3: No module named x"),
        ("python3 -m pk.x", "/usr/local/bin/python3: No module named pk.x"),
        (
            "python3 -m pk",
            "/usr/local/bin/python3: No module named pk.__main__; 'pk' is a package and cannot be directly executed",
        ),
        (
            "python3 -m x.y",
            "/usr/local/bin/python3: Error while finding module specification for 'x.y' \
             (ModuleNotFoundError: No module named 'x')",
        ),
        (
            "python3 -m main.x",
            "/usr/local/bin/python3: Error while finding module specification for 'main.x' \
             (ModuleNotFoundError: __path__ attribute not found on 'main' while trying to find 'main.x')",
        ),
        (
            "python3 -m main.x.y",
            "/usr/local/bin/python3: Error while finding module specification for 'main.x.y' \
             (ModuleNotFoundError: No module named 'main.x'; 'main' is not a package)",
        ),
        ("python3 -m uvicorn x:app", "ERROR:    Error loading ASGI app. Could not import module \"x\"."),
        ("python3 -m uvicorn x.y:app", "ModuleNotFoundError: No module named 'x'"),
    ] {
        let argv: Vec<&str> = words.split(' ').collect();
        let judged = judged(&official(items()), &json!({"Cmd": argv, "WorkingDir": "/app"}));
        let lines: Vec<&str> =
            judged.iter().flat_map(|one| &one.judgement.findings).filter_map(|finding| finding.predicts.as_deref()).collect();
        assert_eq!(lines, [line], "{words}");
    }
}

#[test]
fn ordinary_images_are_not_complained_of() {
    let script = |python: &str| [file("/usr/local/bin/uvicorn", format!("#!{python}\n"))];
    let server = || distribution("uvicorn", &["uvicorn/__init__.py", "uvicorn/__main__.py", "../../../bin/uvicorn"]);
    let venv = || {
        [
            file("/venv/pyvenv.cfg", "home = /usr/local/bin\n"),
            link("/venv/bin/python", "/usr/local/bin/python3"),
            file("/venv/bin/gunicorn", "#!/venv/bin/python\n"),
            unkept("/venv/lib/python3.13/site-packages/gunicorn/__init__.py"),
            unkept("/venv/lib/python3.13/site-packages/distutils-precedence.pth"),
        ]
    };
    for (tree, run) in [
        (official([]), json!({"Cmd": ["python3"]})),
        (official([]), json!({"Cmd": ["python", "main.py"], "WorkingDir": "/app"})),
        (official([]), json!({"Cmd": ["python", "/app/main.py"], "Env": ["PYTHONPATH=:/app"]})),
        (official([]), json!({"Entrypoint": ["python"], "Cmd": ["-m", "main"], "WorkingDir": "/app", "Env": ["PYTHONPATH=."]})),
        (official([]), json!({"Cmd": ["/bin/sh", "-c", "exec python main.py"], "WorkingDir": "/app"})),
        (
            official(server().into_iter().chain(script("/usr/local/bin/python3.13"))),
            json!({"Cmd": ["uvicorn", "main:app"], "WorkingDir": "/app"}),
        ),
        (official(server()), json!({"Cmd": ["python", "-m", "uvicorn", "main:app"], "WorkingDir": "/app"})),
        (official(server()), json!({"Cmd": ["python", "-I", "-c", "import uvicorn"]})),
        (
            official(venv()),
            json!({"Cmd": ["gunicorn", "-c", "conf.py", "main:app"], "WorkingDir": "/app", "Env": ["PATH=/venv/bin:/usr/local/bin"]}),
        ),
        (official(venv()), json!({"Cmd": ["/bin/sh", "/entrypoint.sh"]})),
        (official([file("/app/tool/__main__.py", "x")]), json!({"Cmd": ["python", "/app/tool"]})),
        (tree([elf("/server", 183)]), json!({"Cmd": ["/server"]})),
    ] {
        assert_eq!(complaints(&tree, &run), [""; 0], "{run}");
    }
}

#[test]
fn what_would_not_start_is_told_without_a_pattern() {
    let debian = |more: Vec<Item>| {
        let items = [elf("/usr/bin/python3.13", 183), unkept("/usr/lib/python3.13/os.py"), dir("/usr/lib/python3/dist-packages")];
        tree(items.into_iter().chain(more))
    };
    let mut server = distribution("uvicorn", &["uvicorn/__init__.py", "../../../bin/uvicorn"]);
    server.push(file("/usr/local/bin/uvicorn", "#!/usr/bin/python3.13\n"));
    let unseen = complaints(&debian(server), &json!({"Cmd": ["/usr/local/bin/uvicorn", "--help"]}));
    assert!(
        matches!(&unseen[..], [one] if one.starts_with("python/importable-path") && one.contains("dist-packages")),
        "{unseen:?}"
    );
    let gone = complaints(&official([]), &json!({"Cmd": ["python", "-m", "app.main"], "WorkingDir": "/app"}));
    assert!(matches!(&gone[..], [one] if one.starts_with("python/module-resolves")), "{gone:?}");
    let gone = complaints(&official([]), &json!({"Cmd": ["python", "app.py"], "WorkingDir": "/app"}));
    assert!(matches!(&gone[..], [one] if one.starts_with("python/entrypoint-file") && one.contains("main.py")), "{gone:?}");
    let other = dir("/usr/local/lib/python3.12/site-packages");
    let skewed = json!({"Cmd": ["python"], "Env": ["PYTHONPATH=/usr/local/lib/python3.12/site-packages"]});
    let skewed = complaints(&official([other]), &skewed);
    assert!(matches!(&skewed[..], [one] if one.starts_with("python/version-consistent")), "{skewed:?}");
}
