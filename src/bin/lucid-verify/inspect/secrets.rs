//! A configuration fit to show.

use lucid_verify::text;
use serde_json::Value;

/// What stands where a secret stood, as the library's own masker writes it.
const MASK: &str = "***";

/// The document with everything masked that looks like a secret: values of names that hold secrets, and secrets of a
/// known shape wherever they stand.
pub fn masked(document: &Value) -> Value {
    mask(document, false)
}

/// `env`: whether the texts are assignments of the environment.
fn mask(value: &Value, env: bool) -> Value {
    match value {
        Value::String(assignment) if env => Value::String(assignment_masked(assignment)),
        Value::String(text) => Value::String(text::mask(text)),
        Value::Array(items) => Value::Array(items.iter().map(|item| mask(item, env)).collect()),
        Value::Object(fields) => Value::Object(fields.iter().map(|(name, value)| (name.clone(), field(name, value))).collect()),
        other => other.clone(),
    }
}

fn field(name: &str, value: &Value) -> Value {
    match value {
        Value::String(_) if text::is_secret_name(name) => Value::String(MASK.into()),
        value => mask(value, name.eq_ignore_ascii_case("env")),
    }
}

/// An assignment whose name tells loses its whole value, blanks and all.
fn assignment_masked(assignment: &str) -> String {
    match assignment.split_once('=') {
        Some((name, value)) if text::is_secret_name(name) && !value.is_empty() => format!("{name}={MASK}"),
        _ => text::mask(assignment),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secrets_go_and_the_rest_stays_in_its_order() {
        let document = json!({
            "os": "linux",
            "config": {
                "Env": ["PATH=/bin", "DB_PASSWORD=two words", "URL=mongodb://u:hunter2@db"],
                "Labels": {"api_key": "abc", "com.lucid.service": "auth"},
                "Cmd": ["run", "--token=abc"]
            },
            "history": [{"created_by": "RUN |1 API_TOKEN=abc make"}]
        });
        let masked = masked(&document);
        assert_eq!(masked["config"]["Env"], json!(["PATH=/bin", "DB_PASSWORD=***", "URL=mongodb://u:***@db"]));
        assert_eq!(masked["config"]["Labels"], json!({"api_key": "***", "com.lucid.service": "auth"}));
        assert_eq!(masked["history"][0]["created_by"], "RUN |1 API_TOKEN=*** make");
        assert!(!masked.to_string().contains("abc"), "{masked}");
        assert_eq!(masked.as_object().unwrap().keys().collect::<Vec<_>>(), ["os", "config", "history"]);
    }
}
