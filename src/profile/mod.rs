//! What is wanted of an image: TOML, checked with its places, as plain data.

pub mod check;
mod document;
mod draft;
mod extended;
mod load;
mod lock;
mod nearest;
mod own;
mod place;
mod policy;
mod schema;
pub mod structure;
pub mod template;
#[cfg(test)]
mod tests;
mod want;

use std::collections::BTreeMap;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::digest::Digest;
use crate::finding::Level;
use crate::reference::Platform;
use crate::size::Threshold;

pub use check::{Check, Demand};
pub use extended::{is_kept_in_registry, pinned};
pub(crate) use lock::Lock;
use lock::Longest;
pub use nearest::nearest;
pub use policy::{Policy, SERVICE_LABEL, Subject};
pub use schema::schema;
pub use want::{WANTS, WantKey};

const LUCID: &str = "lucid";
const LUCID_SLIM: &str = "lucid-slim";
const GENERIC: &str = "generic";

/// The built-in profiles: name and commented text, which is also the template of new profiles and the documentation.
pub static BUILT_IN: [(&str, &str); 3] =
    [(LUCID, include_str!("lucid.toml")), (LUCID_SLIM, include_str!("lucid-slim.toml")), (GENERIC, include_str!("generic.toml"))];

/// A checked profile, with everything that it extends already in it.
#[derive(Debug, Clone)]
pub struct Profile {
    /// `lucid`, `lucid-slim`, `generic`, or the file.
    pub name: String,
    /// Why this one: `by name pickme/*`, `--profile`.
    pub chosen: String,
    /// The digest of everything that it says.
    pub digest: Digest,
    /// The `[expect]` table.
    pub expect: Expect,
    /// The service that was chosen, if the profile has services and one fits.
    pub service: Option<Service>,
    /// The `[[ignore]]` tables.
    pub waivers: Vec<Waiver>,
    /// The `[[matrix]]` tables.
    pub matrix: Vec<Requirement>,
    /// The `[size]` table.
    pub size: Size,
    /// The day on which the image is judged.
    pub today: chrono::NaiveDate,
    /// The `[[check]]` tables, and the tests that were added to the profile.
    pub checks: Vec<Check>,
    pub(crate) rules: BTreeMap<String, Settings>,
    /// The profiles that lock rules and say otherwise: what they lock is judged by them, too.
    pub(crate) floors: Vec<Floor>,
}

/// A profile that locks rules, as it is without what extends it.
#[derive(Debug, Clone)]
pub(crate) struct Floor {
    /// Which rules.
    pub lock: Lock,
    /// What it says.
    pub profile: Profile,
}

/// What the image should be. `None`: nothing is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expect {
    /// The platform.
    pub platform: Option<Platform>,
    /// The numeric `uid:gid` that the image runs as and that its files belong to.
    pub user: Option<(u64, u64)>,
    /// The interpreter.
    pub python: Option<String>,
    /// The directory that the packages are in.
    pub site_packages: Option<String>,
    /// The base image.
    pub base: Option<String>,
}

/// What the image may weigh, in bytes. `None`: no limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Size {
    /// Regular files of all layers: what `docker images` shows.
    pub max_bytes: Option<u64>,
    /// The blobs of all layers.
    pub max_compressed: Option<u64>,
    /// Regular files of any one layer.
    pub max_layer: Option<u64>,
    /// Files of packages, by name as the profile writes it: `deb:NAME`, `apk:NAME`, `python:NAME`, or of Python's the name
    /// alone.
    pub packages: BTreeMap<String, u64>,
    /// How much it may have grown over a baseline; empty: nobody said.
    pub max_growth: Vec<Threshold>,
    /// Whether one bound of growth of several on the same scope is enough.
    pub any: bool,
}

/// One service of a fleet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Import or distribution names that must be there.
    pub packages: Option<Vec<String>>,
    /// Modules that must be importable.
    pub modules: Vec<String>,
    /// Directories of its code.
    pub app: Vec<String>,
    /// Its marker files.
    pub markers: Vec<String>,
    /// Ports that EXPOSE must name.
    pub ports: Vec<u16>,
    /// Its configuration files, each with the keys that begin a line of it.
    pub config: BTreeMap<String, Vec<String>>,
}

/// What a profile says of one rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The level, if it says one: that of the findings that have the rule's declared one.
    pub level: Option<Level>,
    /// Why.
    pub reason: Option<String>,
    /// Where the last file that speaks of it does so: `file:line:column`; no built-in profile is a file.
    pub place: Option<String>,
    /// The rule's options.
    pub options: BTreeMap<String, Value>,
}

/// The value of an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text.
    Text(String),
    /// A list of texts.
    Texts(Vec<String>),
    /// A number.
    Count(u64),
}

/// An `[[ignore]]` table.
#[derive(Debug, Clone)]
pub struct Waiver {
    /// The rule.
    pub rule: String,
    /// The paths, as a glob; without one, every finding of the rule.
    pub path: Option<globset::GlobMatcher>,
    /// Why.
    pub reason: String,
    /// The last day on which it holds.
    pub expires: Option<chrono::NaiveDate>,
    /// Whether that day was over when the profile was chosen: it waives nothing.
    pub expired: bool,
    /// How long it may hold, and the lock that says so.
    pub(crate) longest: Option<Longest>,
    /// Where it stands: `file:line:column`.
    pub place: String,
}

