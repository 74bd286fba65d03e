//! What is said of a real image in a real registry, and of the same image after someone broke it. Everything is fetched
//! from the archives of Debian and Python packages, so these tests run only where `LUCID_REAL=1` asks for them.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test may panic, and nothing here is public")]

#[path = "support/breakages/mod.rs"]
mod breakages;
#[path = "support/each.rs"]
mod each;
#[path = "support/image/mod.rs"]
mod image;
#[path = "support/load.rs"]
mod load;
#[path = "support/run.rs"]
mod run;
#[path = "support/stack.rs"]
mod stack;
#[path = "support/written.rs"]
mod written;

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use lucid_verify::vfs::dump;
use serde_json::Value;

use breakages::{Breakage, SERVICE, breakages};
use each::each;
use image::layout::{Family, TAG, blob_file};
use image::lucid::parts;
use image::pack::Compression;
use image::registry::Registry;
use image::{Entry, Image, Layer};
use run::{asked, json, lucid_verify, rules};
use written::Written;

/// The name under which images are pushed: `lucid` is the profile that fits it.
const REPOSITORY: &str = "pickme/lucid-auth";

/// Verifies as [`SERVICE`] wants it.
fn verify_service(image: &str, level: &str, outputs: &[String]) -> (Option<i32>, Value) {
    let folder = tempfile::tempdir().unwrap();
    let profile = folder.path().join("lucid-verify.toml");
    fs::write(&profile, SERVICE).unwrap();
    let options = [image, "--profile", profile.to_str().unwrap(), "--fail-on", level].into_iter();
    json(&options.chain(outputs.iter().map(String::as_str)).collect::<Vec<_>>())
}

fn push(registry: &Registry, image: &Image) -> String {
    let folder = tempfile::tempdir().unwrap();
    image.write_layout(folder.path(), Compression::Gzip, Family::Oci);
    registry.push(folder.path(), REPOSITORY)
}

#[test]
fn the_good_image_holds() {
    if !asked("the_good_image_holds") {
        return;
    }
    let registry = Registry::start();
    let name = push(&registry, &parts().image());
    let (code, report) = json(&[&name]);
    assert_eq!(code, Some(0), "{report:#}");
    let image = &report["images"][0];
    assert_eq!(report["verdict"], "held");
    assert_eq!(image["complete"], true);
    assert_eq!(image["policy"]["profile"], "lucid");
    assert_eq!(image["platform"], "linux/arm64/v8");
    assert_eq!(rules(&report, "fail"), [""; 0]);
    assert_eq!(rules(&report, "unknown"), [""; 0]);
    assert!(rules(&report, "pass").len() > rules(&report, "skip").len(), "{report:#}");

    let (code, report) = verify_service(&name, "warn", &[]);
    assert_eq!(code, Some(0), "{report:#}");
    assert_eq!(rules(&report, "fail"), [""; 0]);
}

#[test]
fn each_breakage_is_found_with_its_one_cause() {
    if !asked("each_breakage_is_found_with_its_one_cause") {
        return;
    }
    let all: Vec<&Breakage> = breakages().collect();
    let written = Written::of(all.iter().map(|breakage| breakage.name));
    // All are pushed under one name, so each goes to a registry that nobody else has at that time.
    let idle = Mutex::new(Vec::new());
    let wrong = each(&all, |breakage| {
        let waiting = idle.lock().unwrap().pop();
        let registry = waiting.unwrap_or_else(Registry::start);
        let mut image = parts().image();
        (breakage.edit)(&mut image, parts());
        let fail_on = if breakage.level == "info" { "warn" } else { breakage.level };
        let (code, report) = verify_service(&push(&registry, &image), fail_on, &written.options(breakage.name));
        idle.lock().unwrap().push(registry);
        let faults = faults(breakage, &image, code, &report).into_iter().chain(written.faults(breakage.name, &report));
        faults.map(|fault| format!("{}: {fault}", breakage.name)).collect::<Vec<_>>()
    });
    let wrong = wrong.concat();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(written.refused(), "", "validators take what was written");
}

