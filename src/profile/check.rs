//! What users ask beside the rules: `[[check]]` tables, and the tests of container-structure-test.

use globset::{GlobMatcher, GlobSet};
use regex::Regex;

use super::structure::Test;
use crate::finding::{Level, Question};

/// One of them.
#[derive(Debug, Clone)]
pub struct Check {
    /// `own/NAME`, or `structure-test/NAME`.
    pub id: String,
    /// The level of its findings.
    pub level: Level,
    /// The question that it answers.
    pub question: Question,
    /// Why it is asked.
    pub why: Option<String>,
    /// What to change where it fails.
    pub fix: Option<String>,
    /// Whether it is well if there is nothing of what it is about.
    pub optional: bool,
    /// What it is about, and where it stands: `files = "/srv/www/**"`, `file:line:column`.
    pub written: (String, String),
    /// What it is about, and what that should be.
    pub demand: Demand,
}

/// What a check is about, and what that should be.
#[derive(Debug, Clone)]
pub enum Demand {
    /// Files.
    Files(Box<Files>),
    /// A field of the configuration: `User`, `Env.PATH`, `Healthcheck.Test`.
    Config(String, Text),
    /// Labels, by the glob of their names.
    Label(GlobMatcher, Text),
    /// Packages.
    Packages(Packages),
    /// A command.
    Command(Start),
    /// A test of container-structure-test.
    Test(Test),
}

/// Files, and what they should be.
#[derive(Debug, Clone)]
pub struct Files {
    /// The glob as it is written.
    pub written: String,
    /// The directory above all that can match; the path itself where nothing in it is a pattern.
    pub root: String,
    /// The glob; `None` where nothing in it is a pattern.
    pub glob: Option<GlobMatcher>,
    /// Files that are not meant.
    pub except: GlobSet,
    /// Whether there should be any.
    pub exists: bool,
    /// Their type.
    pub kind: Option<FileType>,
    /// Their owner, and their group.
    pub owner: Option<(u64, Option<u64>)>,
    /// Their permission bits.
    pub mode: Option<Mode>,
    /// Texts that each of them holds.
    pub contains: Vec<String>,
    /// Texts that none of them holds.
    pub excludes: Vec<String>,
    /// The SHA-256 of their content.
    pub sha256: Option<[u8; 32]>,
    /// Their target: they are links.
    pub link: Option<String>,
    /// The architecture that they are machine code of.
    pub elf: Option<String>,
    /// How many there are at least.
    pub min_count: Option<u64>,
    /// Bytes that they have together at most.
    pub max_bytes: Option<u64>,
}

impl Files {
    /// Whether something is wanted of their bytes.
    pub fn wants_content(&self) -> bool {
        !self.contains.is_empty() || !self.excludes.is_empty()
    }
}

/// The type of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileType {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A device node.
    Device,
    /// A named pipe.
    Pipe,
}

impl FileType {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::File, Self::Directory, Self::Link, Self::Device, Self::Pipe];

    /// The word that profiles and reports use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Directory => "directory",
            Self::Link => "link",
            Self::Device => "device",
            Self::Pipe => "pipe",
        }
    }
}

/// Permission bits that must be set, and those that must not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mode {
    /// As it is written: `0644`, `a-w,u+r`.
    pub written: String,
    /// Bits that must be set.
    pub set: u16,
    /// Bits that must not.
    pub clear: u16,
}

impl Mode {
    /// Whether these bits are as they should be.
    pub fn holds(&self, mode: u16) -> bool {
        mode & self.set == self.set && mode & self.clear == 0
    }
}

/// What a text or a list of texts should be. Nothing said: anything that is there.
#[derive(Debug, Clone, Default)]
pub struct Text {
    /// This.
    pub equals: Option<Value>,
    /// Something of which all fits this.
    pub matches: Option<Regex>,
    /// One of these.
    pub one_of: Option<Vec<String>>,
}

/// A text, or a list of texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text.
    One(String),
    /// A list.
    Many(Vec<String>),
}

/// Packages, and what they should be.
#[derive(Debug, Clone)]
pub struct Packages {
    /// As it is written: `deb:libssl3*`.
    pub written: String,
    /// `python`, `deb` or `apk`; `None`: any of them.
    pub kind: Option<String>,
    /// The glob of their names, as Python compares names.
    pub name: GlobMatcher,
    /// Whether there should be none.
    pub absent: bool,
    /// Constraints on their version, all of which hold.
    pub version: Vec<Constraint>,
}

/// A constraint on a version.
#[derive(Debug, Clone)]
pub enum Constraint {
    /// A glob of the version: `3.0.*`.
    Like(GlobMatcher),
    /// An operator (`>=`, `>`, `<=`, `<`, `==`, `!=`) and a version.
    Order(&'static str, String),
}

/// A command, and whether it should start.
#[derive(Debug, Clone)]
pub struct Start {
    /// Which.
    pub which: Which,
    /// Whether it should lead to machine code that can run.
    pub starts: bool,
}

/// Which command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// That of `ENTRYPOINT` and `CMD`.
    Entrypoint,
    /// That of `HEALTHCHECK`.
    Healthcheck,
    /// These words.
    Words(Vec<String>),
}
