//! Running a program and weighing what it cost, by `/usr/bin/time`: CPU and memory of all that it started and waited for.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use serde::Serialize;

/// A program and its arguments.
#[derive(Clone, Debug)]
pub struct Invocation(pub Vec<OsString>);

impl Invocation {
    pub fn new<S: Into<OsString>>(words: impl IntoIterator<Item = S>) -> Self {
        Self(words.into_iter().map(Into::into).collect())
    }

    /// A line of the shell, with what `$1`, `$2` and so on stand for in it.
    pub fn shell<S: Into<OsString>>(line: &str, arguments: impl IntoIterator<Item = S>) -> Self {
        let mut words = Self::new(["sh", "-c", line, "sh"]);
        words.0.extend(arguments.into_iter().map(Into::into));
        words
    }
}

/// What one run cost.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Seconds.
    pub wall: f64,
    /// Seconds of CPU in the program; to a hundredth.
    pub user: f64,
    /// Seconds of CPU in the kernel; to a hundredth.
    pub system: f64,
    /// Bytes of memory at the most, of the largest process.
    pub rss: u64,
    pub code: Option<i32>,
    pub stdout: Vec<u8>,
}

/// A program that runs.
pub struct Running {
    child: Child,
    begin: Instant,
    told: tempfile::NamedTempFile,
    _folder: tempfile::TempDir,
}

/// Where programs run, and where they are found.
pub struct Runner {
    scratch: PathBuf,
    /// What programs find of the environment beside their folder.
    environment: Vec<(&'static str, OsString)>,
}

impl Runner {
    /// Programs are looked for in `tools`, where pip installs them, before they are looked for elsewhere.
    pub fn new(scratch: &Path, tools: &Path) -> Self {
        std::fs::create_dir_all(scratch).unwrap();
        let mut path = tools.join("bin").into_os_string();
        path.extend(std::env::var_os("PATH").iter().flat_map(|usual| [OsStr::new(":"), usual]));
        let environment = vec![("PATH", path), ("PYTHONPATH", tools.into()), ("LC_ALL", "C.UTF-8".into())];
        Self { scratch: scratch.to_owned(), environment }
    }

    /// A new folder for files that a measurement needs.
    pub fn folder(&self) -> tempfile::TempDir {
        tempfile::tempdir_in(&self.scratch).unwrap()
    }

    /// Starts a program in a folder of its own, which is its home, too.
    pub fn start(&self, invocation: &Invocation) -> Running {
        let (folder, told) = (self.folder(), tempfile::NamedTempFile::new_in(&self.scratch).unwrap());
        let home = folder.path();
        let begin = Instant::now();
        // Beside what `time` tells, it keeps the memory of this process out of the count: a child begins with its parent's.
        let mut command = self.command("/usr/bin/time", home);
        command.args(["-q", "-f", "%U %S %M", "-o"]).arg(told.path()).args(&invocation.0);
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let child = child.unwrap_or_else(|error| panic!("/usr/bin/time: {error}; apt-get install time"));
        Running { child, begin, told, _folder: folder }
    }

    /// Runs a program to its end.
    pub fn run(&self, invocation: &Invocation) -> Sample {
        self.start(invocation).wait()
    }

    /// The first line that a program prints; none where it is not installed.
    pub fn line(&self, words: &[&str]) -> Option<String> {
        let output = self.command(words[0], &self.scratch).args(&words[1..]).output().ok()?;
        let text = [output.stdout, output.stderr].concat();
        let line = String::from_utf8_lossy(&text).lines().find(|line| !line.trim().is_empty()).map(|line| line.trim().to_owned());
        line.filter(|_| output.status.success())
    }

    /// A program in a folder that is its home, too, and with no more of the environment than it needs.
    fn command(&self, program: &str, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(folder).env_clear().envs(self.environment.iter().cloned());
        command.env("HOME", folder).env("TMPDIR", folder);
        command
    }
}

impl Running {
    /// Waits for its end.
    pub fn wait(self) -> Sample {
        let output = self.child.wait_with_output().unwrap();
        let wall = self.begin.elapsed().as_secs_f64();
        let told = std::fs::read_to_string(self.told.path()).unwrap();
        let figures: Vec<f64> = told.lines().last().unwrap_or_default().split(' ').filter_map(|word| word.parse().ok()).collect();
        let &[user, system, kibibytes] = &figures[..] else { panic!("/usr/bin/time told {told:?}") };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number of kibibytes")]
        let rss = kibibytes as u64 * 1024;
        Sample { wall, user, system, rss, code: output.status.code(), stdout: output.stdout }
    }
}

/// The middle of some numbers, and how far they go.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Spread {
    pub median: f64,
    pub least: f64,
    pub most: f64,
}

impl Spread {
    /// Of at least one number.
    pub fn of(numbers: impl IntoIterator<Item = f64>) -> Self {
        let mut numbers: Vec<f64> = numbers.into_iter().collect();
        numbers.sort_by(f64::total_cmp);
        let middle = numbers.len() / 2;
        let median =
            if numbers.len().is_multiple_of(2) { f64::midpoint(numbers[middle - 1], numbers[middle]) } else { numbers[middle] };
        Self { median, least: numbers[0], most: numbers[numbers.len() - 1] }
    }
}

/// The share of a variance that a straight line explains; and its slope and where it begins.
pub fn fit(points: &[(f64, f64)]) -> (f64, f64, f64) {
    #[expect(clippy::cast_precision_loss, reason = "a handful of points")]
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let sum = |of: &dyn Fn(f64, f64) -> f64| points.iter().map(|point| of(point.0 - x, point.1 - y)).sum::<f64>();
    let (xx, yy, xy) = (sum(&|x, _| x * x), sum(&|_, y| y * y), sum(&|x, y| x * y));
    (xy * xy / (xx * yy), xy / xx, y - xy / xx * x)
}
