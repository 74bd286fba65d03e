//! The one comment of a pull request, whatever GitHub answers. The program is none here: what it would say is known.

use crate::has_tools;
use crate::hosts::{Failure, GitHub};
use crate::runner::{Event, Machine, Ran};

const MARK: &str = "<!-- lucid-verify-action image-check/verify -->";
const BOT: &str = "github-actions[bot]";

/// A machine whose program ends so, before it wrote a report, and the comments.
fn stage(code: i32) -> (Machine, GitHub) {
    let (mut machine, github) = (Machine::new(""), GitHub::new());
    let script = format!("#!/bin/sh\n[ \"$1\" != --version ] || {{ echo lucid-verify 0.1.0; exit; }}\nexit {code}\n");
    machine.write("bin/lucid-verify", &script);
    machine.env.insert("GITHUB_API_URL".into(), format!("http://{}", github.server.host()));
    (machine, github)
}

fn comment(stage: &(Machine, GitHub)) -> Ran {
    stage.0.run(&Event::PULL, &[("images", "app:1"), ("retry-after", "0")])
}

#[test]
fn a_comment_is_made_once_and_found_on_any_page() {
    if !has_tools() {
        return;
    }
    let stage = stage(2);
    stage.1.comment("mallory", &format!("{MARK}\nHeld"));
    (0..120).for_each(|number| stage.1.comment("someone", &format!("comment {number} on {MARK}")));
    stage.1.comment(BOT, "<!-- lucid-verify-action image-check/verify-other -->\nof another job");
    let before = stage.1.comments();
    for _ in 0..2 {
        let ran = comment(&stage);
        assert_eq!(ran.code, 2, "the comment changes no verdict: {}", ran.log);
    }
    let after = stage.1.comments();
    assert_eq!((&after[..before.len()], after.len()), (&before[..], before.len() + 1));
    let body = &after.last().unwrap().body;
    assert!(body.starts_with(MARK) && body.contains("### Incomplete") && body.contains("exit code 2"), "{body}");
    assert!(body.contains("[Of 0123456789ab](https://github.example/team/app/actions/runs/42)"), "{body}");
}

#[test]
fn a_verdict_of_yesterday_is_replaced_by_a_run_without_a_report() {
    if !has_tools() {
        return;
    }
    let stage = stage(70);
    stage.1.comment(BOT, &format!("{MARK}\n### Held"));
    stage.1.comment(BOT, &format!("{MARK}\n### Held, by a run at the same time"));
    comment(&stage);
    let [comment] = &stage.1.comments()[..] else { panic!("{:?}", stage.1.comments()) };
    assert!(!comment.body.contains("Held"), "{}", comment.body);
}

#[test]
fn what_passes_is_tried_again_and_a_lost_answer_is_no_second_comment() {
    if !has_tools() {
        return;
    }
    for failures in [&[Failure::Refused(503), Failure::Limited][..], &[Failure::Lost], &[Failure::Refused(429), Failure::Lost]] {
        let stage = stage(0);
        stage.1.fail(failures);
        let ran = comment(&stage);
        assert_eq!((ran.code, stage.1.comments().len()), (0, 1), "{}", ran.log);
    }
}

#[test]
fn a_pull_request_from_a_fork_is_warned_and_no_more() {
    if !has_tools() {
        return;
    }
    let stage = stage(0);
    stage.1.fail(&[Failure::Refused(403)]);
    let ran = comment(&stage);
    assert_eq!((ran.code, ran.count("warning"), ran.count("error")), (0, 1, 0), "{}", ran.log);
    assert!(stage.1.comments().is_empty());
}

#[test]
fn a_comment_that_cannot_be_replaced_fails_the_job() {
    if !has_tools() {
        return;
    }
    let stage = stage(0);
    stage.1.comment(BOT, &format!("{MARK}\n### Held"));
    stage.1.fail(&[Failure::Refused(503); 4]);
    assert_eq!(comment(&stage).code, 5);
    let ran = stage.0.run(&Event::PULL, &[("images", "app:1"), ("token", "ghs_wrong")]);
    assert_eq!((ran.code, ran.count("error")), (4, 1), "{}", ran.log);
    assert!(!ran.log.contains("ghs_wrong"));
}

#[test]
fn without_a_pull_request_or_a_wish_there_is_no_comment() {
    if !has_tools() {
        return;
    }
    let stage = stage(1);
    assert_eq!(stage.0.run(&Event::PUSH, &[]).code, 1);
    assert_eq!(stage.0.run(&Event::PULL, &[("comment", "false")]).code, 1);
    assert!(stage.1.server.requests().is_empty());
}
