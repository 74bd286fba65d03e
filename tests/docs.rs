//! The documentation is of what is there: ids, sections, options, and the pages that are made from them.

#![allow(clippy::unwrap_used)]

#[path = "support/tunnel.rs"]
mod tunnel;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use lucid_verify::finding::Level;
use lucid_verify::profile::{BUILT_IN, Expect, Policy, Profile, Subject, Value, WANTS};
use lucid_verify::rules::{RULES, Rule, known};

const SECTIONS: [&str; 6] = ["What it checks", "Why", "Symptom", "Fix", "Options", "Unit"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// Compares a generated page with the one that is kept; `LUCID_UPDATE=1` writes it.
fn is_current(page: &str, text: &str) {
    let path = root().join("docs").join(page);
    if std::env::var_os("LUCID_UPDATE").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    assert!(read(&path) == text, "docs/{page} is stale: LUCID_UPDATE=1 cargo test --test docs");
}

#[test]
fn an_id_is_a_place_in_the_source() {
    let ids: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), RULES.len());
    for rule in RULES {
        let (group, name) = rule.id.split_once('/').unwrap();
        let folder = root().join("src/rules").join(group.replace('-', "_"));
        let own = folder.join(format!("{}.rs", name.replace('-', "_")));
        let file = if own.exists() { own } else { folder.join("mod.rs") };
        assert!(read(&file).contains(&format!("\"{}\"", rule.id)), "{} is not declared in {}", rule.id, file.display());
    }
}

#[test]
fn no_rule_is_declared_and_forgotten() {
    let mut declared = 0;
    for folder in std::fs::read_dir(root().join("src/rules")).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
        for file in std::fs::read_dir(folder.path()).unwrap().flatten() {
            let text = read(&file.path());
            declared += text.matches("declare_rule! {").count();
            let is_rule = text.contains("declare_rule! {") && file.file_name() != "mod.rs";
            assert!(!is_rule || text.lines().count() <= 80, "{} is longer than a rule", file.path().display());
        }
    }
    assert_eq!(declared, RULES.len());
}

#[test]
fn groups_stand_together() {
    let mut groups: Vec<&str> = RULES.iter().filter_map(|rule| rule.id.split('/').next()).collect();
    groups.dedup();
    assert_eq!(groups.iter().collect::<BTreeSet<_>>().len(), groups.len(), "{groups:?}");
}

#[test]
fn every_rule_has_its_sections_in_their_order() {
    for rule in RULES {
        let text = rule.markdown();
        let headings: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# ")).collect();
        assert_eq!(headings, SECTIONS, "{}", rule.id);
        for section in text.split("# ").skip(1) {
            assert!(section.split_once('\n').unwrap().1.trim().len() > 3, "{}: {section}", rule.id);
        }
        assert!(!rule.summary.is_empty() && !rule.summary.ends_with('.'), "{}", rule.id);
    }
}

#[test]
fn options_are_documented_and_documented_options_are_there() {
    for rule in RULES {
        let text = rule.markdown();
        let (_, section) = text.split_once("# Options\n").unwrap();
        let (section, _) = section.split_once("# Unit\n").unwrap();
        let documented: Vec<&str> = section.lines().filter_map(|line| line.strip_prefix("- `")?.split('`').next()).collect();
        let known: Vec<&str> = rule.options.iter().map(|option| option.name).collect();
        assert_eq!(documented, known, "{}", rule.id);
    }
}

#[test]
fn a_unit_is_a_phrase_that_stands_behind_its_number() {
    for rule in RULES {
        assert_ne!(rule.unit.one, rule.unit.many, "{}", rule.id);
        assert!(rule.markdown().ends_with(&format!("*n {}*.\n", rule.unit.many)), "{}", rule.id);
        assert!(rule.unit.count(1).starts_with("1 ") && rule.unit.count(4711).starts_with("4,711 "), "{}", rule.id);
        let words = [rule.unit.one, rule.unit.many];
        assert!(words.iter().all(|words| !words.ends_with(['.', ';']) && words.len() < 60), "{}", rule.id);
    }
}

