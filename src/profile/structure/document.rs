//! A test file as it is written. Nulls are absences everywhere, as Go's decoders have it.

use serde::Deserialize;
use serde::de::IgnoredAny;

/// A test file.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Document {
    pub schema_version: Option<String>,
    pub global_env_vars: Option<Vec<Variable>>,
    pub command_tests: Option<Vec<Command>>,
    pub file_content_tests: Option<Vec<Content>>,
    pub file_existence_tests: Option<Vec<Existence>>,
    pub license_tests: Option<Vec<License>>,
    pub metadata_test: Option<Metadata>,
    pub container_run_options: Option<IgnoredAny>,
}

/// A variable or a label.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Variable {
    pub key: Option<String>,
    pub value: Option<String>,
    pub is_regex: Option<bool>,
}

/// One of `commandTests`, of which nothing but the name counts: nothing is run.
#[expect(clippy::struct_field_names, reason = "the names are those of the format")]
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Command {
    pub name: Option<String>,
    pub args: Option<IgnoredAny>,
    setup: Option<IgnoredAny>,
    teardown: Option<IgnoredAny>,
    env_vars: Option<IgnoredAny>,
    exit_code: Option<IgnoredAny>,
    command: Option<IgnoredAny>,
    expected_output: Option<IgnoredAny>,
    excluded_output: Option<IgnoredAny>,
    expected_error: Option<IgnoredAny>,
    excluded_error: Option<IgnoredAny>,
}

/// One of `fileContentTests`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Content {
    pub name: Option<String>,
    pub path: Option<String>,
    pub expected_contents: Option<Vec<String>>,
    pub excluded_contents: Option<Vec<String>>,
}

/// One of `fileExistenceTests`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Existence {
    pub name: Option<String>,
    pub path: Option<String>,
    pub should_exist: Option<bool>,
    pub permissions: Option<String>,
    pub uid: Option<i64>,
    pub gid: Option<i64>,
    pub is_executable_by: Option<String>,
}

/// One of `licenseTests`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct License {
    pub debian: Option<bool>,
    pub files: Option<Vec<String>>,
}

/// `metadataTest`.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Metadata {
    pub env_vars: Option<Vec<Variable>>,
    pub unbound_env_vars: Option<Vec<Variable>>,
    pub exposed_ports: Option<Vec<String>>,
    pub unexposed_ports: Option<Vec<String>>,
    pub entrypoint: Option<Vec<String>>,
    pub cmd: Option<Vec<String>>,
    pub workdir: Option<String>,
    pub volumes: Option<Vec<String>>,
    pub unmounted_volumes: Option<Vec<String>>,
    pub labels: Option<Vec<Variable>>,
    pub user: Option<String>,
}

/// Reads YAML. An unknown key is an error, and so is one that stands twice.
pub(super) fn yaml(text: &str) -> Result<Document, String> {
    serde_saphyr::from_str::<Option<Document>>(text).map(Option::unwrap_or_default).map_err(|error| {
        let what = error.without_snippet().to_string();
        error.location().map_or_else(|| what.clone(), |at| format!("line {}, column {}: {what}", at.line(), at.column()))
    })
}

impl Document {
    /// Whether every test has what it needs, and in a strict file of the old version nothing that came later.
    pub fn check(&self, is_strict_and_old: bool) -> Result<(), String> {
        let named = |kind: &str, name: &Option<String>, path: Option<&Option<String>>| {
            let is_empty = |text: &Option<String>| text.as_ref().is_none_or(String::is_empty);
            match path {
                _ if is_empty(name) => Err(format!("one of its {kind} has no name")),
                Some(path) if is_empty(path) => {
                    Err(format!("{:?} of its {kind} has no path", name.as_deref().unwrap_or_default()))
                }
                _ => Ok(()),
            }
        };
        let later = |kind: &str, is_there: bool, key: &str| {
            if is_strict_and_old && is_there { Err(format!("{key} in {kind} came with schemaVersion 2.0.0")) } else { Ok(()) }
        };
        for test in self.command_tests.iter().flatten() {
            named("commandTests", &test.name, None)?;
            later("commandTests", test.args.is_some(), "args")?;
        }
        for test in self.file_content_tests.iter().flatten() {
            named("fileContentTests", &test.name, Some(&test.path))?;
        }
        for test in self.file_existence_tests.iter().flatten() {
            named("fileExistenceTests", &test.name, Some(&test.path))?;
            let [uid, gid, by] = [test.uid.is_some(), test.gid.is_some(), test.is_executable_by.is_some()];
            for (is_there, key) in [(uid, "uid"), (gid, "gid"), (by, "isExecutableBy")] {
                later("fileExistenceTests", is_there, key)?;
            }
        }
        later("the file", self.metadata_test.is_some(), "metadataTest")?;
        later("the file", self.container_run_options.is_some(), "containerRunOptions")?;
        self.metadata_test.as_ref().map_or(Ok(()), Metadata::check)
    }
}

impl Metadata {
    fn check(&self) -> Result<(), String> {
        let keys = [&self.env_vars, &self.unbound_env_vars, &self.labels].into_iter().flatten().flatten();
        let texts = [&self.exposed_ports, &self.unexposed_ports, &self.volumes, &self.unmounted_volumes];
        let mut texts = texts.into_iter().flatten().flatten();
        if keys.into_iter().any(|pair| pair.key.as_ref().is_none_or(String::is_empty)) {
            return Err("a variable or label of its metadataTest has no key".into());
        }
        if texts.any(String::is_empty) { Err("a port or volume of its metadataTest is empty".into()) } else { Ok(()) }
    }
}
