//! The profiles of docs/examples, as they are written: each is asked of an image that satisfies it and of some that do
//! not, and chosen in every way that a service is chosen.

#![allow(clippy::unwrap_used)]

mod support {
    #[allow(dead_code, reason = "other tests read edits")]
    pub mod golden;
}

use std::path::{Path, PathBuf};
use std::process::Command;

use lucid_verify::serve::Server;
use serde_json::{Value, json};
use support::golden::{Image, base, image, slim};

/// What someone did to an image, the edit, and the rule whose finding is then the only cause.
type Broken = (&'static str, fn(&mut Image), &'static str);

/// A profile, and images to ask it of.
struct Example {
    /// The service that it declares, and the name of its file.
    service: &'static str,
    /// A name that `match` fits.
    name: &'static str,
    /// The image that satisfies it.
    image: fn() -> Image,
    /// What breaks it.
    broken: &'static [Broken],
}

const EXAMPLES: &[Example] = &[
    Example {
        service: "auth",
        name: "pickme/lucid-auth",
        image: auth,
        broken: &[
            (
                "lost the module that redis.asyncio needs",
                |image| image.remove(&site("async_timeout/__init__.py")),
                "python/record-integrity",
            ),
            (
                "wrote a marker of no pattern",
                |image| image.replace("LUCID_AUTH_BINARIES_INSTALLED_1763700000", "installed"),
                "marker/content",
            ),
        ],
    },
    Example {
        service: "blockchain-engine",
        name: "pickme/lucid-blockchain-engine",
        image: engine,
        broken: &[
            ("left a directory of the monorepo out", |image| image.remove("/app/evm/__init__.py"), "layout/app"),
            (
                "started another service's API",
                |image| image.configure("/config/Cmd", r#"["/usr/bin/python3.11", "/app/data-chain/entrypoint.py"]"#),
                "config/service-entrypoint",
            ),
        ],
    },
    Example {
        service: "data-chain",
        name: "pickme/lucid-data-chain",
        image: data_chain,
        broken: &[
            ("left the configuration out", |image| image.remove("/app/blockchain/config/__init__.py"), "layout/app"),
            (
                "copied the whole monorepo",
                |image| {
                    image.add(3, "d 0755 65532:65532 /app/evm");
                    (0..40).for_each(|number| image.add(3, &file(&format!("/app/evm/m{number}.py"), "pass\\n")));
                },
                "layout/minimal",
            ),
        ],
    },
    Example {
        service: "service-mesh-controller",
        name: "pickme/lucid-service-mesh-controller",
        image: controller,
        broken: &[
            ("left the module out of COPY", |image| image.remove("/app/controller/main.py"), "python/module-resolves"),
            (
                "emptied a source marker",
                |image| image.replace("LUCID_SERVICE_MESH_CONTROLLER_SIDECAR_1763700000", ""),
                "marker/nonempty",
            ),
        ],
    },
    Example {
        service: "tunnel-tools",
        name: "pickme/lucid-tunnel-tools",
        image: tunnel,
        broken: &[
            (
                "put the program behind the init",
                |image| {
                    image.configure(
                        "/config/Entrypoint",
                        r#"["/usr/bin/tini", "--", "/usr/bin/python3.11", "/app/entrypoint.py"]"#,
                    );
                    image.configure("/config/Cmd", "null");
                },
                "config/entrypoint",
            ),
            ("let the health check wait forever", |image| image.replace("s.settimeout(2); ", ""), "healthcheck/timeout"),
        ],
    },
    Example {
        service: "elasticsearch",
        name: "pickme/lucid-elasticsearch",
        image: elasticsearch,
        broken: &[
            (
                "wrote an empty placeholder",
                |image| {
                    image.replace(
                        "cluster.name: lucid-cluster\\nnode.name: lucid-node\\ndiscovery.type: single-node\\nhttp.port: 9200",
                        "",
                    );
                },
                "layout/config-files",
            ),
            (
                "locked a directory in with touch",
                |image| image.replace("LUCID_ELASTICSEARCH_LIB_DIRECTORY", ""),
                "marker/nonempty",
            ),
        ],
    },
    Example {
        service: "java-base",
        name: "pickme/lucid-java-base",
        image: java_base,
        broken: &[
            ("left a directory out", |image| image.remove("/var/lib/.keep"), "marker/var-lib"),
            ("forgot --chown", |image| image.replace("65532:65532 /var/run/.keep", "0:0 /var/run/.keep"), "ownership/markers"),
        ],
    },
    Example {
        service: "scylla-runner",
        name: "homeric/scylla-runner",
        image: scylla,
        broken: &[
            (
                "copied site-packages without the commands",
                |image| image.remove("/usr/local/bin/scylla"),
                "layout/required-binaries",
            ),
            ("left the compiler in", |image| image.add(0, &object("/usr/bin/gcc-12")), "toolchain/compilers"),
            ("forgot git", |image| image.remove("/usr/bin/git"), "layout/required-binaries"),
        ],
    },
];

const SITE: &str = "/usr/local/lib/python3.11/site-packages";

fn site(path: &str) -> String {
    format!("{SITE}/{path}")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples")
}

/// The line of a file of the service.
fn file(path: &str, text: &str) -> String {
    format!("f 0644 65532:65532 {path} \"{text}\"")
}

/// The line of an executable of the slim image's machine.
fn object(path: &str) -> String {
    format!("f 0755 0:0 {path} elf:x86-64,exec,interp=/lib64/ld-linux-x86-64.so.2")
}

/// The lines of an installed package.
fn package(site: &str, owner: &str, name: &str, module: &str) -> Vec<String> {
    let file = |path: &str, text: &str| format!("f 0644 {owner} {site}/{path} \"{text}\"");
    let info = format!("{}-1.0.dist-info", name.replace('-', "_"));
    let rows = [format!("{module}/__init__.py"), format!("{info}/METADATA"), format!("{info}/RECORD")];
    let record: String = rows.iter().flat_map(|row| [row, ",,\\n"]).collect();
    vec![
        format!("d 0755 {owner} {site}/{module}"),
        format!("d 0755 {owner} {site}/{info}"),
        file(&format!("{module}/__init__.py"), "name = __name__\\n"),
        file(&format!("{info}/METADATA"), &format!("Metadata-Version: 2.1\\nName: {name}\\nVersion: 1.0\\n")),
        file(&format!("{info}/RECORD"), &record),
    ]
}

/// A Python service of the pattern: the golden image with another name, other packages and other code.
fn service(id: &str, packages: &[(&str, &str)], code: &[(&str, &str)], cmd: &[&str]) -> Image {
    let mut image = base();
    image.replace("LUCID_AUTH_", &format!("LUCID_{}_", id.replace('-', "_").to_uppercase()));
    image.configure("/config/Labels/com.lucid.service", &json!(id).to_string());
    image.configure("/config/Cmd", &json!(cmd).to_string());
    // Objects are as long as they have to be to be written.
    image.replace(",,64\\n", ",,\\n");
    for (name, module) in packages {
        for line in package(SITE, "65532:65532", name, module) {
            image.add(1, &line);
        }
    }
    let mut folders: Vec<&str> =
        code.iter().flat_map(|(path, _)| path.match_indices('/').skip(2).map(|(end, _)| &path[..end])).collect();
    folders.sort_unstable();
    folders.dedup();
    let mut lines = vec!["d 0755 0:0 /app".to_owned()];
    lines.extend(folders.iter().map(|folder| format!("d 0755 65532:65532 {folder}")));
    lines.extend(code.iter().map(|(path, text)| file(path, text)));
    image.rewrite(3, "COPY --chown=65532:65532 /build /app", lines);
    image
}

const WEB: [(&str, &str); 2] = [("fastapi", "fastapi"), ("pydantic", "pydantic")];
const DATABASE: [(&str, &str); 3] = [("motor", "motor"), ("pymongo", "pymongo"), ("blake3", "blake3")];
const PYTHON: &str = "/usr/bin/python3.11";

fn auth() -> Image {
    let others = [("cryptography", "cryptography"), ("PyJWT", "jwt"), ("bcrypt", "bcrypt")];
    let more = [("eth-account", "eth_account"), ("web3", "web3"), ("base58", "base58")];
    let packages = [&WEB[..1], &DATABASE[..2], &others, &more].concat();
    let code = [("/app/main.py", "import redis\\n")];
    service("auth", &packages, &code, &[PYTHON, "/app/main.py"])
}

fn engine() -> Image {
    let packages = [&WEB[..], &DATABASE, &[("web3", "web3")]].concat();
    let mut code = vec![("/app/api/entrypoint.py", "import core\\n"), ("/app/data-chain/entrypoint.py", "import core\\n")];
    for folder in ["api", "core", "utils", "config", "contracts", "deployment", "evm", "on_system_chain"] {
        code.push((format!("/app/{folder}/__init__.py").leak(), "name = __name__\\n"));
    }
    service("blockchain-engine", &packages, &code, &[PYTHON, "/app/api/entrypoint.py"])
}

fn data_chain() -> Image {
    let packages = [&WEB[..], &DATABASE].concat();
    let mut code = vec![("/app/blockchain/__init__.py", ""), ("/app/blockchain/data/__main__.py", "import uvicorn\\n")];
    for folder in ["data", "core", "config"] {
        code.push((format!("/app/blockchain/{folder}/__init__.py").leak(), "name = __name__\\n"));
    }
    service("data-chain", &packages, &code, &[PYTHON, "-m", "blockchain.data"])
}

fn controller() -> Image {
    let packages = [("aiohttp", "aiohttp"), ("python-consul", "consul"), ("pydantic", "pydantic")];
    let code = [
        ("/app/controller/__init__.py", ""),
        ("/app/controller/main.py", "import grpc\\nimport consul\\n"),
        ("/app/controller/.lucid-source-marker", "LUCID_SERVICE_MESH_CONTROLLER_SOURCE_1763700000\\n"),
        ("/app/sidecar/__init__.py", "name = __name__\\n"),
        ("/app/sidecar/.lucid-sidecar-marker", "LUCID_SERVICE_MESH_CONTROLLER_SIDECAR_1763700000\\n"),
    ];
    service("service-mesh-controller", &packages, &code, &[PYTHON, "-m", "controller.main"])
}

fn tunnel() -> Image {
    let code = [
        ("/app/entrypoint.py", "import tunnel_metrics\\nimport tunnel_status\\n"),
        ("/app/tunnel_metrics.py", "import os\\n"),
        ("/app/tunnel_status.py", "import os\\n"),
    ];
    let mut image = service("tunnel-tools", &[], &code, &[PYTHON, "/app/entrypoint.py"]);
    image.configure("/config/Entrypoint", r#"["/usr/bin/tini", "--"]"#);
    image.add(3, "f 0755 65532:65532 /usr/bin/tini elf:aarch64,exec,interp=/lib/ld-linux-aarch64.so.1,needed=libc.so.6");
    image
}

const ELASTICSEARCH: &str = r#"
layer ADD rootfs.tar /
d 0755 0:0 /usr/share/elasticsearch/bin
f 0644 0:0 /etc/passwd "root:x:0:0:root:/root:/sbin/nologin\nelastic:x:65532:65532:elastic:/:/sbin/nologin\n"
f 0644 0:0 /etc/group "root:x:0:\nelastic:x:65532:\n"
f 0644 0:0 /usr/lib/os-release "PRETTY_NAME=\"Distroless\"\nID=debian\nVERSION_ID=\"12\"\n"
f 0755 0:0 /usr/share/elasticsearch/bin/elasticsearch elf:aarch64,exec
layer COPY --chown=65532:65532 /usr/share/elasticsearch/config /usr/share/elasticsearch/config
f 0644 65532:65532 /usr/share/elasticsearch/config/elasticsearch.yml "cluster.name: lucid-cluster\nnode.name: lucid-node\ndiscovery.type: single-node\nhttp.port: 9200\n"
layer COPY --chown=65532:65532 /var/lib /var/lib
f 0644 65532:65532 /var/lib/.keep "LUCID_ELASTICSEARCH_LIB_DIRECTORY\n"
"#;

const JAVA: &str = r#"
layer ADD rootfs.tar /
d 0755 0:0 /usr/lib/jvm/bin
f 0644 0:0 /etc/passwd "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n"
f 0644 0:0 /etc/group "root:x:0:\nnonroot:x:65532:\n"
f 0644 0:0 /usr/lib/os-release "PRETTY_NAME=\"Distroless\"\nID=debian\nVERSION_ID=\"12\"\n"
f 0755 0:0 /usr/lib/jvm/bin/java elf:aarch64,exec
layer COPY --chown=65532:65532 /var/run /var/run
f 0644 65532:65532 /var/run/.keep "LUCID_AUTH_SERVICE_RUNTIME_DIRECTORY\n"
layer COPY --chown=65532:65532 /var/lib /var/lib
f 0644 65532:65532 /var/lib/.keep "LUCID_AUTH_SERVICE_LIB_DIRECTORY\n"
"#;

/// An image without Python.
fn other(layers: &str, id: &str, cmd: &str) -> Image {
    let labels = json!({"com.lucid.service": id});
    let run = json!({"User": "65532:65532", "Cmd": [cmd], "WorkingDir": "/", "Labels": labels});
    image(layers, json!({"os": "linux", "architecture": "arm64", "config": run}))
}

fn elasticsearch() -> Image {
    other(ELASTICSEARCH, "elasticsearch", "/usr/share/elasticsearch/bin/elasticsearch")
}

fn java_base() -> Image {
    other(JAVA, "java-base", "/usr/lib/jvm/bin/java")
}

fn scylla() -> Image {
    let mut image = slim();
    for line in package("/usr/local/lib/python3.10/site-packages", "0:0", "scylla", "scylla") {
        image.add(2, &line);
    }
    for number in 0..9 {
        image.add(2, &format!("f 0644 0:0 /usr/local/lib/python3.10/site-packages/scylla/m{number}.py \"pass\\n\""));
    }
    image.add(3, r##"f 0755 0:0 /usr/local/bin/scylla "#!/usr/local/bin/python3.10\nimport scylla\n""##);
    image.configure("/config/User", "\"1000:1000\"");
    image.configure("/config/Labels", r#"{"com.lucid.service": "scylla-runner"}"#);
    image
}

/// What is said of an image under a name: the exit code, the service, and the causes that are errors.
fn verify(example: &Example, image: &Image, name: &str, options: &[&str]) -> (Option<i32>, Value, Vec<String>) {
    let image = image.served();
    let server = Server::start(move |request| image.reply(request)).unwrap();
    let profile = folder().join(format!("{}.toml", example.service));
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("lucid-verify"));
    command.arg("--no-cache").env("SOURCE_DATE_EPOCH", "1763726400").arg(format!("{}/{name}:latest-arm64", server.host()));
    let output = command.arg("--profile").arg(profile).args(["--format", "json"]).args(options).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{}: {error}: {}", example.service, String::from_utf8_lossy(&output.stderr)));
    let image = &report["images"][0];
    let findings = image["rules"].as_array().unwrap().iter().flat_map(|rule| {
        let findings = rule["findings"].as_array().unwrap().iter();
        findings.map(move |finding| (rule["id"].as_str().unwrap(), finding))
    });
    let causes = findings.filter(|(_, finding)| finding["level"] == "error" && finding["because"].is_null());
    let causes = causes.map(|(id, finding)| format!("{id}: {}", finding["message"].as_str().unwrap())).collect();
    (output.status.code(), image["policy"]["service"].clone(), causes)
}

#[test]
fn an_image_that_satisfies_a_profile_holds_however_its_service_is_chosen() {
    let mut wrong = Vec::new();
    for example in EXAMPLES {
        let mut unnamed = (example.image)();
        unnamed.configure("/config/Labels/com.lucid.service", "\"another\"");
        let ways: [(&str, Image, &str, &[&str]); 3] = [
            ("match", unnamed.clone(), example.name, &[]),
            ("--service", unnamed, "fleet/image", &["--service", example.service]),
            ("label", (example.image)(), "fleet/image", &[]),
        ];
        for (way, image, name, options) in ways {
            let (code, service, causes) = verify(example, &image, name, options);
            if code != Some(0) || service != example.service || !causes.is_empty() {
                wrong.push(format!("{} by {way}: exit {code:?}, service {service}, {causes:#?}", example.service));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_image_that_does_not_satisfy_it_fails_by_one_cause() {
    let mut wrong = Vec::new();
    for example in EXAMPLES {
        for (done, edit, rule) in example.broken {
            let mut image = (example.image)();
            edit(&mut image);
            let (code, _, causes) = verify(example, &image, example.name, &[]);
            if code != Some(1) || !matches!(&causes[..], [cause] if cause.starts_with(&format!("{rule}: "))) {
                wrong.push(format!("{}, someone {done}: exit {code:?}, wanted {rule}, {causes:#?}", example.service));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_is_an_example() {
    let mut files: Vec<String> =
        std::fs::read_dir(folder()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    let mut wanted: Vec<String> = EXAMPLES.iter().map(|example| format!("{}.toml", example.service)).collect();
    files.sort();
    wanted.sort();
    assert_eq!(files, wanted);
}