#[test]
fn the_page_for_users_of_dockle_names_rules_that_there_are_and_every_checkpoint_once() {
    let page = read(&root().join("docs/dockle.md"));
    let groups: BTreeSet<&str> = RULES.iter().filter_map(|rule| rule.id.split('/').next()).collect();
    let named =
        page.split('`').skip(1).step_by(2).filter(|word| word.split('/').next().is_some_and(|group| groups.contains(group)));
    let named: Vec<&str> = named.filter(|word| word.contains('/')).collect();
    assert!(named.len() >= 8, "{named:?}");
    for id in named {
        assert!(RULES.iter().any(|rule| rule.id == id), "{id}");
    }
    let rows: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next()).skip(1).collect();
    let wanted = ["CIS-DI-0001", "CIS-DI-0005", "CIS-DI-0006", "CIS-DI-0007", "CIS-DI-0008", "CIS-DI-0009", "CIS-DI-0010"];
    let own = ["DKL-DI-0001", "DKL-DI-0002", "DKL-DI-0003", "DKL-DI-0004", "DKL-DI-0005", "DKL-DI-0006"];
    let files = ["DKL-LI-0001", "DKL-LI-0002", "DKL-LI-0003"];
    assert_eq!(rows, [&wanted[..], &own[..], &files[..]].concat());
}

#[test]
fn the_page_of_rules_is_current() {
    let mut page = String::from(
        "# Rules\n\nMade from the rules themselves. A profile can change the level of each, and set its options.\n\n",
    );
    page.push_str("| rule | answers | level | what it wants |\n|---|---|---|---|\n");
    for rule in RULES {
        let anchor = rule.id.replace('/', "");
        let (question, level) = (rule.question.word(), rule.level.word());
        let _ = writeln!(page, "| [{}](#{anchor}) | {question} | {level} | {} |", rule.id, rule.summary);
    }
    for rule in RULES {
        let facts = format!("{} · {} · since {}", rule.question.word(), rule.level.word(), rule.since);
        let docs = rule.markdown().replace("# ", "### ");
        let _ = write!(page, "\n## {}\n\n{}. ({facts})\n\n{docs}", rule.id, rule.summary);
    }
    is_current("rules.md", &page);
}

/// What there is to say of `[[check]]` before the table of its keys.
const CHECKS: &str = r#"
## Rules of your own

A `[[check]]` says what is wanted of one subject: `files` (a glob of absolute paths, without those of `except`), `config` (a field
such as `User`, `Env.PATH` or `Healthcheck.Test`), `label` (a glob of names), `package` (a glob of names, behind `python:`, `deb:` or
`apk:` if it is of one kind) or `command` (`entrypoint`, `healthcheck`, or words as one would type them).

```toml
[[check]]
id = "own/web-root"                     # its id in every output, in [[ignore]], [rules."own/web-root"] and --rule
files = "/srv/www/**"
except = ["/srv/www/cache/**"]
want = { owner = "101:101", mode = "a-w", min-count = 1, max-bytes = "50MB" }
level = "error"                         # error (if nothing is said), warn, info or off
answers = "conforms"                    # whole, starts, safe, conforms (if nothing is said) or lean
why = "the web server runs as 101"
fix = "COPY --chown=101:101 --chmod=a-w"

[[check]]
id = "own/no-debug"
config = "Env.DEBUG"
want = { one-of = ["0", "false"] }
optional = true                         # it is well if the image does not set it

[[check]]
id = "own/openssl"
package = "deb:libssl3"
want = { version = ">=3.0.11" }

[[check]]
id = "own/no-shell"
command = "sh"
want = { starts = false }
```

A check whose subject the image has nothing of fails, unless it is `optional`. In globs `*` stops at `/` and `**` does not. Content is
looked for in each regular file, links followed; where it was not kept, its layer is read a second time (`-v` says so), and a file
over `--limit content` is `unknown`. A profile that extends another replaces its checks by those of the same id.
Test files of container-structure-test are read as they are: see structure-test.md.

