//! Waiting for what is still being pushed.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::error::{Error, Kind};

/// The first wait; each further one is twice as long.
const FIRST: Duration = Duration::from_secs(1);

/// The longest time between two questions.
const LONGEST: Duration = Duration::from_secs(15);

/// How long to ask again for what a registry does not have.
#[derive(Debug, Clone, Copy)]
pub struct Wait {
    /// From the first answer that it is not there to the last question.
    pub longest: Duration,
    /// Told before each wait: what is missing, and when it is asked for again.
    pub say: fn(&Error, Duration),
}

/// What is left of the waiting of one source.
#[derive(Debug)]
pub(super) struct Patience {
    wait: Option<Wait>,
    since: OnceLock<Instant>,
}

impl Patience {
    pub(super) fn new(wait: Option<Wait>) -> Self {
        Self { wait, since: OnceLock::new() }
    }

    /// How long to wait before something is asked for again that was missing `asked` times before; or why not.
    pub(super) fn next(&self, error: Error, asked: u32) -> Result<Duration, Error> {
        let Some(wait) = self.wait.filter(|_| error.kind == Kind::NotFound) else { return Err(error) };
        let waited = self.since.get_or_init(Instant::now).elapsed();
        let Some(interval) = interval(asked, waited, wait.longest) else {
            let what = format!("{}; waited {} s for it", error.what, wait.longest.as_secs());
            return Err(Error { what, ..error });
        };
        (wait.say)(&error, interval);
        Ok(interval)
    }
}

/// The last wait ends when the time does.
fn interval(asked: u32, waited: Duration, longest: Duration) -> Option<Duration> {
    let left = longest.checked_sub(waited).filter(|left| !left.is_zero())?;
    Some(FIRST.saturating_mul(1 << asked.min(8)).min(LONGEST).min(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_become_rarer_until_the_time_is_over() {
        let (mut waits, mut waited) = (Vec::new(), Duration::ZERO);
        while let Some(wait) = interval(u32::try_from(waits.len()).unwrap(), waited, Duration::from_secs(50)) {
            waits.push(wait.as_secs());
            waited += wait;
        }
        assert_eq!(waits, [1, 2, 4, 8, 15, 15, 5]);
        assert_eq!(interval(u32::MAX, Duration::ZERO, Duration::MAX), Some(LONGEST));
    }

    #[test]
    fn only_what_is_missing_is_waited_for() {
        let wait = Some(Wait { longest: Duration::from_mins(1), say: |_, _| {} });
        let asked = |wait, kind| Patience::new(wait).next(Error::new(kind, "x"), 0);
        assert_eq!(asked(wait, Kind::NotFound).unwrap(), FIRST);
        for kind in [Kind::Denied, Kind::Unreachable, Kind::Unsupported] {
            assert_eq!(asked(wait, kind).unwrap_err().what, "x");
        }
        assert!(asked(None, Kind::NotFound).is_err());
        let over = Some(Wait { longest: Duration::ZERO, say: |_, _| {} });
        assert_eq!(asked(over, Kind::NotFound).unwrap_err().what, "x; waited 0 s for it");
    }
}
