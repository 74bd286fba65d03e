//! The source documents' own images, taken literally, and what is said of them. Everything is fetched from the archives of
//! Debian and Python packages, so these tests run only where `LUCID_REAL=1` asks for them.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test may panic, and nothing here is public")]

#[path = "support/image/seeds/mod.rs"]
mod builders;
#[path = "support/image/mod.rs"]
mod image;
#[path = "support/run.rs"]
mod run;
#[path = "support/seeds.rs"]
mod seeds;
#[path = "support/tunnel.rs"]
mod tunnel;

use std::collections::BTreeSet;
use std::{fs, thread};

use run::{asked, causes, rules, verify};
use seeds::{Profile, SEEDS, Seed};

/// The most that may be warned of in an image that is as its document wants it.
const WARNINGS: usize = 3;

/// The options that choose the profile of a document.
fn options(profile: &Profile, folder: &std::path::Path) -> Vec<String> {
    match profile {
        Profile::Chosen => vec![],
        Profile::BuiltIn(name) => vec!["--profile".into(), (*name).into()],
        Profile::Declared(text) => {
            let file = folder.join("lucid-verify.toml");
            fs::write(&file, text).unwrap();
            vec!["--profile".into(), file.to_str().unwrap().into()]
        }
    }
}

/// In what the report of a document's image differs from what the table foresees.
fn faults(seed: &Seed) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let options = options(&seed.profile, folder.path());
    let (code, report) = verify(&(seed.build)(), &options.iter().map(String::as_str).collect::<Vec<_>>());
    let causes = causes(&report);
    let found: BTreeSet<(&str, &str)> = causes.iter().map(|cause| (cause.rule, cause.level)).collect();
    let wanted: BTreeSet<(&str, &str)> = seed.says.iter().copied().collect();
    let errors = causes.iter().filter(|cause| cause.level == "error").count();
    let mut faults = Vec::new();
    if found != wanted {
        let said = causes.iter().map(|cause| format!("{} {} {:?} {}", cause.level, cause.rule, cause.path, cause.message));
        faults.push(format!("says {:#?}, wanted {wanted:?}", said.collect::<Vec<_>>()));
    }
    if seed.says.iter().all(|(_, level)| *level == "warn") && causes.len() - errors > WARNINGS {
        faults.push(format!("{} warnings", causes.len() - errors));
    }
    let unknown = rules(&report, "unknown");
    if code != Some(i32::from(errors > 0)) || !unknown.is_empty() || report["images"][0]["complete"] != true {
        faults.push(format!("exit {code:?}, unknown {unknown:?}"));
    }
    faults.into_iter().map(|fault| format!("{}: {fault}", seed.name)).collect()
}

#[test]
fn what_is_said_of_a_documents_image_is_what_the_document_says() {
    if !asked("what_is_said_of_a_documents_image_is_what_the_document_says") {
        return;
    }
    let wrong: Vec<String> = thread::scope(|scope| {
        let asked: Vec<_> = SEEDS.iter().map(|seed| scope.spawn(|| faults(seed))).collect();
        asked.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_matrix_of_the_tunnel_tools_is_that_of_their_document() {
    if !asked("the_matrix_of_the_tunnel_tools_is_that_of_their_document") {
        return;
    }
    let seed = SEEDS.iter().find(|seed| seed.name == "the tunnel tools").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("Dockerfile");
    fs::write(&file, tunnel::DOCKERFILE).unwrap();
    let options = [options(&seed.profile, folder.path()), vec!["--dockerfile".into(), file.to_str().unwrap().into()]].concat();
    let options: Vec<&str> = options.iter().map(String::as_str).chain(["--matrix"]).collect();
    let (code, report) = verify(&(seed.build)(), &options);
    assert_eq!((code, tunnel::rows(&report)), (Some(1), tunnel::MATRIX.to_vec()), "{:#}", report["images"][0]["matrix"]);
    let copy =
        report["images"][0]["rules"].as_array().unwrap().iter().find(|rule| rule["id"] == "history/runtime-verify").unwrap();
    let line = tunnel::DOCKERFILE.lines().position(|line| line.ends_with(" /app /app")).unwrap() + 1;
    assert_eq!(copy["findings"][0]["layer"]["dockerfile_line"], line, "{copy:#}");
}
