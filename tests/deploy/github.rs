//! The action, from its first run to a failure of the network.

use std::fs;

use serde_json::Value;

use crate::hosts::{GitHub, Registry};
use crate::runner::{Event, Machine, Ran};
use crate::{ARGS, PROFILE, bin, good, has_tools, hostile, written};

/// A machine with the program in PATH, and what it talks to.
struct Stage {
    machine: Machine,
    github: GitHub,
    registry: Registry,
}

impl Stage {
    fn new() -> Self {
        let (mut machine, github) = (Machine::new(""), GitHub::new());
        machine.write("work/services/lucid-verify.toml", PROFILE);
        machine.write("bin/lucid-verify", &format!("#!/bin/sh\nexec {}/lucid-verify \"$@\"\n", bin().display()));
        // What stands in an argument can be read by every process of the machine.
        machine.write(
            "bin/curl",
            &format!("#!/bin/sh\nprintf '%s\\n' \"$@\" >>{}\nexec /usr/bin/curl \"$@\"\n", machine.path("curl.log").display()),
        );
        machine.env.insert("GITHUB_API_URL".into(), format!("http://{}", github.server.host()));
        machine.env.insert("SOURCE_DATE_EPOCH".into(), "1763748240".into());
        Self { machine, github, registry: Registry::holding(good()) }
    }

    fn run(&self, event: &Event) -> Ran {
        self.with(event, &[])
    }

    fn with(&self, event: &Event, more: &[(&str, &str)]) -> Ran {
        let name = self.registry.name();
        let mut inputs = vec![
            ("images", &name[..]),
            ("profile", "lucid-verify.toml"),
            ("baseline", "auto"),
            ("max-growth", "1% 100B"),
            ("args", ARGS),
            ("working-directory", "services"),
            ("retry-after", "0"),
            ("sarif", "true"),
        ];
        inputs.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        inputs.extend(more);
        let ran = self.machine.run(event, &inputs);
        assert!(!ran.log.contains(crate::TOKEN), "{}", ran.log);
        let arguments = fs::read_to_string(self.machine.path("curl.log")).unwrap_or_default();
        assert!(!arguments.contains(crate::TOKEN));
        ran
    }
}

fn report(ran: &Ran) -> Value {
    serde_json::from_slice(&fs::read(&ran.outputs["json"]).unwrap()).unwrap()
}

#[test]
fn a_pull_request_goes_red_and_green_in_one_comment_that_no_run_leaves_stale() {
    if !has_tools() {
        return;
    }
    let mut stage = Stage::new();

    let first = stage.run(&Event::PUSH);
    assert_eq!((first.code, &first.outputs["verdict"][..]), (0, "held"), "{}", first.log);
    assert!(stage.github.comments().is_empty(), "a push has no pull request");
    let kept = &first.given("actions/cache/save").unwrap()["key"];
    assert!(kept.starts_with("lucid-verify-Linux-X64-0.1.0-image-check/verify-"), "{kept}");

    stage.registry.push(hostile());
    let red = stage.run(&Event::PULL);
    assert_eq!((red.code, &red.outputs["exit-code"][..], &red.outputs["verdict"][..]), (1, "1", "findings"), "{}", red.log);
    assert!(red.given("actions/cache/save").is_none(), "a pull request keeps nothing");
    assert_eq!(report(&red)["verdict"], "findings");
    assert!(!report(&red)["images"][0]["delta"].is_null(), "it was compared with what the push left");
    let given = red.given("github/codeql-action/upload-sarif").unwrap();
    let sarif: Value = serde_json::from_slice(&fs::read(&given["sarif_file"]).unwrap()).unwrap();
    assert_eq!((&sarif["version"], &given["category"][..]), (&"2.1.0".into(), "lucid-verify/image-check/verify"));
    assert!(fs::read_to_string(&red.outputs["junit"]).unwrap().contains("<testsuites"));
    assert!(red.summary.contains("### Findings"), "{}", red.summary);
    let comments = stage.github.comments();
    assert!(comments.len() == 1 && comments[0].body.contains("### Findings"), "{comments:?}");

    stage.run(&Event::PULL);
    stage.registry.push(good());
    let green = stage.run(&Event::PULL);
    assert_eq!((green.code, green.count("error")), (0, 0), "{}", green.log);
    let [comment] = &stage.github.comments()[..] else { panic!("{:?}", stage.github.comments()) };
    assert!(comment.id == comments[0].id && comment.body.contains("### Held"), "{}", comment.body);

    // Nothing listens where the registry was.
    let name = stage.registry.name();
    stage.registry = Registry::holding(good());
    let down = stage.with(&Event::PULL, &[("images", &name)]);
    assert_eq!((down.code, &down.outputs["verdict"][..]), (5, "incomplete"), "{}", down.log);
    assert_eq!(down.log.matches("trying once more").count(), 1);
    assert!(down.count("error") >= 1, "{:?}", down.commands);
    assert_eq!(report(&down)["verdict"], "incomplete");
    assert!(down.given("github/codeql-action/upload-sarif").is_none(), "code scanning would close what it no longer sees");
    let [comment] = &stage.github.comments()[..] else { panic!("{:?}", stage.github.comments()) };
    assert!(comment.body.contains("### Incomplete") && !comment.body.contains("### Held"), "{}", comment.body);
}

