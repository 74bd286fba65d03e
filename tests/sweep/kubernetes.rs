//! What `deploy/kubernetes` holds, read as Kubernetes reads it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::image::debian;
use crate::place::{Place, WORKERS};
use crate::run;

/// The day of all runs.
const TODAY: &str = "1763726400";

/// The program's name within the image, and of the container.
const PROGRAM: &str = "lucid-verify";

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/kubernetes")
}

/// The documents of a file.
pub fn documents(file: &str) -> Vec<Value> {
    let text = fs::read_to_string(folder().join(file)).unwrap();
    let parsed = |text| serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{file}: {error}"));
    text.split("\n---\n").map(parsed).collect()
}

/// A Job's one container, and what stands around it.
pub struct Pod {
    container: Value,
    variables: BTreeMap<String, String>,
}

impl Pod {
    /// The Pod of a Job. `settings` are of the cluster at hand and outrank those of the folder, `secrets` are its secrets, by
    /// name and key.
    pub fn of(job: &Value, settings: &[(&str, &str)], secrets: &BTreeMap<(&str, &str), &str>) -> Self {
        let [container] = &job["template"]["spec"]["containers"].as_array().unwrap()[..] else { panic!("one container") };
        assert!(container["command"].is_null(), "the entry point is the image's");
        let mut variables = BTreeMap::new();
        let of = |map: &Value| map["name"].as_str().unwrap().to_owned();
        for from in container["envFrom"].as_array().into_iter().flatten() {
            let map = &documents("settings.yaml")[0];
            assert_eq!(of(&from["configMapRef"]), of(&map["metadata"]));
            let data = map["data"].as_object().unwrap().iter();
            variables.extend(data.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())));
            variables.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        }
        for entry in container["env"].as_array().into_iter().flatten() {
            let secret = &entry["valueFrom"]["secretKeyRef"];
            let value = match entry["value"].as_str() {
                Some(value) => Some(value),
                None => secrets.get(&(&*of(secret), secret["key"].as_str().unwrap())).copied(),
            };
            match value {
                Some(value) => drop(variables.insert(of(entry), expand(value, &variables))),
                None => assert_eq!(secret["optional"], json!(true), "{secret} is not there"),
            }
        }
        Self { container: container.clone(), variables }
    }

    /// The worker of this number: the variable is added to the container as if it stood last in `env` (pkg/controller/job of
    /// Kubernetes, `addCompletionIndexEnvVariable`).
    pub fn indexed(mut self, index: usize) -> Self {
        self.variables.insert("JOB_COMPLETION_INDEX".into(), index.to_string());
        self
    }

    /// What is run, with volumes in these folders: no variable but the container's, and a root that cannot be written.
    pub fn command(&self, volumes: &[(&str, &Path)]) -> Command {
        let mounts = self.container["volumeMounts"].as_array().unwrap();
        let mounted = |text: String| {
            volumes.iter().fold(text, |text, (name, folder)| {
                let mount = mounts.iter().find(|mount| mount["name"] == *name);
                mount.map_or(text.clone(), |mount| text.replace(mount["mountPath"].as_str().unwrap(), folder.to_str().unwrap()))
            })
        };
        let arguments = self.container["args"].as_array().unwrap().iter().map(|argument| argument.as_str().unwrap());
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("lucid-verify"));
        command.args(arguments.map(|argument| mounted(expand(argument, &self.variables)))).current_dir("/").env_clear();
        command.envs(self.variables.iter().map(|(name, value)| (name, mounted(value.clone()))));
        command.env("HOME", "/proc/home").env("TMPDIR", "/proc/tmp").env("SOURCE_DATE_EPOCH", TODAY);
        command
    }
}

/// Puts variables in for `$(NAME)`. What is not known stays, and `$$(NAME)` is `$(NAME)` (Kubernetes, "Define Dependent
/// Environment Variables").
pub fn expand(text: &str, variables: &BTreeMap<String, String>) -> String {
    let Some((before, rest)) = text.split_once('$') else { return text.to_owned() };
    let (value, rest) = match rest.strip_prefix('(').and_then(|name| name.split_once(')')) {
        Some((name, rest)) => (variables.get(name).cloned().unwrap_or_else(|| format!("$({name})")), rest),
        None => ("$".to_owned(), rest.strip_prefix('$').unwrap_or(rest)),
    };
    before.to_owned() + &value + &expand(rest, variables)
}

#[test]
fn variables_are_put_in_as_kubernetes_does() {
    let variables = BTreeMap::from([("A".to_owned(), "$(B)".to_owned()), ("B".to_owned(), "b".to_owned())]);
    for (text, wanted) in [
        ("--shard=$(B)/8", "--shard=b/8"),
        ("$(A)$(B)", "$(B)b"),
        ("$$(B) $(C) $B $(B", "$(B) $(C) $B $(B"),
        ("$$$(B) $$$$(B)$", "$b $$(B)$"),
    ] {
        assert_eq!(expand(text, &variables), wanted, "{text}");
    }
}

