use chrono::NaiveDate;
use serde_json::{Value, json};

use crate::facts::{Facts, Sources, Verified};
use crate::finding::{Finding, Judgement, Outcome};
use crate::image::Resolved;
use crate::profile::{Policy, Subject};
use crate::reference::{Reference, Transport};
use crate::rules::{Identity, Judged, judge, known};
use crate::size::Breakdown;
use crate::vfs::{Tree, dump};

/// What comes of a check of an image: the tables are those of a profile.
pub(in crate::rules) fn judged(lines: &str, config: &Value, policy: &Policy) -> Vec<Judged> {
    let tree: Tree = dump::tree([lines]).unwrap();
    let document =
        json!({"architecture": "arm64", "os": "linux", "config": config, "rootfs": {"type": "layers", "diff_ids": []}});
    let text = document.to_string();
    let digest = crate::digest::Digest::sha256(text.as_bytes());
    let descriptor = json!({"digest": digest.to_string(), "size": 0});
    let image = Resolved {
        reference: Reference { transport: Transport::Layout { directory: "x".into() }, tag: None, digest: None },
        digest: None,
        index_digest: None,
        index_platform: None,
        manifest: serde_json::from_value(json!({"schemaVersion": 2, "config": descriptor, "layers": []})).unwrap(),
        config: crate::image::Config::parse(text.as_bytes(), &digest, 0).unwrap(),
        attestation: crate::image::Attestation::Absent(""),
        notes: vec![],
    };
    let facts = Facts::gather(&image, &tree, Verified::default(), &Sources::default());
    let subject = Subject { name: "x", labels: &std::collections::BTreeMap::new(), has_file: &|_| false };
    let profile = policy.choose(&subject, None, NaiveDate::MIN).unwrap();
    let sizes = Breakdown::of(&tree, &facts);
    let asked = |rule: &Identity| rule.id.starts_with("own/") || rule.id.starts_with("structure-test/");
    judge(&tree, &facts, &sizes, &profile, Err(&Judgement::skip("nothing")), None, &asked)
}

const LINES: &str = r#"
    f 0644 101:101 /srv/www/index.html "<html>key: value</html>"
    f 0664 0:0 /srv/www/css/a.css "a"
    f 0664 0:0 /srv/www/cache/b "b"
    d 0755 101:101 /srv/www/empty
    l 0777 0:0 /srv/www/link -> index.html
    l 0777 0:0 /bin -> usr/bin
    f 0755 0:0 /usr/bin/tool elf:aarch64
    f 0755 0:0 1000000 /opt/big
    f 0644 0:0 /var/lib/dpkg/status "Package: libssl3\nStatus: install ok installed\nVersion: 3.0.11-1\n\n"
    f 0644 0:0 /usr/lib/python3/site-packages/Big_Tool-1.9.dist-info/METADATA "Name: Big_Tool\nVersion: 1.9\n"
"#;

fn one(check: &str) -> (Outcome, Vec<Finding>, Option<String>) {
    let text = format!("[[check]]\nid = \"own/x\"\n{check}");
    let policy = Policy::parse("p.toml", &text, &known(), &|file| panic!("{file}")).unwrap();
    let config = json!({
        "User": "101", "Env": ["PATH=/bin", "DB_PASSWORD=hunter2"], "Entrypoint": ["/bin/tool"], "Labels": {"a.b": "1", "a.c": "2"},
        "ExposedPorts": {"8080/tcp": {}}, "Healthcheck": {"Test": ["CMD", "none"], "Retries": 3}
    });
    let Judged { judgement, .. } = judged(LINES, &config, &policy).remove(0);
    (judgement.outcome(), judgement.findings.clone(), judgement.reason().map(ToOwned::to_owned))
}

fn passes(check: &str) {
    let (outcome, findings, reason) = one(check);
    assert_eq!((outcome, findings), (Outcome::Pass, vec![]), "{check}: {reason:?}");
}

/// What a failing check says first.
fn says(check: &str) -> String {
    let (outcome, findings, _) = one(check);
    assert_eq!(outcome, Outcome::Fail, "{check}");
    findings[0].message.clone()
}

