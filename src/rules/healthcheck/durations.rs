//! `healthcheck/durations`

use std::time::Duration;

use super::super::{Context, declare_rule};
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// The health check is run as often as the pattern has it
    ///
    /// # What it checks
    /// The times of HEALTHCHECK, in seconds, and its retries. What is not set counts as Docker's default: 30 seconds between
    /// checks and for each, none at the start, 3 retries. The timeout is not longer than the interval.
    ///
    /// # Why
    /// A service that needs a minute to start, and is checked after one second, is restarted before it ever works.
    ///
    /// # Symptom
    /// Containers that are restarted while they start, or that hang for minutes before anybody sees it.
    ///
    /// # Fix
    /// `HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD […]`
    ///
    /// # Options
    /// - `interval`: seconds between checks, at most.
    /// - `timeout`: seconds for one check, at most.
    /// - `start-period`: seconds, at least.
    /// - `retries`: how many, at least.
    RULE = "healthcheck/durations", Conforms, Info, since "0.1.0", needs Config,
    unit "number of the health check is as wanted" | "numbers of the health check are as wanted",
    options { "interval": Count, "timeout": Count, "start-period": Count, "retries": Count }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let Some(check) = context.facts.config.healthcheck() else {
        return super::nothing();
    };
    let (interval, timeout) = (check.interval_or_default(), check.timeout_or_default());
    let wanted = |option| context.count(option).map(Duration::from_secs);
    let set = |is_set: bool| if is_set { "" } else { " (Docker's default)" };
    let mut wrong = Vec::new();
    let longest = [("interval", interval, check.interval.is_some()), ("timeout", timeout, check.timeout.is_some())];
    for (name, time, is_set) in longest {
        let bound = wanted(name).filter(|bound| time > *bound);
        wrong.extend(bound.map(|bound| format!("{name} {time:?}{}, want at most {bound:?}", set(is_set))));
    }
    let start = check.start_period.unwrap_or_default();
    let early = wanted("start-period").filter(|bound| start < *bound);
    wrong.extend(early.map(|bound| format!("start-period {start:?}, want at least {bound:?}")));
    let retries = check.retries_or_default();
    let few = context.count("retries").filter(|bound| retries < *bound);
    wrong.extend(few.map(|bound| format!("retries {retries}, want at least {bound}")));
    wrong.extend((timeout > interval).then(|| format!("a check may take {timeout:?}, and one starts every {interval:?}")));
    let fix = "HEALTHCHECK --interval=… --timeout=… --start-period=… --retries=…";
    let finding = (!wrong.is_empty()).then(|| Finding::new(Level::Info, format!("HEALTHCHECK: {}", wrong.join("; ")), fix));
    Judgement::looked(4, finding.into_iter().collect())
}
