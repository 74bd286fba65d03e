//! `integrity/created`

use chrono::{DateTime, Datelike as _, Days};

use super::super::{Context, declare_rule};
use crate::finding::{Finding, Judgement, Level};
use crate::text::escape;

declare_rule! {
    /// The image says when it was made
    ///
    /// # What it checks
    /// `created` of the configuration is a time of RFC 3339, after 1980 and not after tomorrow. An image that names none has
    /// nothing to compare.
    ///
    /// # Why
    /// Who cleans up a registry or looks for what is old goes by this time. Builders that make the same image of the same source
    /// write the beginning of their calendar; a time to come is that of a clock that is wrong.
    ///
    /// # Symptom
    /// `docker images` says `56 years ago`; a clean-up by age deletes the newest image.
    ///
    /// # Fix
    /// Set `SOURCE_DATE_EPOCH` to the time of the commit; set the builder's clock.
    ///
    /// # Options
    /// None.
    RULE = "integrity/created", Whole, Info, since "0.1.0", needs Config,
    unit "time of making, as it may be" | "times of making, as they may be", check check
}

/// The year in which the calendars of file formats begin that know none before (FAT, ZIP).
const FIRST: i32 = 1980;

fn check(context: &Context<'_>) -> Judgement {
    let Some(created) = &context.facts.config.created else {
        return Judgement::skip("the image does not say when it was made");
    };
    let said = escape(created.as_bytes());
    let found = match DateTime::parse_from_rfc3339(created).map(|time| time.date_naive()) {
        Err(_) => Some((format!("created is \"{said}\", which is no time of RFC 3339"), "build with a current builder")),
        Ok(day) if day.year() <= FIRST => {
            Some((format!("created is {said}, the beginning of a calendar"), "set SOURCE_DATE_EPOCH to the time of the commit"))
        }
        Ok(day) if context.profile.today.checked_add_days(Days::new(1)).is_some_and(|tomorrow| day > tomorrow) => {
            let today = context.profile.today;
            Some((format!("created is {said}, after today, {today}"), "set the builder's clock"))
        }
        Ok(_) => None,
    };
    let findings = found.map(|(message, fix)| Finding::new(Level::Info, message, fix));
    Judgement::looked(1, findings.into_iter().collect())
}
