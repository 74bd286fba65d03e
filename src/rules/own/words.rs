//! `config` and `label`: what the configuration says.

use globset::GlobMatcher;
use serde_json::Value as Json;

use super::{finding, nothing};
use crate::finding::{Finding, Judgement};
use crate::profile::Check;
use crate::profile::check::{Text, Value};
use crate::rules::Context;
use crate::rules::words::excerpt;
use crate::text::{escape, is_secret_name};

pub(super) fn config(context: &Context<'_>, check: &Check, field: &str, want: &Text) -> Judgement {
    let found = look_up(context, field);
    let wants_nothing = want.equals.as_ref().is_some_and(is_empty);
    match found {
        None if wants_nothing => Judgement::looked(1, Vec::new()),
        None => nothing(check, &format!("the configuration does not set {}", escape(field.as_bytes()))),
        Some(found) => Judgement::looked(1, wrong(check, &escape(field.as_bytes()), &found, want).into_iter().collect()),
    }
}

pub(super) fn labels(context: &Context<'_>, check: &Check, name: &GlobMatcher, want: &Text) -> Judgement {
    let labels = &context.facts.config.run.labels;
    let named: Vec<(&String, &String)> = labels.iter().filter(|(label, _)| name.is_match(label)).collect();
    if named.is_empty() {
        let wants_nothing = want.equals.as_ref().is_some_and(is_empty);
        let what = format!("there is no label {}", escape(name.glob().glob().as_bytes()));
        return if wants_nothing { Judgement::looked(1, Vec::new()) } else { nothing(check, &what) };
    }
    let wrong = |(label, value): &(&String, &String)| {
        wrong(check, &format!("label {}", escape(label.as_bytes())), &Value::One((*value).clone()), want)
    };
    Judgement::looked(named.len(), named.iter().filter_map(wrong).collect())
}

/// The finding about a value that is not what it should be.
fn wrong(check: &Check, name: &str, found: &Value, want: &Text) -> Option<Finding> {
    let text = shown(found);
    let is_secret = is_secret_name(name.rsplit(['.', ' ']).next().unwrap_or_default());
    let excerpt = |text: &str| if is_secret { "***".to_owned() } else { excerpt(text) };
    let wanted = if want.equals.as_ref().is_some_and(|equals| !same(found, equals)) {
        want.equals.as_ref().map(|equals| format!("\"{}\"", excerpt(&shown(equals))))
    } else if let Some(regex) = want.matches.as_ref().filter(|regex| !regex.is_match(&text)) {
        Some(format!("what fits {}", excerpt(regex.as_str().trim_start_matches("^(?:").trim_end_matches(")$"))))
    } else {
        let list = want.one_of.as_ref().filter(|list| !list.contains(&text));
        list.map(|list| format!("one of {}", excerpt(&list.join(", "))))
    }?;
    let found = excerpt(&text);
    let message = format!("{name} is \"{found}\", want {wanted}");
    Some(finding(check, message, "set it in the Dockerfile").contrast(found, wanted))
}

fn same(found: &Value, equals: &Value) -> bool {
    match (found, equals) {
        (Value::Many(_), Value::One(text)) => shown(found) == *text,
        _ => found == equals,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::One(text) => text.is_empty(),
        Value::Many(texts) => texts.is_empty(),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::One(text) => text.clone(),
        Value::Many(texts) => Json::from(texts.clone()).to_string(),
    }
}

/// A field by its name, that of a variable behind `Env.`; `None` where it is not set. An object is the list of its keys.
fn look_up(context: &Context<'_>, field: &str) -> Option<Value> {
    let config = &context.facts.config;
    let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    if let Some(name) = field.strip_prefix("Env.") {
        return config.env(name).map(|value| Value::One(value.to_owned()));
    }
    let (first, rest) = field.split_once('.').map_or((field, None), |(first, rest)| (first, Some(rest)));
    let of_document = first.starts_with(|letter: char| letter.is_ascii_lowercase());
    let mut at = if of_document { config.document.get(first) } else { config.document.get("config")?.get(first) }?;
    if let Some(rest) = rest {
        // The names of labels and ports hold dots themselves.
        at = at.get(rest).or_else(|| rest.split('.').try_fold(at, |at, name| at.get(name)))?;
    }
    let found = match at {
        Json::Null => return None,
        Json::Array(items) => Value::Many(items.iter().map(text).collect()),
        Json::Object(fields) => Value::Many(fields.keys().cloned().collect()),
        value => Value::One(text(value)),
    };
    Some(found).filter(|found| !is_empty(found))
}
