//! `config/env-undefined`

use std::sync::LazyLock;

use regex::Regex;

use super::super::{Context, declare_rule, words};
use super::pattern;
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// No value shows that a variable was not set when the image was built
    ///
    /// # What it checks
    /// No URL in ENV has a user with an empty password, or a port behind an empty host; and no URL, and no value as a whole, is
    /// a reference (`${NAME}`, `$(command)`). Templates that hold references among other text are left alone.
    ///
    /// # Why
    /// `${NAME}` in ENV is expanded when the image is built, from ARG and ENV alone: what is not set there is empty, and what
    /// is quoted stays as it is. Setting NAME at run time changes neither.
    ///
    /// # Symptom
    /// `Authentication failed`, `Name or service not known`, for a value that looks right in the Dockerfile.
    ///
    /// # Fix
    /// Hand the whole value over at run time, or declare the ARG in the stage that uses it.
    ///
    /// # Options
    /// None.
    RULE = "config/env-undefined", Conforms, Warn, since "0.1.0", needs Config,
    unit "value shows no variable that was not set" | "values show no variable that was not set", check check
}

static PASSWORD: LazyLock<Regex> = LazyLock::new(|| pattern(r"://[^/\s:@]*:@"));
static HOST: LazyLock<Regex> = LazyLock::new(|| pattern(r"://(?:[^/\s@]*@)?:[0-9]"));
static WHOLE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\$(?:[A-Za-z_][A-Za-z0-9_]*|\{[^}]*\}|\([^)]*\))$"));

fn check(context: &Context<'_>) -> Judgement {
    let variables = context.facts.config.variables();
    let findings = variables.iter().filter_map(|(name, value)| {
        let what = undefined(value)?;
        let name = words::excerpt(name);
        let message = format!("{name}=\"{}\" {what}", words::excerpt(value));
        let fix = format!("hand {name} over whole at run time: ${{VAR}} in ENV is expanded when the image is built");
        let mut finding = Finding::new(Level::Warn, message, fix);
        finding.found = Some(name);
        Some(finding)
    });
    Judgement::looked(variables.len(), findings.collect())
}

/// What a value shows of a variable that was not set.
fn undefined(value: &str) -> Option<&'static str> {
    let is_url = value.contains("://");
    match () {
        () if PASSWORD.is_match(value) => Some("has a user with an empty password"),
        () if HOST.is_match(value) => Some("has a port, and no host before it"),
        () if WHOLE.is_match(value) || is_url && ["${", "$("].iter().any(|mark| value.contains(mark)) => {
            Some("is not expanded: nothing does that at run time")
        }
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_unset_variable_leaves_is_told_from_what_was_meant() {
        for value in ["mongodb://lucid:@db/x", "amqp://:@mq", "http://:8080/x", "redis://u:p@:6379", "${PORT}", "$(date)", "$A"] {
            assert!(undefined(value).is_some(), "{value}");
        }
        for value in ["redis://:pw@cache:6379", "file:///etc/x", "::", "[::]:80", "-Dx=${Y}", "%{$}", "$", "{\"a\": \"${b}\"}"] {
            assert_eq!(undefined(value), None, "{value}");
        }
    }
}
