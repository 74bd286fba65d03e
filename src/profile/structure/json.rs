//! Test files in JSON, as Go's encoding/json reads them: keys in any case, and those that are not known passed over.

use serde::Deserialize;
use serde_json::Value;

use super::document::Document;

/// Keys, by the key that their object stands under.
const KEYS: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "schemaVersion",
            "globalEnvVars",
            "commandTests",
            "fileContentTests",
            "fileExistenceTests",
            "licenseTests",
            "metadataTest",
            "containerRunOptions",
        ],
    ),
    ("commandTests", &["name"]),
    ("fileContentTests", &["name", "path", "expectedContents", "excludedContents"]),
    ("fileExistenceTests", &["name", "path", "shouldExist", "permissions", "uid", "gid", "isExecutableBy"]),
    ("licenseTests", &["debian", "files"]),
    (
        "metadataTest",
        &[
            "envVars",
            "unboundEnvVars",
            "exposedPorts",
            "unexposedPorts",
            "entrypoint",
            "cmd",
            "workdir",
            "volumes",
            "unmountedVolumes",
            "labels",
            "user",
        ],
    ),
    ("globalEnvVars", &["key", "value", "isRegex"]),
    ("envVars", &["key", "value", "isRegex"]),
    ("unboundEnvVars", &["key", "value", "isRegex"]),
    ("labels", &["key", "value", "isRegex"]),
];

/// Reads JSON.
pub(super) fn document(text: &str) -> Result<Document, String> {
    let value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    Document::deserialize(known(value, "")).map_err(|error| error.to_string())
}

/// A value with the keys that are known, as they are spelled here.
fn known(value: Value, under: &str) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(|item| known(item, under)).collect(),
        Value::Object(fields) => {
            let Some((_, keys)) = KEYS.iter().find(|(name, _)| *name == under) else { return Value::Object(fields) };
            let spelled = |name: &str| keys.iter().find(|key| key.eq_ignore_ascii_case(name));
            let fields = fields.into_iter().filter_map(|(name, value)| spelled(&name).map(|key| (*key, known(value, key))));
            fields.map(|(key, value)| (key.to_owned(), value)).collect()
        }
        other => other,
    }
}
