//! The image configuration (image-spec, config.md; Docker adds the health check).

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::history::History;
use super::json::{self, Shape};
use crate::digest::Digest;
use crate::error::{Error, Kind, Result};
use crate::reference::Platform;

/// The keys of a configuration that are read.
const SHAPE: Shape = Shape::Object(&[
    ("os", &Shape::Any),
    ("architecture", &Shape::Any),
    ("variant", &Shape::Any),
    ("created", &Shape::Any),
    ("config", &RUN),
    ("rootfs", &Shape::Object(&[("type", &Shape::Any), ("diff_ids", &Shape::Any)])),
    ("history", &Shape::List(&HISTORY)),
]);

const HISTORY: Shape = Shape::Object(&[
    ("created", &Shape::Any),
    ("created_by", &Shape::Any),
    ("empty_layer", &Shape::Any),
    ("comment", &Shape::Any),
]);

const RUN: Shape = Shape::Object(&[
    ("User", &Shape::Any),
    ("Env", &Shape::Any),
    ("Entrypoint", &Shape::Any),
    ("Cmd", &Shape::Any),
    ("WorkingDir", &Shape::Any),
    ("Shell", &Shape::Any),
    ("Healthcheck", &HEALTHCHECK),
    ("ExposedPorts", &Shape::Any),
    ("Labels", &Shape::Any),
    ("Volumes", &Shape::Any),
    ("StopSignal", &Shape::Any),
    ("OnBuild", &Shape::Any),
]);

const HEALTHCHECK: Shape = Shape::Object(&[
    ("Test", &Shape::Any),
    ("Interval", &Shape::Any),
    ("Timeout", &Shape::Any),
    ("StartPeriod", &Shape::Any),
    ("Retries", &Shape::Any),
]);

/// Reads `null` as absent: Docker writes it for empty lists and maps.
pub fn null_as_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A configuration document.
#[derive(Debug, Clone, Deserialize)]
pub struct Config {
    /// The operating system that the image claims.
    #[serde(default, deserialize_with = "null_as_default")]
    pub os: String,
    /// The CPU architecture that the image claims, in Go's names.
    #[serde(default, deserialize_with = "null_as_default")]
    pub architecture: String,
    /// The variant of the architecture, such as `v8`.
    #[serde(default)]
    pub variant: Option<String>,
    /// When the image was created, as RFC 3339 text.
    #[serde(default)]
    pub created: Option<String>,
    /// What a runtime starts.
    #[serde(default, rename = "config", deserialize_with = "null_as_default")]
    pub run: Run,
    /// The layers' uncompressed digests.
    pub rootfs: Rootfs,
    /// How the image was built.
    #[serde(default, deserialize_with = "null_as_default")]
    pub history: Vec<History>,
    /// The digest of the document.
    #[serde(skip_deserializing, default = "absent")]
    pub digest: Digest,
    /// The document as it was written, for those who show it.
    #[serde(skip_deserializing, default)]
    pub document: Value,
}

fn absent() -> Digest {
    Digest::sha256(b"")
}

/// The uncompressed layers.
#[derive(Debug, Clone, Deserialize)]
pub struct Rootfs {
    /// `layers`; nothing else is defined.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// One digest a layer, base first. Go writes none as `null`.
    #[serde(deserialize_with = "null_as_default")]
    pub diff_ids: Vec<Digest>,
}