/// A `[[matrix]]` table: a row of the compliance matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// What is required.
    pub requirement: String,
    /// The rules that judge it: the first has to pass, and none may fail.
    pub rules: Vec<String>,
    /// What it is judged from.
    pub evidence: String,
}

/// An option of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opt {
    /// Its key.
    pub name: &'static str,
    /// What its value is.
    pub kind: OptKind,
}

/// What the value of an option is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptKind {
    /// Text.
    Text,
    /// A list of texts.
    Texts,
    /// A list of globs; `*` stops at `/`.
    Globs,
    /// A list of `NAME: LINE`: a glob and a regular expression.
    Patterns,
    /// A number.
    Count,
    /// A number of bytes, or text with a unit: `"10MB"`.
    Bytes,
}

/// What a line of a file should be, by the name of the file.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// The name.
    pub name: globset::GlobMatcher,
    /// The line, all of it.
    pub line: regex::Regex,
    /// The line as the profile has it.
    pub wanted: String,
}

impl OptKind {
    /// What a profile has to write.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Texts => "a list of texts",
            Self::Globs => "a list of globs",
            Self::Patterns => "a list of `GLOB: REGULAR EXPRESSION`",
            Self::Count => "a number that is not negative",
            Self::Bytes => "bytes: a number, or text such as `10MB` or `8MiB`",
        }
    }
}

/// What a loader must know of a rule to check a profile.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// Its id.
    pub id: &'static str,
    /// The level that it declares.
    pub level: Level,
    /// Its options.
    pub options: &'static [Opt],
}

impl Profile {
    /// The level of a rule, `declared` where the profile says nothing.
    pub fn level(&self, rule: &str, declared: Level) -> Level {
        self.rules.get(rule).and_then(|settings| settings.level).unwrap_or(declared)
    }

    /// Where a file speaks of a rule, as `file:line:column`: of a check its table, of a rule the table of its settings.
    pub fn place(&self, rule: &str) -> Option<&str> {
        let settings = self.rules.get(rule).and_then(|settings| settings.place.as_deref());
        let check = || self.checks.iter().find(|check| check.id == rule).map(|check| &check.written.1[..]);
        settings.or_else(check)
    }

    /// The value of an option as it is written; `None` where nobody set it.
    pub fn option(&self, rule: &str, option: &str) -> Option<&Value> {
        self.rules.get(rule)?.options.get(option)
    }

    /// A text option, filled in.
    pub fn text(&self, rule: &str, option: &str) -> Option<String> {
        match self.option(rule, option)? {
            Value::Text(text) => self.fill(text),
            _ => None,
        }
    }

    /// A list option, filled in; an element that asks for what `[expect]` does not say is left out.
    pub fn texts(&self, rule: &str, option: &str) -> Vec<String> {
        match self.option(rule, option) {
            Some(Value::Texts(texts)) => texts.iter().filter_map(|text| self.fill(text)).collect(),
            _ => Vec::new(),
        }
    }

    /// A list of globs, filled in likewise.
    pub fn globs(&self, rule: &str, option: &str) -> GlobSet {
        let mut set = GlobSetBuilder::new();
        for text in self.texts(rule, option) {
            if let Ok(glob) = GlobBuilder::new(&text).literal_separator(true).build() {
                set.add(glob);
            }
        }
        set.build().unwrap_or_default()
    }

    /// A list of names and lines.
    pub fn patterns(&self, rule: &str, option: &str) -> Vec<Pattern> {
        self.texts(rule, option).iter().filter_map(|text| load::pattern(text).ok()).collect()
    }

    /// A number option, of bytes too.
    pub fn count(&self, rule: &str, option: &str) -> Option<u64> {
        match self.option(rule, option)? {
            Value::Count(count) => Some(*count),
            _ => None,
        }
    }

    /// Fills `{site-packages}` and `{python}` in from `[expect]`; `None` where that does not say.
    fn fill(&self, text: &str) -> Option<String> {
        let mut filled = text.to_owned();
        for (name, value) in [("{site-packages}", &self.expect.site_packages), ("{python}", &self.expect.python)] {
            if filled.contains(name) {
                filled = filled.replace(name, value.as_deref()?);
            }
        }
        Some(filled)
    }

    /// Whether any waiver may cover findings of a rule.
    pub fn has_waivers(&self, rule: &str) -> bool {
        self.waivers.iter().any(|waiver| waiver.rule == rule)
    }

    /// The waiver that covers a finding of a rule at a path.
    pub fn waiver(&self, rule: &str, path: Option<&str>) -> Option<usize> {
        self.waivers.iter().position(|waiver| {
            waiver.rule == rule
                && !waiver.expired
                && waiver.path.as_ref().is_none_or(|glob| path.is_some_and(|path| glob.is_match(path)))
        })
    }
}