#[test]
fn every_night_the_same_jobs_run_as_by_hand() {
    let nightly = documents("nightly.yaml");
    assert_eq!(nightly.len(), 2);
    for (cron, file) in nightly.iter().zip(["sweep.yaml", "merge.yaml"]) {
        assert_eq!(cron["spec"]["jobTemplate"]["spec"], documents(file)[0]["spec"], "{file}");
    }
}

#[test]
fn the_number_of_workers_is_one_wherever_it_stands() {
    let (sweep, merge) = (&documents("sweep.yaml")[0]["spec"], &documents("merge.yaml")[0]["spec"]);
    let workers = sweep["completions"].as_u64().unwrap();
    assert_eq!((&sweep["completionMode"], sweep["parallelism"].as_u64()), (&json!("Indexed"), Some(workers)));
    let pod = Pod::of(sweep, &[], &secrets()).indexed(3);
    let arguments: Vec<String> = pod.command(&[]).get_args().map(|argument| argument.to_str().unwrap().to_owned()).collect();
    assert!(arguments.contains(&format!("--shard=3/{workers}")), "{arguments:?}");
    assert!(arguments.contains(&"--output=json=/shards/shard-3.json".to_owned()), "{arguments:?}");
    assert!(!arguments.concat().contains('$'), "{arguments:?}");
    let folder = merge["template"]["spec"]["containers"][0]["args"].as_array().unwrap().last().unwrap();
    assert_eq!(folder, "/shards");
}

