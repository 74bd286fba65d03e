//! The JSON Schema of a profile file, for editors.

use serde_json::{Value, json};

use super::document::Document;
use super::want::{WANTS, WantKey};
use super::{Known, OptKind};
use crate::finding::Level;
use crate::limits::Limits;

/// The schema: the tables of the format, and under `rules` every rule with its level and its own options.
pub fn schema(known: &[Known]) -> Value {
    let mut schema = schemars::schema_for!(Document).to_value();
    let rules: serde_json::Map<String, Value> = known.iter().map(|rule| (rule.id.to_owned(), table(rule))).collect();
    schema["title"] = json!("lucid-verify profile");
    schema["properties"]["rules"] = json!({
        "description": "Levels and options of single rules, by id.",
        "type": "object",
        "properties": rules,
        "patternProperties": {"^(own|structure-test)/": table(&Known { id: "", level: Level::Error, options: &[] })},
        "additionalProperties": false,
    });
    let wants: serde_json::Map<String, Value> = WANTS.iter().map(|key| (key.name.to_owned(), want(key))).collect();
    schema["$defs"]["CheckTable"]["properties"]["want"] = json!({
        "description": "What is wanted of the subject; nothing: that it is there.",
        "type": "object",
        "properties": wants,
        "additionalProperties": false,
    });
    let bytes = schema["properties"]["limits"]["additionalProperties"].take();
    let limits: serde_json::Map<String, Value> = Limits::NAMES.iter().map(|name| ((*name).to_owned(), bytes.clone())).collect();
    schema["properties"]["limits"]["properties"] = limits.into();
    schema["properties"]["limits"]["additionalProperties"] = false.into();
    schema
}

fn want(key: &WantKey) -> Value {
    let (subjects, value, meaning) = (key.subjects.join(" and "), key.value, key.meaning);
    json!({"description": format!("Of {subjects}: {value}: {meaning}."), "type": ["boolean", "integer", "string", "array"]})
}

fn table(rule: &Known) -> Value {
    let mut properties = serde_json::Map::new();
    properties.insert("level".into(), json!({"enum": ["error", "warn", "info", "off"]}));
    properties.insert("reason".into(), json!({"type": "string"}));
    for option in rule.options {
        let value = match option.kind {
            OptKind::Text => json!({"type": "string"}),
            OptKind::Texts | OptKind::Globs | OptKind::Patterns => json!({"type": "array", "items": {"type": "string"}}),
            OptKind::Count => json!({"type": "integer", "minimum": 0}),
            OptKind::Bytes => json!({"type": ["integer", "string"], "minimum": 0}),
        };
        properties.insert(option.name.into(), value);
    }
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}
