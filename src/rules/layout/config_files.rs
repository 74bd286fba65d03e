//! `layout/config-files`

use super::super::{Context, declare_rule, words};
use crate::finding::{Finding, Judgement, Level, Place};
use crate::text::{escape, lossless};
use crate::vfs::LayerPath;

declare_rule! {
    /// The configuration files of the service are there and say something
    ///
    /// # What it checks
    /// Every file of the service's `config` is a regular file, links followed, that holds more than white space; and each
    /// of its keys begins a line of it, blanks before it aside.
    ///
    /// # Why
    /// A program that does not find its configuration, or finds an empty file, starts with its defaults: the wrong cluster,
    /// the wrong port, no authentication.
    ///
    /// # Symptom
    /// Mostly none: it runs, as nobody configured it. Else `FileNotFoundError: [Errno 2] No such file or directory: '…'`.
    ///
    /// # Fix
    /// Write the configuration in the builder, and copy the file.
    ///
    /// # Options
    /// None beside `config` of the service: `"PATH" = ["key", "key"]`.
    RULE = "layout/config-files", Whole, Error, since "0.1.0", needs Tree,
    unit "configuration file says what it should" | "configuration files say what they should", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let tree = context.tree;
    let Some(files) = context.profile.service.as_ref().map(|service| &service.config).filter(|files| !files.is_empty()) else {
        return Judgement::skip("no configuration file of the service is declared");
    };
    let (mut findings, mut unread) = (Vec::new(), Vec::new());
    for (path, keys) in files {
        let path = LayerPath::new(path);
        let node = match context.file(&path) {
            Ok(node) => node,
            Err(absence) => {
                let why = absence.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
                let fix = absence.fix(format!("COPY the configuration to {path}"));
                findings.push(Finding::new(Level::Error, format!("{path} is missing{why}"), fix).at(absence.place));
                continue;
            }
        };
        let Some(trace) = tree.trace(node) else { continue };
        let place = Place::path(&path, tree.content_layer(node));
        if trace.blank {
            let fix = "write the configuration into it in the builder, before the COPY";
            findings.push(Finding::new(Level::Error, format!("{path} is empty"), fix).at(place));
        } else if let (Some(bytes), false) = (trace.bytes(), keys.is_empty()) {
            let text = lossless(bytes);
            let is_said = |key: &&String| text.lines().any(|line| line.trim_start().starts_with(key.as_str()));
            let lacking: Vec<String> = keys.iter().filter(|key| !is_said(key)).map(|key| escape(key.as_bytes())).collect();
            if !lacking.is_empty() {
                let what = format!("{path} lacks {}", words::list(&lacking, 5));
                let fix = format!("write {} into it in the builder, before the COPY", words::list(&lacking, 5));
                findings.push(Finding::new(Level::Error, what, fix).at(place));
            }
        } else if !keys.is_empty() {
            unread.push(path.to_string());
        }
    }
    let unknown = (!unread.is_empty()).then(|| format!("the content of {} was not kept", words::list(&unread, 3)));
    Judgement::looked(files.len(), findings).but(unknown)
}