#[test]
fn files_are_what_a_check_wants() {
    for check in [
        "files = \"/srv/www/**\"",
        "files = \"/bin/tool\"\nwant = { type = \"file\", elf = \"arm64\" }",
        "files = \"/bin/*\"\nwant = { mode = \"0755\", owner = \"0\" }",
        "files = \"/bin\"\nwant = { type = \"link\", link = \"usr/bin\" }",
        "files = \"/srv/www/link\"\nwant = { contains = [\"key: value\", \"html\"], mode = \"0600\" }",
        "files = \"/srv/**\"\nexcept = [\"/srv/www/cache/**\"]\nwant = { excludes = \"b\", max-bytes = \"1kB\" }",
        "files = \"/etc/shadow\"\nwant = { exists = false }",
        "files = \"/srv/www/css/*\"\nwant = { sha256 = \"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb\" }",
        "files = \"/srv/www/empty\"\nwant = { type = \"directory\", min-count = 1 }",
    ] {
        passes(check);
    }
    for (check, message) in [
        (
            "files = \"/srv/www/**\"\nwant = { owner = \"101:101\" }",
            "5 of 7 at /srv/www/**: owner 0:0, want 101:101 (first: /srv/www/cache)",
        ),
        ("files = \"/srv/www/css/*\"\nwant = { mode = \"go-w\" }", "/srv/www/css/a.css: mode 0664, want go-w"),
        ("files = \"/srv/www/*.html\"\nwant = { mode = \"0600\" }", "/srv/www/index.html: mode 0644, want 0600"),
        (
            "files = \"/srv/www/**/*.*\"\nwant = { mode = \"a-w\" }",
            "2 of 2 at /srv/www/**/*.*: mode is not a-w (first: /srv/www/css/a.css)",
        ),
        ("files = \"/bin/tool\"\nwant = { elf = \"amd64\" }", "/bin/tool: AArch64, want x86-64"),
        ("files = \"/srv/www/css/*\"\nwant = { elf = \"amd64\" }", "/srv/www/css/a.css: no ELF object, want x86-64"),
        ("files = \"/bin\"\nwant = { link = \"x\" }", "/bin: a link to usr/bin, want a link to x"),
        ("files = \"/srv/www/index.html\"\nwant = { contains = \"k.y\" }", "/srv/www/index.html: without \"k.y\""),
        ("files = \"/srv/www/index.html\"\nwant = { excludes = \"<html>\" }", "/srv/www/index.html: with \"<html>\""),
        ("files = \"/srv/www/empty\"\nwant = { contains = \"x\" }", "no regular file is at /srv/www/empty"),
        ("files = \"/srv/www/empty/**\"\nwhy = \"they are served\"", "nothing is at /srv/www/empty/**; they are served"),
        ("files = \"/srv/www/*\"\nwant = { min-count = 3 }", "2 files are at /srv/www/*, want 3 at least"),
        ("files = \"/opt/**\"\nwant = { max-bytes = 10 }", "1.0 MB at /opt/**, want 10 B at most"),
        ("files = \"/bin/tool\"\nwant = { exists = false }", "/bin/tool: there, and not wanted"),
    ] {
        assert_eq!(says(check), message, "{check}");
    }
}

#[test]
fn what_is_not_there_fails_unless_it_is_optional_and_what_was_not_read_is_unknown() {
    for subject in ["files = \"/none\"", "config = \"Cmd\"", "label = \"x\"", "package = \"deb:x\""] {
        assert_eq!(one(subject).0, Outcome::Fail, "{subject}");
        assert_eq!(one(&format!("{subject}\noptional = true")).0, Outcome::Skip, "{subject}");
    }
    let (outcome, _, reason) = one("files = \"/opt/big\"\nwant = { contains = \"x\" }");
    assert_eq!((outcome, reason.as_deref()), (Outcome::Unknown, Some("/opt/big: its content was not kept")));
    assert_eq!(one("files = \"/bin/tool\"\nwant = { elf = \"arm65\" }").0, Outcome::Unknown);
    assert_eq!(one("files = \"/none\"\nlevel = \"off\"").0, Outcome::Skip);
}

