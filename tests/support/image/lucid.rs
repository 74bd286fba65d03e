//! The image that the pattern asks for: distroless' python3-debian12 for arm64 out of Debian's own packages, wheels of a
//! real service, its code and its markers, in the layers and with the configuration that `BuildKit` writes.

use std::sync::OnceLock;

use serde_json::json;

use super::debian::{Apt, Package, archive};
use super::wheels::{self, Installed};
use super::{BUILT, Content, Entry, Image, Layer, NONROOT, Step};

/// Where the packages are.
pub const SITE: &str = "usr/local/lib/python3.11/site-packages";

/// Where their commands are.
pub const BIN: &str = "usr/local/bin";

/// The packages of distroless' `static`, `base`, `cc` and `python3` for Debian 12, in its order.
const BASE: &[&str] = &[
    "base-files",
    "media-types",
    "netbase",
    "tzdata",
    "libc6",
    "libssl3",
    "gcc-12-base",
    "libgcc-s1",
    "libgomp1",
    "libstdc++6",
    "libbz2-1.0",
    "libdb5.3",
    "libexpat1",
    "liblzma5",
    "libsqlite3-0",
    "libuuid1",
    "libncursesw6",
    "libtinfo6",
    "python3-distutils",
    "zlib1g",
    "libcom-err2",
    "libcrypt1",
    "libgssapi-krb5-2",
    "libk5crypto3",
    "libkeyutils1",
    "libkrb5-3",
    "libkrb5support0",
    "libnsl2",
    "libreadline8",
    "libtirpc3",
    "libffi8",
    "libpython3.11-minimal",
    "libpython3.11-stdlib",
    "python3.11-minimal",
];

/// What breakages bring in on top.
const TOOLS: &[&str] = &["gcc-12", "cpp-12", "dash", "make", "apt"];

/// Everything that was fetched for this run.
pub struct Parts {
    apt: &'static Apt,
    certificates: Vec<Entry>,
    base: Image,
    image: Image,
}

/// The parts and the image, fetched and built once a process.
pub fn parts() -> &'static Parts {
    static PARTS: OnceLock<Parts> = OnceLock::new();
    PARTS.get_or_init(|| {
        let apt = archive();
        apt.packages(TOOLS);
        let certificates = certificates(&apt.packages(&["ca-certificates"])[0]);
        let mut parts = Parts { apt, certificates, base: Image::of([]), image: Image::of([]) };
        parts.base = parts.build_base();
        parts.image = parts.build();
        parts
    })
}

/// What another builder installs, where this image has such things.
pub fn installed(by: &wheels::Builder<'_>) -> Installed {
    let Installed { site, bin } = wheels::install(by);
    let below = |folder: &str, entries: Vec<Entry>| {
        entries.into_iter().map(|entry| Entry { path: format!("{folder}/{}", entry.path), ..entry }).collect()
    };
    Installed { site: below(SITE, site), bin: below(BIN, bin) }
}

impl Parts {
    /// The good image.
    pub fn image(&self) -> Image {
        self.image.clone()
    }

    /// The entries of one of Debian's packages, with its note in the package database.
    pub fn package(&self, name: &str) -> Vec<Entry> {
        self.apt.packages(&[name])[0].entries()
    }

    /// Distroless' python3-debian12, as its registry has it.
    pub fn base(&self) -> Image {
        self.base.clone()
    }

    fn build_base(&self) -> Image {
        let mut steps: Vec<Step> = self.apt.packages(BASE).iter().map(package_layer).collect();
        steps.extend([
            bazel("//common:rootfs", rootfs()),
            bazel("//common:cacerts", self.certificates.clone()),
            bazel("//python3:python_aliases_debian12", aliases()),
        ]);
        let env = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", CERTIFICATES, "LANG=C.UTF-8"];
        let config = json!({"User": "0", "Env": env, "Entrypoint": ["/usr/bin/python3.11"], "WorkingDir": "/"});
        Image { steps, config, architecture: "arm64", variant: Some("v8") }
    }

    /// The bundle of certificates, with the directories above it.
    pub fn certificates(&self) -> Vec<Entry> {
        self.certificates.clone()
    }

