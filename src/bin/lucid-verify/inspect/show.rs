//! What an image is, for people.

use std::collections::BTreeMap;

use lucid_verify::text::terminal;
use serde_json::Value;

use super::document::Document;

/// Packages of one kind that are named.
const NAMED: usize = 200;

/// The document as text, filled to `width` columns.
pub fn table(document: &Document, width: usize) -> String {
    let mut page = Page { width: width.max(40), text: String::new() };
    page.field("image", &document.reference);
    page.field("digest", &document.digest);
    page.field("index", document.index_digest.as_deref().unwrap_or_default());
    page.field("config", &document.config_digest);
    page.field("platform", &document.platform);
    page.field("created", document.config["created"].as_str().unwrap_or_default());
    document.notes.iter().for_each(|note| page.field("note", note));
    page.text.push('\n');
    run(&mut page, &document.config["config"]);
    layers(&mut page, document);
    packages(&mut page, document);
    page.text
}

struct Page {
    width: usize,
    text: String,
}

impl Page {
    fn heading(&mut self, text: &str) {
        self.text.extend(["\n", text, "\n"]);
    }

    /// A name and a text; nothing where there is no text.
    fn field(&mut self, name: &str, text: &str) {
        self.filled(&format!("{name:<12}"), &" ".repeat(12), text);
    }

    fn filled(&mut self, first: &str, rest: &str, text: &str) {
        if text.is_empty() {
            return;
        }
        let text = terminal(text);
        let options = textwrap::Options::new(self.width).initial_indent(first).subsequent_indent(rest);
        for line in textwrap::wrap(&text, options.word_splitter(textwrap::WordSplitter::NoHyphenation)) {
            self.text.push_str(line.trim_end());
            self.text.push('\n');
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
    page.field(
        "healthcheck",
        &config.get("Healthcheck").filter(|check| !check.is_null()).map(Value::to_string).unwrap_or_default(),
    );
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
    let count = document.layers.len();
    let history = document.config["history"].as_array().map_or(0, Vec::len);
    page.heading(&format!("{count} layers, {history} lines of history"));
    for layer in &document.layers {
        let short: String = layer.digest.chars().take(19).collect();
        let read = match (layer.bytes, layer.entries) {
            (Some(bytes), Some(entries)) => format!("{bytes} as tar, {entries} entries"),
            _ => "not read".to_owned(),
        };
        let line = format!("{short}  {} bytes, {read}", layer.compressed_bytes);
        page.filled(&format!("{:>4}  ", layer.index + 1), "      ", &line);
        page.filled("      ", "      ", layer.created_by.as_deref().unwrap_or_default());
    }
}

fn packages(page: &mut Page, document: &Document) {
    let mut kinds: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for package in &document.packages {
        kinds.entry(package.kind).or_default().push(format!("{} {}", package.name, package.version));
    }
    for (kind, names) in kinds {
        page.heading(&format!("{} {kind} packages", names.len()));
        let more = if names.len() > NAMED { format!(" and {} more", names.len() - NAMED) } else { String::new() };
        page.filled("  ", "  ", &format!("{}{more}", names[..names.len().min(NAMED)].join(", ")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::document::{Layer, Package};
    use serde_json::json;

    #[test]
    fn an_image_is_shown_line_by_line() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let document = Document {
            reference: "docker.io/pickme/x:1".into(),
            digest: digest.clone(),
            index_digest: None,
            config_digest: digest.clone(),
            platform: "linux/arm64".into(),
            complete: true,
            error: None,
            notes: vec![],
            config: json!({"config": {"User": "65532", "Cmd": ["python3", "a\u{1b}b"], "Env": ["PATH=/bin"], "Labels": null}, "history": [{}, {}]}),
            layers: vec![Layer {
                index: 0,
                digest,
                diff_id: String::new(),
                media_type: String::new(),
                compressed_bytes: 7,
                bytes: Some(1024),
                entries: Some(2),
                created_by: Some("COPY a b".into()),
            }],
            packages: vec![Package { kind: "python", name: "fastapi".into(), version: "0.1".into() }],
        };
        let shown = table(&document, 80);
        for line in [
            "image       docker.io/pickme/x:1",
            "user        65532",
            "cmd         [\"python3\",\"a\\u001bb\"]",
            "env         PATH=/bin",
            "1 layers, 2 lines of history",
            "   1  sha256:aaaaaaaaaaaa  7 bytes, 1024 as tar, 2 entries",
            "      COPY a b",
            "  fastapi 0.1",
        ] {
            assert!(shown.lines().any(|shown| shown == line), "{line}\n{shown}");
        }
        assert!(!shown.contains('\u{1b}') && shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    }
}
