//! `config/env-required`

use super::super::{Context, declare_rule};
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// The environment is that of the pattern
    ///
    /// # What it checks
    /// Every variable of `values` has its value, upper and lower case and hyphens aside; every one of `flags` is set to
    /// something but 0; every one of `paths` has its directories, in their order, among others.
    ///
    /// # Why
    /// What the interpreter writes, how it encodes and what it finds depends on variables that no file shows.
    ///
    /// # Symptom
    /// Logs that come late or never, `UnicodeEncodeError`, commands that are not found.
    ///
    /// # Fix
    /// The ENV instruction of the pattern, in the last stage.
    ///
    /// # Options
    /// - `values`: `NAME=value`.
    /// - `flags`: names.
    /// - `paths`: `NAME=directory:directory`.
    RULE = "config/env-required", Conforms, Warn, since "0.1.0", needs Config,
    unit "variable is as the pattern has it" | "variables are as the pattern has them",
    options { "values": Texts, "flags": Texts, "paths": Texts }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let config = &context.facts.config;
    let (values, flags, paths) = (context.texts("values"), context.texts("flags"), context.texts("paths"));
    let pair = |text: &String| text.split_once('=').map(|(name, wanted)| (name.to_owned(), wanted.to_owned()));
    let plain = |text: &str| text.replace('-', "").to_ascii_lowercase();
    let mut looked = 0;
    let mut wrong = Vec::new();
    let mut hold = |name: &str, wanted: &str, holds: &dyn Fn(&str) -> bool| {
        looked += 1;
        match config.env(name) {
            None => wrong.push((format!("{name} is missing"), format!("{name}={wanted}"))),
            Some(value) if !holds(value) => {
                let value = crate::text::terminal(&crate::text::mask(value));
                wrong.push((format!("{name} is \"{value}\""), format!("{name}={wanted}")));
            }
            Some(_) => {}
        }
    };
    for (name, wanted) in values.iter().filter_map(pair) {
        hold(&name, &wanted, &|value| plain(value) == plain(&wanted));
    }
    for name in &flags {
        hold(name, "1", &|value| !["", "0"].contains(&value));
    }
    for (name, wanted) in paths.iter().filter_map(pair) {
        // Each is looked for behind the one before.
        hold(&name, &wanted, &|value| {
            let mut entries = value.split(':');
            wanted.split(':').all(|wanted| entries.any(|entry| entry == wanted))
        });
    }
    if looked == 0 {
        return Judgement::skip("the profile names no variable");
    }
    let (said, want): (Vec<String>, Vec<String>) = wrong.into_iter().unzip();
    let finding = (!said.is_empty()).then(|| {
        let mut finding = Finding::new(Level::Warn, format!("ENV: {}", said.join(", ")), format!("ENV {}", want.join(" ")));
        finding.count = said.len() as u64;
        finding
    });
    Judgement::looked(looked, finding.into_iter().collect())
}
