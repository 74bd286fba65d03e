//! The manual pages: they hold every verb and option, and readers of such pages accept them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/cli.rs"]
mod cli;

use std::io::Write as _;
use std::process::{Command, Stdio};

use cli::run;

fn page(verb: &[&str]) -> String {
    let (code, page, stderr) = run(&[&["man"], verb].concat());
    assert_eq!((code, &stderr[..]), (0, ""), "{verb:?}");
    page
}

/// The verbs and the options that the help names.
fn named(help: &str) -> (Vec<String>, Vec<String>) {
    let (_, verbs) = help.split_once("Verbs:\n").unwrap_or_default();
    let verbs = verbs.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().next());
    let options = help.split([' ', '\n', ',', '[', '=']).filter(|word| word.starts_with("--") && word.len() > 2);
    let plain = |word: &str| word.trim_end_matches(|sign: char| !sign.is_ascii_alphanumeric()).to_owned();
    (verbs.map(str::to_owned).collect(), options.map(plain).collect())
}

#[test]
fn every_verb_and_option_is_in_the_manual() {
    let plain = |page: &str| page.replace("\\-", "-");
    let (_, help, _) = run(&["--help"]);
    let (verbs, options) = named(&help);
    assert!(verbs.len() > 10 && options.len() > 20, "{verbs:?} {options:?}");
    let whole = plain(&page(&[]));
    for word in verbs.iter().chain(&options) {
        assert!(whole.contains(word), "{word}");
    }
    for verb in &verbs {
        let (_, help, _) = run(&[verb, "--help"]);
        let text = plain(&page(&[verb]));
        assert!(text.contains(&format!("lucid-verify {verb}")) || text.contains(&format!("lucid-verify-{verb}")), "{verb}");
        for option in named(&help).1 {
            assert!(text.contains(&option), "{verb} {option}");
        }
    }
    let (code, _, stderr) = run(&["man", "nothing"]);
    assert_eq!((code, stderr.contains("the verbs are verify, ")), (2, true), "{stderr}");
}

/// What a checker says of a page; `None` where it is not installed.
fn said(program: &str, arguments: &[&str], page: &str) -> Option<String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        let _ = writeln!(std::io::stderr(), "skipped: {program} is not installed");
        return None;
    };
    let mut input = child.stdin.take().unwrap();
    let page = page.to_owned();
    let writer = std::thread::spawn(move || input.write_all(page.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Some(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

#[test]
fn readers_of_manual_pages_accept_them() {
    for verb in [vec![], vec!["verify"], vec!["inspect"]] {
        let page = page(&verb);
        if let Some(said) = said("groff", &["-man", "-ww", "-z", "-K", "utf8"], &page) {
            assert_eq!(said, "", "{verb:?}");
        }
        if let Some(said) = said("mandoc", &["-T", "lint", "-W", "error"], &page) {
            assert_eq!(said, "", "{verb:?}");
        }
    }
    let (code, stdout, _) = run(&["man", "verify"]);
    assert_eq!((code, stdout == page(&["verify"])), (0, true), "the page bears no date");
}
