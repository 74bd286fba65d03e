//! The house keeps its rooms apart: who may look where is a table, and this holds the code against it.
#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A room and the rooms it may use. `digest`, `error`, `limits`, `reference` and `text` are open to all.
const MAY_USE: &[(&str, &[&str])] = &[
    ("digest", &[]),
    ("error", &[]),
    ("limits", &[]),
    ("reference", &[]),
    ("text", &[]),
    ("transient", &[]),
    ("finding", &[]),
    ("image", &[]),
    ("source", &["image", "layer"]),
    ("layer", &["image"]),
    ("cache", &["layer", "transient"]),
    ("vfs", &["layer", "image"]),
    ("facts", &["vfs", "layer", "image"]),
    ("profile", &["finding", "size"]),
    ("size", &["facts", "layer", "vfs"]),
    ("rules", &["facts", "size", "vfs", "profile", "finding"]),
    ("report", &["finding", "size"]),
    ("serve", &["layer", "vfs"]),
    ("explore", &["facts", "finding", "layer", "report", "rules", "size", "vfs"]),
    (
        "verify",
        &["explore", "source", "cache", "layer", "image", "vfs", "facts", "size", "profile", "finding", "rules", "report"],
    ),
];

const LEAVES: &[&str] = &["digest", "error", "limits", "reference", "text"];

/// What touches the world, and the rooms that may.
const WORLD: &[&str] =
    &["tokio::", "reqwest::", "std::fs", "std::net", "std::env", "std::process", "SystemTime", "Utc::now", "Local::now"];
const WORLDLY: &[&str] = &["source", "serve", "cache", "transient"];
/// Constants of the compiler and the grammar of addresses are not the world.
const NOT_THE_WORLD: &[&str] = &["std::env::consts", "std::net::Ipv"];

/// Literals of the one pattern that the built-in profiles describe.
const PATTERN: &[&str] = &["65532", "python3.11", "lucid"];
const GENERAL: &[&str] = &["facts", "rules"];

/// The one file that may hold unsafe code.
const UNSAFE: &[&str] = &["src/digest/rounds.rs"];

const LONGEST_FILE: usize = 400;
const LONGEST_MEDIAN: usize = 150;

type Files = BTreeMap<String, String>;

fn sources(root: &Path, suffix: &str) -> Files {
    let mut files = Files::new();
    let mut todo = vec![root.to_owned()];
    while let Some(directory) = todo.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                todo.push(path);
            } else if path.to_string_lossy().ends_with(suffix) {
                let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().to_string_lossy().into_owned();
                files.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    files
}

fn library() -> Files {
    let mut files = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), ".rs");
    files.retain(|name, _| !name.starts_with("src/bin/") && name != "src/lib.rs");
    files
}

fn room(file: &str) -> &str {
    file.strip_prefix("src/").unwrap().split(['/', '.']).next().unwrap()
}

const TEST_ONLY: &str = "#[cfg(test)]";

/// What a test-only item declares: the name of a module, and whether its body follows.
fn test_module(item: &str) -> Option<(&str, bool)> {
    let declared = item.trim_start().trim_start_matches("pub(crate) ").trim_start_matches("pub(super) ").strip_prefix("mod ")?;
    let name = declared.split([';', ' ']).next()?;
    Some((name, declared[name.len()..].trim_start().starts_with('{')))
}

/// The code of a file: without its comments and its unit tests.
fn code(text: &str) -> String {
    let tests =
        text.match_indices(TEST_ONLY).find(|(at, mark)| test_module(&text[at + mark.len()..]).is_some_and(|(_, body)| body));
    let text = &text[..tests.map_or(text.len(), |(at, _)| at)];
    text.lines().map(str::trim_start).filter(|line| !line.starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The files that are compiled for tests only: `#[cfg(test)] mod name;` and what is in it.
fn test_files(files: &Files) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (file, text) in files {
        let folder = file.strip_suffix("/mod.rs").or_else(|| file.strip_suffix(".rs")).unwrap();
        for (at, mark) in text.match_indices(TEST_ONLY) {
            if let Some((name, false)) = test_module(&text[at + mark.len()..]) {
                let within = format!("{folder}/{name}/");
                found.insert(format!("{folder}/{name}.rs"));
                found.extend(files.keys().filter(|file| file.starts_with(&within)).cloned());
            }
        }
    }
    found
}

/// The module names of files that declare a rule.
fn rule_modules(files: &Files) -> BTreeSet<&str> {
    let declaring = files
        .iter()
        .filter(|(name, text)| name.starts_with("src/rules/") && !name.ends_with("mod.rs") && text.contains("declare_rule!"));
    declaring.map(|(name, _)| name.rsplit('/').next().unwrap().strip_suffix(".rs").unwrap()).collect()
}

/// The rooms that a file looks into: `crate::room` and `crate::{room, …}`.
fn looks_into(code: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let names: Vec<&str> = match rest.strip_prefix('{') {
            Some(list) => top_level(list),
            None => vec![rest],
        };
        for name in names {
            let name: String = name.trim().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            rooms.insert(name);
        }
    }
    rooms
}

