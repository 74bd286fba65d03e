//! A run of the program, and what must hold of every run, whatever was put before it: nothing is lost, nothing is made up,
//! nothing is given away.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use lucid_verify::profile::Policy;
use lucid_verify::rules::{self, Evidence};
use serde_json::Value;
use tempfile::TempDir;

use crate::table::Row;

/// A part of every secret of these tests.
pub const CANARY: &str = "canary";

/// What the baseline was before.
const OLD: &[u8] = b"a baseline from before\n";

/// Longer than any case takes: what is not over then hangs.
const PATIENCE: Duration = Duration::from_mins(5);

/// `lucid-verify verify` on its way.
pub struct Verify<'r> {
    row: &'r Row,
    case: &'r str,
    reference: String,
    options: Vec<String>,
    environment: Vec<(String, OsString)>,
    pub scratch: Scratch,
    writes_baseline: bool,
    /// Starts another program that starts this one, such as `time`.
    through: Vec<OsString>,
}

/// The folders of a run, which it shares with no other.
pub struct Scratch(TempDir);

impl Scratch {
    pub fn new() -> Self {
        let scratch = Self(tempfile::tempdir().unwrap());
        for folder in ["home", "tmp", "cache"] {
            std::fs::create_dir(scratch.path(folder)).unwrap();
        }
        std::fs::write(scratch.path("baseline"), OLD).unwrap();
        scratch
    }

    /// `home`, `tmp`, `cache`, `baseline`, or a path in one of them.
    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }
}

impl<'r> Verify<'r> {
    pub fn new(row: &'r Row, case: &'r str, reference: &str) -> Self {
        let (reference, scratch) = (reference.to_owned(), Scratch::new());
        Self {
            row,
            case,
            reference,
            options: Vec::new(),
            environment: Vec::new(),
            scratch,
            writes_baseline: true,
            through: Vec::new(),
        }
    }

    /// An option; instead of what is given otherwise, if that has the same name.
    pub fn option(mut self, option: &str) -> Self {
        self.options.push(option.to_owned());
        self
    }

    /// A variable of the environment.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Without a baseline to write.
    pub fn without_baseline(mut self) -> Self {
        self.writes_baseline = false;
        self
    }

    /// A program that starts this one: its path and arguments.
    pub fn through(mut self, program: &[&str]) -> Self {
        self.through = program.iter().map(OsString::from).collect();
        self
    }

    /// Writes a file below the home of the run, such as `.docker/config.json`.
    pub fn home(self, path: &str, content: &str) -> Self {
        let path = self.scratch.path("home").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    /// The folders of an earlier run, its cache among them.
    pub fn again(mut self, earlier: Ran<'_>) -> Self {
        self.scratch = earlier.scratch;
        std::fs::write(self.scratch.path("baseline"), OLD).unwrap();
        self
    }

    fn command(&self) -> Command {
        let given: BTreeSet<&str> = self.options.iter().map(|option| option.split('=').next().unwrap_or_default()).collect();
        let mut command = match &self.through[..] {
            [] => Command::new(assert_cmd::cargo::cargo_bin!("lucid-verify")),
            [program, arguments @ ..] => {
                let mut command = Command::new(program);
                command.args(arguments).arg(assert_cmd::cargo::cargo_bin!("lucid-verify"));
                command
            }
        };
        command.arg("verify");
        let baseline = self.scratch.path("baseline").into_os_string().into_string().unwrap();
        for (name, value) in [
            ("--format", "json"),
            ("--profile", "generic"),
            ("--rule", "whole"),
            ("--retries", "1"),
            ("--timeout", "5"),
            ("--save-baseline", &baseline),
        ] {
            let is_refused = name == "--save-baseline" && (!self.writes_baseline || given.contains("--all-platforms"));
            if !given.contains(name) && !is_refused {
                command.args([name, value]);
            }
        }
        command.args(&self.options).arg(&self.reference);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.scratch.path("home")).env("TMPDIR", self.scratch.path("tmp"));
        command.env("LUCID_VERIFY_CACHE", self.scratch.path("cache")).env("SOURCE_DATE_EPOCH", "1763661840");
        command.envs(self.environment.iter().map(|(name, value)| (name, value))).current_dir(self.scratch.path("home"));
        command
    }

    /// Runs it to its end, and holds against it what must hold of every run.
    pub fn run(self) -> Ran<'r> {
        let mut command = self.command();
        let child = command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (code, stdout, stderr) = finish(child, self.case);
        let (stdout, stderr) = (text(stdout), text(stderr));
        let report = serde_json::from_str(&stdout).unwrap_or(Value::Null);
        let ran = Ran { row: self.row, case: self.case, code, stdout, stderr, report, scratch: self.scratch };
        ran.holds(&self.reference, self.options.iter().any(|option| option == "--format"));
        ran
    }
}

