//! `base/passwd`

use std::collections::BTreeMap;

use super::super::{Context, declare_rule, words};
use crate::facts::listed::{Line, Listed};
use crate::finding::{Finding, Judgement, Level, Place};
use crate::text::escape;

declare_rule! {
    /// Accounts are those of the base, each of its own
    ///
    /// # What it checks
    /// No account of `/etc/passwd` or `/etc/shadow` has an empty password. No two users, and no two groups, have one number (a
    /// warning). In a distroless image, the users are those of `users` (a remark).
    ///
    /// # Why
    /// Anyone becomes the account with an empty password. Of two names for one number, tools show the one and mean the other. An
    /// account that the base does not have came with a COPY of the builder's `/etc`.
    ///
    /// # Symptom
    /// `su` asks for no password; `id` names another user than `USER` does.
    ///
    /// # Fix
    /// Take out the COPY or RUN that writes the file; `passwd -l`, and a number of its own for each account.
    ///
    /// # Options
    /// - `users`: those of the base; without them, none is one too many.
    RULE = "base/passwd", Safe, Error, since "0.1.0", needs Tree,
    unit "account is in order" | "accounts are in order",
    options { "users": Texts }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let accounts = &context.facts.accounts;
    let lists = [&accounts.users, &accounts.groups, &accounts.shadow];
    let own = context.texts("users");
    let mut findings = Vec::new();
    let mut say = |list: &Listed, level, names: &[String], what: &str, fix: &str| {
        if !names.is_empty() {
            let place = list.file.map(|file| Place::path(context.tree.path(file), context.tree.layer(file)));
            let mut finding =
                Finding::new(level, format!("{what}: {}", words::list(names, 5)), fix).at(place.unwrap_or_default());
            finding.count = names.len() as u64;
            findings.push(finding);
        }
    };
    for list in [&accounts.users, &accounts.shadow] {
        let open = names(list.lines.iter().filter(|line| line.password.as_deref() == Some("")));
        say(list, Level::Error, &open, "no password is asked of", "passwd -l, or take out what writes the file");
    }
    for (list, what) in [(&accounts.users, "users of one number"), (&accounts.groups, "groups of one number")] {
        let mut numbers: BTreeMap<u64, Vec<&Line>> = BTreeMap::new();
        for (line, number) in list.lines.iter().filter_map(|line| Some((line, line.number?))) {
            numbers.entry(number).or_default().push(line);
        }
        let twice = numbers.into_values().filter(|lines| lines.len() > 1);
        let twice: Vec<String> = twice.map(|lines| names(lines.into_iter()).join(" = ")).collect();
        say(list, Level::Warn, &twice, what, "give each a number of its own, or take out what writes the file");
    }
    if context.facts.base.distroless.is_some() && !own.is_empty() {
        let others = names(accounts.users.lines.iter().filter(|line| !own.contains(&line.name)));
        say(&accounts.users, Level::Info, &others, "users that the base does not have", "take out what writes the file");
    }
    let unread = lists.iter().find_map(|list| list.unread.clone());
    Judgement::looked(lists.iter().map(|list| list.lines.len()).sum(), findings).but(unread)
}

fn names<'a>(lines: impl Iterator<Item = &'a Line>) -> Vec<String> {
    lines.map(|line| escape(line.name.as_bytes())).collect()
}
