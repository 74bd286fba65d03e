//! A composite action, run as a runner runs it: bash with its options, the files of the environment, and what a line of output
//! means. Actions of others are not run: what they are given is remembered, and the cache is a folder.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::expression::{Context, filled, holds};

/// An `action.yml` (docs.github.com, "Metadata syntax reference").
#[derive(Deserialize)]
pub struct Document {
    pub inputs: BTreeMap<String, Input>,
    pub outputs: BTreeMap<String, Output>,
    pub runs: Runs,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    pub description: String,
    pub default: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    pub description: String,
    pub value: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runs {
    pub using: String,
    pub steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Step {
    pub name: String,
    #[serde(default)]
    pub id: String,
    #[serde(rename = "if", default = "success")]
    pub condition: String,
    pub uses: Option<String>,
    #[serde(default)]
    pub with: BTreeMap<String, String>,
    pub run: Option<String>,
    pub shell: Option<String>,
    pub working_directory: Option<String>,
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    #[serde(default)]
    pub continue_on_error: bool,
}

fn success() -> String {
    "success()".into()
}

/// A machine with a workspace and a cache that outlives jobs.
pub struct Machine {
    folder: tempfile::TempDir,
    /// The keys of the cache, oldest first.
    cached: RefCell<Vec<String>>,
    pub document: Document,
    /// Variables beside those that every job has.
    pub env: BTreeMap<String, String>,
}

/// What became of a job.
#[derive(Debug)]
pub struct Ran {
    /// The exit code of the first step that failed, else 0.
    pub code: i32,
    /// All that was printed, of all steps.
    pub log: String,
    /// What the runner took for a command of it.
    pub commands: Vec<String>,
    pub summary: String,
    pub outputs: BTreeMap<String, String>,
    /// Actions of others, and what they were given.
    pub used: Vec<(String, BTreeMap<String, String>)>,
}

impl Ran {
    /// What an action was given, if it was used.
    pub fn given(&self, action: &str) -> Option<&BTreeMap<String, String>> {
        self.used.iter().find(|(used, _)| used.starts_with(action)).map(|(_, with)| with)
    }

    pub fn count(&self, command: &str) -> usize {
        self.commands.iter().filter(|line| line.starts_with(&format!("::{command} "))).count()
    }
}

impl Machine {
    /// One with a copy of the action, whose table of checksums is this one.
    pub fn new(checksums: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/github");
        for name in ["action", "work/services", "home", "cache", "bin"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        for file in fs::read_dir(source).unwrap().flatten() {
            fs::copy(file.path(), folder.path().join("action").join(file.file_name())).unwrap();
        }
        fs::write(folder.path().join("action/checksums.txt"), checksums).unwrap();
        let text = fs::read_to_string(folder.path().join("action/action.yml")).unwrap();
        let document = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("action.yml: {error}"));
        Self { folder, cached: RefCell::default(), document, env: BTreeMap::new() }
    }

    /// A place on the machine.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file whose content is this, such as the workspace's or one before the others in PATH.
    pub fn write(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        fs::write(self.path(name), text).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs the action in a job of its own.
    pub fn run(&self, event: &Event, inputs: &[(&str, &str)]) -> Ran {
        for (name, _) in inputs {
            assert!(self.document.inputs.contains_key(*name), "{name} is no input");
        }
        let temp = tempfile::tempdir_in(self.folder.path()).unwrap().keep();
        let mut context = Context::default();
        context.extend(event.context());
        context.extend([("runner.temp", temp.display().to_string()), ("github.token", crate::TOKEN.into())]);
        for (name, input) in &self.document.inputs {
            let given = inputs.iter().find(|(given, _)| given == name).map(|(_, value)| (*value).to_owned());
            let value = given.unwrap_or_else(|| filled(&input.default, &context));
            context.set(&format!("inputs.{name}"), value);
        }
        let mut job = Job { machine: self, event, temp, context, path: vec![self.path("bin")], stopped: None, ran: Ran::new() };
        self.document.runs.steps.iter().for_each(|step| job.step(step));
        let outputs = self.document.outputs.iter();
        job.ran.outputs = outputs.map(|(name, output)| (name.clone(), filled(&output.value, &job.context))).collect();
        job.ran
    }
}

impl Ran {
    fn new() -> Self {
        let (log, summary) = (String::new(), String::new());
        Self { code: 0, log, commands: Vec::new(), summary, outputs: BTreeMap::new(), used: Vec::new() }
    }
}

/// What a job runs for.
pub struct Event {
    pub name: &'static str,
    pub reference: &'static str,
    /// The number of the pull request.
    pub pull_request: Option<u32>,
}

impl Event {
    pub const PUSH: Self = Self { name: "push", reference: "refs/heads/main", pull_request: None };
    pub const PULL: Self = Self { name: "pull_request", reference: "refs/pull/7/merge", pull_request: Some(7) };

    fn context(&self) -> Vec<(&'static str, String)> {
        let number = self.pull_request.map(|number| number.to_string()).unwrap_or_default();
        vec![
            ("github.event.repository.default_branch", "main".into()),
            ("github.event.pull_request.number", number),
            ("github.event.pull_request.head.sha", "0123456789abcdef0123456789abcdef01234567".into()),
        ]
    }
}

struct Job<'a> {
    machine: &'a Machine,
    event: &'a Event,
    temp: PathBuf,
    context: Context,
    /// What stands before the others in PATH.
    path: Vec<PathBuf>,
    /// The token that ends the time in which no command counts.
    stopped: Option<String>,
    ran: Ran,
}

impl Job<'_> {
    fn step(&mut self, step: &Step) {
        let condition = step.condition.trim_start_matches("${{").trim_end_matches("}}").trim();
        if !holds(condition, &self.context, self.ran.code == 0) {
            self.context.outcome(&step.id);
            return;
        }
        let fill = |map: &BTreeMap<String, String>, context: &Context| -> BTreeMap<String, String> {
            map.iter().map(|(name, value)| (name.clone(), filled(value, context))).collect()
        };
        self.context.outcome(&step.id);
        if let Some(action) = &step.uses {
            let with = fill(&step.with, &self.context);
            self.other(action, &with);
            self.ran.used.push((action.clone(), with));
            return;
        }
        let env = fill(&step.env, &self.context);
        assert_eq!(step.shell.as_deref(), Some("bash"), "{}", step.name);
        let code = self.script(step, &env);
        if self.ran.code == 0 && !step.continue_on_error {
            self.ran.code = code;
        }
    }

    /// The cache of the machine: a folder for each key, the newest of a prefix found first.
    fn other(&self, action: &str, with: &BTreeMap<String, String>) {
        let store = |key: &str| self.machine.path("cache").join(key.replace('/', "%"));
        let copy = |from: &Path, to: &Path| {
            let done = Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
            assert!(done.success());
        };
        let mut cached = self.machine.cached.borrow_mut();
        if action.starts_with("actions/cache/save@") && !cached.contains(&with["key"]) {
            copy(Path::new(&with["path"]), &store(&with["key"]));
            cached.push(with["key"].clone());
        } else if action.starts_with("actions/cache/restore@")
            && let Some(newest) = cached.iter().rev().find(|key| key.starts_with(&with["restore-keys"]))
        {
            copy(&store(newest), Path::new(&with["path"]));
        }
    }

    /// Runs a script, and reads what it left in its files.
    fn script(&mut self, step: &Step, env: &BTreeMap<String, String>) -> i32 {
        let temp = self.temp.clone();
        let file = |name: &str| temp.join(name);
        let script = file("script.sh");
        fs::write(&script, step.run.as_deref().unwrap()).unwrap();
        let files = ["GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_ENV", "GITHUB_STEP_SUMMARY"];
        for name in files {
            fs::write(file(name), "").unwrap();
        }
        let folder = filled(step.working_directory.as_deref().unwrap_or("."), &self.context);
        let path: Vec<String> = self.path.iter().rev().map(|path| path.display().to_string()).collect();
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail"]).arg(&script).env_clear();
        command.current_dir(self.machine.path("work").join(folder));
        // Not what the one who runs the tests has: it may be this very program.
        command.env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", path.join(":")));
        command.env("HOME", self.machine.path("home")).env("RUNNER_TEMP", &temp);
        command.env("GITHUB_ACTION_PATH", self.machine.path("action"));
        command.envs([("RUNNER_OS", "Linux"), ("RUNNER_ARCH", "X64"), ("CI", "true")]);
        command.envs([("GITHUB_EVENT_NAME", self.event.name), ("GITHUB_REF", self.event.reference)]);
        command.envs([("GITHUB_REPOSITORY", "team/app"), ("GITHUB_WORKFLOW", "image -- check"), ("GITHUB_JOB", "verify")]);
        command.envs([("GITHUB_RUN_ID", "42"), ("GITHUB_SERVER_URL", "https://github.example")]);
        command.envs(files.iter().map(|name| (name, file(name)))).envs(&self.machine.env).envs(env);
        let output = command.output().unwrap();
        let printed = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        for text in &printed {
            self.read(text);
        }
        let text = |name: &str| fs::read_to_string(file(name)).unwrap();
        for line in text("GITHUB_OUTPUT").lines() {
            let (name, value) = line.split_once('=').unwrap_or_else(|| panic!("{}: {line}", step.name));
            self.context.set(&format!("steps.{}.outputs.{name}", step.id), value.to_owned());
        }
        self.path.extend(text("GITHUB_PATH").lines().map(PathBuf::from));
        self.ran.summary.push_str(&text("GITHUB_STEP_SUMMARY"));
        assert_eq!(text("GITHUB_ENV"), "", "nothing is said to the steps of others");
        output.status.code().unwrap()
    }

    /// Takes lines as the runner does (actions/runner, `ActionCommandManager`): `::` at the start of a line, and `##[` anywhere in
    /// it; none while commands are stopped.
    fn read(&mut self, text: &str) {
        for line in text.lines() {
            self.ran.log.push_str(line);
            self.ran.log.push('\n');
            let start = line.trim_start();
            if let Some(token) = &self.stopped {
                if start == format!("::{token}::") {
                    self.stopped = None;
                }
            } else if let Some(token) = start.strip_prefix("::stop-commands::") {
                self.stopped = Some(token.to_owned());
            } else if start.starts_with("::") || line.contains("##[") {
                self.ran.commands.push(line.to_owned());
            }
        }
    }
}