/// What a process that is to end by itself leaves: its code (of a signal as a shell has it), stdout and stderr.
pub fn finish(mut child: Child, case: &str) -> (i32, Vec<u8>, Vec<u8>) {
    let drain = |pipe: Option<Box<dyn std::io::Read + Send>>| {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            if let Some(mut pipe) = pipe {
                let _ = pipe.read_to_end(&mut bytes);
            }
            bytes
        })
    };
    let stdout = drain(child.stdout.take().map(|pipe| Box::new(pipe) as _));
    let stderr = drain(child.stderr.take().map(|pipe| Box::new(pipe) as _));
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if began.elapsed() > PATIENCE {
            // With whatever it was started through.
            let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", child.id())]).status();
            panic!("{case}: it hangs");
        }
        thread::sleep(Duration::from_millis(5));
    };
    let code = status.code().or_else(|| std::os::unix::process::ExitStatusExt::signal(&status).map(|signal| 128 + signal));
    (code.unwrap(), stdout.join().unwrap(), stderr.join().unwrap())
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| panic!("it writes what is no UTF-8: {error}"))
}

/// What a run left.
pub struct Ran<'r> {
    row: &'r Row,
    case: &'r str,
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    /// The document, if stdout is JSON.
    pub report: Value,
    pub scratch: Scratch,
}

