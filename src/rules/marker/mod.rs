//! Markers: small files that a build writes last, which prove that what they lie beside was copied. The plain ones, of
//! which nothing but their being there is asked, are the rules of this file.

mod blank;
pub(super) mod nonempty;

use super::{Context, declare_rule};
use crate::finding::{Finding, Judgement, Level};
use crate::vfs::LayerPath;

declare_rule! {
    /// The marker of the installed packages lies beside them
    ///
    /// # What it checks
    /// The file that `path` names is a regular file, links followed. It is not asked for where the service says that it has
    /// no Python packages.
    ///
    /// # Why
    /// The builder writes the marker after `pip install`, and one COPY brings both. A missing marker shows that the
    /// directory was not copied, was copied from somewhere else, or was taken away by a later layer.
    ///
    /// # Symptom
    /// `ModuleNotFoundError` for the first package that the service imports.
    ///
    /// # Fix
    /// Write the marker in the builder after `pip install` and before the COPY, and copy the whole directory.
    ///
    /// # Options
    /// - `path`: the marker; without it the rule does not apply.
    /// - `example`: the instruction that writes it, shown as the fix.
    SITE_PACKAGES = "marker/site-packages", Whole, Error, since "0.1.0", needs Tree,
    unit "marker lies beside the packages" | "markers lie beside the packages",
    options { "path": Text, "example": Text }, check site_packages
}

declare_rule! {
    /// The marker of the installed commands lies beside them
    ///
    /// # What it checks
    /// The file that `path` names is a regular file, links followed.
    ///
    /// # Why
    /// Packages install commands into a second directory, which a COPY of the packages alone forgets.
    ///
    /// # Symptom
    /// `exec: "uvicorn": executable file not found in $PATH`.
    ///
    /// # Fix
    /// Write the marker in the builder after `pip install`, and copy the directory of the commands too.
    ///
    /// # Options
    /// - `path`: the marker; without it the rule does not apply.
    /// - `example`: the instruction that writes it, shown as the fix.
    BIN = "marker/bin", Whole, Error, since "0.1.0", needs Tree,
    unit "marker lies beside the commands" | "markers lie beside the commands",
    options { "path": Text, "example": Text }, check bin
}

fn site_packages(context: &Context<'_>) -> Judgement {
    context.no_packages().unwrap_or_else(|| exists(context, Some("site-packages was not copied with its marker")))
}

fn bin(context: &Context<'_>) -> Judgement {
    exists(context, None)
}

/// Asks that the file of `path` is there; `usual` is the usual cause, told where none is known.
fn exists(context: &Context<'_>, usual: Option<&str>) -> Judgement {
    if context.is_without_packages() {
        return Judgement::skip("the service says that it has no Python packages");
    }
    let Some(path) = context.text("path").map(LayerPath::new) else {
        return Judgement::skip("the profile names no marker");
    };
    let Err(absence) = context.file(&path) else {
        return Judgement::looked(1, vec![]);
    };
    let why = absence.why.as_deref().or(usual).map(|why| format!(": {why}")).unwrap_or_default();
    let fix = absence.fix(context.text("example").map_or_else(
        || "write text into it in the builder after the install, and copy its whole directory".into(),
        |example| {
            let directory = path.parent().unwrap_or_default();
            format!("in the builder, after the install and before the COPY to {directory}: {example}")
        },
    ));
    Judgement::looked(1, vec![Finding::new(Level::Error, format!("{path} is missing{why}"), fix).at(absence.place)])
}
