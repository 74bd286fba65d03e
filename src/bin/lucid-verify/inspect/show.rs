//! What an image is, for people.

use std::collections::BTreeMap;

use lucid_verify::report::figures::{bytes, count, grouped};
use lucid_verify::report::fill;
use lucid_verify::text::terminal;
use serde_json::Value;

use super::document::Document;
use super::health;

/// Packages of one kind that are named.
const NAMED: usize = 200;

/// Columns of a name that leave room for a whole digest in eighty.
const IDENTITY: usize = 9;
/// Columns of a name in the configuration.
const SETTING: usize = 12;

/// The document as text, filled to `width` columns.
pub fn table(document: &Document, width: usize) -> String {
    let mut page = Page { width: width.max(40), name: IDENTITY, text: String::new() };
    page.field("image", &document.reference);
    page.field("digest", document.digest.as_deref().unwrap_or_default());
    page.field("index", document.index_digest.as_deref().unwrap_or_default());
    page.field("config", &document.config_digest);
    page.field("platform", &document.platform);
    page.field("created", document.config["created"].as_str().unwrap_or_default());
    document.notes.iter().for_each(|note| page.field("note", note));
    page.text.push('\n');
    page.name = SETTING;
    run(&mut page, &document.config["config"]);
    layers(&mut page, document);
    packages(&mut page, document);
    referrers(&mut page, document);
    page.text
}

struct Page {
    width: usize,
    /// Columns of the names of fields.
    name: usize,
    text: String,
}

impl Page {
    fn heading(&mut self, text: &str) {
        self.text.push('\n');
        self.filled("", "", text);
    }

    /// A name and a text; nothing where there is no text.
    fn field(&mut self, name: &str, text: &str) {
        let columns = self.name;
        self.filled(&format!("{name:<columns$}"), &" ".repeat(columns), text);
    }

    fn filled(&mut self, first: &str, rest: &str, text: &str) {
        if text.is_empty() {
            return;
        }
        for line in fill(&terminal(text), first, rest, self.width) {
            self.text.extend([&line[..], "\n"]);
        }
    }
}

/// What a runtime starts.
fn run(page: &mut Page, config: &Value) {
    for (key, name) in [("User", "user"), ("WorkingDir", "workdir")] {
        page.field(name, config[key].as_str().unwrap_or_default());
    }
    for (key, name) in [("Entrypoint", "entrypoint"), ("Cmd", "cmd")] {
        if let Some(words) = config[key].as_array() {
            page.field(name, &Value::from(words.clone()).to_string());
        }
    }
    for (line, name) in health::lines(&config["Healthcheck"]).iter().zip(["healthcheck", ""]) {
        page.field(name, line);
    }
    let env = config["Env"].as_array().into_iter().flatten().filter_map(Value::as_str);
    env.for_each(|assignment| page.field("env", assignment));
    for (name, value) in config["Labels"].as_object().into_iter().flatten() {
        page.field("label", &format!("{name}={}", value.as_str().unwrap_or_default()));
    }
    for (key, name) in [("ExposedPorts", "port"), ("Volumes", "volume")] {
        config[key].as_object().into_iter().flatten().for_each(|(value, _)| page.field(name, value));
    }
}

fn layers(page: &mut Page, document: &Document) {
    let history = document.config["history"].as_array().map_or(0, Vec::len) as u64;
    let packed = document.layers.iter().fold(0, |sum: u64, layer| sum.saturating_add(layer.compressed_bytes));
    let layers = count(document.layers.len() as u64, "layer");
    page.heading(&format!("{layers}, {} packed, {} of history", bytes(packed), count(history, "line")));
    page.text.push('\n');
    page.filled("      ", "      ", &row("digest", ["packed", "as tar", "entries"]));
    for layer in &document.layers {
        let digest: String = layer.digest.chars().take(19).collect();
        let read = |read: Option<String>| read.unwrap_or_else(|| "not read".to_owned());
        let (tar, entries) = (read(layer.bytes.map(bytes)), read(layer.entries.map(grouped)));
        let row = row(&digest, [&bytes(layer.compressed_bytes), &tar, &entries]);
        page.filled(&format!("{:>4}  ", layer.index + 1), "      ", &row);
        page.filled("      ", "      ", layer.created_by.as_deref().unwrap_or_default());
    }
}

