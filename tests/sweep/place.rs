//! A registry of many images, a bucket, and a folder where workers write their reports.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::bucket::Bucket;
use crate::image::registry::Registry;
use crate::{many, run};

/// How many workers there are.
pub const WORKERS: usize = 8;

/// What is wanted of the images: little, so that the time is that of sweeping and not of judging.
const PROFILE: &str = r#"extends = "generic"

[[check]]
id = "own/user"
config = "User"
want = { equals = "65532:65532" }
"#;

pub struct Place {
    pub registry: Registry,
    pub bucket: Bucket,
    /// The digests of all layers.
    pub layers: BTreeSet<String>,
    folder: tempfile::TempDir,
}

/// What a run came to.
pub struct Ended {
    pub code: i32,
    pub json: Vec<u8>,
    pub table: Vec<u8>,
    pub said: String,
}

/// What a registry was asked for, and how often.
#[derive(Default)]
pub struct Asked {
    /// Blobs that were fetched, by digest.
    pub blobs: BTreeMap<String, usize>,
    /// Documents that were fetched, by repository and digest or tag.
    pub documents: BTreeMap<String, usize>,
    /// Tags, whether what they stand for was fetched or only its digest.
    pub tags: BTreeMap<String, usize>,
}

impl Place {
    /// One with a registry of so many repositories.
    pub fn of(repositories: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let layers = many::lay(folder.path(), repositories);
        let registry = Registry::over(folder.path());
        fs::write(folder.path().join("profile.toml"), PROFILE).unwrap();
        fs::create_dir(folder.path().join("shards")).unwrap();
        Self { registry, bucket: Bucket::start(), layers, folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where a worker writes its report.
    pub fn report(&self, index: usize) -> PathBuf {
        self.file(&format!("shards/shard-{index}.json"))
    }

    /// How many images a worker's report is of.
    pub fn images(&self, index: usize) -> usize {
        let report: serde_json::Value = serde_json::from_slice(&fs::read(self.report(index)).unwrap()).unwrap();
        report["images"].as_array().unwrap().len()
    }

    /// A run over the whole registry.
    fn sweep(&self) -> Command {
        let mut command = run::lucid_verify();
        command.args(["verify", "--catalog", &self.registry.address, "--rule", "own/*", "--rule", "whole", "--retries", "0"]);
        command.arg("--profile").arg(self.file("profile.toml"));
        command
    }

    /// A run over the whole registry that shares what it reads in the bucket, below this prefix.
    pub fn shared(&self, prefix: &str) -> Command {
        let mut command = self.sweep();
        command.envs(self.bucket.environment()).args(["--cache", &self.bucket.url(prefix)]);
        command
    }

    /// A worker. What becomes of it is the caller's to see.
    pub fn worker(&self, index: usize) -> Command {
        let mut command = self.shared("sweep");
        command.args(["--shard", &format!("{index}/{WORKERS}"), "--fail-on", "never", "--jobs", "2"]);
        command.arg(format!("--output=json={}", self.report(index).display())).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    /// One run over all, which shares nothing with anyone.
    pub fn single(&self) -> Ended {
        self.ended(self.sweep().arg("--no-cache"))
    }

    /// The reports that there are, as one.
    pub fn merged(&self) -> Ended {
        self.ended(run::lucid_verify().arg("merge").arg(self.file("shards")))
    }

    /// Runs to the end.
    pub fn ended(&self, command: &mut Command) -> Ended {
        let (json, table) = (self.file("report.json"), self.file("report.txt"));
        command.arg(format!("--output=json={}", json.display())).arg(format!("--output=table={}", table.display()));
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let code = output.status.code().unwrap_or_else(|| panic!("{command:?}: {said}"));
        assert_ne!(code, 2, "{said}");
        Ended { code, json: fs::read(json).unwrap(), table: fs::read(table).unwrap(), said }
    }

    /// What the registry was asked for since this was asked last.
    pub fn asked(&self) -> Asked {
        let mut asked = Asked::default();
        for (method, target, _) in self.registry.asked() {
            let Some((at, name)) = target.rsplit_once('/') else { continue };
            if at.ends_with("/manifests") && !name.contains(':') {
                *asked.tags.entry(target.clone()).or_default() += 1;
            }
            match method.as_str() {
                "GET" if at.ends_with("/blobs") => *asked.blobs.entry(name.to_owned()).or_default() += 1,
                "GET" if at.ends_with("/manifests") => *asked.documents.entry(target).or_default() += 1,
                _ => {}
            }
        }
        asked
    }
}

impl Asked {
    /// This, and what came after it.
    pub fn and(mut self, later: Self) -> Self {
        let add = |all: &mut BTreeMap<String, usize>, more: BTreeMap<String, usize>| {
            for (name, times) in more {
                *all.entry(name).or_default() += times;
            }
        };
        add(&mut self.blobs, later.blobs);
        add(&mut self.documents, later.documents);
        add(&mut self.tags, later.tags);
        self
    }
}
