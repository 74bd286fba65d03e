//! `init`: what it writes is what the image is, holds what an image says of itself in quotes, and finds what breaks it later.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test may panic, and nothing here is public")]

#[path = "support/breakages/mod.rs"]
mod breakages;
#[path = "support/cli.rs"]
mod cli;
#[path = "support/each.rs"]
mod each;
#[path = "support/image/mod.rs"]
mod image;
#[path = "support/registry.rs"]
mod registry;
#[path = "support/run.rs"]
mod run;

use std::fs;
use std::path::Path;

use lucid_verify::serve;
use serde_json::Value;
use tempfile::TempDir;

use breakages::{Breakage, breakages};
use each::each;
use image::Image;
use image::layout::{Family, TAG};
use image::lucid::parts;
use image::pack::{Compression, cache};
use registry::Fixture as _;
use run::{asked, causes, lucid_verify};

/// The image of `lucid-verify demo`, which has a few faults.
const LAYERS: &str = include_str!("../src/bin/lucid-verify/demo/layers.txt");
const CONFIG: &str = include_str!("../src/bin/lucid-verify/demo/config.json");

const NAME: &str = "oci:image:pickme/lucid-demo:latest-arm64";

/// The day on which it is run, in seconds: 2026-11-21.
const TODAY: i64 = 1_795_219_200;

/// A folder with an image in it.
struct World(TempDir);

impl World {
    fn of(layers: &str, config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let image = serve::Image::written(layers, config).unwrap();
        let names = r#","annotations":{"org.opencontainers.image.ref.name":"pickme/lucid-demo:latest-arm64"}"#;
        image.write_layout(&folder.path().join("image"), &[&image.entry(names)]);
        Self(folder)
    }

    fn demo() -> Self {
        Self::of(LAYERS, CONFIG)
    }

    /// Exit code, stdout and stderr of the program in this folder, so many days from today.
    fn run(&self, days: i64, arguments: &[&str]) -> (i32, String, String) {
        let mut command = cli::lucid(arguments);
        let command = command.current_dir(self.0.path()).env("SOURCE_DATE_EPOCH", (TODAY + days * 86_400).to_string());
        let output = command.arg("--no-cache").output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.0.path().join(file)).unwrap()
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.0.path().join(file), text).unwrap();
    }
}

#[test]
fn a_profile_says_what_the_image_is_and_why_each_line_stands_there() {
    let world = World::demo();
    let (code, stdout, said) = world.run(0, &["init", NAME]);
    assert_eq!((code, &stdout[..]), (1, ""), "{said}");
    assert!(said.contains("error marker/nonempty: ") && said.contains("accept them for a while with --accept"), "{said}");
    let written = world.read("lucid-verify.toml");
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/init/demo.toml");
    if std::env::var_os("LUCID_UPDATE").is_some_and(|value| value == "1") {
        fs::create_dir_all(golden.parent().unwrap()).unwrap();
        fs::write(&golden, &written).unwrap();
    }
    assert_eq!(written, fs::read_to_string(golden).unwrap_or_default(), "LUCID_UPDATE=1 writes testdata/init/demo.toml anew");
    let mut before = "";
    for line in written.lines() {
        let is_said = line.contains(" = ") || line.starts_with('[');
        assert!(!is_said || before.starts_with('#') || before.starts_with('['), "nothing explains {line}");
        before = line;
    }
    let (code, _, said) = world.run(0, &[NAME, "--fail-on", "warn"]);
    assert_eq!(code, 1, "{said}");
    assert!(!said.contains("warning: "), "{said}");
}

#[test]
fn what_is_accepted_comes_back_when_its_waiver_expires() {
    let world = World::demo();
    let (code, _, said) = world.run(0, &["init", NAME, "--accept"]);
    assert!(code == 0 && said.contains("accepted until the waivers expire"), "{said}\n{}", world.read("lucid-verify.toml"));
    assert!(world.read("lucid-verify.toml").contains("reason = \"accepted by init on 2026-11-21: "));
    for (days, wanted) in [(0, 0), (90, 0), (91, 1)] {
        let (code, _, said) = world.run(days, &[NAME, "--fail-on", "warn"]);
        assert_eq!(code, wanted, "after {days} days: {said}");
        assert_eq!(said.contains(" expired on 2027-02-19"), wanted == 1, "{said}");
        assert!(!said.contains("this waiver matched nothing"), "{said}");
    }
}

