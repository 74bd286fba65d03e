//! What the tool says: one structure, and one file for each format that prints it. Pure.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Level, Outcome, Question};
use crate::size::Map;
pub use crate::size::{Amount, Delta, Directory, Dive, FileSize, KindSize, Package, Pull, Waste};

#[cfg(test)]
mod agreement;
pub mod attest;
pub mod codequality;
mod comparison;
mod exit;
pub mod figures;
mod fill;
mod fleet;
pub mod fleets;
pub mod github;
pub mod html;
pub mod json;
pub mod junit;
mod lists;
pub mod markdown;
pub mod merge;
mod place;
mod pull;
mod read;
mod said;
pub mod sarif;
mod shard;
pub mod table;
pub mod tabular;
mod verdict;

pub use comparison::Comparison;
pub use exit::ExitCode;
pub use fill::fill;
pub use fleet::{Common, Drift, Fleet, Member, Version};
pub use fleets::Fleets;
pub use json::schema;
pub use lists::size::{By, View};
pub use read::{fleet, read};
pub use shard::{Part, Shard};

/// The version of the report's structure.
pub const SCHEMA: u32 = 1;

/// A report: what every renderer prints and every exit code comes from.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Report {
    /// The version of this structure.
    pub schema: u32,
    /// Who made it.
    pub tool: Tool,
    /// The verdict over all images.
    pub verdict: Verdict,
    /// The exit code of the run.
    pub exit_code: u8,
    /// The level from which a finding makes the run fail; null: none does.
    pub fail_on: Option<Level>,
    /// The day by which waivers were judged.
    pub today: String,
    /// The part of a sweep that this is; none of a whole one, nor of a run that is no sweep.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// The images, by reference.
    pub images: Vec<Image>,
    /// What it costs to pull them; of several images alone.
    pub pull: Option<Pull>,
    /// What they have in common, and where they differ; of several images alone.
    pub fleet: Option<Fleet>,
}

/// The program.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Tool {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

impl Tool {
    /// This program.
    pub const THIS: Self = Self { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") };
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Every rule that counts passed or did not apply.
    Held,
    /// Everything was looked at, and something failed.
    Findings,
    /// Nothing failed, but something could not be judged.
    Undecided,
    /// The tool could not look.
    Incomplete,
}

/// One image.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Image {
    /// The full reference.
    pub reference: String,
    /// The services of Compose files that run it.
    pub services: Vec<String>,
    /// The manifest's digest, where the transport has one.
    pub digest: Option<String>,
    /// The digest of the index that led to it.
    pub index_digest: Option<String>,
    /// The configuration's digest.
    pub config_digest: Option<String>,
    /// The platform that the configuration claims.
    pub platform: Option<String>,
    /// When it was created, as the configuration claims.
    pub created: Option<String>,
    /// Whether every byte was read and verified.
    pub complete: bool,
    /// Why it could not be looked at.
    pub error: Option<Failure>,
    /// What the reader should know and no rule judges.
    pub notes: Vec<String>,
    /// How much the rules that passed looked at, the most telling first: `212 imports followed, 0 missing`.
    pub looked: Vec<String>,
    /// What was asked.
    pub policy: Policy,
    /// What came of it.
    pub verdict: Verdict,
    /// The five answers.
    pub answers: Answers,
    /// The compliance matrix of the profile, with `--matrix`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matrix: Option<Vec<Requirement>>,
    /// Every rule that was asked.
    pub rules: Vec<Rule>,
    /// The layers, base first.
    pub layers: Vec<Layer>,
    /// Where the bytes are.
    pub sizes: Sizes,
    /// The final tree as a page draws it; it is no part of the data.
    #[serde(skip)]
    pub map: Option<Map>,
    /// The difference to a baseline.
    pub delta: Option<Delta>,
}

/// Why the tool could not look.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Failure {
    /// The name of the exit code: `not-found`, `corrupt`, …
    pub kind: &'static str,
    /// The exit code.
    pub exit_code: u8,
    /// What happened.
    pub message: String,
    /// The next step.
    pub hint: Option<String>,
}

/// Which profile was used, and how much of it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Policy {
    /// The profile's name.
    pub profile: String,
    /// How it was chosen.
    pub chosen: String,
    /// The digest of what it says.
    pub digest: Option<String>,
    /// The service in it.
    pub service: Option<String>,
    /// How many of the rules were asked: `148 of 148`.
    pub asked: String,
    /// Findings that a waiver covers.
    pub waived: u64,
    /// Findings that the baseline has, too, and that `--new-only` lets pass.
    pub known: u64,
}

/// The five answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Answers {
    /// Is everything that was meant to be there there, unaltered?
    pub whole: Answer,
    /// Will its command run?
    pub starts: Answer,
    /// Secrets, tools, privileges.
    pub safe: Answer,
    /// Does it follow the pattern asked for?
    pub conforms: Answer,
    /// Bytes.
    pub lean: Answer,
}

impl Answers {
    /// The answer to one question.
    pub fn to(&self, question: Question) -> Answer {
        match question {
            Question::Whole => self.whole,
            Question::Starts => self.starts,
            Question::Safe => self.safe,
            Question::Conforms => self.conforms,
            Question::Lean => self.lean,
        }
    }
}