#[test]
fn settings_and_labels_are_what_a_check_wants() {
    for check in [
        "config = \"User\"\nwant = { equals = \"101\" }",
        "config = \"Env.PATH\"\nwant = { matches = \"/b.n\" }",
        "config = \"Entrypoint\"\nwant = { equals = [\"/bin/tool\"] }",
        "config = \"Cmd\"\nwant = { equals = [] }",
        "config = \"WorkingDir\"\nwant = { equals = \"\" }",
        "config = \"ExposedPorts\"\nwant = { equals = [\"8080/tcp\"] }",
        "config = \"Healthcheck.Retries\"\nwant = { equals = 3 }",
        "config = \"architecture\"\nwant = { one-of = [\"arm64\", \"amd64\"] }",
        "label = \"a.*\"\nwant = { matches = \"[0-9]\" }",
        "label = \"x\"\nwant = { equals = \"\" }",
    ] {
        passes(check);
    }
    for (check, message) in [
        ("config = \"User\"\nwant = { equals = \"0\" }", "User is \"101\", want \"0\""),
        ("config = \"Env.PATH\"\nwant = { matches = \"b.n\" }", "Env.PATH is \"/bin\", want what fits b.n"),
        ("config = \"Env.DB_PASSWORD\"\nwant = { equals = \"hunter3\" }", "Env.DB_PASSWORD is \"***\", want \"***\""),
        ("config = \"Entrypoint\"\nwant = { equals = [] }", "Entrypoint is \"[\"/bin/tool\"]\", want \"[]\""),
        ("config = \"os\"\nwant = { one-of = [\"windows\"] }", "os is \"linux\", want one of windows"),
        ("label = \"a.?\"\nwant = { equals = \"1\" }", "label a.c is \"2\", want \"1\""),
    ] {
        assert_eq!(says(check), message, "{check}");
    }
}

#[test]
fn packages_and_commands_are_what_a_check_wants() {
    for check in [
        "package = \"deb:libssl*\"\nwant = { version = \">=3.0.2, <3.1\" }",
        "package = \"libssl3\"\nwant = { version = \"3.0.*\" }",
        "package = \"python:big-tool\"\nwant = { version = \">=1.9.0\" }",
        "package = \"apk:musl\"\nwant = { absent = true }",
        "command = \"entrypoint\"",
        "command = \"tool --help\"",
        "command = \"sh\"\nwant = { starts = false }",
    ] {
        passes(check);
    }
    for (check, message) in [
        ("package = \"deb:libssl*\"\nwant = { version = \">=3.0.12\" }", "deb package libssl3 is 3.0.11-1, want >=3.0.12"),
        ("package = \"big*\"\nwant = { absent = true }", "python package Big_Tool 1.9 is installed, and should not be"),
        ("command = \"healthcheck\"", "the health check [\"none\"] does not start: none is in no directory of PATH=/bin"),
        (
            "command = \"tool\"\nwant = { starts = false }",
            "the command [\"tool\"] starts: tool → /bin/tool → /usr/bin/tool (ELF AArch64)",
        ),
    ] {
        assert_eq!(says(check), message, "{check}");
    }
}

#[test]
fn a_fix_and_a_waiver_are_the_users_own() {
    let (_, findings, _) = one("files = \"/srv/**\"\nfix = \"COPY --chown=101\"\nwant = { owner = \"101\" }");
    assert_eq!(findings[0].fix, "COPY --chown=101");
    let ignore = "\n[[ignore]]\nrule = \"own/x\"\npath = \"/srv/www/c*/**\"\nreason = \"r\"";
    let (_, findings, _) = one(&format!("files = \"/srv/www/c*/*\"\nwant = {{ owner = \"101\" }}{ignore}"));
    assert!(findings.iter().all(|finding| finding.waived == Some(0)), "{findings:?}");
}