/// The parts of a brace list at its own level.
fn top_level(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, character) in list.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => {
                parts.push(&list[start..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts
}

fn violations(files: &Files) -> Vec<String> {
    let rooms: BTreeMap<&str, &[&str]> = MAY_USE.iter().copied().collect();
    let mut found = Vec::new();
    let (tests, rules) = (test_files(files), rule_modules(files));
    for (file, text) in files.iter().filter(|(file, _)| !tests.contains(*file)) {
        let own = room(file);
        let code = code(text);
        let Some(allowed) = rooms.get(own) else {
            found.push(format!("{file}: {own} is no room of the table"));
            continue;
        };
        for other in looks_into(&code) {
            let known = rooms.contains_key(other.as_str());
            if known && other != own && !allowed.contains(&other.as_str()) && !LEAVES.contains(&other.as_str()) {
                found.push(format!("{file}: {own} may not look into {other}"));
            }
        }
        let without = NOT_THE_WORLD.iter().fold(code.clone(), |code, name| code.replace(name, ""));
        for world in WORLD.iter().filter(|world| !WORLDLY.contains(&own) && without.contains(**world)) {
            found.push(format!("{file}: {own} may not touch {world}"));
        }
        for literal in PATTERN.iter().filter(|literal| {
            GENERAL.contains(&own) && code.replace("lucid_verify", "").replace("lucid-verify", "").contains(**literal)
        }) {
            found.push(format!("{file}: the literal {literal} belongs in a built-in profile"));
        }
        let is_rule = own == "rules" && code.contains("declare_rule!") && !file.ends_with("mod.rs");
        for other in rules.iter().filter(|other| is_rule && !file.ends_with(&format!("/{other}.rs"))) {
            // A room has modules of the names of rules.
            if code.replace(&format!("facts::{other}::"), "").contains(&format!("::{other}::")) {
                found.push(format!("{file}: a rule may not see the rule {other}"));
            }
        }
        if code.contains("unsafe ") && !UNSAFE.contains(&file.as_str()) {
            found.push(format!("{file}: unsafe code"));
        }
    }
    found
}

#[test]
fn no_room_looks_where_it_may_not() {
    assert_eq!(violations(&library()), Vec::<String>::new());
}

#[test]
fn a_planted_import_is_found() {
    for (file, line) in [
        ("src/facts/planted.rs", "use crate::profile::Profile;"),
        ("src/facts/planted.rs", "use crate::{error::Error, profile::{Profile, Expect}, vfs::Tree};"),
        ("src/rules/marker/planted.rs", "fn f() { crate::layer::LayerPath::root(); }"),
        ("src/report/planted.rs", "use crate::facts::Facts;"),
        ("src/layer/planted.rs", "use tokio::sync::mpsc;"),
        ("src/vfs/planted.rs", "fn f() { std::fs::read(\"/etc/passwd\"); }"),
        ("src/rules/planted.rs", "const USER: &str = \"65532:65532\";"),
        ("src/helpers/planted.rs", "fn f() {}"),
        ("src/layer/planted.rs", "fn f() { unsafe { x() } }"),
        ("src/rules/marker/planted.rs", "use super::nonempty::RULE; declare_rule! {}"),
        ("src/vfs/planted.rs", "#[cfg(test)]\nmod later;\nuse crate::facts::Facts;"),
    ] {
        let mut files = library();
        files.insert(file.into(), line.into());
        assert_eq!(violations(&files).len(), 1, "{file}: {line}: {:?}", violations(&files));
    }
}

#[test]
fn comments_and_tests_may_speak_of_anything() {
    let text = "// use crate::profile::Profile;\nfn f() {}\n#[cfg(test)]\nmod tests { use crate::profile::Profile; }";
    let files = Files::from([("src/facts/planted.rs".to_owned(), text.to_owned())]);
    assert_eq!(violations(&files), Vec::<String>::new());
}

#[test]
fn every_file_can_be_read_at_one_sitting() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = sources(&root.join("src"), ".rs");
    files.extend(sources(&root.join("tests"), ".rs"));
    let mut lengths: Vec<(usize, &String)> = files.iter().map(|(name, text)| (text.lines().count(), name)).collect();
    lengths.sort();
    let (longest, name) = lengths.last().unwrap();
    assert!(*longest <= LONGEST_FILE, "{name} has {longest} lines");
    let median = lengths[lengths.len() / 2].0;
    assert!(median <= LONGEST_MEDIAN, "the median file has {median} lines");
}

#[test]
fn lib_rs_holds_nothing_but_rooms() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    for line in text.lines().filter(|line| !line.is_empty()) {
        assert!(line.starts_with("pub mod ") || line.starts_with("#!["), "{line}");
    }
}
