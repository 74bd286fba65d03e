//! A profile file as it is written: the types of the TOML document, before anything is checked or merged.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::finding::{Level, Question};

/// A profile file.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct Document {
    /// The profile that this one starts from: a built-in one by its name, a file, relative to this one, or
    /// `docker://REF@sha256:…`, one that a registry keeps.
    #[schemars(with = "Option<String>")]
    pub extends: Option<Spanned<String>>,
    #[schemars(skip)]
    pub auto: Option<Spanned<AutoTable>>,
    /// What the image should be. What is not said is not asked.
    pub expect: ExpectTable,
    /// The services of a fleet, by name: chosen by `--service`, then by match, then by the image's label.
    pub services: BTreeMap<String, ServiceTable>,
    /// The only service of this file.
    #[schemars(with = "Option<ServiceTable>")]
    pub service: Option<Spanned<ServiceTable>>,
    /// Levels and options of single rules, by id.
    #[schemars(with = "BTreeMap<String, BTreeMap<String, Setting>>")]
    pub rules: BTreeMap<Spanned<String>, RuleTable>,
    /// Waivers: findings that are known and accepted.
    #[schemars(with = "Vec<IgnoreTable>")]
    pub ignore: Vec<Spanned<IgnoreTable>>,
    /// Rules of one's own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<CheckTable>")]
    pub check: Vec<Spanned<CheckTable>>,
    /// The compliance matrix that `--matrix` prints: it takes the place of that of an extended profile.
    #[schemars(with = "Option<Vec<RowTable>>")]
    pub matrix: Option<Vec<RowTable>>,
    /// What the image may weigh.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<SizeTable>,
    /// Ceilings, by the names that `--limit` knows, which outranks them. A profile from a registry may lower them, not raise.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, Bytes>")]
    pub limits: BTreeMap<Spanned<String>, Spanned<Bytes>>,
    /// What a profile that extends this one may not weaken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock: Option<LockTable>,
}

/// The `[lock]` table: what a profile that extends this one may tighten, and not weaken. Locks of a chain add up.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct LockTable {
    /// Globs of ids of rules and checks: `integrity/*`, `config/env-secret`, `**` for all. Their levels are not lowered, their
    /// options not changed, their checks not replaced, and no finding of theirs is waived. Whatever `[expect]`, `[size]` and the
    /// services say beyond, these rules are judged by what this profile says of it, too.
    #[schemars(with = "Vec<String>")]
    pub rules: Vec<Spanned<String>>,
    /// How long a waiver may hold at most, from the day of the run on: `90d`. One without `expires` is refused.
    #[schemars(with = "Option<String>")]
    pub max_waiver: Option<Spanned<String>>,
}

/// What a rule's table says: `level`, `reason` and the rule's own options.
pub(super) type RuleTable = BTreeMap<Spanned<String>, Spanned<Setting>>;

/// By what an image shows that a built-in profile is meant for it: globs.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct AutoTable {
    pub names: Vec<Spanned<String>>,
    pub labels: Vec<Spanned<String>>,
    pub files: Vec<Spanned<String>>,
}

/// The `[expect]` table. Empty text takes back what an extended profile says.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct ExpectTable {
    /// `os/arch[/variant]`.
    #[schemars(with = "Option<String>")]
    pub platform: Option<Spanned<String>>,
    /// `uid:gid`, both as numbers.
    #[schemars(with = "Option<String>")]
    pub user: Option<Spanned<String>>,
    /// The path of the interpreter.
    #[schemars(with = "Option<String>")]
    pub python: Option<Spanned<String>>,
    /// The directory that the packages are in.
    #[schemars(with = "Option<String>")]
    pub site_packages: Option<Spanned<String>>,
    /// The base image.
    #[schemars(with = "Option<String>")]
    pub base: Option<Spanned<String>>,
}

/// A service.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct ServiceTable {
    /// The name, in `[service]`; in `[services.NAME]` the heading says it.
    #[schemars(with = "Option<String>")]
    pub name: Option<Spanned<String>>,
    /// Globs of the images that are this service.
    #[schemars(with = "Vec<String>")]
    pub r#match: Vec<Spanned<String>>,
    /// Import or distribution names that must be there; an empty list says that it has no Python packages.
    pub packages: Option<Vec<String>>,
    /// Modules that must be importable.
    pub modules: Vec<String>,
    /// Directories of its code.
    #[schemars(with = "Vec<String>")]
    pub app: Vec<Spanned<String>>,
    /// Its marker files.
    #[schemars(with = "Vec<String>")]
    pub markers: Vec<Spanned<String>>,
    /// Ports that EXPOSE must name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<u16>,
    /// Its configuration files by their paths, each with the keys that begin a line of it.
    #[schemars(with = "BTreeMap<String, Vec<String>>")]
    pub config: BTreeMap<Spanned<String>, Vec<String>>,
}