impl Ran<'_> {
    /// How it has to end. Notes the case.
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}: {}\n{}", self.case, self.outcome(), self.stderr);
        self.row.observe(self.case, &self.outcome());
        self
    }

    /// What its report or its talk has to hold.
    pub fn says(self, words: &str) -> Self {
        let said = format!("{}\n{}", self.stdout.replace("\\\"", "\""), self.stderr);
        assert!(said.contains(words), "{}: nothing says {words:?}: {said}", self.case);
        self
    }

    /// What neither may hold.
    pub fn never_says(self, words: &str) -> Self {
        let said = format!("{}\n{}", self.stdout, self.stderr);
        assert!(!said.contains(words), "{}: something says {words:?}: {said}", self.case);
        self
    }

    /// The first image of the report.
    pub fn image(&self) -> &Value {
        &self.report["images"][0]
    }

    /// `pass`, `fail`, `skip` or `unknown`; nothing if the rule was not asked.
    pub fn rule(&self, id: &str) -> Option<&str> {
        self.rules().find(|rule| rule["id"] == id).and_then(|rule| rule["outcome"].as_str())
    }

    /// A rule's outcome is this.
    pub fn judges(self, id: &str, outcome: &str) -> Self {
        assert_eq!(self.rule(id), Some(outcome), "{}: {id}: {}", self.case, self.stdout);
        self
    }

    /// The messages of all findings of a rule.
    pub fn findings(&self, id: &str) -> Vec<&str> {
        let findings = self.rules().filter(|rule| rule["id"] == id).filter_map(|rule| rule["findings"].as_array());
        findings.flatten().filter_map(|finding| finding["message"].as_str()).collect()
    }

    fn rules(&self) -> impl Iterator<Item = &Value> {
        self.report["images"].as_array().into_iter().flatten().filter_map(|image| image["rules"].as_array()).flatten()
    }

    /// Exit code, verdict and the first thing that there is to say, without what is another in the next run.
    fn outcome(&self) -> String {
        let failed = self.rules().filter(|rule| matches!(rule["outcome"].as_str(), Some("fail" | "unknown")));
        let failed: Vec<String> = failed.map(|rule| format!("`{}`", rule["id"].as_str().unwrap_or_default())).collect();
        let error = self.image()["error"]["message"].as_str();
        let said = match (error, &failed[..]) {
            (Some(error), _) => format!(": {error}"),
            (None, []) if self.report.is_null() => {
                let first = self.stderr.lines().chain(self.stdout.lines()).next();
                first.map(|line| format!(": {line}")).unwrap_or_default()
            }
            (None, []) => String::new(),
            (None, failed) => format!(": {}", failed.join(", ")),
        };
        let verdict = self.report["verdict"].as_str().unwrap_or_default();
        let kind = self.image()["error"]["kind"].as_str().unwrap_or(verdict);
        self.without_the_day(&format!("{} {kind}{said}", self.code).replace(" :", ":"))
    }

    fn without_the_day(&self, text: &str) -> String {
        static CHANGING: LazyLock<[(regex::Regex, &str); 5]> = LazyLock::new(|| {
            let made = |pattern| regex::Regex::new(pattern).unwrap();
            [
                (made(r"\b(127\.\d+\.\d+\.\d+|\[::1\]|localhost):\d+"), "$1:PORT"),
                (made(r"(sha(?:256|512):[0-9a-f]{12})[0-9a-f]{52,116}"), "$1…"),
                (made(r"/tmp/\.tmp\w+"), "FOLDER"),
                (made(r"process \d+"), "process N"),
                (made(r"panicked at \S+"), "panicked at FILE"),
            ]
        });
        let text = text.replace(&*self.scratch.0.path().to_string_lossy(), "FOLDER");
        CHANGING.iter().fold(text, |text, (changing, instead)| changing.replace_all(&text, *instead).into_owned())
    }

    /// What must hold of every run.
    fn holds(&self, reference: &str, other_format: bool) {
        let said = format!("{}\n{}", self.stdout, self.stderr);
        assert!(!said.contains(CANARY), "{}: a secret is shown: {said}", self.case);
        assert!(!said.contains("' panicked at"), "{}: {said}", self.case);
        self.leaves_nothing();
        // Nothing was looked at, or nobody wants to know any more.
        if matches!(self.code, 130 | 143) || (self.code == 2 && self.stdout.is_empty()) || other_format {
            // A signal may come when everything is read, and a new baseline is in its place.
            let is_new = matches!(self.code, 0 | 1 | 9 | 130 | 143) && self.baseline().ends_with(b"\n");
            assert!(self.baseline() == OLD || is_new, "{}: the old baseline is gone", self.case);
            return;
        }
        assert!(self.report.is_object(), "{}: stdout is no document: {said}", self.case);
        assert_eq!(self.report["exit_code"], self.code, "{}: {said}", self.case);
        let images = self.report["images"].as_array().unwrap();
        let is_complete = images.iter().all(|image| image["complete"] == true);
        let could_look = matches!(self.code, 0 | 1 | 9);
        assert_eq!(is_complete, could_look, "{}: {said}", self.case);
        assert_eq!(self.report["verdict"] == "incomplete", !could_look, "{}: {said}", self.case);
        assert!(could_look || self.baseline() == OLD, "{}: the old baseline is gone", self.case);
        for image in images.iter().filter(|image| image["complete"] != true) {
            self.tells_why(image, reference);
            self.proves_nothing(image);
        }
    }

    /// An error names the image, what of it, and the next step.
    fn tells_why(&self, image: &Value, reference: &str) {
        let (message, hint) = (image["error"]["message"].as_str(), image["error"]["hint"].as_str());
        let message = message.unwrap_or_else(|| panic!("{}: no error in {image}", self.case));
        assert!(hint.is_some_and(|hint| !hint.is_empty()), "{}: no next step: {message}", self.case);
        let name = reference.split_once("://").map_or(reference, |(_, name)| name);
        let named = image["reference"].as_str().is_some_and(|shown| message.contains(shown)) || message.contains(name);
        let layer = regex::Regex::new(r"layer (\d+)/(\d+) sha(256|512):").unwrap().is_match(message);
        // What is wrong with what was asked for is told before any image is looked at.
        let is_usage = image["error"]["kind"] == "usage";
        assert!(named || layer || is_usage, "{}: neither image nor layer is named: {message}", self.case);
    }

    /// What needs what is missing did not pass.
    fn proves_nothing(&self, image: &Value) {
        static NEEDS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
            let policy = Policy::builtin("generic", &rules::known()).unwrap();
            let inquiries = rules::inquiries(policy.checks()).into_iter().map(|inquiry| inquiry.rule);
            inquiries.filter(|rule| rule.needs == Evidence::Tree).map(|rule| rule.id.to_string()).collect()
        });
        for rule in image["rules"].as_array().into_iter().flatten() {
            let is_judged = !matches!(rule["outcome"].as_str(), Some("unknown" | "skip"));
            let needs = rule["id"].as_str().is_some_and(|id| NEEDS.contains(id));
            assert!(!(is_judged && needs), "{}: judged without what it needs: {rule}", self.case);
        }
    }

    fn baseline(&self) -> Vec<u8> {
        std::fs::read(self.scratch.path("baseline")).unwrap_or_default()
    }

    /// No temporary file, no half-written entry.
    fn leaves_nothing(&self) {
        let left: Vec<_> = files(&self.scratch.path("tmp"));
        assert!(left.is_empty(), "{}: it leaves {left:?}", self.case);
        let entries = files(&self.scratch.path("cache"));
        let half = entries.iter().find(|path| path.file_name().unwrap().to_string_lossy().starts_with(".new-"));
        assert!(half.is_none(), "{}: half an entry is left: {half:?}", self.case);
        let drafts = std::fs::read_dir(self.scratch.0.path()).unwrap().flatten();
        let drafts: Vec<_> = drafts.filter(|file| file.file_name().to_string_lossy().contains("draft")).collect();
        assert!(drafts.is_empty(), "{}: it leaves {drafts:?}", self.case);
    }
}

/// All files below a folder.
pub fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}
