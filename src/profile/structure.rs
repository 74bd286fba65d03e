//! Test files of container-structure-test, versions 1.0.0 and 2.0.0 of their schema (its README, and the behaviour of its
//! release 1.19.1 with the driver `tar`).

mod document;
mod json;
mod re2;

use regex::bytes::Regex;

use super::check::{Check, Demand};
use crate::error::{Error, Kind, Result};
use crate::finding::{Level, Question};
use crate::text::escape;
use document::{Document, Variable};

/// What the ids of these tests begin with.
pub const STRUCTURE_TEST: &str = "structure-test/";

/// The tests of one file.
#[derive(Debug, Clone)]
pub struct Suite {
    /// What the reader of the file should know.
    pub notes: Vec<String>,
    pub(super) text: String,
    file: String,
    tests: Vec<(String, Test)>,
}

/// One test.
#[derive(Debug, Clone)]
pub enum Test {
    /// Of `fileExistenceTests`.
    Existence(Existence),
    /// Of `fileContentTests`.
    Content(Content),
    /// Of `licenseTests`.
    License(License),
    /// `metadataTest`.
    Metadata(Box<Metadata>),
    /// Of `commandTests`.
    Command,
}

/// Whether a path is there, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Existence {
    /// The path as it is written.
    pub path: String,
    /// The variables that go before those of the image where the path names one; `None`: nothing is filled in.
    pub variables: Option<Vec<(String, String)>>,
    /// Whether it should be there.
    pub should_exist: bool,
    /// Its mode in Go's spelling (`fs.FileMode.String`); empty: any.
    pub permissions: String,
    /// Its owner; `None`: anybody.
    pub uid: Option<i64>,
    /// Its group; `None`: any.
    pub gid: Option<i64>,
    /// `any`, `owner`, `group` or `other`; empty: nobody.
    pub executable_by: String,
}

/// What a file holds.
#[derive(Debug, Clone)]
pub struct Content {
    /// The path as it is written.
    pub path: String,
    /// What is found in it.
    pub expected: Vec<Pattern>,
    /// What is not.
    pub excluded: Vec<Pattern>,
}

/// A regular expression in Go's syntax. One that is none fails wherever it is asked.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// As it is written.
    pub written: String,
    /// What it means, or why it means nothing.
    pub regex: Result<Regex, String>,
}

/// Licenses of Debian packages, and of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct License {
    /// Whether packages are looked at.
    pub debian: bool,
    /// The files.
    pub files: Vec<String>,
}

/// What the configuration says.
#[derive(Debug, Clone, Default)]
pub struct Metadata {
    /// Variables of the environment.
    pub env: Vec<Pair>,
    /// Names of which there is no variable.
    pub unbound: Vec<String>,
    /// Ports that are exposed, as the configuration spells them.
    pub ports: Vec<String>,
    /// Ports that are not.
    pub unexposed: Vec<String>,
    /// `ENTRYPOINT`.
    pub entrypoint: Option<Vec<String>>,
    /// `CMD`.
    pub cmd: Option<Vec<String>>,
    /// `WORKDIR`; empty: any.
    pub workdir: String,
    /// Volumes.
    pub volumes: Vec<String>,
    /// Paths that are no volumes.
    pub unmounted: Vec<String>,
    /// Labels.
    pub labels: Vec<Pair>,
    /// `USER`; empty: any.
    pub user: String,
}

/// A name, and the value or the pattern of it.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The name.
    pub key: String,
    /// The value; of a pattern what is written.
    pub value: String,
    /// The pattern.
    pub pattern: Option<Pattern>,
}

impl Pattern {
    fn new(written: String) -> Self {
        Self { regex: re2::compile(&written), written }
    }
}

impl From<Variable> for Pair {
    fn from(variable: Variable) -> Self {
        let value = variable.value.unwrap_or_default();
        let pattern = variable.is_regex.unwrap_or_default().then(|| Pattern::new(value.clone()));
        Self { key: variable.key.unwrap_or_default(), value, pattern }
    }
}