| `want` | of | value | what it asks |
|---|---|---|---|
"#;

/// What there is to say of profiles that others extend.
const SHARED: &str = r#"
## A profile for a fleet

`extends` names a built-in profile, a file beside this one, or `docker://REF@sha256:…`, a profile that a registry keeps; `--profile`
takes the same. One is pushed with `oras push REF lucid-verify.toml:application/toml`, which prints the digest: a tag alone is
refused, because it can be moved. The text is held against the digests, kept in the cache, and read from there with `--offline`.
Credentials are found as for images. A profile from a registry extends no files.

```toml
extends = "docker://registry.example/team/profile@sha256:…"

[[ignore]]                              # a finding that is known and accepted
rule = "size/waste"
path = "/opt/data/**"                   # a glob; without one, every finding of the rule
reason = "squashed with the next base image"
expires = "2027-02-28"                  # its last day; without one it never ends

[limits]                                # the ceilings of --limit, which outranks them
manifest = "8MiB"                       # a profile from a registry may lower them, not raise

[lock]                                  # what whoever extends this profile may tighten, and not weaken
rules = ["integrity/*", "config/env-secret", "own/*"]
max-waiver = "90d"
```

A profile that extends a locked one is refused, with the place, where it lowers the level of a locked rule, changes an option of it,
replaces its `[[check]]`, waives it, or has a waiver that holds longer than `max-waiver` from today. What it says otherwise under
`[expect]`, in `[size]` or of services is its own; but locked rules are judged by what the locking profile says of these, too, and fail
where either fails. Locks of a chain add up. They bind profiles: `--rule`, `--fail-on` and `--max-growth` are choices of a run, which a
report shows.

`lucid-verify init IMAGE` writes a profile under which the image holds; `--accept` turns what is found all the same into waivers of 90
days. Waivers that have expired, or that matched nothing in a run over every rule, are said.
"#;

#[test]
fn the_page_of_profiles_is_current() {
    let mut page = String::from(
        "# Profiles\n\nA profile says what is wanted of an image: a TOML file, or one of the built-in ones below, which are\n\
         also its documentation. `lucid-verify schema profile` prints the JSON Schema.\n",
    );
    page.push_str(SHARED);
    page.push_str(CHECKS);
    for key in WANTS {
        let subjects: Vec<String> = key.subjects.iter().map(|subject| format!("`{subject}`")).collect();
        let _ = writeln!(page, "| `{}` | {} | {} | {} |", key.name, subjects.join(", "), key.value, key.meaning);
    }
    for (name, text) in BUILT_IN {
        let _ = write!(page, "\n## {name}\n\n```toml\n{text}```\n");
    }
    page.push_str(
        "\n## Levels and options of each rule\n\n`level` under `[rules.\"ID\"]` is the level of the findings that have the rule's \
         declared one: it raises\nor lowers them. Findings that the rule itself makes lighter (a pruned file, a spelling) are \
         lowered with it, and\nnever raised. `off`: the rule is not asked.\n\n| rule | declared |",
    );
    let profiles: Vec<Profile> = BUILT_IN.iter().map(|(name, _)| built_in(name)).collect();
    for profile in &profiles {
        let _ = write!(page, " {} |", profile.name);
    }
    page.push_str(" options |\n|---|---|");
    page.push_str(&"---|".repeat(profiles.len() + 1));
    for rule in RULES {
        let _ = write!(page, "\n| {} | {} |", rule.id, rule.level.word());
        for profile in &profiles {
            let _ = write!(page, " {} |", profile.level(rule.id, rule.level).word());
        }
        let options: Vec<String> =
            rule.options.iter().map(|option| format!("`{}`: {}", option.name, option.kind.words())).collect();
        let _ = write!(page, " {} |", options.join("; "));
    }
    page.push('\n');
    is_current("profile.md", &page);
}

