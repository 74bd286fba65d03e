//! The packages that are downloaded most, in one image as the pattern has it: what is said of it that nobody needs to hear.
//! They are fetched from the Python package index, so this runs only where `LUCID_REAL=1` asks for it.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test may panic, and nothing here is public")]

#[path = "support/image/mod.rs"]
mod image;
#[path = "support/run.rs"]
mod run;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use serde_json::Value;

use image::lucid::{BIN, SITE, copied, parts};
use image::wheels::{self, POPULAR};
use image::{Entry, Image, Layer, NONROOT};
use run::{asked, rules, verify};

/// Warnings that stand, and why: what a person who reads one should know.
const EXPLAINED: &[(&str, &str)] = &[(
    "python/pip-present",
    "setuptools and wheel are two of the sixty, and nothing here requires them: a service has no use for installers.",
)];

/// Rules that may warn of an image in which nothing is wrong.
const MAX_WARNING: usize = 5;

/// A service that imports some of everything.
const ENTRYPOINT: &str = "import aiohttp\nimport boto3\nimport celery\nimport cryptography.fernet\nimport django\nimport fastapi\n\
    import flask\nimport grpc\nimport httpx\nimport lxml.etree\nimport numpy\nimport pandas\nimport psycopg2\nimport pyarrow\n\
    import pydantic\nimport pymongo\nimport redis.asyncio\nimport requests\nimport scipy\nimport sklearn\nimport sqlalchemy\n\
    import uvicorn\nimport yaml\nfrom PIL import Image\n\nif __name__ == \"__main__\":\n    uvicorn.run(fastapi.FastAPI(), port=8089)\n";

/// The good image, with other packages and another program.
fn popular() -> Image {
    let installed = wheels::install(&POPULAR);
    let mut image = parts().image();
    let layers = [
        ("site-packages /usr/local/lib", SITE, "PACKAGES", installed.site),
        ("/root/.local/bin", BIN, "BINARIES", installed.bin),
    ];
    for (made, folder, word, entries) in layers {
        *image.layer_mut(made) = Layer::new("", copied("AUTH", folder, word, entries));
    }
    let app = image.layer_mut("/build/app");
    app.put(Entry::file("app/entrypoint.py", ENTRYPOINT).of(NONROOT));
    app.remove("app/main.py");
    image
}

/// What is said, by rule and level: how many findings, and the first message.
fn said(report: &Value) -> BTreeMap<(String, String), (usize, String)> {
    let mut said = BTreeMap::new();
    for rule in report["images"][0]["rules"].as_array().unwrap() {
        for finding in rule["findings"].as_array().unwrap() {
            let text = |field: &Value| field.as_str().unwrap_or_default().to_owned();
            let entry =
                said.entry((text(&finding["level"]), text(&rule["id"]))).or_insert_with(|| (0, text(&finding["message"])));
            entry.0 += 1;
        }
    }
    said
}

fn page(said: &BTreeMap<(String, String), (usize, String)>, requirements: &Value) -> String {
    let packages = POPULAR.requirements.lines().count();
    let mut text = format!(
        "# What is said of popular packages\n\n\
         `tests/popular.rs` installs {packages} distributions, the sixty that are downloaded most and what they require, as\n\
         `pip install --user` does in a builder, into the image of the pattern, and verifies it under `lucid`; {requirements} requirements\n\
         apply to its Python. Nothing is wrong with it, so nothing may be an error; what is said all the same stands here.\n\
         This page is generated\n\
         (`LUCID_REAL=1 LUCID_UPDATE=1 cargo test --test popular`).\n\n\
         | level | rule | findings | the first |\n|---|---|---|---|\n"
    );
    for ((level, rule), (count, message)) in said {
        writeln!(text, "| {level} | {rule} | {count} | {} |", message.replace('|', "\\|")).unwrap();
    }
    for (rule, why) in EXPLAINED {
        write!(text, "\n**{rule}**: {why}\n").unwrap();
    }
    text
}

#[test]
fn of_the_packages_that_everybody_uses_no_wolf_is_cried() {
    if !asked("of_the_packages_that_everybody_uses_no_wolf_is_cried") {
        return;
    }
    let (code, report) = verify(&popular(), &["--profile", "lucid"]);
    let said = said(&report);
    let all = report["images"][0]["rules"].as_array().unwrap();
    let requirements = all.iter().find(|rule| rule["id"] == "python/requires-dist").unwrap();
    let page = page(&said, &requirements["examined"]);
    let _ = writeln!(std::io::stderr(), "{page}");
    let of = |level: &str| said.keys().filter(|(one, _)| one == level).map(|(_, rule)| rule.as_str()).collect::<Vec<_>>();
    assert_eq!(of("error"), [""; 0], "errors in an image without a fault:\n{page}");
    assert_eq!(code, Some(0), "unknown: {:?}\n{page}", rules(&report, "unknown"));
    assert!(of("warn").len() <= MAX_WARNING, "more than {MAX_WARNING} rules warn:\n{page}");
    let explained: Vec<&str> = EXPLAINED.iter().map(|(rule, _)| *rule).collect();
    assert_eq!(of("warn"), explained, "EXPLAINED says why each rule warns, in order of their ids:\n{page}");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/popular.md");
    if std::env::var_os("LUCID_UPDATE").is_some_and(|value| value == "1") {
        fs::write(&file, &page).unwrap();
    }
    assert_eq!(fs::read_to_string(&file).unwrap_or_default(), page, "LUCID_UPDATE=1 writes docs/popular.md anew");
}