/// A line of the table of layers.
fn row(digest: &str, [packed, tar, entries]: [&str; 3]) -> String {
    format!("{digest:<19}  {packed:>10}  {tar:>10}  {entries:>9}")
}

fn packages(page: &mut Page, document: &Document) {
    let mut kinds: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for package in &document.packages {
        kinds.entry(package.kind).or_default().push(format!("{} {}", package.name, package.version));
    }
    for (kind, names) in kinds {
        page.heading(&count(names.len() as u64, &format!("{kind} package")));
        let more =
            if names.len() > NAMED { format!(" and {} more", grouped((names.len() - NAMED) as u64)) } else { String::new() };
        page.filled("  ", "  ", &format!("{}{more}", names[..names.len().min(NAMED)].join(", ")));
    }
}

/// What refers to the image: nobody judged it.
fn referrers(page: &mut Page, document: &Document) {
    let Some(referrers) = document.referrers.as_ref().filter(|referrers| !referrers.is_empty()) else { return };
    page.heading(&format!("{}, listed and not judged", count(referrers.len() as u64, "referrer")));
    for referrer in referrers {
        let size = referrer.bytes.map(bytes);
        let of_index = (document.index_digest.as_ref() == Some(&referrer.subject)).then(|| "of the index".to_owned());
        let told = [size, referrer.created.clone(), of_index, referrer.tag.clone()];
        page.filled("  ", "    ", &referrer.artifact_type);
        page.filled("    ", "    ", referrer.digest.as_deref().unwrap_or_default());
        page.filled("    ", "    ", &told.into_iter().flatten().collect::<Vec<_>>().join(", "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::document::{Package, Referring};
    use lucid_verify::report::Layer;
    use serde_json::json;

    #[test]
    fn an_image_is_shown_line_by_line() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let document = Document {
            reference: "docker.io/pickme/x:1".into(),
            digest: Some(digest.clone()),
            index_digest: None,
            config_digest: digest.clone(),
            platform: "linux/arm64".into(),
            complete: true,
            error: None,
            notes: vec![],
            config: json!({"config": {"User": "65532", "Cmd": ["python3", "a\u{1b}b"], "Env": ["PATH=/bin"], "Labels": null, "Healthcheck": {"Test": ["CMD-SHELL", "true"], "Interval": 30_000_000_000_u64}}, "history": [{}, {}]}),
            layers: vec![Layer {
                index: 0,
                digest: digest.clone(),
                diff_id: String::new(),
                media_type: String::new(),
                compressed_bytes: 7,
                bytes: Some(1024),
                entries: Some(1326),
                files_bytes: Some(900),
                hidden_bytes: Some(0),
                created_by: Some("COPY a b".into()),
            }],
            packages: vec![Package { kind: "python", name: "fastapi".into(), version: "0.1".into() }],
            referrers: Some(vec![Referring {
                subject: digest.clone(),
                artifact_type: "application/vnd.example".into(),
                digest: Some(digest.clone()),
                bytes: Some(700),
                created: Some("2026-11-20T18:04:00Z".into()),
                tag: None,
            }]),
        };
        let shown = table(&document, 80);
        for line in [
            "image    docker.io/pickme/x:1",
            &format!("digest   {digest}"),
            "healthcheck in a shell: true",
            "            every 30s",
            "user        65532",
            "cmd         [\"python3\",\"a\\u001bb\"]",
            "env         PATH=/bin",
            "1 layer, 7 B packed, 2 lines of history",
            "   1  sha256:aaaaaaaaaaaa         7 B      1.0 kB      1,326",
            "      COPY a b",
            "  fastapi 0.1",
            "1 referrer, listed and not judged",
            "  application/vnd.example",
            "    700 B, 2026-11-20T18:04:00Z",
            &format!("    {digest}"),
        ] {
            assert!(shown.lines().any(|shown| shown == line), "{line}\n{shown}");
        }
        assert!(!shown.contains('\u{1b}') && shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    }
}
