//! What is said of real images that know nothing of the pattern, and of the same images after someone broke them.
//! Everything is fetched from the archives of Debian, Python and npm, so these tests run only where `LUCID_REAL=1` asks for
//! them.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test may panic, and nothing here is public")]

#[path = "support/image/foreign/mod.rs"]
mod builders;
#[path = "support/foreign.rs"]
mod foreign;
#[path = "support/image/mod.rs"]
mod image;
#[path = "support/run.rs"]
mod run;

use std::fs;
use std::path::Path;
use std::thread;

use foreign::{Breakage, Foreign, IMAGES};
use image::Image;
use run::{asked, causes, rules, verify};

/// In what the reports of an image, whole and broken, differ from what the table foresees.
fn faults(foreign: &Foreign) -> Vec<String> {
    let image = (foreign.build)();
    let mut faults = whole(foreign, &image);
    faults.extend(foreign.breakages.iter().flat_map(|breakage| broken(foreign, breakage, &image)));
    faults.into_iter().map(|fault| format!("{}: {fault}", foreign.name)).collect()
}

/// In what the report of a whole image differs from what the table foresees.
fn whole(foreign: &Foreign, image: &Image) -> Vec<String> {
    let (code, report) = verify(image, &[]);
    let found: Vec<_> = causes(&report).iter().map(|cause| format!("{} {} {}", cause.level, cause.rule, cause.message)).collect();
    let warned: Vec<String> = foreign.warnings.iter().map(|rule| format!("warn {rule} ")).collect();
    let mut faults = Vec::new();
    if found.len() != warned.len() || !found.iter().zip(&warned).all(|(found, wanted)| found.starts_with(wanted)) {
        faults.push(format!("says {found:#?}, wanted {warned:?}"));
    }
    let unknown = rules(&report, "unknown");
    if code != Some(0) || !unknown.is_empty() || report["images"][0]["policy"]["profile"] != "generic" {
        faults.push(format!("exit {code:?}, unknown {unknown:?}, {}", report["images"][0]["policy"]));
    }
    faults
}

/// In what the report of a broken image differs from what the table foresees.
fn broken(foreign: &Foreign, breakage: &Breakage, image: &Image) -> Vec<String> {
    let mut image = image.clone();
    (breakage.edit)(&mut image);
    let (code, report) = verify(&image, &[]);
    let causes = causes(&report);
    let errors: Vec<_> = causes.iter().filter(|cause| cause.level == "error").collect();
    let is_wanted = matches!(&errors[..], [cause] if cause.rule == breakage.rule && cause.path.unwrap_or("") == breakage.path);
    let warned: Vec<_> = causes.iter().filter(|cause| cause.level != "error").map(|cause| cause.rule).collect();
    let mut faults = Vec::new();
    if code != Some(1) || !is_wanted || warned != foreign.warnings {
        let found: Vec<_> =
            causes.iter().map(|cause| format!("{} {} {:?} {}", cause.level, cause.rule, cause.path, cause.message)).collect();
        faults.push(format!("{}: exit {code:?}, {found:#?}, wanted {} at {:?}", breakage.done, breakage.rule, breakage.path));
    }
    faults
}

#[test]
fn foreign_images_hold_and_each_breakage_is_found_with_its_one_cause() {
    if !asked("foreign_images_hold_and_each_breakage_is_found_with_its_one_cause") {
        return;
    }
    let wrong: Vec<String> = thread::scope(|scope| {
        let asked: Vec<_> = IMAGES.iter().map(|foreign| scope.spawn(|| faults(foreign))).collect();
        asked.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_page_of_foreign_images_is_the_table() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/foreign.md");
    let wanted = foreign::document();
    if std::env::var_os("LUCID_UPDATE").is_some_and(|value| value == "1") {
        fs::write(&page, &wanted).unwrap();
    }
    assert_eq!(fs::read_to_string(&page).unwrap_or_default(), wanted, "LUCID_UPDATE=1 writes docs/foreign.md anew");
}
