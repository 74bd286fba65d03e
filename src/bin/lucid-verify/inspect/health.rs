//! A health check, as people read it.

use serde_json::Value;

/// Nanoseconds of a second and of a millisecond: Docker writes durations in nanoseconds.
const SECOND: u64 = 1_000_000_000;
const MILLISECOND: u64 = 1_000_000;

/// The command, and when it is run: empty where there is none.
pub fn lines(check: &Value) -> Vec<String> {
    let Some(test) = check.get("Test").and_then(Value::as_array) else { return Vec::new() };
    let command = match test.split_first() {
        Some((how, words)) if how == "CMD" => Value::from(words).to_string(),
        Some((how, [command])) if how == "CMD-SHELL" => format!("in a shell: {}", command.as_str().unwrap_or_default()),
        Some((how, [])) if how == "NONE" => "none".to_owned(),
        None => "that of the base image".to_owned(),
        Some(_) => Value::from(&test[..]).to_string(),
    };
    let times = [("Interval", "every"), ("Timeout", "timeout"), ("StartPeriod", "start"), ("StartInterval", "at start every")];
    let set = |key: &str| check.get(key).filter(|value| !value.is_null() && **value != 0);
    let mut when: Vec<String> =
        times.iter().filter_map(|(key, word)| set(key).map(|value| format!("{word} {}", duration(value)))).collect();
    when.extend(set("Retries").map(|value| format!("retries {value}")));
    [command, when.join(", ")].into_iter().filter(|line| !line.is_empty()).collect()
}

/// `30s`, `500ms`; what is no such number as it is.
fn duration(value: &Value) -> String {
    match value.as_u64() {
        Some(nanoseconds) if nanoseconds % SECOND == 0 => format!("{}s", nanoseconds / SECOND),
        Some(nanoseconds) if nanoseconds % MILLISECOND == 0 => format!("{}ms", nanoseconds / MILLISECOND),
        _ => format!("{value}ns"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_check_is_its_command_and_its_times() {
        let check = json!({"Test": ["CMD", "/run", "a b"], "Interval": 30_000_000_000_u64, "Timeout": 500_000_000,
            "StartPeriod": 60_000_000_000_u64, "Retries": 3});
        assert_eq!(lines(&check), ["[\"/run\",\"a b\"]", "every 30s, timeout 500ms, start 60s, retries 3"]);
        assert_eq!(lines(&json!({"Test": ["CMD-SHELL", "curl -f x"], "Retries": 0})), ["in a shell: curl -f x"]);
        assert_eq!(lines(&json!({"Test": ["NONE"]})), ["none"]);
        assert_eq!(lines(&json!({"Test": [], "Interval": 7})), ["that of the base image", "every 7ns"]);
        assert_eq!(lines(&json!({"Test": ["CMD-SHELL"]})), ["[\"CMD-SHELL\"]"]);
        assert!(lines(&Value::Null).is_empty() && lines(&json!({"Test": "x"})).is_empty());
    }
}