    fn build(&self) -> Image {
        let Installed { site, bin } = wheels::install(&wheels::SERVICE);
        let mut image = self.base();
        let at = |folder: &str, marker: &str, entries: Vec<Entry>| copied("AUTH", folder, marker, entries);
        image.steps.extend([
            said("ARG BUILD_DATE"),
            said("ARG VCS_REF"),
            said("ARG VERSION=1.0.0"),
            said("LABEL maintainer=Lucid Development Team org.opencontainers.image.title=Lucid Auth"),
            said("ENV PATH=/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1"),
            made("WORKDIR /app", vec![Entry::directory("app")]),
            made("COPY --chown=65532:65532 /var/run/.keep /var/run/.keep", keep("AUTH_SERVICE", "run", "RUNTIME")),
            made("COPY --chown=65532:65532 /var/lib/.keep /var/lib/.keep", keep("AUTH_SERVICE", "lib", "LIB")),
            made(
                &format!("COPY --chown=65532:65532 /root/.local/lib/python3.11/site-packages /{SITE}"),
                at(SITE, "PACKAGES", site),
            ),
            made("COPY --chown=65532:65532 /root/.local/bin /usr/local/bin", at(BIN, "BINARIES", bin)),
            made(&format!("RUN |3 BUILD_DATE={} VCS_REF=4f1c2d9 VERSION=1.0.0 {CHECK}", super::CREATED), vec![]),
            made("COPY --chown=65532:65532 /build/app /app", app()),
            said("EXPOSE [8089/tcp]"),
            said(&format!("HEALTHCHECK {{Test:[CMD /usr/bin/python3.11 -c {PROBE}] {TIMES}}}")),
            said("USER 65532:65532"),
            said("ENTRYPOINT []"),
            said(r#"CMD ["/usr/bin/python3.11" "/app/entrypoint.py"]"#),
        ]);
        image.config = config();
        image
    }
}

/// Where distroless says that the certificates are.
const CERTIFICATES: &str = "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt";

const CHECK: &str = "/usr/bin/python3.11 -c import os; site_packages = '/usr/local/lib/python3.11/site-packages'; \
    marker_path = os.path.join(site_packages, '.lucid-marker'); \
    assert os.path.getsize(marker_path) > 0, 'marker file is empty: ' + marker_path";

const PROBE: &str = "import socket; s = socket.socket(); s.settimeout(2); result = s.connect_ex(('127.0.0.1', 8089)); \
    s.close(); exit(0 if result == 0 else 1)";

const TIMES: &str = "Interval:30s Timeout:10s StartPeriod:1m0s StartInterval:0s Retries:3";

fn bazel(target: &str, entries: Vec<Entry>) -> Step {
    Step { created_by: format!("bazel build {target}"), layer: Some(Layer::new("./", entries)) }
}

fn package_layer(package: &Package) -> Step {
    bazel(&format!("@bookworm//{}/arm64:data_statusd", package.name), package.entries())
}

fn said(instruction: &str) -> Step {
    Step { created_by: instruction.to_owned(), layer: None }
}

fn made(instruction: &str, entries: Vec<Entry>) -> Step {
    Step { created_by: format!("{instruction} # buildkit"), layer: Some(Layer::new("", entries)) }
}

/// Accounts, home, temporary folder and the name of the release, as distroless replaces or adds them.
pub fn rootfs() -> Vec<Entry> {
    let passwd = "root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n\
                  nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n";
    let group = "root:x:0:\nnobody:x:65534:\ntty:x:5:\nstaff:x:50:\nnonroot:x:65532:\n";
    let release = "PRETTY_NAME=\"Distroless\"\nNAME=\"Debian GNU/Linux\"\nID=\"debian\"\nVERSION_ID=\"12\"\n\
                   VERSION=\"Debian GNU/Linux 12 (bookworm)\"\nHOME_URL=\"https://github.com/GoogleContainerTools/distroless\"\n";
    vec![
        Entry::directory("etc"),
        Entry::file("etc/group", group),
        Entry::file("etc/passwd", passwd),
        Entry::directory("home"),
        Entry::directory("home/nonroot").of(NONROOT).mode(0o700),
        Entry::directory("tmp").mode(0o1777),
        Entry::directory("usr"),
        Entry::directory("usr/lib"),
        Entry::file("usr/lib/os-release", release),
    ]
}

/// The bundle that `update-ca-certificates` would make of the package's certificates.
pub fn certificates(package: &Package) -> Vec<Entry> {
    let mut authorities = package.entries();
    authorities.retain(|entry| entry.path.starts_with("usr/share/ca-certificates/"));
    authorities.sort_by(|one, other| one.path.cmp(&other.path));
    let mut bundle = Vec::new();
    for authority in authorities {
        let Content::File(bytes) = authority.content else { continue };
        bundle.extend_from_slice(&bytes);
    }
    let folders = ["etc", "etc/ssl", "etc/ssl/certs"].map(Entry::directory);
    folders.into_iter().chain([Entry::file("etc/ssl/certs/ca-certificates.crt", bundle)]).collect()
}

fn aliases() -> Vec<Entry> {
    ["usr/bin/python", "usr/bin/python3"].map(|path| Entry::symlink(path, "/usr/bin/python3.11")).into()
}

/// A `.keep` that says what its directory is for.
pub fn keep(service: &str, folder: &str, word: &str) -> Vec<Entry> {
    vec![
        Entry::directory("var"),
        Entry::directory(&format!("var/{folder}")),
        Entry::file(&format!("var/{folder}/.keep"), format!("LUCID_{service}_{word}_DIRECTORY\n")).of(NONROOT),
    ]
}

/// A copied directory with its marker. Parents that are not in the base belong to the user of `--chown`, as `BuildKit`
/// makes them.
pub fn copied(service: &str, folder: &str, word: &str, entries: Vec<Entry>) -> Vec<Entry> {
    let mut all = vec![Entry::directory("usr")];
    for (end, _) in folder.match_indices('/').skip(1).chain([(folder.len(), "")]) {
        all.push(Entry::directory(&folder[..end]).of(NONROOT));
    }
    let marker = format!("LUCID_{service}_{word}_INSTALLED_{}\n", BUILT - 50);
    all.push(Entry::file(&format!("{folder}/.lucid-marker"), marker).of(NONROOT).mtime(BUILT - 50));
    all.extend(entries.into_iter().map(|entry| Entry { path: format!("{folder}/{}", entry.path), ..entry }));
    all
}

/// The service: two modules that need what is installed, and their marker.
fn app() -> Vec<Entry> {
    let entrypoint = "import os\n\nimport uvicorn\n\nif __name__ == \"__main__\":\n    \
        uvicorn.run(\"main:app\", host=os.environ[\"AUTH_SERVICE_HOST\"], port=int(os.environ[\"AUTH_SERVICE_PORT\"]))\n";
    let main = "import bcrypt\nimport grpc\nimport jwt\nimport redis.asyncio\nfrom cryptography.fernet import Fernet\n\
        from fastapi import FastAPI\nfrom motor.motor_asyncio import AsyncIOMotorClient\nfrom pydantic import BaseModel\n\n\
        app = FastAPI(title=\"lucid-auth\")\n\n\nclass Health(BaseModel):\n    ok: bool\n    grpc: str\n\n\n\
        @app.get(\"/health\")\nasync def health() -> Health:\n    return Health(ok=True, grpc=grpc.__version__)\n";
    let marker = format!("LUCID_AUTH_SOURCE_{}\n", BUILT - 30);
    let file = |path: &str, text: &str| Entry::file(path, text).of(NONROOT);
    vec![
        Entry::directory("app"),
        file("app/.lucid-source-marker", &marker),
        file("app/entrypoint.py", entrypoint),
        file("app/main.py", main),
    ]
}

fn config() -> serde_json::Value {
    const SECOND: u64 = 1_000_000_000;
    json!({
        "User": "65532:65532",
        "ExposedPorts": {"8089/tcp": {}},
        "Env": [
            "PATH=/usr/local/bin:/usr/bin:/bin",
            CERTIFICATES,
            "LANG=C.UTF-8",
            "PYTHONUNBUFFERED=1",
            "PYTHONDONTWRITEBYTECODE=1",
            format!("PYTHONPATH=/app:/{SITE}"),
            "PYTHONIOENCODING=utf-8",
            "LC_ALL=C.UTF-8",
            "AUTH_SERVICE_PORT=8089",
            "AUTH_SERVICE_HOST=0.0.0.0",
        ],
        "Cmd": ["/usr/bin/python3.11", "/app/entrypoint.py"],
        "Healthcheck": {
            "Test": ["CMD", "/usr/bin/python3.11", "-c", PROBE],
            "Interval": 30 * SECOND,
            "Timeout": 10 * SECOND,
            "StartPeriod": 60 * SECOND,
            "Retries": 3,
        },
        "WorkingDir": "/app",
        "Labels": {
            "com.lucid.cluster": "core",
            "com.lucid.platform": "arm64",
            "com.lucid.security": "distroless",
            "com.lucid.service": "lucid-auth",
            "maintainer": "Lucid Development Team",
            "org.opencontainers.image.created": super::CREATED,
            "org.opencontainers.image.description": "Distroless authentication service for Lucid project",
            "org.opencontainers.image.revision": "4f1c2d93b6a0",
            "org.opencontainers.image.title": "Lucid Auth",
            "org.opencontainers.image.version": "1.0.0",
        },
        "ArgsEscaped": true,
    })
}
