//! `base/eol`

use chrono::Months;

use super::super::{Context, declare_rule};
use super::ends::{AS_OF, end};
use crate::finding::{Finding, Judgement, Level, Place};

declare_rule! {
    /// The base image is maintained, or was until lately
    ///
    /// # What it checks
    /// The last day on which the base image is maintained, as a table of Debian, Ubuntu, Alpine and distroless releases has it, is
    /// no more than `grace-months` ago. Bases that the table does not know are passed over.
    ///
    /// # Why
    /// Behind that day nobody mends what is found in the base. It passes without a change of the image, so it is no error, and
    /// the move to the next release (another Python, other paths) takes its time.
    ///
    /// # Symptom
    /// None at run time: a scanner finds holes for which there is no newer package.
    ///
    /// # Fix
    /// FROM the next release, in the builder stage and in the last one.
    ///
    /// # Options
    /// - `grace-months`: after the last day, before this is said.
    RULE = "base/eol", Safe, Warn, since "0.1.0", needs Tree,
    unit "base image was maintained of late" | "base images were maintained of late",
    options { "grace-months": Count }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let (base, today) = (&context.facts.base, context.profile.today);
    if let Some(why) = &base.unread {
        return Judgement::unknown(why);
    }
    let Some(last) = end(base) else {
        return Judgement::skip(format!("nothing is known of the end of {base}"));
    };
    let grace = u32::try_from(context.count("grace-months").unwrap_or_default())
        .map_or(None, |months| last.checked_add_months(Months::new(months)));
    let finding = grace.filter(|grace| today > *grace).map(|_| {
        let message = format!("{base} has not been maintained since {last} (as of {AS_OF})");
        let place = base.file.map(|file| Place::path(context.tree.path(file), context.tree.layer(file)));
        let fix = "FROM the next release in the builder stage and in the last one; its Python and its paths are others";
        Finding::new(Level::Warn, message, fix).at(place.unwrap_or_default()).contrast(last.to_string(), today.to_string())
    });
    Judgement::looked(1, finding.into_iter().collect())
}
