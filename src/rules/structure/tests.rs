use serde_json::json;

use crate::finding::Outcome;
use crate::profile::Policy;
use crate::profile::structure::Suite;
use crate::rules::known;
use crate::rules::own::tests::judged;

const LINES: &str = r#"
    d 1777 0:0 /tmp
    f 4755 0:7 /usr/bin/tool "tool"
    l 0777 0:0 /bin -> usr/bin
    f 0644 0:0 /etc/hello "hello\n"
    l 0777 0:0 /etc/link -> /etc/hello
    l 0777 0:0 /etc/dangling -> /nowhere
    f 0644 0:0 1000000 /opt/big
    f 0644 0:0 /usr/share/doc/a/copyright "GPL"
    f 0644 0:0 /usr/share/doc/libgnutls30/x "x"
    f 0644 0:0 /etc/license "the agpl, version 3"
"#;

/// Outcome and messages of each test of a file.
fn outcomes(file: &str, text: &str) -> Vec<(Outcome, String)> {
    let mut policy = Policy::builtin("generic", &known()).unwrap();
    policy.add(&[Suite::parse(file, text).unwrap()]);
    let config = json!({
        "Env": ["HOME=/etc", "API_TOKEN=abc"], "Labels": {"a": "1"}, "Cmd": ["run", "x"], "User": "7", "WorkingDir": "/app",
        "ExposedPorts": {"8080/tcp": {}}, "Volumes": {"/data": {}}
    });
    let all = judged(LINES, &config, &policy);
    let messages = |judged: &crate::rules::Judged| {
        let findings = judged.judgement.findings.iter().map(|finding| finding.message.clone());
        findings.chain(judged.judgement.reason().map(ToOwned::to_owned)).collect::<Vec<_>>().join(" | ")
    };
    all.iter().map(|judged| (judged.judgement.outcome(), messages(judged))).collect()
}

fn yaml(body: &str) -> Vec<(Outcome, String)> {
    outcomes("a.yaml", &format!("schemaVersion: 2.0.0\n{body}"))
}

/// Tests of one kind, each of which is a flow mapping without its name.
fn each(kind: &str, tests: &[(&str, &str)]) {
    for (test, message) in tests {
        let found = yaml(&format!("globalEnvVars: [{{key: DIR, value: bin}}]\n{kind}: [{{name: a, {test}}}]"));
        let wanted = if message.is_empty() { Outcome::Pass } else { Outcome::Fail };
        assert_eq!(found, [(wanted, (*message).to_owned())], "{test}");
    }
}

#[test]
fn existence_is_of_the_name_itself() {
    each(
        "fileExistenceTests",
        &[
            ("path: /etc/hello, permissions: -rw-r--r--, uid: 0, gid: 0", ""),
            ("path: /etc/dangling, permissions: Lrwxrwxrwx", ""),
            ("path: /$DIR/tool, permissions: urwxr-xr-x, isExecutableBy: other, gid: 7", ""),
            ("path: $HOME/hello", ""),
            ("path: /tmp, permissions: dtrwxrwxrwx", ""),
            ("path: /etc/none, shouldExist: false, permissions: drwxr-xr-x", ""),
            ("path: /etc/none", "/etc/none is not there"),
            ("path: /etc/hello, shouldExist: false", "/etc/hello is there, and should not be"),
            ("path: /etc/hello, isExecutableBy: any", "/etc/hello has the permissions -rw-r--r--, want it executable by any"),
            ("path: /etc/hello, isExecutableBy: all", "isExecutableBy is \"all\": any, owner, group or other is wanted"),
            ("path: /etc/hello, permissions: -rw", "/etc/hello has the permissions -rw-r--r--, want -rw"),
            ("path: /etc/hello, uid: 1, gid: 2", "/etc/hello belongs to user 0, want 1 | /etc/hello belongs to group 0, want 2"),
        ],
    );
    let json = r#"{"schemaVersion": "2.0.0", "fileExistenceTests": [{"name": "a", "path": "/etc/hello"}]}"#;
    assert_eq!(outcomes("a.json", json), [(Outcome::Fail, "/etc/hello is there, and should not be".into())]);
    let old = "schemaVersion: 1.0.0\nfileExistenceTests: [{name: a, path: $HOME/hello}]";
    assert_eq!(outcomes("a.yaml", old)[0].0, Outcome::Fail);
}