#[test]
fn what_a_pod_may_is_as_little_as_the_image_needs() {
    let dockerfile = include_str!("../../Dockerfile");
    assert!(dockerfile.ends_with(&format!("USER 65532:65532\nENTRYPOINT [\"/usr/bin/{PROGRAM}\"]\n")));
    for file in ["sweep.yaml", "merge.yaml"] {
        let pod = &documents(file)[0]["spec"]["template"]["spec"];
        assert_eq!(pod["automountServiceAccountToken"], json!(false), "{file}");
        let security = &pod["securityContext"];
        assert_eq!(
            (&security["runAsNonRoot"], &security["runAsUser"], &security["runAsGroup"]),
            (&json!(true), &json!(65532), &json!(65532))
        );
        assert_eq!(security["seccompProfile"]["type"], "RuntimeDefault");
        let container = &pod["containers"][0];
        assert_eq!(
            (&container["name"], &container["image"]),
            (&json!(PROGRAM), &json!(concat!("ghcr.io/lucid-verify/lucid-verify:", env!("CARGO_PKG_VERSION"))))
        );
        let wanted =
            json!({"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]}});
        assert_eq!(container["securityContext"], wanted, "{file}");
        assert!(container["resources"]["limits"]["memory"].is_string() && container["resources"]["requests"]["cpu"].is_string());
    }
}

#[test]
fn every_exit_code_of_a_worker_has_an_answer() {
    let rules = documents("sweep.yaml")[0]["spec"]["podFailurePolicy"]["rules"].clone();
    let mut answers = BTreeMap::new();
    for rule in rules.as_array().unwrap() {
        for code in rule["onExitCodes"]["values"].as_array().into_iter().flatten() {
            assert_eq!(answers.insert(code.as_u64().unwrap(), rule["action"].as_str().unwrap()), None, "{code} twice");
        }
    }
    // docs/cli.md; 0 is none, 1 does not come of --fail-on never, and who is interrupted is tried again.
    let wanted = [
        (2, "FailJob"),
        (3, "FailIndex"),
        (4, "FailIndex"),
        (5, "Count"),
        (6, "FailIndex"),
        (7, "FailIndex"),
        (8, "FailIndex"),
        (9, "FailIndex"),
        (70, "FailIndex"),
    ];
    assert_eq!(answers, BTreeMap::from(wanted));
    assert_eq!((&rules[0]["action"], &rules[0]["onPodConditions"][0]["type"]), (&json!("Ignore"), &json!("DisruptionTarget")));
}

#[test]
fn all_files_are_named_or_told_to_be_applied_by_hand() {
    let mut named: Vec<String> = serde_json::from_value(documents("kustomization.yaml")[0]["resources"].clone()).unwrap();
    named.extend(["kustomization.yaml", "merge.yaml", "sweep.yaml"].map(String::from));
    named.sort();
    let mut files: Vec<String> =
        fs::read_dir(folder()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    assert_eq!(named, files);
}

/// The secrets of a cluster.
pub fn secrets() -> BTreeMap<(&'static str, &'static str), &'static str> {
    let bucket = |key: &'static str, value: &'static str| (("lucid-verify-bucket", key), value);
    BTreeMap::from([
        bucket("LUCID_VERIFY_CACHE_KEY", "a secret that workers of tests share"),
        bucket("AWS_ACCESS_KEY_ID", "tests"),
        bucket("AWS_SECRET_ACCESS_KEY", "tests-secret"),
    ])
}

/// Releases of Kubernetes whose official schemas the files are held against: the first that has all of it for good, and the
/// last that the package knows.
const RELEASES: [&str; 2] = ["1.33", "1.37"];

#[test]
fn the_official_schemas_take_every_file_and_refuse_a_field_that_is_none() {
    if !run::asked("the_official_schemas_take_every_file_and_refuse_a_field_that_is_none") {
        return;
    }
    let packages = tempfile::tempdir().unwrap();
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--target"]);
    debian::run(pip.arg(packages.path()).arg("kubernetes-validate==1.37.0"));
    let validated = |files: &[PathBuf], release: &str| {
        let mut python = Command::new("python3");
        python.args(["-m", "kubernetes_validate", "--strict", "-k", release]).args(files).env("PYTHONPATH", packages.path());
        let output = python.output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let names = ["settings.yaml", "account.yaml", "volumes.yaml", "sweep.yaml", "merge.yaml", "nightly.yaml"];
    let (files, wanted) = (names.map(|name| folder().join(name)), names.iter().flat_map(|name| documents(name)).count());
    for release in RELEASES {
        let (is_valid, said) = validated(&files, release);
        let passed = said.lines().filter(|line| line.contains(" passed ")).count();
        // Of a kind that it does not know, the program warns and passes.
        assert!(is_valid && (passed, said.lines().count()) == (wanted, wanted), "{said}");
    }
    let text = fs::read_to_string(folder().join("sweep.yaml")).unwrap();
    let wrongs = [
        ("backoffLimitPerIndex", "backOffLimitPerIndex"),
        ("readOnlyRootFilesystem: true", "readOnlyRootFileSystem: true"),
        ("completions: 8", "completions: eight"),
    ];
    let wrong = wrongs.map(|(right, wrong)| {
        let file = packages.path().join(format!("{wrong}.yaml"));
        fs::write(&file, text.replacen(right, wrong, 1)).unwrap();
        file
    });
    let (is_valid, said) = validated(&wrong, RELEASES[0]);
    let refused = said.lines().filter(|line| line.contains(" did not validate ")).count();
    assert!(!is_valid && refused == wrongs.len(), "{said}");
}

#[test]
fn the_command_lines_are_run_as_the_jobs_would_run_them() {
    if !run::asked("the_command_lines_are_run_as_the_jobs_would_run_them") {
        return;
    }
    let place = Place::of(2);
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| {
        fs::create_dir_all(folder.path().join(name)).unwrap();
        folder.path().join(name)
    };
    let (shards, reports, credentials) = (at("shards"), at("reports"), at("credentials"));
    fs::write(credentials.join("config.json"), r#"{"auths": {}}"#).unwrap();
    let volumes = [("shards", &*shards), ("reports", &*reports), ("credentials", &*credentials)];
    let (bucket, environment) = (place.bucket.url("kubernetes"), place.bucket.read_only());
    let mut settings = vec![("REGISTRY", &*place.registry.address), ("MATCH", "team/*"), ("BUCKET", &bucket)];
    settings.extend(environment.iter().filter(|(name, _)| name.ends_with("_URL")).map(|(name, value)| (*name, &**value)));
    let (sweep, merge) = (&documents("sweep.yaml")[0]["spec"], &documents("merge.yaml")[0]["spec"]);
    let worker = |index| Pod::of(sweep, &settings, &secrets()).indexed(index).command(&volumes);
    let workers: Vec<_> =
        (0..WORKERS).map(|index| worker(index).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()).collect();
    for worker in workers {
        let ended = worker.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
    }
    assert!(place.bucket.list().iter().any(|name| name.starts_with("kubernetes/")), "the bucket is written");
    let merged = Pod::of(merge, &[], &BTreeMap::new()).command(&volumes).output().unwrap();
    let mut single = run::lucid_verify();
    single.args(["--catalog", &place.registry.address, "--match", "team/*", "--no-cache", "--format", "json"]);
    let single = single.env("SOURCE_DATE_EPOCH", TODAY).output().unwrap();
    assert_eq!(merged.status.code(), single.status.code(), "{}", String::from_utf8_lossy(&merged.stderr));
    assert!(fs::read(reports.join("sweep.json")).unwrap() == single.stdout, "the merge is not what one run says");
    assert!(fs::read(reports.join("sweep.parquet")).unwrap().starts_with(b"PAR1"));

    let wrong = worker(WORKERS).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2), "a worker too many fails the Job: {}", String::from_utf8_lossy(&wrong.stderr));
}