/// The execution parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Run {
    /// `USER`: a name or number, with or without a group.
    #[serde(deserialize_with = "null_as_default")]
    pub user: String,
    /// `ENV`, each `NAME=value`; of duplicates the last counts.
    #[serde(deserialize_with = "null_as_default")]
    pub env: Vec<String>,
    /// `ENTRYPOINT`, exec form.
    #[serde(deserialize_with = "null_as_default")]
    pub entrypoint: Vec<String>,
    /// `CMD`, exec form.
    #[serde(deserialize_with = "null_as_default")]
    pub cmd: Vec<String>,
    /// `WORKDIR`.
    #[serde(deserialize_with = "null_as_default")]
    pub working_dir: String,
    /// `SHELL`: what a line for a shell is handed to.
    #[serde(deserialize_with = "null_as_default")]
    pub shell: Vec<String>,
    /// `HEALTHCHECK`.
    pub healthcheck: Option<Healthcheck>,
    /// `EXPOSE`: ports as `8080/tcp`.
    #[serde(deserialize_with = "null_as_default")]
    pub exposed_ports: BTreeMap<String, Value>,
    /// `LABEL`.
    #[serde(deserialize_with = "null_as_default")]
    pub labels: BTreeMap<String, String>,
    /// `VOLUME`: paths.
    #[serde(deserialize_with = "null_as_default")]
    pub volumes: BTreeMap<String, Value>,
    /// `STOPSIGNAL`, as it is written.
    #[serde(deserialize_with = "null_as_default")]
    pub stop_signal: String,
    /// `ONBUILD`: instructions for builds on top of this image (Docker's own).
    #[serde(deserialize_with = "null_as_default")]
    pub on_build: Vec<String>,
}

/// A health check, as Docker adds it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Healthcheck {
    /// `NONE`; `CMD` and an argument vector; or `CMD-SHELL` and a line for a shell.
    #[serde(deserialize_with = "null_as_default")]
    pub test: Vec<String>,
    /// The time between two checks.
    #[serde(deserialize_with = "duration")]
    pub interval: Option<Duration>,
    /// The time after which a check has failed.
    #[serde(deserialize_with = "duration")]
    pub timeout: Option<Duration>,
    /// The time after the start in which failures do not count.
    #[serde(deserialize_with = "duration")]
    pub start_period: Option<Duration>,
    /// Failures in a row that make a container unhealthy.
    #[serde(deserialize_with = "whole")]
    pub retries: Option<u64>,
}

/// Reads a number above 0. 0 is how Docker writes what is not set; what is no whole number sets nothing either.
fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(Value::deserialize(deserializer)?.as_u64().filter(|number| *number > 0))
}

/// Reads nanoseconds, likewise.
fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    Ok(whole(deserializer)?.map(Duration::from_nanos))
}

impl Healthcheck {
    /// The interval, Docker's default where none is set (moby, daemon/health.go).
    pub fn interval_or_default(&self) -> Duration {
        self.interval.unwrap_or(Duration::from_secs(30))
    }

    /// The timeout, likewise.
    pub fn timeout_or_default(&self) -> Duration {
        self.timeout.unwrap_or(Duration::from_secs(30))
    }

    /// The retries, likewise.
    pub fn retries_or_default(&self) -> u64 {
        self.retries.unwrap_or(3)
    }

    /// Whether it is a line for a shell.
    pub fn is_shell(&self) -> bool {
        self.test.first().is_some_and(|kind| kind == "CMD-SHELL")
    }
}

impl Config {
    /// Reads a configuration whose bytes were held against `digest`, of an image of `layers` layers.
    pub fn parse(bytes: &[u8], digest: &Digest, layers: usize) -> Result<Self> {
        Self::checked(bytes, digest, layers)
            .map_err(|error| error.doing(format!("read the image configuration {}", digest.short())))
    }

    fn checked(bytes: &[u8], digest: &Digest, layers: usize) -> Result<Self> {
        let unsupported = |what: String| Error::new(Kind::Unsupported, what);
        let document = json::read(bytes, &SHAPE)?;
        let mut config: Self = json::typed(bytes).map_err(|what| unsupported(format!("it is no image configuration: {what}")))?;
        if config.rootfs.kind != "layers" {
            return Err(unsupported(format!(
                "its rootfs.type is {:?}, wanted \"layers\"",
                config.rootfs.kind.chars().take(60).collect::<String>()
            )));
        }
        if config.rootfs.diff_ids.len() != layers {
            return Err(unsupported(format!("it lists {} diff_ids, the manifest {layers} layers", config.rootfs.diff_ids.len())));
        }
        config.document = document;
        config.digest = digest.clone();
        Ok(config)
    }

    /// The platform that the image claims for itself.
    pub fn platform(&self) -> Platform {
        Platform { os: self.os.clone(), architecture: self.architecture.clone(), variant: self.variant.clone() }
    }

