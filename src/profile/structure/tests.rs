use super::*;

fn parse(file: &str, text: &str) -> Result<Suite> {
    Suite::parse(file, text)
}

fn refused(file: &str, text: &str) -> String {
    let error = parse(file, text).unwrap_err();
    assert_eq!(error.kind, Kind::Usage);
    error.to_string()
}

fn ids(suites: &[Suite]) -> Vec<String> {
    let add = |mut all: Vec<Check>, suite: &Suite| {
        let checks = suite.checks(&all);
        all.extend(checks);
        all
    };
    suites.iter().fold(Vec::new(), add).into_iter().map(|check| check.id).collect()
}

const ALL: &str = "
schemaVersion: 2.0.0
globalEnvVars:
- {key: HOME, value: /root}
metadataTest:
  exposedPorts: [8080]
  cmd: []
  entrypoint:
licenseTests: [{debian: yes}]
fileExistenceTests:
- {name: root, path: /, uid: 0}
- name: a/b
  path: /a
  shouldExist: no
fileContentTests:
- {name: a/b, path: 1.10, expectedContents: [1.10, \"(\"]}
commandTests:
- {name: run, command: ls, args: [-l], exitCode: 1, expectedOutput: [x], excludedOutput: [y]}
containerRunOptions: {user: root}
";

#[test]
fn tests_come_in_the_originals_order_with_names_unlike_one_another() {
    let suite = parse("a.yaml", ALL).unwrap();
    let names = ["run", "a_b", "root", "a_b (2)", "License Test", "Metadata Test"];
    assert_eq!(ids(std::slice::from_ref(&suite)), names.map(|name| format!("structure-test/{name}")));
    assert_eq!(ids(&[suite.clone(), suite.clone()])[6..8], ["structure-test/run (2)", "structure-test/a_b (3)"]);
    assert!(suite.notes[0].contains("containerRunOptions"));
    let text = "{schemaVersion: 2.0.0, commandTests: [{name: \"a\\e[2J\"}]}";
    assert_eq!(ids(&[parse("x.yml", text).unwrap()]), ["structure-test/a\\u{1b}[2J"]);
}

#[test]
fn values_are_read_as_the_original_reads_them() {
    let suite = parse("a.yaml", ALL).unwrap();
    let tests: Vec<&Test> = suite.tests.iter().map(|(_, test)| test).collect();
    let [
        Test::Command,
        Test::Content(content),
        Test::Existence(root),
        Test::Existence(gone),
        Test::License(license),
        Test::Metadata(metadata),
    ] = &tests[..]
    else {
        panic!("{tests:?}")
    };
    assert_eq!((&content.path[..], &content.expected[0].written[..]), ("1.10", "1.10"));
    assert!(content.expected[0].regex.is_ok() && content.expected[1].regex.is_err());
    assert_eq!((root.uid, root.gid, root.should_exist, gone.should_exist), (Some(0), None, true, false));
    assert_eq!(root.variables.as_deref(), Some(&[("HOME".to_owned(), "/root".to_owned())][..]));
    assert!(license.debian);
    assert_eq!((&metadata.ports[..], &metadata.cmd, &metadata.entrypoint), (&["8080".to_owned()][..], &Some(vec![]), &None));
}

#[test]
fn json_is_lenient_and_has_other_defaults() {
    let text = r#"{"SCHEMAVERSION": "2.0.0", "other": 1, "fileExistenceTests": [{"Name": "a", "path": "/a", "x": 1, "UID": null}],
        "metadataTest": {"env": [], "USER": "a", "labels": [{"KEY": "k", "value": "v", "name": "x"}]}, "licenseTests": null}"#;
    let suite = parse("a.json", text).unwrap();
    let [(_, Test::Existence(existence)), (_, Test::Metadata(metadata))] = &suite.tests[..] else { panic!("{suite:?}") };
    assert_eq!((existence.should_exist, existence.uid, existence.gid), (false, Some(0), Some(0)));
    assert_eq!((&metadata.user[..], &metadata.labels[0].key[..]), ("a", "k"));
    assert!(refused("a.json", r#"{"schemaVersion": "2.0.0", "metadataTest": {"exposedPorts": [8080]}}"#).contains("8080"));
}

#[test]
fn a_mistake_is_named() {
    let with = |rest: &str| refused("a.yaml", &format!("schemaVersion: 2.0.0\n{rest}"));
    assert!(with("fileExistenceTest: []").contains("line 2, column 1"), "{}", with("fileExistenceTest: []"));
    assert!(with("licenseTests: []\nlicenseTests: []").contains("duplicate"), "{}", with("licenseTests: []\nlicenseTests: []"));
    assert!(with("fileContentTests: [{path: /a}]").contains("has no name"));
    assert!(with("fileContentTests: [{name: a}]").contains("\"a\" of its fileContentTests has no path"));
    assert!(with("metadataTest: {envVars: [{value: x}]}").contains("no key"));
    assert!(with("metadataTest: {volumes: ['']}").contains("is empty"));
    assert!(with("").contains("holds no test") && with("metadataTest: {}").contains("holds no test"));
    assert!(refused("a.toml", "").contains(".yaml"));
    assert!(refused("a.yaml", "licenseTests: []").contains("no schemaVersion"));
    assert!(refused("a.yaml", "schemaVersion: 3.0.0").contains("wanted 1.0.0 or 2.0.0"));
    assert!(refused("a.json", "{").contains("failed to read the test file a.json: "));
}

#[test]
fn the_old_version_has_less_and_fills_nothing_in() {
    let old = |rest: &str| parse("a.yaml", &format!("schemaVersion: 1.0.0\n{rest}"));
    let suite = old("fileExistenceTests: [{name: a, path: $HOME}]\ncommandTests: [{name: b, command: [ls, -l]}]").unwrap();
    let Some((_, Test::Existence(existence))) = suite.tests.last() else { panic!() };
    assert!(existence.variables.is_none() && existence.should_exist);
    for rest in
        ["metadataTest: {user: a}", "fileExistenceTests: [{name: a, path: /, uid: 0}]", "commandTests: [{name: a, args: []}]"]
    {
        assert!(old(rest).unwrap_err().to_string().contains("came with schemaVersion 2.0.0"), "{rest}");
    }
}
