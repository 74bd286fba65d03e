//! What a comparison needs of an image that was read.

use std::collections::BTreeMap;

use super::Loaded;
use crate::facts::Facts;
use crate::finding::Level;
use crate::image::Config;
use crate::report;
use crate::size::snapshot::{Fingerprint, Side, SnapshotLayer, Totals, contents, directories};
use crate::size::{Breakdown, Snapshot, shipped};
use crate::text;

/// The snapshot of an image that was read to its end. Its `findings` are left out: whoever judged it adds their
/// [`fingerprints`].
pub fn snapshot(loaded: &Loaded, facts: &Facts, sizes: &Breakdown) -> Snapshot {
    let layers = layers(loaded, facts);
    Snapshot {
        side: Side {
            reference: loaded.image.reference.to_string(),
            digest: loaded.image.digest.as_ref().map(ToString::to_string),
            platform: facts.config.platform().to_string(),
            ..Side::default()
        },
        totals: Totals {
            compressed: layers.iter().fold(0, |sum, layer| sum.saturating_add(layer.compressed)),
            unpacked: sizes.unpacked_bytes,
            bytes: sizes.bytes,
            files: sizes.files,
            waste: sizes.waste.bytes,
        },
        unowned: sizes.unowned,
        packages: sizes.packages.clone(),
        directories: directories(&loaded.tree),
        depth: usize::MAX,
        layers,
        files: Some(contents(&loaded.tree)),
        config: Some(settings(&facts.config)),
        ..Snapshot::default()
    }
}

/// The findings of a report that stand. Those that a baseline has, too, stand: what is let pass once must be known the next time.
pub fn fingerprints(rules: &[report::Rule]) -> Vec<Fingerprint> {
    let findings = rules.iter().flat_map(|rule| rule.findings.iter().map(move |finding| (rule, finding)));
    let standing = findings.filter(|(_, finding)| finding.waived.is_none() && finding.level > Level::Off);
    standing.map(|(rule, finding)| fingerprint(rule, finding)).collect()
}

/// What tells a finding from others.
pub fn fingerprint(rule: &report::Rule, finding: &report::Finding) -> Fingerprint {
    Fingerprint::new(&rule.id, finding.path.as_deref(), &finding.message).of(finding.count)
}

fn layers(loaded: &Loaded, facts: &Facts) -> Vec<SnapshotLayer> {
    let shipped = shipped(&loaded.tree);
    let layers = loaded.image.manifest.layers.iter().zip(&loaded.image.config.rootfs.diff_ids).enumerate();
    layers
        .map(|(index, (descriptor, diff_id))| SnapshotLayer {
            index,
            diff_id: diff_id.to_string(),
            created_by: facts.instruction(index),
            compressed: descriptor.size,
            files_bytes: shipped.get(&index).map_or(0, |shipped| shipped.bytes),
        })
        .collect()
}

/// The settings of a configuration by name, secrets masked. What is not set is left out.
fn settings(config: &Config) -> BTreeMap<String, String> {
    let (run, health) = (&config.run, config.run.healthcheck.clone().unwrap_or_default());
    let keys = |map: &BTreeMap<String, serde_json::Value>| map.keys().cloned().collect::<Vec<_>>().join(" ");
    let seconds = |time: Option<std::time::Duration>| time.map(|time| format!("{time:?}")).unwrap_or_default();
    let plain = [
        ("os", config.os.clone()),
        ("architecture", config.architecture.clone()),
        ("variant", config.variant.clone().unwrap_or_default()),
        ("User", run.user.clone()),
        ("WorkingDir", run.working_dir.clone()),
        ("Entrypoint", vector(&run.entrypoint)),
        ("Cmd", vector(&run.cmd)),
        ("Shell", vector(&run.shell)),
        ("OnBuild", vector(&run.on_build)),
        ("ExposedPorts", keys(&run.exposed_ports)),
        ("Volumes", keys(&run.volumes)),
        ("StopSignal", run.stop_signal.clone()),
        ("Healthcheck.Test", vector(&health.test)),
        ("Healthcheck.Interval", seconds(health.interval)),
        ("Healthcheck.Timeout", seconds(health.timeout)),
        ("Healthcheck.StartPeriod", seconds(health.start_period)),
        ("Healthcheck.Retries", health.retries.map(|retries| retries.to_string()).unwrap_or_default()),
    ];
    let plain = plain.into_iter().filter(|(_, value)| !value.is_empty());
    let mut settings: BTreeMap<String, String> = plain.map(|(name, value)| (name.to_owned(), text::mask(&value))).collect();
    let named = |prefix: &str, name: &str, value: &str| (format!("{prefix}.{name}"), text::mask_value(name, value));
    settings.extend(config.variables().into_iter().map(|(name, value)| named("Env", name, value)));
    settings.extend(run.labels.iter().map(|(name, value)| named("Labels", name, value)));
    settings
}

/// An argument vector as JSON, each argument masked by itself: a mask never takes a quote with it.
fn vector(arguments: &[String]) -> String {
    let masked: Vec<String> = arguments.iter().map(|argument| text::mask(argument)).collect();
    if masked.is_empty() { String::new() } else { serde_json::Value::from(masked).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    #[test]
    fn settings_are_named_and_hold_no_secret() {
        let text = serde_json::json!({"os": "linux", "architecture": "arm64", "rootfs": {"type": "layers", "diff_ids": []}, "config": {
            "User": "app", "Env": ["PATH=/bin", "DB_PASSWORD=two words", "URL=mongodb://u:hunter2@db", "PATH=/usr/bin"],
            "Cmd": ["run", "--token=abc def", "x"], "Labels": {"api_key": "abc", "v": "1"}, "ExposedPorts": {"80/tcp": {}, "81/tcp": {}},
            "Healthcheck": {"Test": ["CMD", "/probe"], "Interval": 1_500_000_000_u64}}});
        let text = text.to_string();
        let config = Config::parse(text.as_bytes(), &Digest::sha256(b""), 0).unwrap();
        let found = settings(&config);
        let all = [
            ("Cmd", r#"["run","--token=*** def","x"]"#),
            ("Env.DB_PASSWORD", "***"),
            ("Env.PATH", "/usr/bin"),
            ("Env.URL", "mongodb://u:***@db"),
            ("ExposedPorts", "80/tcp 81/tcp"),
            ("Healthcheck.Interval", "1.5s"),
            ("Healthcheck.Test", r#"["CMD","/probe"]"#),
            ("Labels.api_key", "***"),
            ("Labels.v", "1"),
            ("User", "app"),
            ("architecture", "arm64"),
            ("os", "linux"),
        ];
        assert_eq!(found.iter().map(|(name, value)| (&name[..], &value[..])).collect::<Vec<_>>(), all);
    }
}