#[test]
fn content_is_that_of_the_image_whatever_links_lead_there() {
    each(
        "fileContentTests",
        &[
            ("path: /etc/hello", ""),
            ("path: /etc/link, expectedContents: [hello], excludedContents: [Hello]", ""),
            ("path: /etc/hello, expectedContents: ['^hello$']", "nothing in /etc/hello matches \"^hello$\""),
            ("path: /etc/hello, excludedContents: [h.l]", "something in /etc/hello matches \"h.l\""),
            ("path: /etc/hello, excludedContents: ['(']", "\"(\" is no regular expression"),
            ("path: /etc/dangling", "/etc/dangling cannot be opened: a link that leads nowhere: /nowhere does not exist"),
            ("path: /etc", "/etc cannot be opened: it is a directory"),
            ("path: $HOME/hello", "/$HOME/hello cannot be opened: it does not exist"),
        ],
    );
    let big = yaml("fileContentTests: [{name: a, path: /opt/big}]");
    assert_eq!(big, [(Outcome::Unknown, "/opt/big: its content was not kept".into())]);
}

#[test]
fn metadata_is_that_of_the_configuration() {
    let holds = "envVars: [{key: HOME, value: /e.c, isRegex: true}], unboundEnvVars: [{key: x}], labels: [{key: a, value: 1}], \
        exposedPorts: [8080], unexposedPorts: [8080/tcp, 80], cmd: [run, x], entrypoint: [], workdir: /app, user: 7, \
        volumes: [/data], unmountedVolumes: [/var]";
    assert_eq!(yaml(&format!("metadataTest: {{{holds}}}")), [(Outcome::Pass, String::new())]);
    for (test, message) in [
        ("envVars: [{key: HOME, value: /e.c}]", "the variable is HOME=/etc, want \"/e.c\""),
        ("envVars: [{key: API_TOKEN, value: x}]", "the variable is API_TOKEN=***, want another"),
        ("envVars: [{key: NONE, value: x}]", "the variable NONE is not set"),
        ("unboundEnvVars: [{key: HOME}]", "the variable HOME is set, and should not be"),
        ("labels: [{key: a, value: '2', isRegex: true}]", "the label is a=1, want a match of \"2\""),
        ("labels: [{key: a, value: '(', isRegex: true}]", "\"(\" is no regular expression"),
        ("exposedPorts: [8080/tcp]", "the port 8080/tcp is not listed"),
        ("unexposedPorts: ['8080']", "the port 8080 is listed, and should not be"),
        ("cmd: []", "CMD is [\"run\", \"x\"], want []"),
        ("entrypoint: [a]", "ENTRYPOINT is [], want [\"a\"]"),
        ("workdir: /", "WORKDIR is \"/app\", want \"/\""),
        ("user: root", "USER is \"7\", want \"root\""),
        ("volumes: [/var]", "the volume /var is not listed"),
        ("unmountedVolumes: [/data]", "the volume /data is listed, and should not be"),
    ] {
        assert_eq!(yaml(&format!("metadataTest: {{{test}}}")), [(Outcome::Fail, message.into())], "{test}");
    }
}

#[test]
fn licenses_are_looked_at_and_commands_are_not_run() {
    let found = yaml("licenseTests: [{debian: true}, {files: [/etc/license, /none]}, {}]\ncommandTests: [{name: a, command: x}]");
    assert!(found[0].0 == Outcome::Skip && found[0].1.contains("nothing is run"), "{found:?}");
    assert_eq!(found[1], (Outcome::Pass, String::new()));
    assert_eq!(found[2], (Outcome::Fail, "/etc/license names AGPL | /none cannot be opened: it does not exist".into()));
    assert_eq!(found[3].0, Outcome::Pass);
}