/// The `[size]` table: what the image may weigh. A bound is bytes as a number, or text with a unit (`600MB` is 10^6 bytes each,
/// `600MiB` 2^20); empty text takes back what an extended profile says.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct SizeTable {
    /// Regular files of all layers: what `docker images` shows.
    #[schemars(with = "Option<Bytes>")]
    pub max_bytes: Option<Spanned<Bytes>>,
    /// The blobs of all layers, as a registry keeps them.
    #[schemars(with = "Option<Bytes>")]
    pub max_compressed: Option<Spanned<Bytes>>,
    /// Regular files of any one layer.
    #[schemars(with = "Option<Bytes>")]
    pub max_layer: Option<Spanned<Bytes>>,
    /// Files of packages, by name behind `deb:` or `apk:`; behind `python:` or nothing, of Python distributions.
    #[schemars(with = "BTreeMap<String, Bytes>")]
    pub packages: BTreeMap<String, Spanned<Bytes>>,
    /// By how much the image may have grown over what `--baseline` names: `[SCOPE=]LIMIT`, one or a list, where LIMIT is bytes
    /// or a percentage (`5%`) and SCOPE `unpacked`, `compressed`, `layer` (any one), `/DIRECTORY`, `package` (any one),
    /// `python:NAME`, `deb:NAME` or `apk:NAME`; without one it is of the unpacked and of the compressed bytes, each. All bounds
    /// of one scope must be passed to fail. An empty list takes back what an extended profile says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Bounds>")]
    pub max_growth: Option<Spanned<Bounds>>,
    /// Whether one bound of several on the same scope is enough to fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub any: Option<bool>,
}

/// Bounds of growth.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(untagged, expecting = "wanted a bound of growth such as \"5%\", or a list of them")]
pub(super) enum Bounds {
    One(String),
    Many(Vec<String>),
}

/// Bytes.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(untagged, expecting = "wanted bytes: a number, or text such as \"600MB\"")]
pub(super) enum Bytes {
    Count(u64),
    Text(String),
}

/// A waiver.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct IgnoreTable {
    /// The rule.
    #[schemars(with = "String")]
    pub rule: Spanned<String>,
    /// A glob of the paths; without one, every finding of the rule.
    #[schemars(with = "Option<String>")]
    pub path: Option<Spanned<String>>,
    /// Why.
    #[schemars(with = "String")]
    pub reason: Spanned<String>,
    /// The last day on which it holds, as `YYYY-MM-DD`.
    #[schemars(with = "Option<String>")]
    pub expires: Option<Spanned<String>>,
}

/// A row of the matrix.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RowTable {
    /// What is required, in the words of whoever requires it.
    pub requirement: String,
    /// The rules that judge it: the first has to pass, and none may fail.
    #[schemars(with = "Vec<String>")]
    pub rules: Spanned<Vec<Spanned<String>>>,
    /// What it is judged from.
    pub evidence: String,
}

/// A rule of one's own: one subject, and what is wanted of it.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct CheckTable {
    /// `own/NAME`. A profile that extends this one replaces the check by one of the same id.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// The level of its findings: `error` where nothing is said.
    pub level: Option<Level>,
    /// The question that it answers: `conforms` where nothing is said.
    pub answers: Option<Question>,
    /// Why it is asked: stands in its findings.
    pub why: Option<String>,
    /// What to change where it fails: stands in its findings.
    pub fix: Option<String>,
    /// Whether it is well if the image has nothing of the subject.
    #[serde(default)]
    pub optional: bool,
    /// Subject: files, by a glob of absolute paths; `*` stops at `/`, `**` does not.
    #[schemars(with = "Option<String>")]
    pub files: Option<Spanned<String>>,
    /// Files that are not meant.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub except: Vec<Spanned<String>>,
    /// Subject: a field of the configuration, such as `User`, `Env.PATH`, `Healthcheck.Test`, `architecture`.
    #[schemars(with = "Option<String>")]
    pub config: Option<Spanned<String>>,
    /// Subject: labels, by a glob of their names.
    #[schemars(with = "Option<String>")]
    pub label: Option<Spanned<String>>,
    /// Subject: packages, by a glob of their names behind `python:`, `deb:` or `apk:`, or behind none of them.
    #[schemars(with = "Option<String>")]
    pub package: Option<Spanned<String>>,
    /// Subject: a command: `entrypoint`, `healthcheck`, or words as one would type them.
    #[schemars(with = "Option<String>")]
    pub command: Option<Spanned<String>>,
    /// What is wanted of the subject; nothing: that it is there.
    #[serde(default)]
    #[schemars(with = "Option<BTreeMap<String, Wanted>>")]
    pub want: Option<BTreeMap<Spanned<String>, Spanned<Wanted>>>,
}

/// One value in `want`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged, expecting = "wanted true or false, text, a list of texts or a number that is not negative")]
pub(super) enum Wanted {
    Flag(bool),
    Count(u64),
    Text(String),
    Texts(Vec<String>),
}

/// One value in a rule's table.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(untagged, expecting = "wanted text, a list of texts or a number that is not negative")]
pub(super) enum Setting {
    Count(u64),
    Text(String),
    Texts(Vec<String>),
}