/// In what a report differs from what the table foresees.
fn faults(breakage: &Breakage, image: &Image, code: Option<i32>, report: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let mut want = |what: &str, found: &Value, wanted: &Value| {
        if found != wanted {
            faults.push(format!("{what} is {found}, wanted {wanted}"));
        }
    };
    // A remark makes no run fail.
    let (exit, verdict) = if breakage.level == "info" { (0, "held") } else { (1, "findings") };
    want("the exit code", &code.into(), &exit.into());
    want("the verdict", &report["verdict"], &verdict.into());
    want("complete", &report["images"][0]["complete"], &true.into());
    let causes: Vec<(&Value, &Value)> = report["images"][0]["rules"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|rule| rule["findings"].as_array().into_iter().flatten().map(|finding| (&rule["id"], finding)))
        .filter(|(_, finding)| [breakage.level, "error"].contains(&finding["level"].as_str().unwrap_or_default()))
        .filter(|(_, finding)| finding["because"].is_null())
        .collect();
    let [(rule, cause)] = causes[..] else {
        faults.push(format!("{} findings are explained by nothing, wanted one: {causes:#?}", causes.len()));
        return faults;
    };
    want("its level", &cause["level"], &breakage.level.into());
    want("the cause", rule, &breakage.rule.into());
    if let Some(path) = breakage.path {
        want("its path", &cause["path"], &path.into());
    }
    let layer = breakage.layer.map(|fragment| {
        let mut layers = image.steps.iter().filter(|step| step.layer.is_some()).enumerate();
        let (index, step) = layers.find(|(_, step)| step.created_by.contains(fragment)).unwrap();
        (index, step.created_by.trim_end_matches(" # buildkit"))
    });
    want("its layer", &cause["layer"]["index"], &layer.map(|(index, _)| index).into());
    want("its instruction", &cause["layer"]["created_by"], &layer.map(|(_, instruction)| instruction).into());
    for id in rules(report, "fail").into_iter().chain(rules(report, "unknown")) {
        if id != breakage.rule && !breakage.explains.contains(&id) {
            let rules = report["images"][0]["rules"].as_array().into_iter().flatten();
            let said = rules.filter(|rule| rule["id"] == id).map(|rule| (&rule["findings"][0]["message"], &rule["reason"]));
            faults.push(format!("{id} fails too, or is unknown: {:?}", said.collect::<Vec<_>>()));
        }
    }
    faults
}

/// A report without what the way of packing an image may change.
fn neutral(mut report: Value) -> Value {
    let image = &mut report["images"][0];
    for field in ["reference", "digest"] {
        image[field].take();
    }
    for layer in image["layers"].as_array_mut().unwrap() {
        for field in ["digest", "media_type", "compressed_bytes"] {
            layer[field].take();
        }
    }
    image["sizes"]["compressed_bytes"].take();
    image["looked"].take();
    // What an image is called, and what is attested of it, depends on where it lies.
    for rule in image["rules"].as_array_mut().unwrap() {
        let id = rule["id"].as_str().unwrap();
        if ["labels/service", "platform/tag"].contains(&id) || id.starts_with("provenance/") {
            for field in ["outcome", "examined", "reason"] {
                rule[field].take();
            }
        }
    }
    for rule in image["rules"].as_array_mut().unwrap() {
        for finding in rule["findings"].as_array_mut().unwrap() {
            if finding["layer"].is_object() {
                finding["layer"]["digest"].take();
            }
        }
    }
    report
}

/// A report without how much was looked at: an archive of docker save holds one document less.
fn uncounted((code, mut report): (Option<i32>, Value)) -> (Option<i32>, Value) {
    report["images"][0]["looked"].take();
    for rule in report["images"][0]["rules"].as_array_mut().unwrap() {
        rule["examined"].take();
    }
    (code, report)
}

#[test]
fn however_it_is_packed_the_report_is_the_same() {
    if !asked("however_it_is_packed_the_report_is_the_same") {
        return;
    }
    let mut image = parts().image();
    (breakages().next().unwrap().edit)(&mut image, parts());
    let registry = Registry::start();
    let (code, report) = json(&[&push(&registry, &image), "--profile", "lucid"]);
    let (wanted, mut differing) = ((code, neutral(report)), Vec::new());
    for family in [Family::Oci, Family::Docker] {
        for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
            let folder = tempfile::tempdir().unwrap();
            image.write_layout(folder.path(), compression, family);
            let (code, report) = json(&[&format!("oci:{}:{TAG}", folder.path().display()), "--profile", "lucid"]);
            if (code, neutral(report)) != wanted {
                differing.push((family, compression));
            }
        }
    }
    assert_eq!(differing, [], "these do not give the registry's report");
    let folder = tempfile::tempdir().unwrap();
    image.write_layout(&folder.path().join("layout"), Compression::Gzip, Family::Oci);
    let layout = format!("oci:{}:{TAG}", folder.path().join("layout").display());
    for (transport, name) in [("oci-archive", TAG), ("docker-archive", "pickme/lucid-auth:archived")] {
        let archive = format!("{transport}:{}:{name}", folder.path().join(transport).display());
        image::debian::run(Command::new("skopeo").args(["copy", "--quiet", &layout, &archive]));
        let (code, report) = json(&[&archive, "--profile", "lucid"]);
        assert_eq!(report["images"][0]["digest"].is_null(), transport == "docker-archive");
        assert!(uncounted((code, neutral(report))) == uncounted(wanted.clone()), "{transport} gives another report");
    }
}

#[test]
fn the_configuration_is_the_one_that_skopeo_sees() {
    if !asked("the_configuration_is_the_one_that_skopeo_sees") {
        return;
    }
    let registry = Registry::start();
    let name = push(&registry, &parts().image());
    let (code, inspected) = json(&["inspect", &name]);
    assert_eq!(code, Some(0));
    let arguments = ["inspect", "--config", "--tls-verify=false", &format!("docker://{name}")];
    let skopeo: Value = serde_json::from_slice(&image::debian::run(Command::new("skopeo").args(arguments))).unwrap();
    // What it calls the config is the object of that name in the configuration; skopeo drops Docker's own fields.
    let ours = inspected["config"].get("config").unwrap_or(&inspected["config"]);
    let theirs = skopeo["config"].as_object().unwrap();
    assert!(theirs.len() >= 6, "{skopeo}");
    for (field, value) in theirs {
        assert_eq!(&ours[field], value, "{field}");
    }
}