/// The answer to one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Rules looked, and none failed at error level.
    Yes,
    /// A rule failed at error level.
    No,
    /// None failed at error level, but one of that level could not be judged, or nothing could.
    Unknown,
    /// No rule was asked, or none applies.
    NotAsked,
}

/// A row of the compliance matrix.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Requirement {
    /// What is required.
    pub requirement: String,
    /// `pass`, `fail` or `unknown`.
    pub outcome: Outcome,
    /// What was looked at, what failed, or why nothing could be looked at.
    pub evidence: String,
    /// The kind of evidence that it is judged from, as the profile says.
    pub judged_from: String,
}

/// A rule that was asked.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Rule {
    /// Its id: of a rule of this program, `own/NAME` of a check, `structure-test/NAME` of a test.
    pub id: Cow<'static, str>,
    /// The question that it answers.
    pub answers: Question,
    /// The highest level of its failing findings, else the profile's.
    pub level: Level,
    /// What came of it.
    pub outcome: Outcome,
    /// How many of its units it looked at.
    pub examined: u64,
    /// Why skip or unknown.
    pub reason: Option<String>,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Its level.
    pub level: Level,
    /// What is wrong.
    pub message: String,
    /// What to change.
    pub fix: String,
    /// The last line that a user would see at run time.
    pub predicts: Option<String>,
    /// The rule whose finding explains this one.
    pub because: Option<String>,
    /// The reason of the waiver that covers it.
    pub waived: Option<String>,
    /// Whether the baseline has it, too, and `--new-only` lets it pass for that.
    pub known: bool,
    /// Where.
    pub path: Option<String>,
    /// The value found.
    pub found: Option<String>,
    /// The value wanted.
    pub want: Option<String>,
    /// How many offenders it stands for.
    pub count: u64,
    /// The first of them.
    pub examples: Vec<String>,
    /// The layer to blame.
    pub layer: Option<Blame>,
    /// Where in the repository it is mended: the instruction of the Dockerfile of `--dockerfile` that made the layer, else the
    /// table of the profile that speaks of the rule, else the profile; null where none of them is a file of the repository.
    #[serde(default)]
    pub source: Option<Source>,
}

#[cfg(test)]
impl Finding {
    /// One without any evidence.
    pub(crate) fn plain(level: Level, message: &str, fix: &str) -> Self {
        Self {
            level,
            message: message.into(),
            fix: fix.into(),
            predicts: None,
            because: None,
            waived: None,
            known: false,
            path: None,
            found: None,
            want: None,
            count: 1,
            examples: vec![],
            layer: None,
            source: None,
        }
    }
}

/// A line of a file of the repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    /// The file, from the root of the repository, `/` between its folders.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
}

/// The layer to blame.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Blame {
    /// Its place, base first, from 0.
    pub index: usize,
    /// The blob's digest.
    pub digest: String,
    /// The uncompressed digest.
    pub diff_id: String,
    /// The instruction that made it, as the image claims.
    pub created_by: Option<String>,
    /// The line of that instruction in the Dockerfile, from 1, where one is known: that of `--dockerfile`, else the attested one.
    pub dockerfile_line: Option<usize>,
}

/// A layer.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Layer {
    /// Its place, base first, from 0.
    pub index: usize,
    /// The blob's digest.
    pub digest: String,
    /// The uncompressed digest, as the configuration claims; verified if the layer was read.
    pub diff_id: String,
    /// The media type.
    pub media_type: String,
    /// Bytes of the blob.
    pub compressed_bytes: u64,
    /// Bytes of the uncompressed tar; null if it was not read.
    pub bytes: Option<u64>,
    /// Entries of the tar; null if it was not read.
    pub entries: Option<u64>,
    /// Bytes of the regular files that it ships, a hard link as nothing; null if it is not part of the tree.
    pub files_bytes: Option<u64>,
    /// Those of them that no name of the final tree leads to any more: removed, overwritten or shipped again by a later layer.
    pub hidden_bytes: Option<u64>,
    /// The instruction that made it, as the image claims.
    pub created_by: Option<String>,
}

/// Where the bytes are.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Sizes {
    /// Bytes of all blobs.
    pub compressed_bytes: u64,
    /// Regular files of all layers.
    pub unpacked_bytes: u64,
    /// Regular files of the final tree, each once, holes included.
    pub bytes: u64,
    /// Of `bytes` those that layers store: without the holes of sparse files.
    pub stored_bytes: u64,
    /// How many there are.
    pub files: u64,
    /// The largest directories.
    pub directories: Vec<Directory>,
    /// Installed packages, Python's and the system's, largest first. With `unowned` they make up `bytes` and `files`.
    pub packages: Vec<Package>,
    /// Files that no package owns.
    pub unowned: Amount,
    /// Files by kind, largest first. They make up `bytes` and `files`.
    pub kinds: Vec<KindSize>,
    /// The largest files, largest first; empty unless `size` asks for them.
    pub largest: Vec<FileSize>,
    /// Bytes shipped and not seen.
    pub waste: Waste,
    /// What dive would say, for thresholds that were set for it; null unless sizes are asked for.
    pub dive: Option<Dive>,
}
