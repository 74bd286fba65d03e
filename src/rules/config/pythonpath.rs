//! `config/pythonpath`

use super::super::group::EXAMPLES;
use super::super::{Context, declare_rule, last_line, words};
use crate::finding::{Finding, Judgement, Level};
use crate::text::{escape, mask};
use crate::vfs::LayerPath;

declare_rule! {
    /// PYTHONPATH holds what the pattern has, and nothing else
    ///
    /// # What it checks
    /// Every directory of `paths` is an entry of PYTHONPATH; the site directory of `[expect]` is not asked of a service
    /// without packages. No entry is relative. Another order, an entry that does not exist and an empty one are warnings.
    ///
    /// # Why
    /// An empty entry is the working directory: it is what `ENV PYTHONPATH=/app:$PYTHONPATH` leaves where the variable was
    /// not set before. A relative entry is another directory wherever the process starts.
    ///
    /// # Symptom
    /// `ModuleNotFoundError: No module named '…'`, or a module of the working directory in the place of the one that was meant.
    ///
    /// # Fix
    /// `ENV PYTHONPATH=/app:/path/of/site-packages`, in full, in the last stage.
    ///
    /// # Options
    /// - `paths`: directories that must be there, in their order, among others.
    RULE = "config/pythonpath", Starts, Error, since "0.1.0", needs Tree,
    unit "entry of PYTHONPATH is right" | "entries of PYTHONPATH are right",
    options { "paths": Texts }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let value = context.facts.config.env("PYTHONPATH").filter(|value| !value.is_empty());
    let entries: Vec<&str> = value.iter().flat_map(|value| value.split(':')).collect();
    let unasked = context.expect().site_packages.as_ref().filter(|_| context.is_without_packages());
    let wanted: Vec<String> = context.texts("paths").into_iter().filter(|path| Some(path) != unasked).collect();
    if entries.is_empty() && wanted.is_empty() {
        return Judgement::skip("PYTHONPATH is not set, and the profile wants nothing of it");
    }
    let said =
        value.map_or("PYTHONPATH is not set, and".into(), |value| format!("PYTHONPATH={}", escape(mask(value).as_bytes())));
    let paths: Vec<LayerPath> = entries.iter().filter(|entry| entry.starts_with('/')).map(LayerPath::new).collect();
    let lacking: Vec<&String> = wanted.iter().filter(|path| !paths.contains(&LayerPath::new(path))).collect();
    let relative: Vec<String> = entries
        .iter()
        .filter(|entry| !entry.starts_with(['/']) && !entry.is_empty())
        .map(|entry| escape(entry.as_bytes()))
        .collect();
    let mut behind = paths.iter();
    let is_in_order = wanted.iter().all(|wanted| behind.any(|path| *path == LayerPath::new(wanted)));
    let whole = || format!("ENV PYTHONPATH={}", wanted.join(":"));
    let mut findings = Vec::new();
    let mut find = |level, text: String, fix: String| findings.push(Finding::new(level, text, fix));
    if !lacking.is_empty() {
        find(Level::Error, format!("{said} lacks {}", words::list(&lacking, 5)), whole());
    } else if !is_in_order {
        find(Level::Warn, format!("{said} has not the order {}", words::list(&wanted, 5)), whole());
    }
    if !relative.is_empty() {
        find(
            Level::Error,
            format!("{said} has relative entries: {}", words::list(&relative, 5)),
            "write them from the root".into(),
        );
    }
    if entries.contains(&"") {
        let text = format!("{said} has an empty entry, which is the working directory");
        find(Level::Warn, text, "write it in full, without $PYTHONPATH".into());
    }
    let gone = paths.iter().filter_map(|path| Some(context.absence(path, &context.tree.resolve(path).err()?)));
    findings.extend(gone.take(EXAMPLES).map(|absence| {
        let text = format!("PYTHONPATH names {}, which does not exist", absence.place.path.as_deref().unwrap_or_default());
        Finding::new(Level::Warn, text, absence.fix("take it out, or COPY it in")).at(absence.place)
    }));
    for finding in findings.iter_mut().filter(|finding| finding.level == Level::Error) {
        finding.predicts = last_line::missing(context, &lacking);
    }
    Judgement::looked(entries.len().max(1), findings)
}
