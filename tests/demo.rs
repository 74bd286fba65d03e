//! The demo as a user meets it, and the README's screen held against it.

#![allow(clippy::unwrap_used)]

#[path = "support/cli.rs"]
mod cli;

use std::path::Path;

use cli::{lucid, run};
use serde_json::Value;

/// The demo on a screen of so many columns: exit code, stdout and stderr.
fn demo(columns: &str) -> (Option<i32>, String, String) {
    let output = lucid(&["demo"]).env("COLUMNS", columns).env("LUCID_VERIFY_USERNAME", "nobody").output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn exactly_what_was_planted_is_found() {
    let (code, table, talk) = demo("80");
    assert_eq!(code, Some(0), "{table}{talk}");
    let rows: Vec<&str> = talk.lines().filter_map(|line| line.strip_prefix("  ")?.split("  ").next()).collect();
    assert!(rows.len() >= 8, "{talk}");
    for rule in &rows {
        assert_eq!(table.matches(&format!("\nerror  {rule} ")).count(), 1, "{rule}: {table}");
    }
    assert!(table.contains(&format!(" fail for {} causes,", rows.len())) && !table.contains("\nwarn "), "{table}");
}

#[test]
fn the_report_is_the_ordinary_one() {
    let (code, stdout, stderr) = run(&["demo", "--format", "json", "--quiet"]);
    assert_eq!((code, &stderr[..]), (0, ""));
    let report: Value = serde_json::from_str(&stdout).unwrap();
    let image = &report["images"][0];
    assert_eq!(
        (&report["exit_code"], &image["complete"], &image["policy"]["profile"]),
        (&1.into(), &true.into(), &"lucid".into())
    );
}

#[test]
fn it_fits_a_narrow_screen() {
    let (_, table, talk) = demo("60");
    let wide = |text: &str| text.lines().find(|line| line.chars().count() > 60).map(str::to_owned);
    assert_eq!((wide(&table), wide(&talk)), (None, None));
}

/// What the README shows of the report: head, answers, two of the causes, and the end.
fn screen(report: &str) -> String {
    let shown = ["FINDINGS ", "  whole ", "error  ownership/tree ", "error  platform/elf-arch ", "next: "];
    let paragraphs: Vec<&str> = report.trim_end().split("\n\n").collect();
    let mut parts: Vec<&str> = Vec::new();
    for (at, paragraph) in paragraphs.iter().enumerate() {
        if at + 2 == paragraphs.len() || shown.iter().any(|begin| paragraph.starts_with(begin)) {
            parts.push(paragraph);
        } else if parts.last() != Some(&"[…]") {
            parts.push("[…]");
        }
    }
    let (_, rest) = report.split_once("127.0.0.1:").unwrap();
    let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
    parts.join("\n\n").replace(&format!("127.0.0.1:{port}"), "127.0.0.1:5000")
}

/// `LUCID_UPDATE=1` writes it anew.
#[test]
fn the_readme_shows_what_is_printed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once("\n```text\n").unwrap();
    let (kept, after) = rest.split_once("\n```\n").unwrap();
    let current = screen(&demo("80").1);
    if std::env::var_os("LUCID_UPDATE").is_some() {
        std::fs::write(&path, format!("{before}\n```text\n{current}\n```\n{after}")).unwrap();
        return;
    }
    assert!(kept == current, "the README's screen is stale: LUCID_UPDATE=1 cargo test --test demo\n{current}");
}