#[test]
fn what_failed_becomes_no_measure_unless_a_person_takes_it_for_one() {
    if !has_tools() {
        return;
    }
    let stage = Stage::new();
    stage.run(&Event::PUSH);
    let down = stage.with(&Event::PUSH, &[("images", "127.0.0.1:1/team/app:1")]);
    assert_eq!(down.code, 5, "{}", down.log);

    stage.registry.push(written(&format!("f 0644 0:0 /srv/index.html \"{}\"\n", "a page".repeat(500)), crate::CONFIG));
    let by_hand = Event { name: "workflow_dispatch", ..Event::PUSH };
    for (event, code) in [(Event::PULL, 1), (Event::PUSH, 1), (Event::PULL, 1), (by_hand, 1), (Event::PULL, 0)] {
        let ran = stage.run(&event);
        assert_eq!(ran.code, code, "{}: {}", event.name, ran.log);
    }
}

#[test]
fn the_first_pull_request_has_nothing_to_be_compared_with_and_goes_on() {
    if !has_tools() {
        return;
    }
    let stage = Stage::new();
    let ran = stage.run(&Event::PULL);
    assert_eq!((ran.code, stage.github.comments().len()), (0, 1), "{}", ran.log);
    // The ref is the default branch's, and the image anyone's.
    let target = Event { name: "pull_request_target", reference: "refs/heads/main", pull_request: Some(7) };
    assert!(stage.run(&target).given("actions/cache/save").is_none());
}

#[test]
fn one_job_judges_all_services_and_compares_each_with_what_it_was() {
    if !has_tools() {
        return;
    }
    let stage = Stage::new();
    stage.machine.write("work/services/images.txt", &format!("# the fleet\n{}\n", stage.registry.name()));
    let compose = format!("services:\n  other:\n    image: {}\n  built:\n    build: .\n", stage.registry.named("team/other"));
    stage.machine.write("work/services/compose.yaml", &compose);
    let fleet = [("images", ""), ("images-file", "images.txt"), ("compose", "compose.yaml")];
    let first = stage.with(&Event::PUSH, &fleet);
    assert_eq!(first.code, 0, "{}", first.log);

    stage.registry.push(hostile());
    let red = stage.with(&Event::PULL, &fleet);
    assert_eq!(red.code, 1, "{}", red.log);
    let report = report(&red);
    let images = report["images"].as_array().unwrap();
    assert!(images.len() == 2 && images.iter().all(|image| !image["delta"].is_null()), "{report}");
    let [comment] = &stage.github.comments()[..] else { panic!("{:?}", stage.github.comments()) };
    assert!(["team/app", "team/other"].iter().all(|name| comment.body.contains(name)), "{}", comment.body);
    assert!(comment.body.chars().count() <= 61_000 && red.count("error") <= 9);
}

#[test]
fn what_an_image_is_called_commands_nothing() {
    if !has_tools() {
        return;
    }
    let stage = Stage::new();
    stage.registry.push(hostile());
    let ran = stage.run(&Event::PULL);
    assert_eq!(ran.code, 1, "{}", ran.log);
    assert!((1..=9).contains(&ran.count("error")), "{:?}", ran.commands);
    for command in &ran.commands {
        assert!(["::error ", "::warning ", "::notice "].iter().any(|kind| command.starts_with(kind)), "{command}");
        let properties = command.split("::").nth(1).unwrap();
        assert!(!properties.contains("file=planted"), "{command}");
    }
    assert!(!stage.machine.path("work/services/planted").exists());
}

#[test]
fn a_try_that_failed_leaves_no_annotation_and_no_message_is_a_command() {
    if !has_tools() {
        return;
    }
    let machine = Machine::new("");
    let program = r#"#!/bin/sh
        [ "$1" != --version ] || { echo lucid-verify 0.1.0; exit; }
        printf '::error::planted\n  ::add-mask::held\n##[stop-commands]x\nwithout an end' >&2
        [ -e tried ] || { touch tried; echo '::error title=a::unreachable'; exit 5; }
        echo '::notice title=a::held'"#;
    machine.write("bin/lucid-verify", program);
    let ran = machine.run(&Event::PUSH, &[("images", "app:1"), ("retry-after", "0")]);
    assert_eq!((ran.code, &ran.outputs["verdict"][..]), (0, "held"), "{}", ran.log);
    assert_eq!(ran.commands, ["::notice title=a::held"]);
}

#[test]
fn what_users_say_is_no_text_of_a_script() {
    if !has_tools() {
        return;
    }
    let stage = Stage::new();
    let evil = "$(touch planted) `touch planted` '; touch planted; ' \" && touch planted\n::error::planted\n";
    for name in ["images", "images-file", "compose", "profile", "baseline", "max-growth", "fail-on", "dockerfile", "args", "key"]
    {
        let ran = stage.with(&Event::PULL, &[(name, evil)]);
        assert!(ran.commands.iter().all(|command| !command.starts_with("::error::planted")), "{name}: {:?}", ran.commands);
        assert!(name == "key" || matches!(ran.code, 2 | 3), "{name}: {} {}", ran.code, ran.log);
    }
    for name in ["version", "retry-after"] {
        let ran = stage.with(&Event::PULL, &[(name, evil)]);
        assert_eq!((ran.code, ran.count("error")), (2, 1), "{name}: {}", ran.log);
    }
    let dashes = stage.with(&Event::PULL, &[("images", "--version")]);
    assert_eq!(dashes.code, 2, "a name is no option: {}", dashes.log);
    let left: Vec<_> = ["work", "work/services"].iter().map(|folder| stage.machine.path(folder).join("planted")).collect();
    assert!(left.iter().all(|path| !path.exists()));
}