#[test]
fn what_is_locked_is_not_accepted_and_the_rest_no_longer_than_the_lock_allows() {
    let world = World::demo();
    world.write("team.toml", "extends = \"lucid\"\n[lock]\nrules = [\"config/user\"]\nmax-waiver = \"30d\"\n");
    let (code, _, said) = world.run(0, &["init", NAME, "--accept", "--profile", "team.toml"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("warning: config/user is locked by team.toml:3:10: what it found cannot be accepted"), "{said}");
    let written = world.read("lucid-verify.toml");
    assert!(written.contains("extends = \"team.toml\"") && written.contains("expires = \"2026-12-21\""), "{written}");
    assert!(!written.contains("2027") && !written.contains("config/user"), "{written}");
    assert_eq!(world.run(0, &[NAME]).0, 1);
}

#[test]
fn a_file_that_is_there_is_not_replaced() {
    let world = World::demo();
    world.write("lucid-verify.toml", "mine");
    for arguments in [&["init"][..], &["init", "oci:no/where"]] {
        let (code, _, said) = world.run(0, arguments);
        assert!(code == 2 && said.contains("lucid-verify.toml is there already") && said.contains("hint: "), "{said}");
    }
    assert_eq!(world.read("lucid-verify.toml"), "mine");
    let (code, printed, _) = world.run(0, &["init", NAME, "--file", "-", "-q"]);
    assert_eq!(code, 1);
    let (code, stdout, said) = world.run(0, &["init", "--file", "other.toml"]);
    assert_eq!((code, &stdout[..], &said[..]), (0, "", "note: wrote other.toml\n"));
    world.write("printed.toml", &printed);
    for profile in ["printed.toml", "other.toml"] {
        assert_eq!(world.run(0, &[NAME, "--profile", profile]).0, 1);
    }
    let (code, _, said) = world.run(0, &["init", NAME, "--file", "no/such/folder.toml"]);
    assert!(code == 2 && said.contains("failed to write the profile no/such/folder.toml"), "{said}");
    assert_eq!(world.run(0, &["init", "oci:no/where", "--file", "x.toml"]).0, 3);
    assert!(!world.0.path().join("x.toml").exists());
}

#[test]
fn an_image_cannot_write_into_the_profile_what_it_likes() {
    let name = r#"x\n[rules.x]\u{1b}[31m"'{,a}*"#;
    let layers =
        format!("layer COPY app /app\nd 0755 1:1 /app\nf 0777 1:1 /app/{name}.json \"a\"\nf 0755 1:1 /app/run \"#!/gone\\n\"\n");
    let label = "x\n[lock]\nrules = [\"**\"]\n# \u{202e}";
    let config = serde_json::json!({
        "architecture": "arm64", "os": "linux",
        "config": {
            "User": "7:7", "Cmd": ["/app/run", label], "WorkingDir": "/app", "Labels": {"com.lucid.service": label},
            "ExposedPorts": {"80/tcp": {}, "x\ny": {}, "99999": {}}, "Env": [format!("A_PORT={label}")],
        },
    });
    let world = World::of(&layers, &config.to_string());
    let (code, _, said) = world.run(0, &["init", NAME, "--accept", "--profile", "generic"]);
    assert!(matches!(code, 0 | 9), "{code}: {said}");
    let written = world.read("lucid-verify.toml");
    assert!(!written.chars().any(|letter| letter != '\n' && (letter.is_control() || letter == '\u{202e}')), "{written}");
    assert!(!written.lines().any(|line| line.starts_with("[lock]") || line.starts_with("[rules")), "{written}");
    assert!(written.contains("[services.\"lucid-demo\"]") && written.contains("ports = [80]"), "{written}");
    assert_eq!(world.run(0, &[NAME, "--fail-on", "warn"]).0, code);
}

/// The good image, or what came of it, as a layout, and its name in there; in the cache, so that blobs are linked and not copied.
fn layout(image: &Image) -> (TempDir, String) {
    let folder = tempfile::tempdir_in(cache()).unwrap();
    image.write_layout(folder.path(), Compression::None, Family::Oci);
    let (index, called) = (folder.path().join("index.json"), format!("pickme/lucid-auth:{TAG}"));
    fs::write(&index, fs::read_to_string(&index).unwrap().replace(TAG, &called)).unwrap();
    let name = format!("oci:{}:{called}", folder.path().display());
    (folder, name)
}

/// What a report lacks of a breakage: it fails, and for this cause.
fn lacks(breakage: &Breakage, profile: &Path, layers: &Path) -> Option<String> {
    let mut image = parts().image();
    (breakage.edit)(&mut image, parts());
    let (_folder, name) = layout(&image);
    let fail_on = if breakage.level == "error" { "error" } else { "warn" };
    let mut command = lucid_verify();
    command.args([&name, "--format", "json", "--fail-on", fail_on, "--profile"]).arg(profile).arg("--cache").arg(layers);
    let output = command.output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    // A remark makes no run fail.
    let wanted = i32::from(breakage.level != "info");
    let found = || causes(&report).iter().map(|cause| format!("{} {}", cause.level, cause.rule)).collect::<Vec<_>>();
    let is_cause = breakage.level == "info" || causes(&report).iter().any(|cause| cause.rule == breakage.rule);
    let holds = output.status.code() == Some(wanted) && is_cause;
    (!holds).then(|| {
        format!("{}: exit {:?}, wanted {wanted} and {}: {:?}", breakage.name, output.status.code(), breakage.rule, found())
    })
}

#[test]
fn under_what_the_good_image_writes_it_holds_and_every_breakage_fails() {
    if !asked("under_what_the_good_image_writes_it_holds_and_every_breakage_fails") {
        return;
    }
    let ((_good, name), work) = (layout(&parts().image()), tempfile::tempdir().unwrap());
    let (profile, layers) = (work.path().join("lucid-verify.toml"), work.path().join("cache"));
    let mut init = lucid_verify();
    let init = init.args(["init", &name, "--file"]).arg(&profile).arg("--cache").arg(&layers).output().unwrap();
    assert_eq!(init.status.code(), Some(0), "{}", init.stderr.escape_ascii());
    let written = fs::read_to_string(&profile).unwrap();
    assert!(!written.contains("Left out") && written.contains("\nmarkers = ["), "{written}");
    let lacking = each(&breakages().collect::<Vec<_>>(), |breakage| lacks(breakage, &profile, &layers));
    let wrong: Vec<String> = lacking.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{written}\n{}", wrong.join("\n"));
}
