//! `marker/source`

use super::super::{Context, declare_rule};
use crate::finding::{Finding, Judgement, Level};
use crate::text::escape;
use crate::vfs::LayerPath;

declare_rule! {
    /// The markers of the service's own code lie beside it
    ///
    /// # What it checks
    /// Every file of the service's `markers` is a regular file, links followed.
    ///
    /// # Why
    /// The builder writes them after it copied the source, and one COPY brings both into the last stage. A directory without
    /// its marker was copied from somewhere else, or before there was anything in it.
    ///
    /// # Symptom
    /// `ModuleNotFoundError: No module named '…'`, of a module of the service; or old code that runs as if it were the new.
    ///
    /// # Fix
    /// Write the marker in the builder after the COPY of the source, and copy the whole directory.
    ///
    /// # Options
    /// None beside `markers` of the service.
    RULE = "marker/source", Whole, Error, since "0.1.0", needs Tree,
    unit "marker lies beside the source" | "markers lie beside the source", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let markers = context.profile.service.as_ref().map(|service| service.markers.as_slice()).unwrap_or_default();
    if markers.is_empty() {
        return Judgement::skip("no marker of the service is declared");
    }
    let findings = markers.iter().filter_map(|marker| finding(context, &LayerPath::new(marker)));
    Judgement::looked(markers.len(), findings.collect())
}

fn finding(context: &Context<'_>, path: &LayerPath) -> Option<Finding> {
    let absence = context.file(path).err()?;
    let directory = path.parent().unwrap_or_default();
    let what = match &absence.why {
        Some(why) => format!("{path} is missing: {why}"),
        None if context.tree.resolve(&directory).is_ok() => format!("{directory} exists without {}", escape(path.name())),
        None => format!("{path} is missing, and {directory} with it"),
    };
    let fix = format!("in the builder, after the COPY of the source: RUN echo \"<what was copied>_$(date +%s)\" > {path}");
    Some(Finding::new(Level::Error, what, absence.fix(fix)).at(absence.place))
}