impl Suite {
    /// Reads a file. Its name says whether it is YAML or JSON; of JSON, the original knows names in any case, passes over
    /// those that it does not know, and has other defaults.
    pub fn parse(file: &str, text: &str) -> Result<Self> {
        let usage = |what: String| Error::new(Kind::Usage, what).doing(format!("read the test file {file}"));
        let ending = std::path::Path::new(file).extension().and_then(std::ffi::OsStr::to_str);
        let is_json = ending == Some("json");
        let document = match ending {
            Some("json") => json::document(text),
            Some("yaml" | "yml") => document::yaml(text),
            _ => Err("its name ends with none of .yaml, .yml and .json".into()),
        };
        let document = document.map_err(usage)?;
        let is_old = match document.schema_version.as_deref() {
            Some("1.0.0") => true,
            Some("2.0.0") => false,
            Some(other) => return Err(usage(format!("its schemaVersion is {other:?}, wanted 1.0.0 or 2.0.0"))),
            None => return Err(usage("it has no schemaVersion".into()).hint("write schemaVersion: 2.0.0")),
        };
        document.check(is_old && !is_json).map_err(usage)?;
        let run_options = document.container_run_options.is_some();
        let notes = run_options.then(|| format!("{file}: containerRunOptions count for no test here: nothing is run"));
        let suite = Self {
            notes: notes.into_iter().collect(),
            text: text.to_owned(),
            file: file.to_owned(),
            tests: tests(document, is_old, is_json),
        };
        if suite.tests.is_empty() {
            return Err(usage("it holds no test".into()));
        }
        Ok(suite)
    }

    /// Its tests as checks, their ids unlike one another and those that are taken.
    pub(super) fn checks(&self, taken: &[Check]) -> Vec<Check> {
        let mut checks: Vec<Check> = Vec::new();
        for (name, test) in &self.tests {
            let base = format!("{STRUCTURE_TEST}{}", escape(name.replace('/', "_").as_bytes()));
            let is_taken = |id: &String| taken.iter().chain(&checks).any(|check| check.id == *id);
            let numbered = (2_u64..).map(|number| format!("{base} ({number})"));
            let id = std::iter::once(base.clone()).chain(numbered).find(|id| !is_taken(id)).unwrap_or_default();
            let demand = Demand::Test(test.clone());
            let (level, question) = (Level::Error, Question::Conforms);
            let written = (name.clone(), self.file.clone());
            checks.push(Check { written, id, level, question, why: None, fix: None, optional: false, demand });
        }
        checks
    }
}

/// The tests in the order in which the original reports them.
fn tests(document: Document, is_old: bool, is_json: bool) -> Vec<(String, Test)> {
    let mut tests = Vec::new();
    let mut add = |name: Option<String>, test| tests.push((name.unwrap_or_default(), test));
    for command in document.command_tests.into_iter().flatten() {
        add(command.name, Test::Command);
    }
    let patterns = |list: Option<Vec<String>>| list.into_iter().flatten().map(Pattern::new).collect();
    for content in document.file_content_tests.into_iter().flatten() {
        let (expected, excluded) = (patterns(content.expected_contents), patterns(content.excluded_contents));
        add(content.name, Test::Content(Content { path: content.path.unwrap_or_default(), expected, excluded }));
    }
    let global = document.global_env_vars.into_iter().flatten();
    let global: Vec<_> = global.map(|pair| (pair.key.unwrap_or_default(), pair.value.unwrap_or_default())).collect();
    let variables = (!is_old).then_some(global);
    for file in document.file_existence_tests.into_iter().flatten() {
        // Go's zero values stand where YAML has defaults; -1 is nobody in both.
        let owner = |id: Option<i64>| id.or(is_json.then_some(0)).filter(|id| *id != -1 && !is_old);
        let existence = Existence {
            path: file.path.unwrap_or_default(),
            variables: variables.clone(),
            should_exist: file.should_exist.unwrap_or(!is_json),
            permissions: file.permissions.unwrap_or_default(),
            uid: owner(file.uid),
            gid: owner(file.gid),
            executable_by: file.is_executable_by.unwrap_or_default(),
        };
        add(file.name, Test::Existence(existence));
    }
    for license in document.license_tests.into_iter().flatten() {
        let (debian, files) = (license.debian.unwrap_or_default(), license.files.unwrap_or_default());
        add(Some("License Test".into()), Test::License(License { debian, files }));
    }
    if let Some(metadata) = document.metadata_test.filter(|metadata| !is_old && *metadata != document::Metadata::default()) {
        add(Some("Metadata Test".into()), Test::Metadata(Box::new(metadata.into())));
    }
    tests
}

impl From<document::Metadata> for Metadata {
    fn from(written: document::Metadata) -> Self {
        let pairs = |list: Option<Vec<Variable>>| list.into_iter().flatten().map(Pair::from).collect();
        let keys = |list: Option<Vec<Variable>>| list.into_iter().flatten().filter_map(|pair| pair.key).collect();
        Self {
            env: pairs(written.env_vars),
            unbound: keys(written.unbound_env_vars),
            ports: written.exposed_ports.unwrap_or_default(),
            unexposed: written.unexposed_ports.unwrap_or_default(),
            entrypoint: written.entrypoint,
            cmd: written.cmd,
            workdir: written.workdir.unwrap_or_default(),
            volumes: written.volumes.unwrap_or_default(),
            unmounted: written.unmounted_volumes.unwrap_or_default(),
            labels: pairs(written.labels),
            user: written.user.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests;