#[test]
fn the_page_of_the_matrix_is_current() {
    let rows = built_in("lucid").matrix;
    let link = |id: &str| format!("[{id}](rules.md#{})", id.replace('/', ""));
    let list = |ids: &[&str]| ids.iter().map(|id| link(id)).collect::<Vec<_>>().join(", ");
    let mut page = String::from(
        "# The compliance matrix\n\n`lucid-verify --matrix --dockerfile Dockerfile IMAGE` prints these rows below its report. They are the `[[matrix]]` \
         tables of the\nprofile lucid, in the words of the comparison that they come from, and generated into this page.\n\nA row passes where its first \
         rule looked and passed, and none of its rules found more than a remark. It is unknown where the first\nrule could not look: what a builder \
         stage was is known from an attestation, best with `--provenance=mode=max`, or from\n`--dockerfile`.\n\n| requirement | rules | judged from |\n|---|---|---|\n",
    );
    for row in &rows {
        let _ = writeln!(
            page,
            "| {} | {} | {} |",
            row.requirement,
            list(&row.rules.iter().map(String::as_str).collect::<Vec<_>>()),
            row.evidence
        );
    }
    page.push_str("\n## The issues of the comparison\n\n| | issue | rules that find it |\n|---|---|---|\n");
    for (number, (issue, ids)) in tunnel::ISSUES.iter().enumerate() {
        let _ = writeln!(page, "| {} | {issue} | {} |", number + 1, list(ids));
    }
    is_current("matrix.md", &page);
    let wanted: Vec<&str> = tunnel::MATRIX.iter().map(|(requirement, _)| *requirement).collect();
    assert_eq!(rows.iter().map(|row| row.requirement.as_str()).collect::<Vec<_>>(), wanted);
    let known: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert!(tunnel::ISSUES.iter().all(|(_, ids)| ids.iter().all(|id| known.contains(id))));
}

#[test]
fn lucid_asks_what_every_rule_declares_and_generic_is_never_stricter() {
    let (lucid, generic) = (built_in("lucid"), built_in("generic"));
    for rule in RULES {
        assert_eq!(lucid.level(rule.id, rule.level), rule.level, "{}", rule.id);
        assert!(generic.level(rule.id, rule.level) <= rule.level, "{}", rule.id);
        assert!(rule.options.iter().all(|option| is_set(&lucid, rule, option.name)), "{}", rule.id);
    }
}

#[test]
fn lucid_slim_forbids_the_tools_of_builders_and_asks_no_more_than_lucid() {
    let (lucid, slim) = (built_in("lucid"), built_in("lucid-slim"));
    assert_eq!(slim.expect, Expect::default());
    for rule in RULES {
        assert!(slim.level(rule.id, rule.level) <= lucid.level(rule.id, rule.level), "{}", rule.id);
    }
    let tools = ["compilers", "internal", "build-systems", "packages"].map(|name| format!("toolchain/{name}"));
    for rule in RULES.iter().filter(|rule| tools.iter().any(|tool| tool == rule.id)) {
        assert_eq!(slim.level(rule.id, rule.level), Level::Error, "{}", rule.id);
    }
    assert_eq!(slim.level("toolchain/shells", Level::Error), Level::Off);
}

#[test]
fn every_level_that_a_built_in_profile_lowers_is_another_than_the_declared_one() {
    for (name, table) in BUILT_IN {
        let profile = built_in(name);
        for rule in RULES.iter().filter(|rule| table.contains(&format!("[rules.\"{}\"]\nlevel", rule.id))) {
            assert_ne!(profile.level(rule.id, rule.level), rule.level, "{name}: {}", rule.id);
        }
    }
}

fn is_set(profile: &Profile, rule: &Rule, option: &str) -> bool {
    match profile.option(rule.id, option) {
        Some(Value::Text(text)) => !text.is_empty(),
        Some(Value::Texts(texts)) => !texts.is_empty(),
        Some(Value::Count(_)) => true,
        None => false,
    }
}

fn built_in(name: &str) -> Profile {
    let subject = Subject { name: "x", labels: &std::collections::BTreeMap::new(), has_file: &|_| false };
    Policy::builtin(name, &known()).unwrap().choose(&subject, None, "2026-11-21".parse().unwrap()).unwrap()
}