    /// The health check, if anything is run: Docker knows `CMD` and `CMD-SHELL`, and runs nothing of any other kind.
    pub fn healthcheck(&self) -> Option<&Healthcheck> {
        let runs = |check: &&Healthcheck| check.test.first().is_some_and(|kind| ["CMD", "CMD-SHELL"].contains(&kind.as_str()));
        self.run.healthcheck.as_ref().filter(runs)
    }

    /// The argument vector that the health check starts. A line for a shell is handed to that of `SHELL`, else to `/bin/sh`
    /// (moby, daemon/health.go); ENTRYPOINT is not put before it.
    pub fn probe(&self) -> Option<Vec<String>> {
        let check = self.healthcheck()?;
        let shell = match self.run.shell.as_slice() {
            _ if !check.is_shell() => vec![],
            [] => vec!["/bin/sh".to_owned(), "-c".to_owned()],
            shell => shell.to_vec(),
        };
        Some(shell.into_iter().chain(check.test.iter().skip(1).cloned()).collect())
    }

    /// The variables of the environment; of duplicates the last counts.
    pub fn variables(&self) -> BTreeMap<&str, &str> {
        self.run.env.iter().filter_map(|entry| entry.split_once('=')).collect()
    }

    /// The value of an environment variable; of duplicates the last counts.
    pub fn env(&self, name: &str) -> Option<&str> {
        self.run.env.iter().rev().find_map(|entry| entry.split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIFF_ID: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn parse(text: &str, layers: usize) -> Result<Config> {
        Config::parse(text.as_bytes(), &Digest::sha256(text.as_bytes()), layers)
    }

    #[test]
    fn nulls_are_absences_and_the_last_env_counts() {
        let text = format!(
            r#"{{"os":"linux","architecture":"arm64","config":{{"Cmd":null,"Env":["A=1","A=2"],"Labels":null}},"rootfs":{{"type":"layers","diff_ids":["{DIFF_ID}"]}},"history":null}}"#
        );
        let config = parse(&text, 1).unwrap();
        assert_eq!(config.env("A"), Some("2"));
        assert!(config.run.cmd.is_empty() && config.history.is_empty());
    }

    #[test]
    fn a_health_check_is_what_docker_would_run_and_when() {
        let read = |run: serde_json::Value| {
            let text = serde_json::json!({"config": run, "rootfs": {"type": "layers", "diff_ids": []}}).to_string();
            parse(&text, 0).unwrap()
        };
        let check = serde_json::json!({"Test": ["CMD", "/probe", "-q"], "Interval": 30_000_000_000_u64, "Timeout": -1,
            "StartPeriod": 0, "Retries": "3"});
        let config = read(serde_json::json!({"Healthcheck": check, "Entrypoint": ["/init"]}));
        assert_eq!(config.probe().unwrap(), ["/probe", "-q"]);
        let check = config.healthcheck().unwrap();
        assert_eq!(
            (check.interval, check.timeout, check.start_period, check.retries),
            (Some(Duration::from_secs(30)), None, None, None)
        );
        let shell = serde_json::json!({"Test": ["CMD-SHELL", "a b"]});
        assert_eq!(read(serde_json::json!({"Healthcheck": shell})).probe().unwrap(), ["/bin/sh", "-c", "a b"]);
        assert_eq!(
            read(serde_json::json!({"Healthcheck": shell, "Shell": ["bash", "-c"]})).probe().unwrap(),
            ["bash", "-c", "a b"]
        );
        for test in [serde_json::json!([]), serde_json::json!(["NONE"]), serde_json::json!(["cmd", "x"]), serde_json::Value::Null]
        {
            assert_eq!(read(serde_json::json!({"Healthcheck": {"Test": test}})).probe(), None);
        }
    }

    #[test]
    fn layer_counts_must_agree() {
        let text = format!(r#"{{"rootfs":{{"type":"layers","diff_ids":["{DIFF_ID}"]}}}}"#);
        let error = parse(&text, 2).unwrap_err();
        assert_eq!(error.kind, Kind::Unsupported);
        assert!(error.to_string().contains("1 diff_ids, the manifest 2 layers"), "{error}");
    }
}