#[test]
fn the_tree_is_the_one_that_umoci_unpacks() {
    if !asked("the_tree_is_the_one_that_umoci_unpacks") {
        return;
    }
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        let _ = writeln!(std::io::stderr(), "skipped: only root can unpack an image with its owners");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (layout, bundle) = (folder.path().join("image"), folder.path().join("bundle"));
    parts().image().write_layout(&layout, Compression::Gzip, Family::Oci);
    let named = format!("{}:{TAG}", layout.display());
    image::debian::run(Command::new("umoci").args(["unpack", "--image", &named]).arg(&bundle));
    let ours = dump::dump(&load::tree(&layout));
    let theirs = stack::of_directory(&bundle.join("rootfs"));
    assert!(theirs.len() > 3000, "{} paths", theirs.len());
    let differing: Vec<_> = ours.lines().zip(&theirs).filter(|(ours, theirs)| ours != theirs).take(5).collect();
    assert!(differing.is_empty(), "ours and umoci's: {differing:#?}");
    assert_eq!(ours.lines().count(), theirs.len());
}

/// A small image with everything that a document has.
fn small() -> Image {
    let entries = vec![Entry::directory("bin"), Entry::file("bin/true", "#!/bin/false\n").mode(0o755)];
    Image::of([("COPY /true /bin/true", Layer::new("", entries))])
}

#[test]
fn no_damaged_document_is_ever_judged() {
    if !asked("no_damaged_document_is_ever_judged") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let digest = small().write_layout(folder.path(), Compression::Gzip, Family::Oci);
    let manifest: Value = serde_json::from_slice(&fs::read(blob_file(folder.path(), &digest)).unwrap()).unwrap();
    let image = format!("oci:{}:{TAG}", folder.path().display());
    assert!(matches!(json(&[&image]).0, Some(0 | 1)), "the image that is to be damaged can be judged");
    for digest in [&digest, manifest["config"]["digest"].as_str().unwrap()] {
        let file = blob_file(folder.path(), digest);
        let whole = fs::read(&file).unwrap();
        let cuts = [0, 1, whole.len() / 2, whole.len() - 1].map(|length| whole[..length].to_vec());
        let flips = (0..whole.len()).step_by(23).map(|at| {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            bytes
        });
        for damaged in cuts.into_iter().chain(flips) {
            fs::write(&file, &damaged).unwrap();
            let (code, report) = json(&[&image]);
            assert!(!matches!(code, Some(0 | 1) | None), "exit {code:?} for {}", damaged.escape_ascii());
            assert_eq!(report["images"][0]["complete"], false, "{}", damaged.escape_ascii());
        }
        fs::write(&file, &whole).unwrap();
    }
}

/// The most memory that verifying an image takes, in KiB (time(1), `%M`).
fn peak_of(image: &Image) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    image.write_layout(folder.path(), Compression::Gzip, Family::Oci);
    let note = folder.path().join("peak");
    let binary = lucid_verify();
    let mut command = Command::new("/usr/bin/time");
    command.args(["-q", "-f", "%M", "-o"]).arg(&note).arg(binary.get_program());
    command.arg(format!("oci:{}:{TAG}", folder.path().display())).args(["--no-cache", "--format", "json"]);
    let output = command.current_dir(Path::new("/")).output().expect("/usr/bin/time runs");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["images"][0]["complete"], true, "{}", output.stderr.escape_ascii());
    fs::read_to_string(note).unwrap().trim().parse().unwrap()
}

#[test]
fn memory_does_not_grow_with_the_bytes_of_a_layer() {
    if !asked("memory_does_not_grow_with_the_bytes_of_a_layer") {
        return;
    }
    let of_mib = |mib: u64| {
        let zeros = Entry::zeros("zeros", mib << 20);
        Image::of([("COPY /zeros /zeros", Layer::new("", vec![zeros]))])
    };
    let (small, large) = (peak_of(&of_mib(64)), peak_of(&of_mib(1024)));
    assert!(large <= small + 4 * 1024, "{small} KiB for 64 MiB of zeros, {large} KiB for 1 GiB");
    let real = peak_of(&parts().image());
    assert!(real < 64 * 1024, "{real} KiB for the real image");
}

#[test]
fn the_page_of_breakages_is_the_table() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/breakages.md");
    let wanted = breakages::document();
    if std::env::var_os("LUCID_UPDATE").is_some_and(|value| value == "1") {
        fs::write(&page, &wanted).unwrap();
    }
    assert_eq!(fs::read_to_string(&page).unwrap_or_default(), wanted, "LUCID_UPDATE=1 writes docs/breakages.md anew");
}
